// See update_steps.hpp.
#include "actors/core/update_steps.hpp"

#include "actors/core/control.hpp"
#include "config/schema.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>

namespace troupe::actors {

using config::group_options;
using config::plan_action;
using config::plan_row;
using config::process_options_ptr;

namespace {

std::unordered_map<std::string_view, process_options_ptr> by_name(const group_options& group) {
  std::unordered_map<std::string_view, process_options_ptr> known;
  for (const auto& process : group.processes)
    known.emplace(process->name.view(), process);
  return known;
}

} // namespace

protocols::rpc_fault upgraded_amid(bool has_begun) {
  return protocols::make_fault(protocols::fault::failed,
                               has_begun ? "supervisord was upgraded amid the update; what it had stopped is started"
                                         : "supervisord was upgraded; the update has not begun");
}

protocols::rpc_fault upgraded_amid_rolling(std::int64_t rollout) {
  return protocols::make_fault(protocols::fault::failed,
                               "supervisord was upgraded amid the update; its rolling restart " +
                                 std::to_string(rollout) + " goes on");
}

std::string shown_name(const plan_row& row) { return full_name(row.group, row.process); }

std::set<std::string> members_for(const std::vector<plan_row>& plan, std::string_view group, plan_action what) {
  std::set<std::string> names;
  for (const auto& row : plan)
    if (row.group == group && row.action == what)
      names.insert(row.process);
  return names;
}

std::vector<std::string> changed_groups(const std::vector<plan_row>& plan) {
  std::vector<std::string> groups;
  for (const auto& row : plan)
    if (row.action != plan_action::keep && row.action != plan_action::regroup &&
        (groups.empty() || groups.back() != row.group))
      groups.push_back(row.group);
  return groups;
}

config::group_options_ptr find_group(const std::vector<config::group_options_ptr>& groups, std::string_view name) {
  auto found = std::find_if(groups.begin(), groups.end(), [&](auto& group) { return group->name.view() == name; });
  return found == groups.end() ? nullptr : *found;
}

config::group_options_ptr group_between(const group_options& active, const group_options& loaded,
                                        const std::set<std::string>& stays, const std::set<std::string>& gone) {
  auto before = by_name(active);
  auto between = std::make_shared<group_options>(loaded);
  for (auto& process : between->processes) {
    auto found = before.find(process->name.view());
    if (found == before.end())
      continue;
    if (config::same_options(*found->second, *process) || stays.contains(process->name.str()))
      process = found->second;
    before.erase(found);
  }
  for (const auto& process : active.processes)
    if (before.contains(process->name.view()) && !gone.contains(process->name.str()))
      between->processes.push_back(process);
  return between;
}

config::group_options_ptr scaled_group(const group_options& active, const group_options& loaded,
                                       std::string_view section) {
  auto before = by_name(active);
  auto scaled = std::make_shared<group_options>(active);
  scaled->processes.clear();
  for (const auto& process : loaded.processes) {
    auto found = before.find(process->name.view());
    if (found != before.end())
      scaled->processes.push_back(found->second);
    else if (process->section.view() == section)
      scaled->processes.push_back(process);
    if (found != before.end())
      before.erase(found);
  }
  for (const auto& process : active.processes)
    if (process->section.view() != section && before.contains(process->name.view()))
      scaled->processes.push_back(process);
  return scaled;
}

std::size_t members_of(const std::vector<config::group_options_ptr>& groups, std::string_view section) {
  std::size_t count = 0;
  for (const auto& group : groups)
    count += static_cast<std::size_t>(std::count_if(group->processes.begin(), group->processes.end(),
                                                    [&](auto& process) { return process->section.view() == section; }));
  return count;
}

} // namespace troupe::actors
