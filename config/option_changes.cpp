// See option_changes.hpp.
#include "config/option_changes.hpp"

#include "config/schema.hpp"

#include <map>
#include <set>
#include <string_view>

namespace troupe::config {

std::vector<std::string> changed_options(const process_options& before, const process_options& now) {
  std::vector<std::string> names;
  for (const auto& row : schema())
    if (row.same.of_process && row.key != "environment" && !row.same.of_process(before, now))
      names.emplace_back(row.key);
  return names;
}

std::vector<std::string> changed_variables(const process_options& before, const process_options& now) {
  std::map<std::string_view, std::string_view> old;
  for (const auto& [key, value] : before.env)
    old.insert_or_assign(key, value);
  std::map<std::string_view, std::string_view> fresh;
  for (const auto& [key, value] : now.env)
    fresh.insert_or_assign(key, value);
  std::set<std::string> names;
  for (const auto& [key, value] : fresh)
    if (auto found = old.find(key); found == old.end() || found->second != value)
      names.emplace(key);
  for (const auto& [key, value] : old)
    if (!fresh.contains(key))
      names.emplace(key);
  return {names.begin(), names.end()};
}

} // namespace troupe::config
