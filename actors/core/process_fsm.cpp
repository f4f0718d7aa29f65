// One overload per event; what they do is in process_steps.cpp and its siblings. The comments T1 to T16 are rows of the
// table in docs/contract/lifecycle.md, 1.3, and the texts those of its sections 1 and 3. What may be in here and what
// not: process_fsm.hpp. The order of effects is contract: set the state, emit, then log, but for the lines that 0.3
// (O2) puts first.
#include "actors/core/process_machine.hpp"

#include "actors/core/passing_stop.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace troupe::actors {

using config::log_level;
using enum process_state;

void process_machine::operator()(event::evaluate) {
  if (at.daemon != daemon_state::running)
    return;
  if (p.state == stopped && !p.started_once && starts_at_boot(options, p)) // T1
    return start(start_reason::autostart);
  bool waits = p.deadline || (p.stage && p.stage->restart_waits); // then that is what starts it
  if (p.state == exited && !waits && wants_restart())             // T3
    return restart_after_exit(false);
}

void process_machine::operator()(event::start_requested e) {
  if (p.pid != 0)
    return log(log_level::warn, "process " + config::quoted(options.name) + " already running");
  if (at.daemon != daemon_state::running || !protocols::is_stopped(p.state) || p.state == unknown)
    return;
  if (p.deadline) // the restart that was still to come
    disarm();
  if (options.policy || options.startretries == config::endless) {
    if (p.restarts)
      p.restarts->recent.clear();
    p.backoff = 0;
  }
  start(e.why, e.alone); // T2
}

void process_machine::operator()(event::stop_requested e) {
  bool by_itself = e.for_group || e.rolls;
  bool is_of_update = e.why != start_reason::none;
  if (!by_itself)
    note_stop_asked(e.passing);
  if (!by_itself && !is_of_update)
    return stop(stop_cause::operators);
  if (protocols::is_running(p.state))
    p.why = is_of_update ? e.why : e.rolls ? start_reason::rolling : start_reason::group;
  if (!e.for_group)
    p.spawnerr = {}; // what it says from here on is about the start that follows
  stop(is_of_update ? stop_cause::update : stop_cause::by_itself);
  if (p.state == stopping || p.state == stopped || p.stop_pending)
    p.administrative_stop = false; // nobody has stopped it by hand
}

void process_machine::operator()(event::signal_requested e) {
  if (p.pid == 0 || !protocols::is_signallable(p.state))
    return;
  log(log_level::debug,
      "sending " + options.name + " (pid " + std::to_string(p.pid) + ") sig " + config::signal_name(e.signo));
  effects.emplace_back(effect::kill{e.signo, false, false});
  p.signalled_at = at.now;
}

void process_machine::operator()(event::spawned e) {
  if (p.state != starting || p.pid != 0)
    return;
  p.pid = e.pid;
  ++p.spawns;
  p.waiting_for = {};
  p.hold.holds = p.hold.returning = p.is_outdated = false;
  log(log_level::info, "spawned: " + config::quoted(options.name) + " with pid " + std::to_string(e.pid));
  if (p.stop_pending) {
    p.stop_pending = false;
    if (p.stage && p.stage->kill_pending)
      return begin_kill();
    bool by_hand = p.administrative_stop;
    begin_stop(pending_cause());
    p.administrative_stop = by_hand;
    return;
  }
  auto up_at = p.started_at + up_after();
  look_for_losses();
  if (options.ready().form)
    return begin_readiness();
  if (at.now > up_at) // startsecs=0: it runs before it can exit, so that whoever asked for the start is told so
    return (*this)(event::timer_fired{});
  arm(up_at);
}

void process_machine::operator()(const event::spawn_failed& e) { // T5
  if (p.state == stopped && is_passing(p)) {                     // the start that was to follow
    p.spawnerr = e.text;
    effects.emplace_back(effect::tell{}); // nobody waits for it any more
    return log(log_level::info, "spawnerr: " + e.text);
  }
  if (p.state != starting || p.pid != 0)
    return;
  fail_spawn(e.text);
}

void process_machine::operator()(const event::spawn_held& e) {
  if (p.state == starting && p.pid == 0)
    p.waiting_for = e.what;
}

/// Of a start that waits for them or for its turn, or of a process that runs.
void process_machine::operator()(const event::dependencies_seen& e) {
  if (p.pid != 0) {
    look_for_loss(e.view);
    return restart_if_met(e.view);
  }
  if (p.state != starting || (p.stage && p.stage->start_waits)) // it looks again after that
    return;
  if (!p.hold.holds)
    return return_to_hold(e.view);
  p.hold.passed = e.view.passed;
  for (std::size_t begin = 0; begin < e.view.skipped.size();) {
    auto end = std::min(e.view.skipped.find('\n', begin), e.view.skipped.size());
    log(log_level::warn, options.name + " starts without " + e.view.skipped.substr(begin, end - begin));
    begin = end + 1;
  }
  if (e.view.waiting.empty())
    return end_dependency_hold(e.view);
  wait_for_dependencies(e.view);
}

void process_machine::operator()(event::spawn_begun) {
  if (p.state != starting || p.pid != 0)
    return;
  p.waiting_for = {};
  p.started_at = at.now;
  p.laststart = at.wall;
  if (is_by_itself(p.why) && !restarts_of(p).recent.empty())
    p.restarts->recent.back() = at.now;
}

