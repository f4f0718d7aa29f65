// See program_graph.hpp.
#include "actors/core/program_graph.hpp"

#include "actors/core/control.hpp"
#include "actors/core/daemon_fsm.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace troupe::actors {

namespace {

using stage = dependency_facts::stage;

bool matters(const config::group_options& group) {
  return group.ordered_stop || std::any_of(group.processes.begin(), group.processes.end(),
                                           [](auto& process) { return !process->dependencies().items.empty(); });
}

struct member_group {
  const config::group_options* options;
  const group_cell* cell; ///< null: not in service
};

void add_nodes(program_graph& to, const member_group& group) {
  std::vector<std::int64_t> priorities;
  for (const auto& process : group.options->processes)
    priorities.push_back(process->priority);
  for (auto i : request_order(priorities)) {
    const auto& options = group.options->processes[i];
    auto id = group.cell ? group.cell->processes[i]->id : 0;
    if (id != 0)
      to.by_process[id] = to.nodes.size();
    to.nodes.push_back(
      {id, options, group.options->name, group.options->ordered_stop, full_name(group.options->name, options->name)});
  }
}

stage stage_of(process_state state) {
  switch (state) {
  case process_state::stopped:
    return stage::stopped;
  case process_state::starting:
    return stage::starting;
  case process_state::running:
    return stage::running;
  case process_state::backoff:
    return stage::backoff;
  case process_state::stopping:
    return stage::stopping;
  case process_state::exited:
    return stage::exited;
  case process_state::fatal:
    return stage::fatal;
  case process_state::unknown:
    break;
  }
  return stage::unknown;
}

} // namespace

std::optional<std::size_t> program_graph::node_of(std::uint64_t process) const {
  auto found = by_process.find(process);
  return found == by_process.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> program_graph::node_of(std::string_view group, std::string_view process) const {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].group.view() == group && nodes[i].options->name.view() == process)
      return i;
  return {};
}

program_graph_ptr make_program_graph(const std::vector<group_cell_ptr>& in_service,
                                     const std::vector<config::group_options_ptr>& loaded) {
  bool any = std::any_of(in_service.begin(), in_service.end(), [](auto& cell) { return matters(*cell->options); }) ||
             std::any_of(loaded.begin(), loaded.end(), [](auto& group) { return matters(*group); });
  if (!any)
    return nullptr;
  std::vector<member_group> groups;
  std::unordered_set<std::string_view> names;
  for (const auto& cell : in_service) {
    groups.push_back({cell->options.get(), cell.get()});
    names.insert(cell->options->name.view());
  }
  for (const auto& group : loaded)
    if (!names.contains(group->name.view()))
      groups.push_back({group.get(), nullptr});
  std::stable_sort(groups.begin(), groups.end(),
                   [](auto& a, auto& b) { return a.options->priority < b.options->priority; });
  auto made = std::make_shared<program_graph>();
  std::vector<std::string> empty;
  for (const auto& group : groups) {
    add_nodes(*made, group);
    if (group.options->processes.empty())
      empty.push_back(group.options->name.str());
  }
  std::vector<config::dependent> all;
  for (const auto& node : made->nodes) {
    const auto& asked = node.options->dependencies();
    all.push_back({.group = node.group.str(),
                   .name = node.options->name.str(),
                   .section = node.options->section.str(),
                   .ends = node.options->oneshot(),
                   .items = asked.items,
                   .soft = asked.soft});
  }
  made->graph = dependency_graph::build(all, empty).first;
  return made;
}

std::vector<std::size_t> may_stop_now(const program_graph& programs, const std::vector<std::size_t>& set,
                                      const std::function<bool(std::size_t)>& is_stopped) {
  auto now = may_stop(programs.graph, set, is_stopped);
  std::unordered_map<std::string_view, std::int64_t> highest; // of those that still run, by group
  for (auto i : set)
    if (const auto& node = programs.nodes[i]; node.ordered && !is_stopped(i)) {
      auto [found, is_new] = highest.try_emplace(node.group.view(), node.options->priority);
      found->second = std::max(found->second, node.options->priority);
    }
  if (highest.empty())
    return now;
  auto has_turn = [&](std::size_t i) {
    const auto& node = programs.nodes[i];
    return !node.ordered || node.options->priority == highest.at(node.group.view());
  };
  std::vector<std::size_t> in_order;
  std::copy_if(now.begin(), now.end(), std::back_inserter(in_order), has_turn);
  return in_order.empty() ? now : in_order; // dependencies beat priority
}

start_cause cause_of(start_reason why) {
  switch (why) {
  case start_reason::autostart:
  case start_reason::update:
  case start_reason::scale:
    return start_cause::boot; // what an operator has stopped stays so
  case start_reason::start:
  case start_reason::rolling:
    return start_cause::operators;
  default:
    return start_cause::itself;
  }
}

process_state state_at(stage at) {
  constexpr process_state states[] = {process_state::stopped, process_state::starting, process_state::running,
                                      process_state::backoff, process_state::stopping, process_state::exited,
                                      process_state::fatal,   process_state::unknown}; // as the stages are named
  return states[static_cast<std::size_t>(at)];
}

dependency_facts facts_of(const program_graph::node& node, const std::optional<process_moment>& now) {
  dependency_facts facts;
  facts.name = node.shown;
  facts.in_service = node.process != 0;
  facts.starts_itself = facts.in_service && node.options->autostart;
  if (!now)
    return facts;
  facts.at = stage_of(now->state);
  facts.has_child = now->pid != 0;
  facts.is_passing = now->is_passing && facts.at == dependency_facts::stage::stopped;
  facts.is_held = now->is_held && !facts.has_child && facts.at == dependency_facts::stage::starting;
  facts.up_long_enough = now->has_lasted;
  facts.ended = now->last_end.has_value();
  facts.never_started = !now->started_once;
  bool as_it_was = node.options->starts_as_last() && now->unwanted;
  facts.starts_itself = facts.starts_itself && facts.never_started && !now->disabled && !as_it_was;
  facts.disabled = now->disabled;
  facts.stays = !now->starts_again;
  if (now->state == process_state::exited && now->last_end) {
    facts.expected = is_expected(*node.options, *now->last_end);
    facts.end = wait_status_text(*now->last_end);
  }
  return facts;
}

} // namespace troupe::actors
