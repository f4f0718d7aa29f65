// See process_machine.hpp: a process goes on with other options. What they say counts from now on; what is under way
// goes on as it began, but for its times, which are computed anew from the same beginnings. Must not start, stop or
// restart anything: whoever replaces the options sees to that. Source: docs/contract/programs.md, 6 and 16.2 (X31).
// Cases: tests/core/process_options_replaced_test.cpp.
#include "actors/core/process_machine.hpp"
#include "config/plan.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using enum process_state;

void process_machine::operator()(const event::options_replaced& e) {
  if (!e.before) // noted by a worker that died
    return;
  const auto& before = *e.before;
  renew_stop_time(before);
  renew_readiness(before);
  renew_health(before);
  renew_dependencies(before);
  if (p.pid != 0 && config::difference_of(before, options).takes <= config::plan_action::next)
    p.is_outdated = true;
}

/// Of the signal it was sent last: it was sent when it was.
void process_machine::renew_stop_time(const config::process_options& before) {
  bool is_command = p.stage && (p.stage->commanded || p.stage->runs != command_kind::none);
  bool is_signalled = (p.state == stopping && p.pid != 0 && !is_command) || (p.state == starting && is_failing());
  if (!is_signalled || !p.deadline)
    return;
  auto number = p.stage ? p.stage->rung : 0;
  auto old_rung = rung_of(before, number);
  auto new_rung = rung_of(options, number);
  if (old_rung && new_rung && old_rung->time != new_rung->time)
    arm(std::max(at.now, *p.deadline - old_rung->time + new_rung->time));
}

/// A start that was to be ready by a sign is up when it has lasted, where no sign is asked for any more.
void process_machine::renew_readiness(const config::process_options& before) {
  if (p.state != starting || !awaits_ready() || !before.ready().form || options.ready().form)
    return;
  drop_probe();
  p.check->awaits_ready = false;
  p.check->due.reset();
  p.check->detail.clear();
  p.waiting_for = {};
  arm(std::max(at.now, lasts_from()));
}

/// Pending again; failures count from now.
void process_machine::renew_health(const config::process_options& before) {
  if (p.state != running || before.health() == options.health())
    return;
  if (p.check) {
    drop_probe();
    p.check->health = health_state::none;
    p.check->failures = 0;
    p.check->has_been_healthy = p.check->wants_restart = p.check->told_why_not = false;
    p.check->due.reset();
    p.check->detail.clear();
    rearm();
  }
  begin_health();
}

/// What is known of the items goes by their numbers.
void process_machine::renew_dependencies(const config::process_options& before) {
  if (before.dependencies() == options.dependencies())
    return;
  p.hold.told = p.hold.overdue = false;
  p.hold.passed = p.hold.relies_on = 0;
  if (p.hold.holds)
    effects.emplace_back(effect::look_at_dependencies{true});
  else if (p.pid != 0)
    look_for_losses();
}

} // namespace troupe::actors
