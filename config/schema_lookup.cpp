// See schema.hpp: the rows of one section, a row by its name, and whether two groups or processes differ by any row.
// Must not know an option by name: all options are alike here.
#include "config/schema.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace troupe::config {

bool same_options(const process_options& active, const process_options& loaded) {
  auto rows = schema();
  return std::all_of(rows.begin(), rows.end(),
                     [&](auto& row) { return !row.same.of_process || row.same.of_process(active, loaded); });
}

bool same_options(const group_options& active, const group_options& loaded) {
  auto rows = schema();
  return std::all_of(rows.begin(), rows.end(),
                     [&](auto& row) { return !row.same.of_group || row.same.of_group(active, loaded); });
}

std::span<const option_row> schema_of(std::string_view section) {
  static const auto index = [] {
    auto rows = schema();
    std::unordered_map<std::string_view, std::span<const option_row>> spans;
    for (auto begin = rows.begin(); begin != rows.end();) {
      auto end = std::find_if(begin, rows.end(), [&](auto& r) { return r.section != begin->section; });
      spans[begin->section] = {begin, end};
      begin = end;
    }
    return spans;
  }();
  auto found = index.find(section);
  return found == index.end() ? std::span<const option_row>{} : found->second;
}

const option_row& row_of(std::string_view section, std::string_view key) {
  for (const auto& row : schema_of(section))
    if (row.key == key)
      return row;
  throw std::logic_error("no option " + std::string(section) + '.' + std::string(key));
}

std::optional<std::size_t> program_row(std::string_view key) {
  static const auto index = [] {
    std::unordered_map<std::string_view, std::size_t> positions;
    for (const auto& row : schema_of("program"))
      positions.emplace(row.key, positions.size());
    return positions;
  }();
  auto found = index.find(key);
  return found == index.end() ? std::nullopt : std::optional(found->second);
}

} // namespace troupe::config
