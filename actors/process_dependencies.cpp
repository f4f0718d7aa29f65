// See process_actor.hpp: what the process depends on, looked at: the graph and the board say what it comes to. Must not
// decide what follows from it (process_holds.cpp does). Source: docs/contract/programs.md, 1. Cases:
// tests/dependencies_test.py.
#include "actors/process_actor.hpp"

#include "actors/core/passing_stop.hpp"
#include "actors/io/program_facts.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

bool says_nothing_new(const dependency_view& view, const process_record& record) {
  if (record.pid != 0)
    return view.relies_on == record.hold.relies_on && !(record.check && record.check->wants_restart);
  if (!record.hold.holds) // its spawn has been asked for
    return record.hold.alone || view.waiting.empty();
  return !view.waiting.empty() && view.waiting == record.waiting_for.view() && view.failure == record.spawnerr &&
         view.passed == record.hold.passed && view.stuck == record.hold.stuck;
}

} // namespace

/// `change`: what it is about, even where the board is ahead of it by now: somebody who has died is lost, however soon
/// he is back.
void process_state_of_actor::look_at_dependencies(bool pull_in, const dependency_changed& change) {
  auto programs = use->programs.get();
  auto node = programs ? programs->node_of(cell->id) : std::nullopt;
  dependency_view view;
  if (node) {
    auto known = [&](std::size_t other) {
      const auto& of = programs->nodes[other];
      auto now = moment_of(of.process == 0 ? nullptr : use->board.find(of.process));
      if (now && of.process == change.whom && cell->record.pid != 0) {
        now->state = change.state;
        now->pid = 0;
      }
      return facts_of(of, now);
    };
    const auto& hold = cell->record.hold;
    std::vector<std::size_t> needed;
    if (pull_in && hold.holds) {
      auto because = hold.told ? start_cause::itself : cause_of(cell->record.why);
      needed = pulled_in(programs->graph, *node, because, known);
      ask_for_others(*programs, needed, because);
    }
    auto soon = [&](std::size_t other) { // whoever is about to start has not failed
      auto facts = known(other);
      if (std::binary_search(needed.begin(), needed.end(), other))
        facts.at = dependency_facts::stage::starting;
      return facts;
    };
    view = view_of(programs->graph, *node, cell->options->dependencies(), hold, soon);
  }
  if (!says_nothing_new(view, cell->record))
    apply(event::dependencies_seen{std::move(view)});
}

void process_state_of_actor::ask_for_others(const program_graph& programs, const std::vector<std::size_t>& needed,
                                            start_cause because) {
  std::vector<std::uint64_t> processes;
  for (auto node : needed_first(programs.graph, needed))
    processes.push_back(programs.nodes[node].process);
  if (!processes.empty())
    self->send(use->supervisor.get(), pull_in{std::move(processes), because});
}

/// The second half of a restart is not to be: who waits for it waits in vain. `text`: of the fault.
void process_state_of_actor::note_refused_start(const process_task& task, const std::string& text) {
  bool is_second_half = task.what == verb::start && (task.rolls || is_of_restart(task.reason));
  if (!is_second_half || !is_passing(cell->record) || use->board.daemon() != daemon_state::running)
    return;
  auto colon = text.find(": ");
  apply(event::spawn_failed{colon == text.npos ? text : text.substr(colon + 2)});
}

/// What has changed since whoever needs it has asked counts more.
bool process_state_of_actor::is_wanted_for_others(start_cause because) const {
  bool for_operator = because == start_cause::operators;
  if (retired)
    return false;
  switch (cell->record.state) {
  case process_state::stopped:
    return for_operator || !cell->record.started_once;
  case process_state::fatal:
    return for_operator;
  case process_state::exited:
    return !cell->record.deadline;
  default:
    return false;
  }
}

} // namespace troupe::actors
