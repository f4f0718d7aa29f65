// See diff.hpp.
#include "config/diff.hpp"

#include "config/schema.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace troupe::config {

namespace {

/// The options by the table; what a group is beside them, here.
bool same_group(const group_options& a, const group_options& b) {
  return a.kind == b.kind && a.name == b.name && same_options(a, b) &&
         std::equal(a.processes.begin(), a.processes.end(), b.processes.begin(), b.processes.end(),
                    [](auto& p, auto& q) { return same_options(*p, *q); });
}

} // namespace

reload_diff compare(const std::vector<group_options_ptr>& active, const std::vector<group_options_ptr>& loaded) {
  auto index = [](const auto& groups) {
    std::unordered_map<std::string_view, const group_options*> by_name;
    for (const auto& group : groups)
      by_name.emplace(group->name, group.get());
    return by_name;
  };
  auto active_by_name = index(active);
  auto loaded_by_name = index(loaded);
  reload_diff diff;
  for (const auto& group : loaded) {
    auto found = active_by_name.find(group->name);
    if (found == active_by_name.end())
      diff.added.push_back(group->name);
    else if (!same_group(*found->second, *group))
      diff.changed.push_back(group->name);
  }
  for (const auto& group : active)
    if (!loaded_by_name.contains(group->name))
      diff.removed.push_back(group->name);
  return diff;
}

} // namespace troupe::config
