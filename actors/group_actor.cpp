// See group_actor.hpp.
#include "actors/group_actor.hpp"

#include "actors/core/daemon_fsm.hpp"
#include "actors/kept_alive.hpp"
#include "actors/process_actor.hpp"

#include <numeric>
#include <unordered_map>
#include <utility>

namespace troupe::actors {

namespace {

constexpr int most_deaths = 3; ///< in one turn; then it is the next one's. The daemon's stop comes back to it

} // namespace

void group_state::spawn_process(std::size_t index, bool rebuilt) {
  // Lazily: a process that is never asked anything costs no turn of a worker. A rebuilt one has something to ask.
  auto handle = rebuilt
                  ? self->spawn(run_process, use, cell->processes[index], group_actor{self}, true)
                  : self->spawn<caf::lazy_init>(run_process, use, cell->processes[index], group_actor{self}, false);
  self->monitor(handle);
  processes->actors[index] = handle;
}

/// All of them at first; after this actor was rebuilt, those of its predecessor.
void group_state::adopt_processes() {
  arrange();
  for (std::size_t i = 0; i < processes->actors.size(); ++i) {
    if (auto& process = processes->actors[i]) {
      self->monitor(process); // one that died in between is reported at once
      self->send(process, group_replaced{group_actor{self}});
    } else {
      spawn_process(i, cell->processes[i]->goes_on);
    }
  }
}

/// The handles by the cell as it is now. Who is not in it any more has no child, and ends; who has another cell hears
/// of it.
void group_state::arrange() {
  auto before = std::exchange(processes->of, cell);
  if (before == cell)
    return;
  auto actors = std::exchange(processes->actors, std::vector<process_actor>(cell->processes.size()));
  std::unordered_map<std::uint64_t, std::size_t> places;
  for (std::size_t i = 0; i < cell->processes.size(); ++i)
    places.emplace(cell->processes[i]->id, i);
  for (std::size_t i = 0; i < actors.size(); ++i) {
    auto found = places.find(before->processes[i]->id);
    if (found == places.end()) {
      self->demonitor(actors[i].address());
      self->send_exit(actors[i], caf::exit_reason::user_shutdown);
      self->host().drop_alarm(before->processes[i]->id);
      continue;
    }
    if (const auto& now = cell->processes[found->second]; now != before->processes[i])
      self->send(actors[i], process_redefined{now});
    processes->actors[found->second] = std::move(actors[i]);
  }
}

/// Turns that are under way go on, but for those of members that are gone.
void group_state::redefine(const group_cell_ptr& now) {
  auto before = std::exchange(cell, now);
  auto in_turn = turns.empty() ? 0 : before->processes[turns.front().member]->id;
  std::unordered_map<std::uint64_t, std::size_t> places;
  for (std::size_t i = 0; i < now->processes.size(); ++i)
    places.emplace(now->processes[i]->id, i);
  for (auto next = turns.begin(); next != turns.end();) {
    auto found = places.find(before->processes[next->member]->id);
    if (found != places.end())
      next->member = found->second;
    next = found == places.end() ? turns.erase(next) : std::next(next);
  }
  arrange();
  for (std::size_t i = 0; i < processes->actors.size(); ++i)
    if (!processes->actors[i])
      spawn_process(i, false);
  if (in_turn != 0 && !places.contains(in_turn))
    next_turn();
}

void group_state::on_exit(const caf::error& reason) {
  for (std::size_t i = 0; i < processes->actors.size(); ++i) {
    self->demonitor(processes->actors[i].address());
    self->send_exit(processes->actors[i], reason);
    self->host().drop_alarm(cell->processes[i]->id);
  }
  self->quit(reason);
}

/// Only those that have something to look at are woken: 10,000 idle programs stay idle.
void group_state::evaluate() {
  evaluating = true;
  bool idle = turns.empty();
  for (std::size_t i = 0; i < processes->actors.size(); ++i) {
    auto& process = *cell->processes[i];
    auto status = use->board.find(process.id);
    bool fresh = !status || (status->state == process_state::stopped && status->laststart == 0);
    if (fresh ? process.options->autostart : status->state == process_state::exited)
      turns.push_back({i, false});
  }
  if (idle)
    next_turn();
}

void group_state::stop_all() {
  std::vector<std::size_t> members(cell->processes.size());
  std::iota(members.begin(), members.end(), std::size_t{0});
  stop(members);
}

void group_state::stop(const std::vector<std::size_t>& members) {
  stopping = true;
  bool idle = turns.empty();
  std::vector<std::int64_t> priorities;
  for (auto member : members)
    priorities.push_back(cell->processes[member]->options->priority);
  for (auto i : stop_order(priorities)) {
    auto status = use->board.find(cell->processes[members[i]]->id);
    if (status && !protocols::is_stopped(status->state))
      turns.push_back({members[i], true});
  }
  if (idle)
    next_turn();
}

void group_state::pass_on(const dependency_changed& change) {
  for (std::size_t i = 0; i < processes->actors.size(); ++i)
    if (cell->processes[i]->id == change.process)
      return self->send(processes->actors[i], change);
}

void group_state::next_turn() {
  if (turns.empty()) {
    if (std::exchange(evaluating, false))
      self->send(supervisor, group_evaluated{});
    if (std::exchange(stopping, false))
      self->send(supervisor, group_told{});
  } else if (turns.front().stop) {
    self->send(processes->actors[turns.front().member], stop_process{true});
  } else {
    self->send(processes->actors[turns.front().member], evaluate_process{});
  }
}

void group_state::end_turn(std::uint64_t process) {
  if (turns.empty() || cell->processes[turns.front().member]->id != process)
    return;
  turns.pop_front();
  next_turn();
}

void group_state::request(const group_request& asked) {
  if (asked.member)
    return self->send(processes->actors[*asked.member], process_request{asked.task, asked.shown, asked.answer});
  std::vector<std::int64_t> priorities;
  for (auto& process : cell->processes)
    priorities.push_back(process->options->priority);
  for (auto i : request_order(priorities)) {
    const auto& options = *cell->processes[i]->options;
    if (asked.task.choice && asked.task.choice->judge(cell->options->name, options) != protocols::verdict::allow)
      continue; // absent from the result
    const auto& process = options.name;
    self->send(processes->actors[i],
               process_request{asked.task, full_name(cell->options->name, process),
                               gathering::add(asked.all, asked.rank, process, cell->options->name)});
  }
  (*asked.answer)(process_outcome{.absent = true});
}

void group_state::look_for_reaper_in_all() {
  for (auto& process : processes->actors)
    self->send(process, look_for_reaper{});
}

void group_state::report(const process_changed& change) {
  self->send(supervisor, group_changed{change.process, change.state, change.left_running, change.ending});
}

void group_state::on_down(const caf::down_msg& down) {
  for (std::size_t i = 0; i < processes->actors.size(); ++i)
    if (processes->actors[i].address() == down.source) {
      say_rebuilt(use->log, "the actor of process " + cell->processes[i]->options->name);
      spawn_process(i, true);
      if (!turns.empty() && turns.front().member == i && ++turns.front().deaths < most_deaths)
        next_turn(); // it died in its turn: what it was asked for went with it
      else
        end_turn(cell->processes[i]->id);
    }
}

std::span<const handler_row<group_state>> group_state::handlers() {
  return handler_table<group_actor, group_state>([](group_state& st, evaluate_group) { st.evaluate(); },
                                                 [](group_state& st, stop_group) { st.stop_all(); },
                                                 [](group_state& st, const stop_members& m) { st.stop(m.which); },
                                                 [](group_state& st, const dependency_changed& m) { st.pass_on(m); },
                                                 [](group_state& st, const group_redefined& m) { st.redefine(m.cell); },
                                                 [](group_state& st, const group_request& m) { st.request(m); },
                                                 [](group_state& st, const process_changed& m) { st.report(m); },
                                                 [](group_state& st, turn_taken m) { st.end_turn(m.process); },
                                                 [](group_state& st, keep_group) {
                                                   for (auto& process : st.processes->actors)
                                                     st.self->send(process, keep_process{});
                                                 },
                                                 [](group_state& st, const supervisor_replaced& m) {
                                                   st.supervisor = m.supervisor;
                                                   st.look_for_reaper_in_all();
                                                 },
                                                 [](group_state& st, look_for_reaper) { st.look_for_reaper_in_all(); });
}

void run_group(hosted_pointer<group_actor, group_state> self, services* use, group_cell_ptr cell,
               process_handles processes, supervisor_actor supervisor) {
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.cell = std::move(cell);
  st.supervisor = std::move(supervisor);
  st.processes = std::move(processes);
  st.adopt_processes();
}

} // namespace troupe::actors
