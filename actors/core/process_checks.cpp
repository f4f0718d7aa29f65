// See process_machine.hpp: whether a child that has been made is ready, and whether one that runs is healthy. Must not
// look: whoever makes probes and reads what the process says of itself answers. Source: docs/contract/programs.md, 3
// and 4. Cases: tests/core/process_checks_test.cpp.
#include "actors/core/process_machine.hpp"
#include "actors/core/readiness.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::check_form;
using config::health_options;
using config::log_level;
using std::chrono::milliseconds;
using enum process_state;

// -- what has happened ---------------------------------------------------------------------------

void process_machine::operator()(event::said_ready e) {
  if (p.state != starting || !awaits_ready())
    return;
  if (!e.failed)
    return become_ready();
  auto closed = "Closed descriptor " + std::to_string(options.ready().form.number) + " before it was ready";
  fail_readiness("", closed);
}

void process_machine::operator()(const event::probed& e) {
  if (!p.check || !p.check->probing || p.check->probe != e.number)
    return;
  auto& check = *p.check;
  check.probing = false;
  bool starts = p.state == starting && check.awaits_ready;
  if (starts && e.ok)
    return become_ready();
  if (!check.due) { // it has taken longer than the time between two
    auto since = at.now - p.started_at;
    check.due = starts ? p.started_at + next_look(since, options.ready().interval) : at.now;
    rearm();
  }
  if (starts)
    check.detail = e.detail;
  else if (p.state == running)
    note_health(e.ok, e.detail);
}

void process_machine::operator()(const event::notified& e) {
  if (p.pid == 0 || p.state == unknown)
    return;
  const auto& said = e.what;
  auto& check = p.check.make();
  if (said.status)
    check.status = *said.status;
  constexpr std::int64_t most_errors = 4096;
  if (said.error_number && *said.error_number < most_errors)
    check.error_number = *said.error_number;
  check.reloading = said.reloading || (check.reloading && !said.ready);
  check.stopping = check.stopping || said.stopping;
  note_reloading(said.reloading, said.ready);
  if (awaits_ready())
    p.waiting_for = awaited_text(options.ready().form, check.status);
  if (said.extend)
    extend(*said.extend);
  if (said.watchdog_interval)
    check.watchdog = std::max(milliseconds{100}, std::chrono::ceil<milliseconds>(*said.watchdog_interval));
  if (said.ready && p.state == starting && awaits_ready() && options.ready().form.what == check_form::kind::notify)
    become_ready();
  bool counts = said.watchdog || said.trigger;
  if (p.state != running || options.health().form.what != check_form::kind::notify ||
      (!counts && !said.watchdog_interval))
    return;
  check.due = at.now + health_interval();
  rearm();
  if (counts)
    note_health(!said.trigger, "WATCHDOG=trigger");
}

/// The running step ends no earlier.
void process_machine::extend(std::chrono::microseconds time) {
  bool has_step = p.state == stopping || (p.state == starting && (awaits_ready() || is_failing()));
  auto until = at.now + std::min<std::chrono::microseconds>(time, std::chrono::hours{1});
  if (has_step && p.deadline && until > *p.deadline)
    arm(until);
}

// -- readiness -----------------------------------------------------------------------------------

void process_machine::begin_readiness() {
  const auto& ready = options.ready();
  auto& check = p.check.make();
  check.awaits_ready = true;
  p.waiting_for = awaited_text(ready.form, {});
  if (ready.timeout.count() > 0)
    p.deadline = p.started_at + ready.timeout;
  if (is_probe(ready.form))
    check.due = p.started_at + next_look(at.now - p.started_at, ready.interval);
  check.has_lasted = at.now > lasts_from();
  if (p.deadline || check.due || !check.has_lasted)
    rearm();
}

void process_machine::become_ready() {
  drop_probe();
  p.check->awaits_ready = false;
  p.check->due.reset();
  p.check->detail.clear();
  p.waiting_for = {};
  disarm();
  be_up();
}

/// It is killed, still STARTING. `why`: after how long; empty: as the error says.
void process_machine::fail_readiness(const std::string& why, const std::string& spawnerr) {
  log(log_level::warn, options.name + " is not ready" + (why.empty() ? ": " + spawnerr : " " + why));
  fail_child(spawnerr);
  if (!why.empty() && !options.hooks().poststop.command.empty())
    p.stage.make().overdue = true;
}

void process_machine::fail_child(const std::string& spawnerr) {
  drop_probe();
  auto& check = p.check.make();
  check.awaits_ready = false;
  check.failing = true;
  check.due.reset();
  p.waiting_for = p.spawnerr = spawnerr;
  begin_stop_signal();
  auto first = rung_of(options, 0);
  arm(at.now + first->time);
}

// -- health --------------------------------------------------------------------------------------

milliseconds process_machine::health_interval() const {
  const auto& health = options.health();
  bool by_itself = health.form.what == check_form::kind::notify && p.check && p.check->watchdog;
  return by_itself ? *p.check->watchdog : health.interval;
}

