// See reaper_actor.hpp: spawns that wait for their turn, where a configuration limits how many may start at once. Must
// not decide whose turn it is (core/start_turns.cpp does). Source: docs/contract/programs.md, 2.4. Cases:
// tests/restarts_test.py.
#include "actors/reaper_actor.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::actors {

using config::log_level;

/// False: it stands in line, and its owner knows.
bool reaper_state::has_turn(const spawn_request& request) {
  const auto& options = *request.cell->options;
  const auto& limits = use->means->settings.starts;
  auto stagger = options.restarts().startstagger;
  if (limits.concurrency == 0 && !limits.budget && stagger.count() == 0)
    return true;
  bool others_may = record->turns.over(request.cell->id); // a step may lead from one STARTING to the next
  auto hold =
    record->turns.ask({request.cell->id, options.section.str(), stagger, is_by_itself(request.cell->record.why)},
                      std::chrono::steady_clock::now());
  if (hold == start_hold::go)
    return true;
  record->in_line[request.cell->id] = request;
  self->send(request.owner, spawn_waits{std::string(to_string(hold))});
  if (others_may)
    give_turns();
  else
    remind_of_turns();
  return false;
}

void reaper_state::remind_of_turns() {
  auto next = record->turns.next();
  if (!next || (turns_due && *turns_due <= *next))
    return;
  turns_due = next;
  self->remind(*next, look_at_turns{});
}

void reaper_state::give_turns() {
  turns_due.reset();
  if (record->resting) // there is a look when it goes on
    return;
  auto changed = record->turns.look(std::chrono::steady_clock::now());
  for (auto [process, hold] : changed.wait_for)
    if (auto found = record->in_line.find(process); found != record->in_line.end())
      self->send(found->second.owner, spawn_waits{std::string(to_string(hold))});
  for (auto process : changed.go)
    if (auto request = record->in_line.extract(process)) {
      self->send(request.mapped().owner, spawn_begins{});
      launch_spawn(request.mapped());
    }
  if (changed.over_budget > 0) {
    const auto& budget = *use->means->settings.starts.budget;
    use->log.write(log_level::warn, "restart budget of " + std::to_string(budget.count) + " in " +
                                      seconds_text(budget.time) + " is used up, " +
                                      std::to_string(changed.over_budget) +
                                      (changed.over_budget == 1 ? " process waits" : " processes wait"));
  }
  remind_of_turns();
}

/// Its start is over, one way or the other.
void reaper_state::end_turn(std::uint64_t process) {
  record->in_line.erase(process);
  if (record->turns.over(process))
    give_turns();
}

bool reaper_state::hand_turn_to(const process_cell_ptr& cell, const process_actor& owner) {
  auto found = record->in_line.find(cell->id);
  if (found == record->in_line.end())
    return false;
  found->second.owner = owner;
  if (owner)
    self->send(owner, spawn_waits{cell->record.waiting_for.str()});
  return true;
}

} // namespace troupe::actors
