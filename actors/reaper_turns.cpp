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

namespace {

/// So that who is asked to stop together with whoever gave his turn back is not spawned before he hears of it.
constexpr std::chrono::milliseconds until_all_have_heard{10};

start_turns::wish wish_of(const process_cell& cell) {
  const auto& options = *cell.options;
  return {cell.id, options.section.str(), options.restarts().startstagger, is_by_itself(cell.record.why),
          cell.record.started_at};
}

} // namespace

/// What those have done who are there already; of a reaper before this one only who is at it.
void reaper_state::begin_turns() {
  bool anew = !std::exchange(record->turns_begun, true);
  record->turns.limit(use->means->settings.starts);
  auto note = [&](const process_cell_ptr& cell) {
    bool is_starting = cell && (cell->record.state == process_state::starting ||
                                (cell->record.state == process_state::running && cell->options->oneshot()));
    if (cell && (anew || is_starting))
      record->turns.note_spawned(wish_of(*cell), cell->record.started_at, is_starting, anew);
  };
  for (const auto& [pid, known] : record->children)
    note(known.cell);
  for (const auto& under_way : record->launches)
    note(under_way.flight->cell);
}

bool reaper_state::is_needed(std::uint64_t process) const {
  auto programs = use->programs.get();
  auto node = programs ? programs->node_of(process) : std::nullopt;
  return node && !programs->graph.dependents_of(*node).empty();
}

/// False: it stands in line, and its owner knows.
bool reaper_state::has_turn(const spawn_request& request) {
  const auto& limits = use->means->settings.starts;
  auto wish = wish_of(*request.cell);
  if (limits.concurrency == 0 && !limits.budget && wish.stagger.count() == 0)
    return true;
  wish.needed = is_needed(wish.process);
  bool others_may = record->turns.over(wish.process); // a step may lead from one STARTING to the next
  auto hold = start_hold::slot;                       // in the daemon's stop: until it is told to stop, too
  if (use->board.daemon() == daemon_state::running)
    hold = record->turns.ask(wish, std::chrono::steady_clock::now());
  if (hold == start_hold::go)
    return true;
  record->in_line[wish.process] = request;
  self->send(request.owner, spawn_waits{std::string(to_string(hold))});
  if (others_may)
    look_at_turns_soon();
  remind_of_turns();
  return false;
}

void reaper_state::remind_of_turns() {
  if (auto next = record->turns.next())
    look_at_turns_at(*next);
}

void reaper_state::look_at_turns_soon() { look_at_turns_at(std::chrono::steady_clock::now() + until_all_have_heard); }

void reaper_state::look_at_turns_at(std::chrono::steady_clock::time_point when) {
  if (turns_due && *turns_due <= when)
    return;
  turns_due = when;
  self->remind(when, look_at_turns{});
}

void reaper_state::give_turns() {
  turns_due.reset();
  if (record->resting || use->board.daemon() != daemon_state::running) // there is a look when it goes on
    return;
  for (const auto& [process, request] : record->in_line)
    if (request.cell->record.stop_pending || request.cell->record.hold.returning) // its withdrawal is on its way
      record->turns.over(process);
  auto changed = record->turns.look(std::chrono::steady_clock::now());
  for (auto [process, hold] : changed.wait_for)
    if (auto found = record->in_line.find(process); found != record->in_line.end())
      self->send(found->second.owner, spawn_waits{std::string(to_string(hold))});
  for (auto process : changed.go)
    if (auto request = record->in_line.extract(process)) {
      self->send(request.mapped().owner, spawn_begins{});
      begin_spawn(request.mapped());
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
    look_at_turns_soon();
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
