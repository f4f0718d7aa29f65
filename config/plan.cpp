// See plan.hpp.
#include "config/plan.hpp"

#include "config/schema.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

namespace troupe::config {

namespace {

/// Options of two words that are kept as a truth.
struct word_pair {
  std::string_view key, of_false, of_true;
};
constexpr word_pair pairs[] = {
  {"depends_mode", "hard", "soft"},
  {"restartlimitaction", "fatal", "wait"},
  {"prestartfailure", "ignore", "abort"},
  {"poststartfailure", "ignore", "abort"},
  {"poststopfailure", "ignore", "abort"},
  {"type", "service", "oneshot"},
  {"stdout_logfile_compress", "none", "gzip"},
  {"stderr_logfile_compress", "none", "gzip"},
  {"stdout_logformat", "text", "json"},
  {"stderr_logformat", "text", "json"},
};

} // namespace

std::string plan_text(const option_row& row, const process_options& of) {
  auto text = row.same.shown ? row.same.shown(of) : std::string();
  for (const auto& pair : pairs)
    if (pair.key == row.key)
      return std::string(text == "true" ? pair.of_true : pair.of_false);
  return text;
}

namespace {

std::string reason_of(const option_row& row, const process_options& active, const process_options& loaded) {
  auto before = plan_text(row, active);
  auto now = plan_text(row, loaded);
  std::string reason(row.key);
  if (!before.empty() && !now.empty() && before != now)
    reason += ' ' + before + " -> " + now;
  return reason;
}

plan_action action_of(takes_effect when) {
  switch (when) {
  case takes_effect::live:
    return plan_action::live;
  case takes_effect::next:
    return plan_action::next;
  case takes_effect::restart:
    break;
  }
  return plan_action::restart;
}

/// The one that takes more: keep, live, next, restart.
plan_action larger(plan_action a, plan_action b) { return std::min(a, b); }
static_assert(plan_action::restart < plan_action::next && plan_action::next < plan_action::live &&
              plan_action::live < plan_action::keep);

/// What differs between two groups themselves; regroup: they have to be made anew.
option_difference group_difference(const group_options& active, const group_options& loaded) {
  option_difference all;
  if (active.kind != loaded.kind)
    all = {{"kind"}, plan_action::regroup};
  for (const auto& row : schema()) {
    if (!row.same.of_group || row.same.of_group(active, loaded))
      continue;
    auto reason = std::string(row.key);
    if (reason == "priority") // of several kinds of groups
      reason += ' ' + std::to_string(active.priority) + " -> " + std::to_string(loaded.priority);
    if (std::find(all.reasons.begin(), all.reasons.end(), reason) == all.reasons.end())
      all.reasons.push_back(std::move(reason));
    if (row.when != takes_effect::live)
      all.takes = plan_action::regroup;
    else if (all.takes != plan_action::regroup)
      all.takes = plan_action::live;
  }
  return all;
}

class planner {
public:
  explicit planner(const plan_states& state_of) : state_of_(state_of) {}

  void plan_group(const group_options& active, const group_options& loaded) {
    auto of_group = group_difference(active, loaded);
    std::unordered_map<std::string_view, const process_options*> before;
    for (const auto& process : active.processes)
      before.emplace(process->name.view(), process.get());
    bool others = before.size() != loaded.processes.size() ||
                  std::any_of(loaded.processes.begin(), loaded.processes.end(),
                              [&](auto& process) { return !before.contains(process->name.view()); });
    if (loaded.kind == group_kind::eventlistener && others && of_group.takes != plan_action::regroup) {
      of_group.takes = plan_action::regroup; // a pool has its members from its beginning
      of_group.reasons.insert(of_group.reasons.begin(), "numprocs");
    }
    bool regroups = of_group.takes == plan_action::regroup;
    for (const auto& process : loaded.processes) {
      auto found = before.find(process->name.view());
      if (regroups)
        add(loaded, *process, plan_action::regroup, of_group.reasons);
      else if (found == before.end())
        add_new(loaded, *process);
      else
        compare(loaded, *found->second, *process, of_group);
      before.erase(process->name.view());
    }
    for (const auto& process : active.processes)
      if (before.contains(process->name.view()))
        add(active, *process, regroups ? plan_action::regroup : plan_action::stop, {"removed"});
  }