void process_machine::operator()(event::spawn_withdrawn) { // there is nothing to be signalled, and nobody to wait for
  if (p.state != starting || p.pid != 0)
    return;
  if (p.hold.returning && !p.stop_pending)
    return hold_again();
  if (!std::exchange(p.stop_pending, false))
    p.administrative_stop = true;
  p.laststop = at.wall;
  if (is_held())
    return end_hold();
  enter(stopping, 0);
  enter(stopped, 0);
  log(log_level::info, "stopped: " + options.name + " (not spawned yet)");
}

void process_machine::operator()(event::exited e) {
  if (p.pid == 0)
    return;
  auto text = options.name + " (" + wait_status_text(e.wait_status);
  auto pid = p.pid;
  p.laststop = at.wall;
  p.last_end = e.wait_status;
  bool was_failing = is_failing();
  bool was_on_its_way = awaits_ready() || runs(command_kind::poststart);
  bool was_not_ready = was_failing || (was_on_its_way && !is_no_failure(options, e.wait_status));
  drop_probe();
  drop_reload("the process has ended");
  p.check.reset();
  if (!runs(command_kind::prestop)) // that goes on to its end
    end_command();
  if (p.state == unknown) { // 10.7
    p.pid = 0;
    p.killing = false;
    return log_end(log_level::warn, "exited: " + text + "; not expected)");
  }
  note_end(e.wait_status, pid);
  if (p.killing && has_after_end()) {
    p.pid = 0;
    disarm();
    return begin_after_end();
  }
  if (p.killing)
    return end_stop(text, e.wait_status, pid);
  if (p.state == starting && was_not_ready) {
    auto why = was_failing            ? p.spawnerr.str()
               : options.ready().form ? "Exited before it was ready (process log may have details)"
                                      : "Exited too quickly (process log may have details)";
    return end_too_quickly(text, why);
  }
  if (at.wall < p.laststart)
    doubt_start(pid);
  else if (p.state == starting && at.now - p.started_at < up_after() && !is_no_failure(options, e.wait_status))
    return end_too_quickly(text, "Exited too quickly (process log may have details)");
  if (p.state == starting) { // T8: up long enough, and gone before the timer said so
    p.running_since = at.now;
    p.waiting_for = {};
    p.state = running;
    effects.emplace_back(effect::emit{starting, running, p.backoff, pid, false});
  }
  end_run(text, e.wait_status, pid);
}

void process_machine::operator()(event::timer_fired) {
  if (reload_is_due() || stage_is_due() || check_is_due())
    return;
  if (p.deadline && p.state != starting && at.now < *p.deadline)
    return arm(*p.deadline);
  switch (p.state) {
  case starting: // T7
    if (p.pid == 0)
      return end_wait();
    if (is_failing())
      return next_signal();
    if (runs(command_kind::poststart))
      return;
    if (awaits_ready())
      return fail_readiness("after " + seconds_text(options.ready().timeout),
                            "Not ready after " + seconds_text(options.ready().timeout));
    if (at.now <= p.started_at + up_after())
      return arm(p.started_at + up_after());
    return be_up();
  case backoff:
    if (p.backoff > 0 && p.backoff > options.startretries)
      return give_up("too many start retries too quickly");
    if (at.daemon == daemon_state::running && !p.disabled) // T4; or the restart after an exit
      return start(p.why == start_reason::autorestart ? p.why : start_reason::retry);
    return;
  case exited: // T3, after a short run
    if (!std::exchange(p.deadline, {}))
      return;
    if (at.daemon == daemon_state::running && wants_restart())
      return start(start_reason::autorestart);
    return;
  case stopping: // T12
    return p.deadline ? next_signal() : rearm();
  case running: // long enough for failures to be forgotten
    p.deadline.reset();
    p.backoff = 0;
    if (p.check || is_reloading())
      rearm();
    return;
  case stopped:
  case fatal:
  case unknown:
    return;
  }
}

void process_machine::operator()(event::rebuilt e) {
  bool is_asked = p.stage && (p.stage->runs == command_kind::prestop || p.stage->commanded);
  if ((p.state == stopping || is_failing()) && p.pid != 0 && !is_asked && !e.stop_sent)
    begin_stop_signal(); // who ends at once at a second one has not had the first
  run_again();
  reload_again();
  if (p.check && std::exchange(p.check->probing, false)) // its answer is lost
    p.check->due = at.now;
  if (p.deadline || (p.check && p.check->due) || (p.stage && (p.stage->due || p.stage->next)))
    rearm();
  if (p.pid != 0)
    look_for_losses();
  else if (p.hold.holds)
    effects.emplace_back(effect::look_at_dependencies{false});
}

void process_machine::operator()(event::kill_failed e) {
  if (p.pid == 0)
    return;
  auto who = options.name + " (pid " + std::to_string(p.pid) + ")";
  if (e.error == ESRCH)
    return log(log_level::debug, "unable to signal " + who + ", it probably just " + (e.stopping ? "" : "now ") +
                                   "exited on its own: [Errno 3] No such process");
  log(log_level::critical, std::string("unknown problem ") + (e.stopping ? "killing " : "sending sig ") + options.name +
                             " (" + std::to_string(p.pid) + "):[Errno " + std::to_string(e.error) + "] " +
                             std::strerror(e.error));
  if (e.stopping)
    p.killing = false;
  end_checks();
  end_command();
  drop_reload("it cannot be signalled");
  disarm();
  enter(unknown, p.pid); // T16
}

transition step(const config::process_options& options, process_record before, const process_event& happened,
                const moment& at) {
  transition result{std::move(before), {}};
  std::visit(process_machine{options, result.after, result.effects, at}, happened);
  return result;
}

} // namespace troupe::actors
