// See supervisor_actor.hpp: whom a change concerns, who is started because others need him, and stops of several at
// once, where whoever depends on others is stopped before them. Must not decide who waits for whom
// (core/program_graph.cpp and core/dependency_rules.cpp do). Source: docs/contract/programs.md, 1.3 to 1.6. Cases:
// tests/dependencies_test.py.
#include "actors/supervisor_actor.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;

/// Groups have come or gone, or another configuration is loaded.
void supervisor_state::make_programs() {
  std::vector<group_cell_ptr> cells;
  for (const auto& group : record->table.groups)
    cells.push_back(record->groups.at(group.id).cell);
  auto loaded = use->board.loaded();
  programs = make_program_graph(cells, loaded ? *loaded : std::vector<config::group_options_ptr>());
  use->programs.set(programs);
  note_who_rolls();
  if (!programs)
    return;
  for (std::size_t node = 0; node < programs->nodes.size(); ++node)
    if (auto process = programs->nodes[node].process; process != 0 && !programs->graph.items_of(node).empty())
      wake(process, {.pull_in = true});
}

/// If it waits, or has to know what it loses.
void supervisor_state::wake(std::uint64_t process, const dependency_changed& change) {
  auto status = use->board.find(process);
  if (!status)
    return;
  if (!status->follows)
    return;
  auto message = change;
  message.process = process;
  auto found = record->table.positions.find(process);
  if (found != record->table.positions.end())
    self->send(actor_of(record->table.groups[found->second.group].id), message);
}

void supervisor_state::wake_dependents(const group_changed& changed) {
  if (auto node = programs ? programs->node_of(changed.process) : std::nullopt)
    for (auto dependent : programs->graph.dependents_of(*node))
      if (auto process = programs->nodes[dependent].process; process != 0)
        wake(process, {.whom = changed.left_running ? changed.process : 0, .state = changed.state});
  go_on_with_stops(changed);
  if (end_turns && record->table.daemon.stopping) {
    end_turns->note(changed.process, !is_stopped(changed.process));
    tell_who_may_end({});
  }
}

void supervisor_state::start_for_others(const pull_in& whom) {
  for (auto process : whom.processes) {
    auto found = record->table.positions.find(process);
    if (found == record->table.positions.end())
      continue;
    const auto& group = record->table.groups[found->second.group];
    auto nobody = std::make_shared<reply_promise<process_outcome>>([](const process_outcome&) {}, process_outcome{});
    process_task task{.what = verb::start, .for_others = true, .because = whom.because};
    self->send(actor_of(group.id), group_request{task, found->second.member, {}, std::move(nobody), nullptr});
  }
}

bool supervisor_state::is_stopped(std::uint64_t process) const {
  auto status = use->board.find(process);
  return !status || protocols::is_stopped(status->state);
}

// -- a client's stop -----------------------------------------------------------------------------

void supervisor_state::control_some(const control_call& call) {
  std::set<std::uint64_t> all(call.request.members.begin(), call.request.members.end());
  std::vector<std::uint64_t> groups;
  for (auto id : request_order(record->table)) {
    const auto& members = record->table.find(id)->members;
    if (std::any_of(members.begin(), members.end(), [&](auto& m) { return all.contains(m.process); }))
      groups.push_back(id);
  }
  ask_in_order(call, groups, &all);
}

/// A start asks all at once: who depends on others waits by himself.
void supervisor_state::ask_in_order(const control_call& call, const std::vector<std::uint64_t>& groups,
                                    const std::set<std::uint64_t>* only) {
  auto all = std::make_shared<gathering>(call.answer);
  note(call.request.number, all);
  open_stop stop{.task = call.request.task, .all = {}};
  stop.task.one_of_many = true;
  for (std::size_t rank = 0; rank < groups.size(); ++rank) {
    const auto& cell = *record->groups.at(groups[rank]).cell;
    std::vector<std::int64_t> priorities;
    for (const auto& process : cell.processes)
      priorities.push_back(process->options->priority);
    for (auto i : request_order(priorities)) {
      const auto& process = *cell.processes[i];
      const auto& choice = stop.task.choice;
      bool concerns = !only || only->contains(process.id);
      if (!concerns || (choice && choice->judge(process.group.view(), *process.options) != protocols::verdict::allow))
        continue;
      const auto& member = process.options->name;
      auto answer = gathering::add(all, rank, member.str(), process.group.str());
      if (call.request.update_step != 0)
        answer = answer_for_update(call.request.update_step, process.id, std::move(answer));
      auto place = stop.left.size();
      stop.left.emplace(process.id, open_stop::entry{place, full_name(process.group, member), std::move(answer)});
    }
  }
  begin_stop(std::move(stop));
}