  void remove_group(const group_options& active) {
    for (const auto& process : active.processes)
      add(active, *process, plan_action::stop, {"removed"});
  }

  void add_group(const group_options& loaded) {
    for (const auto& process : loaded.processes)
      add_new(loaded, *process);
  }

  std::vector<plan_row> rows;

private:
  void add(const group_options& group, const process_options& process, plan_action what,
           std::vector<std::string> reasons) {
    rows.push_back({group.name.str(), process.name.str(), what, std::move(reasons)});
  }

  void add_new(const group_options& group, const process_options& process) {
    add(group, process, process.autostart ? plan_action::start : plan_action::add, {"new"});
  }

  void compare(const group_options& group, const process_options& active, const process_options& loaded,
               const option_difference& of_group) {
    auto own = difference_of(active, loaded);
    auto takes = larger(own.takes, of_group.takes);
    if (own.takes == plan_action::restart)
      switch (state_of_(group.name.view(), loaded.name.view())) {
      case plan_state::running:
        break;
      case plan_state::failed:
        takes = plan_action::start;
        break;
      case plan_state::at_rest:
        takes = plan_action::next;
      }
    auto reasons = own.reasons;
    auto key_of = [](std::string_view reason) { return reason.substr(0, reason.find(' ')); };
    for (const auto& reason : of_group.reasons) // what both have is told once
      if (std::none_of(reasons.begin(), reasons.end(), [&](auto& known) { return key_of(known) == key_of(reason); }))
        reasons.push_back(reason);
    add(group, loaded, takes, std::move(reasons));
  }

  const plan_states& state_of_;
};

} // namespace

std::string_view to_string(plan_action what) {
  constexpr std::array<std::string_view, 8> words{"start", "add", "restart", "next", "live", "stop", "regroup", "keep"};
  return words.at(static_cast<std::size_t>(what));
}

option_difference difference_of(const process_options& active, const process_options& loaded) {
  option_difference all;
  for (const auto& row : schema()) {
    if (!row.same.of_process || row.same.of_process(active, loaded))
      continue;
    all.reasons.push_back(reason_of(row, active, loaded));
    bool restarts = row.same.restarts && row.same.restarts(active, loaded);
    all.takes = larger(all.takes, restarts ? plan_action::restart : action_of(row.when));
  }
  return all;
}

std::vector<plan_row> make_plan(const std::vector<group_options_ptr>& active,
                                const std::vector<group_options_ptr>& loaded, const plan_states& state_of,
                                const std::vector<std::string>& of) {
  auto wanted = [&](const group_options& group) {
    return of.empty() || std::find(of.begin(), of.end(), group.name.view()) != of.end();
  };
  std::unordered_map<std::string_view, const group_options*> fresh;
  for (const auto& group : loaded)
    fresh.emplace(group->name.view(), group.get());
  planner plan{state_of};
  for (const auto& group : active) {
    auto found = fresh.find(group->name.view());
    if (wanted(*group)) {
      if (found == fresh.end())
        plan.remove_group(*group);
      else
        plan.plan_group(*group, *found->second);
    }
    if (found != fresh.end())
      fresh.erase(found);
  }
  for (const auto& group : loaded)
    if (fresh.contains(group->name.view()) && wanted(*group))
      plan.add_group(*group);
  return std::move(plan.rows);
}

std::vector<plan_row> by_group(std::vector<plan_row> plan, const std::vector<group_options_ptr>& active,
                               const std::vector<group_options_ptr>& loaded) {
  auto names_of = [](const std::vector<group_options_ptr>& groups) {
    std::set<std::string_view> names;
    for (const auto& group : groups)
      names.insert(group->name.view());
    return names;
  };
  auto before = names_of(active);
  auto now = names_of(loaded);
  std::set<std::string> changed;
  for (const auto& row : plan)
    if (row.action != plan_action::keep && before.contains(row.group) && now.contains(row.group))
      changed.insert(row.group);
  for (auto& row : plan)
    if (changed.contains(row.group))
      row.action = plan_action::regroup;
  return plan;
}

std::string summary_of(const std::vector<plan_row>& plan) {
  std::map<plan_action, std::size_t> counts;
  for (const auto& row : plan)
    ++counts[row.action];
  if (counts.empty() || counts.begin()->first == plan_action::keep)
    return {};
  std::string text;
  for (const auto& [action, count] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + std::string(to_string(action));
  return text;
}

} // namespace troupe::config