void process_machine::begin_health() {
  const auto& health = options.health();
  if (!health.form)
    return;
  auto& check = p.check.make();
  check.health = health_state::pending;
  bool asks = is_probe(health.form);
  check.due = at.now + (asks ? first_health_look(health.interval, chance_of(at.name, p.spawns)) : health_interval());
  rearm();
}

void process_machine::note_health(bool ok, const std::string& detail) {
  auto& check = *p.check;
  const auto& health = options.health();
  if (check.health == health_state::none)
    return;
  if (ok) {
    auto before = std::exchange(check.health, health_state::healthy);
    check.failures = 0;
    check.has_been_healthy = true;
    check.wants_restart = check.told_why_not = false;
    check.detail.clear();
    if (before != health_state::unhealthy)
      return;
    log(log_level::info, options.name + " is healthy");
    effects.emplace_back(effect::emit_health{true, p.pid, 0, "is healthy"});
    return;
  }
  check.detail = detail;
  bool is_early = !check.has_been_healthy && at.now - p.running_since < health.startperiod;
  if (is_early || ++check.failures < health.most_failures() || check.health == health_state::unhealthy)
    return;
  check.health = health_state::unhealthy;
  auto text = "is unhealthy after " + std::to_string(check.failures) +
              (check.failures == 1 ? " failure: " : " failures: ") + config::one_line(detail);
  log(log_level::warn, options.name + " " + text);
  effects.emplace_back(effect::emit_health{false, p.pid, check.failures, text});
  end_essential(options.essential().on_unhealthy, 0, "is unhealthy");
  act_on_health();
}

/// Once, as it becomes unhealthy.
void process_machine::act_on_health() {
  const auto& health = options.health();
  switch (health.then) {
  case health_options::action::restart:
    p.check->wants_restart = true;
    if (!has_dependencies())
      return restart_unhealthy();
    effects.emplace_back(effect::look_at_dependencies{false});
    return;
  case health_options::action::signal:
    log(log_level::debug,
        "sending " + options.name + " (pid " + std::to_string(p.pid) + ") sig " + config::signal_name(health.signo));
    effects.emplace_back(effect::kill{health.signo, false, false});
    return;
  case health_options::action::event:
  case health_options::action::none:
    return;
  }
}

/// It is of no use without what it depends on: another start would only wait.
void process_machine::restart_if_met(const dependency_view& view) {
  if (p.state != running || !p.check || !p.check->wants_restart)
    return;
  if (view.unmet.empty())
    return restart_unhealthy();
  if (!std::exchange(p.check->told_why_not, true))
    log(log_level::warn, options.name + " is unhealthy, not restarted while " + view.unmet + " is not met");
}

void process_machine::restart_unhealthy() {
  if (at.daemon != daemon_state::running)
    return;
  p.check->wants_restart = false;
  if (is_passed_over(" is unhealthy, and"))
    return;
  const auto& limit = options.restarts().restartlimit;
  if (refused_until(restarts_of(p), limit, at.now))
    return log(log_level::warn, options.name + " is not restarted: " + limit_text(*limit));
  p.why = start_reason::health;
  begin_stop(stop_cause::by_itself);
  p.administrative_stop = false;
  p.restart_pending = true;
}

// -- when it is looked at ------------------------------------------------------------------------

/// True: nothing else is due now.
bool process_machine::check_is_due() {
  if (!p.check || (p.state != starting && p.state != running) || (p.deadline && at.now >= *p.deadline))
    return false;
  if (is_on_its_way() && !p.check->has_lasted && at.now > lasts_from()) {
    p.check->has_lasted = true;
    effects.emplace_back(effect::tell{});
  }
  if (p.check->due && at.now >= *p.check->due)
    look();
  else
    rearm();
  return true;
}

void process_machine::look() {
  auto& check = *p.check;
  const auto& health = options.health();
  bool starts = p.state == starting;
  if (!starts && !is_probe(health.form)) {
    auto interval = health_interval();
    check.due = at.now + interval;
    rearm();
    return note_health(false, "no WATCHDOG=1 for " + seconds_text(interval));
  }
  check.due.reset();
  if (!check.probing) { // else its answer says when the next one is due
    check.probing = true;
    check.due =
      starts ? p.started_at + next_look(at.now - p.started_at, options.ready().interval) : at.now + health.interval;
    effects.emplace_back(effect::probe{++check.probe, !starts});
  }
  rearm();
}

void process_machine::drop_probe() {
  if (p.check && std::exchange(p.check->probing, false))
    effects.emplace_back(effect::end_probe{});
}

/// Whatever is found out from now on is of no interest. What the process says of itself is kept for as long as it
/// lives.
void process_machine::end_checks() {
  if (!p.check)
    return;
  drop_probe();
  auto kept = std::move(*p.check);
  p.check.reset();
  if (p.pid == 0 || (kept.status.empty() && !kept.stopping && !kept.watchdog))
    return;
  auto& check = p.check.make();
  check.probe = kept.probe;
  check.status = std::move(kept.status);
  check.error_number = kept.error_number;
  check.stopping = kept.stopping;
}

} // namespace troupe::actors