/// Who may be asked is asked now, the others once their turn comes.
void supervisor_state::begin_stop(open_stop stop) {
  std::vector<std::uint64_t> stopped;
  for (const auto& [process, entry] : stop.left) {
    stop.all.insert(process);
    if (is_stopped(process))
      stopped.push_back(process);
  }
  fill_turns(stop);
  auto now = stop.turns.take();
  now.insert(now.end(), stopped.begin(), stopped.end());
  ask(stop, std::move(now));
  if (!stop.task.wait)
    for (const auto& [process, entry] : stop.left)
      (*entry.answer)(process_outcome{});
  if (!stop.left.empty())
    open_stops.push_back(std::move(stop));
}

/// Whatever else is asked for is asked of all at once.
void supervisor_state::fill_turns(open_stop& stop) const {
  bool in_order = stop.task.what == verb::stop;
  stop.turns = stop_turns(in_order ? programs : nullptr);
  for (auto process : stop.all)
    stop.turns.add(process, !in_order || !is_stopped(process));
}

/// Those of them who have not been asked.
void supervisor_state::ask(open_stop& stop, std::vector<std::uint64_t> whom) {
  std::erase_if(whom, [&](auto process) { return !stop.left.contains(process); });
  auto before = [&](auto a, auto b) { return stop.left.at(a).place < stop.left.at(b).place; };
  std::sort(whom.begin(), whom.end(), before);
  for (auto process : whom) {
    auto asked = stop.left.extract(process);
    auto found = record->table.positions.find(process);
    if (asked && found != record->table.positions.end())
      self->send(actor_of(record->table.groups[found->second.group].id),
                 group_request{stop.task, found->second.member, asked.mapped().shown, asked.mapped().answer, nullptr});
  }
}

/// Whoever has been asked and stopped once is done with, even if somebody starts him again.
void supervisor_state::go_on_with_stops(const group_changed& changed) {
  for (auto stop = open_stops.begin(); stop != open_stops.end();) {
    bool is_asked = !stop->left.contains(changed.process);
    if (is_asked && protocols::is_stopped(changed.state))
      stop->all.erase(changed.process);
    if (stop->task.what == verb::stop && !stop->turns.is_of(programs))
      fill_turns(*stop);
    else if (!stop->all.contains(changed.process))
      stop->turns.leave(changed.process);
    else
      stop->turns.note(changed.process, !is_stopped(changed.process));
    auto now = stop->turns.take();
    if (!is_asked && is_stopped(changed.process))
      now.push_back(changed.process);
    ask(*stop, std::move(now));
    stop = stop->left.empty() ? open_stops.erase(stop) : std::next(stop);
  }
}

// -- the daemon's stop ---------------------------------------------------------------------------

/// The group's turn: its members that run, and whoever depends on them, whatever his group.
void supervisor_state::stop_in_order(std::uint64_t group) {
  auto runs = [this](std::uint64_t process) { return !is_stopped(process); };
  if (!end_turns || !end_turns->is_of(programs)) {
    end_turns.emplace(programs);
    for (auto process : ending)
      end_turns->add_with_dependents(process, runs);
  }
  for (const auto& member : record->table.find(group)->members) {
    ending.insert(member.process);
    end_turns->add_with_dependents(member.process, runs);
  }
  tell_who_may_end(group);
}

/// `group`: it answers, even if there is nobody of it to be told.
void supervisor_state::tell_who_may_end(std::optional<std::uint64_t> group) {
  std::map<std::uint64_t, std::vector<std::size_t>> members;
  if (group)
    members[*group];
  for (auto process : end_turns->take()) {
    auto found = record->table.positions.find(process);
    if (found != record->table.positions.end())
      members[record->table.groups[found->second.group].id].push_back(found->second.member);
  }
  for (auto& [of, which] : members)
    self->send(actor_of(of), stop_members{std::move(which)});
}

} // namespace troupe::actors
