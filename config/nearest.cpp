// See nearest.hpp.
#include "config/nearest.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe::config {

namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = std::exchange(row[j], next);
    }
  }
  return row.back();
}

std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    auto end = name.find('_', begin);
    parts.push_back(name.substr(begin, end - begin));
    if (end == name.npos)
      return parts;
    begin = end + 1;
  }
}

/// 2 for each whole word that one has and the other lacks, the rest being the same and in order; else far away:
/// stdout_logfile_syslog is nearer to stdout_syslog than to another option of logfiles.
std::size_t word_distance(std::string_view a, std::string_view b) {
  auto longer = parts_of(a);
  auto shorter = parts_of(b);
  if (longer.size() < shorter.size())
    std::swap(longer, shorter);
  std::size_t found = 0;
  for (auto part : longer)
    if (found < shorter.size() && part == shorter[found])
      ++found;
  return found == shorter.size() ? 2 * (longer.size() - shorter.size()) : std::string_view::npos;
}

} // namespace

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  using cost_type = std::tuple<std::size_t, bool, std::size_t>; // how far, another last word, letters apart
  cost_type least{std::max<std::size_t>(2, word.size() / 3) + 1, false, 0};
  if (word.size() > 64)
    return best;
  for (auto candidate : known) {
    auto letters = distance(word, candidate);
    bool other_end = parts_of(word).back() != parts_of(candidate).back();
    cost_type cost{std::min(letters, word_distance(word, candidate)), other_end, letters};
    bool later_twin = best && cost == least; // stdout_ after stderr_, and people mean that
    if (cost < least || later_twin) {
      least = cost;
      best = candidate;
    }
  }
  return best;
}

} // namespace troupe::config
