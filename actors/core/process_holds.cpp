// See process_machine.hpp: a start that waits for what the process depends on, and what a process does that has lost
// it. Must not know who that is: whoever looks at the graph says what it comes to. Source:
// docs/contract/programs.md, 1.4 and 1.5. Cases: tests/core/process_holds_test.cpp.
#include "actors/core/process_machine.hpp"

#include <utility>

namespace troupe::actors {

std::chrono::milliseconds to_tenths(clock::duration time) {
  constexpr std::int64_t tenth = 100;
  auto whole = std::chrono::round<std::chrono::milliseconds>(time).count();
  return std::chrono::milliseconds{(whole + tenth / 2) / tenth * tenth};
}

bool follows_dependencies(const config::process_options& options, const process_record& p) {
  const auto& asked = options.dependencies();
  if (asked.items.empty())
    return false;
  if (p.pid == 0)
    return p.state == process_state::starting && !p.hold.alone;
  return asked.lost != config::dependency_options::on_loss::keep || (p.check && p.check->wants_restart);
}

using config::dependency_options;
using config::log_level;
using enum process_state;

void process_machine::begin_dependency_hold() {
  p.hold.holds = true;
  p.waiting_for = "waiting for its dependencies";
  if (auto limit = options.dependencies().timeout; limit.count() > 0)
    arm(at.now + limit);
  effects.emplace_back(
    effect::look_at_dependencies{p.why != start_reason::dependency}); // whoever needs it has seen to it
}

/// Its delay is over, or it has waited for its dependencies for longer than it may.
void process_machine::end_wait() {
  if (!p.deadline)
    return;
  if (at.daemon != daemon_state::running)
    return end_hold();
  if (at.now < *p.deadline)
    return arm(*p.deadline);
  p.deadline.reset();
  if (p.hold.holds) {
    p.hold.overdue = true;
    effects.emplace_back(effect::look_at_dependencies{false});
    return;
  }
  p.started_at = at.now;
  p.waiting_for = {};
  if (has_dependencies())
    return begin_dependency_hold();
  p.laststart = at.wall;
  begin_spawn();
}

void process_machine::wait_for_dependencies(const dependency_view& view) {
  p.waiting_for = view.waiting;
  if (!std::exchange(p.hold.told, true))
    log(log_level::info, options.name + " waits for " + view.first);
  if (std::exchange(p.hold.stuck, view.stuck) != view.stuck)
    effects.emplace_back(effect::tell{}); // who waits for it waits in vain, too
  bool has_recovered = view.failure.empty() && !p.spawnerr.empty();
  if (std::exchange(p.spawnerr, config::shared_text(view.failure)) == view.failure)
    return;
  if (has_recovered) {
    effects.emplace_back(effect::look_at_dependencies{true});
    return;
  }
  if (options.dependencies().failure == dependency_options::on_failure::fail) {
    return give_up(p.spawnerr);
  }
  log(log_level::warn, options.name + " is held: " + view.failure);
}

void process_machine::end_dependency_hold(const dependency_view& view) {
  if (p.deadline)
    disarm();
  if (p.hold.told) {
    log(log_level::info, options.name + ": dependencies met after " + seconds_text(to_tenths(at.now - p.started_at)));
  }
  p.hold = {.relies_on = view.relies_on};
  p.waiting_for = {};
  p.spawnerr = {};
  p.started_at = at.now;
  p.laststart = at.wall;
  begin_spawn();
}

/// Its spawn has been asked for, but may wait for its turn: then what it depends on may be there no more when that
/// comes.
void process_machine::return_to_hold(const dependency_view& view) {
  if (p.hold.alone || p.hold.returning || runs(command_kind::prestart) || p.stop_pending || p.deadline ||
      view.waiting.empty())
    return;
  p.hold.returning = true; // until whoever makes children has given it back
}

/// Nobody is pulled in: who was there and has gone was meant to.
void process_machine::hold_again() {
  p.hold = {.holds = true};
  p.waiting_for = "waiting for its dependencies";
  if (auto limit = options.dependencies().timeout; limit.count() > 0)
    arm(at.now + limit);
  effects.emplace_back(effect::look_at_dependencies{false});
}

void process_machine::look_for_losses() {
  if (has_dependencies() && options.dependencies().lost != dependency_options::on_loss::keep)
    effects.emplace_back(effect::look_at_dependencies{false});
}

/// Something it relied on may be there no more.
void process_machine::look_for_loss(const dependency_view& view) {
  auto lost = std::exchange(p.hold.relies_on, view.relies_on) & ~view.relies_on;
  const auto& dependencies = options.dependencies();
  bool runs = p.state == running || p.state == starting;
  if (lost == 0 || !runs || dependencies.lost == dependency_options::on_loss::keep ||
      at.daemon != daemon_state::running)
    return;
  bool again = dependencies.lost == dependency_options::on_loss::restart;
  if (again && is_passed_over(""))
    return;
  const auto& limit = options.restarts().restartlimit;
  if (again && refused_until(restarts_of(p), limit, at.now))
    return log(log_level::warn, options.name + " is not restarted: " + limit_text(*limit));
  log(log_level::info,
      options.name + (again ? " is restarted" : " is stopped") + ": dependency " + view.lost + " was lost");
  p.why = start_reason::lost;
  begin_stop(stop_cause::by_itself);
  p.administrative_stop = false;
  p.restart_pending = again;
}

} // namespace troupe::actors
