// See process_machine.hpp: the steps that events lead to. Must not look at an event.
#include "actors/core/process_machine.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;
using std::chrono::seconds;
using enum process_state;

namespace {

/// T3: from a spawn to the restart after it, at least. What ends at once would be started hundreds of times a second.
constexpr seconds restart_pace{1};

} // namespace

seconds bounded_seconds(std::int64_t count) { return seconds{std::clamp<std::int64_t>(count, 0, 3'153'600'000)}; }

std::string_view to_string(start_reason why) {
  switch (why) {
  case start_reason::none:
    break;
  case start_reason::autostart:
    return "autostart";
  case start_reason::start:
    return "start";
  case start_reason::autorestart:
    return "autorestart";
  case start_reason::retry:
    return "retry";
  case start_reason::dependency:
  case start_reason::lost:
    return "dependency";
  case start_reason::health:
    return "health";
  case start_reason::group:
    return "group";
  case start_reason::update:
    return "update";
  case start_reason::scale:
    return "scale";
  case start_reason::rolling:
    return "rolling";
  }
  return {};
}

bool process_machine::wants_restart() const {
  if (p.administrative_stop || p.disabled) // it was asked for while the restart was still to come
    return false;
  if ((p.last_end && ends_for_good(options, *p.last_end)) || (p.stage && p.stage->vetoed))
    return false;
  switch (options.restart) {
  case config::autorestart::always:
    return true;
  case config::autorestart::never:
    return false;
  case config::autorestart::unexpected:
    break;
  }
  return p.last_end && !is_expected(options, *p.last_end);
}

/// `alone`: whatever it depends on.
void process_machine::start(start_reason why, bool alone) {
  p.killing = p.stop_pending = p.stop_is_final = p.administrative_stop = p.system_stop = p.restart_pending = false;
  p.spawnerr = {};
  p.waiting_for = {};
  p.exitstatus.reset();
  p.deadline.reset();
  p.signalled_at.reset();
  p.hold = {.alone = alone};
  p.check.reset();
  renew_stage();
  p.started_once = true;
  p.why = why;
  if (why == start_reason::start || why == start_reason::autostart)
    p.wished = intent::wanted;
  if (!is_after_end())
    return begin_start();
  p.stage->start_waits = true; // until all is done that the last child has left to do
  p.waiting_for = left_text();
  enter(starting, 0);
  rearm();
}

void process_machine::begin_start() {
  clock::duration delay{0};
  if (p.why == start_reason::autostart || p.why == start_reason::update || p.why == start_reason::scale)
    delay = options.restarts().startdelay;
  else if (p.why == start_reason::lost || p.why == start_reason::health)
    delay = std::max<clock::duration>(p.started_at + restart_pace - at.now, clock::duration{0});
  p.started_at = at.now;
  p.waiting_for = {};
  p.hold.holds = has_dependencies() && !p.hold.alone && delay.count() == 0;
  if (delay.count() != 0)
    p.waiting_for = "waiting for its start delay";
  else if (p.hold.holds)
    p.waiting_for = "waiting for its dependencies";
  else
    p.laststart = at.wall;
  enter(starting, 0);
  if (delay.count() != 0)
    arm(at.now + delay);
  else if (p.hold.holds)
    begin_dependency_hold();
  else
    begin_spawn();
}

void process_machine::begin_spawn() {
  bool too_often = is_by_itself(p.why) && note_restart(p.restarts.make(), options.restarts().restartlimit, at.now);
  if (too_often)
    log(log_level::warn, options.name +
                           " was restarted 30 times within a minute; restartlimit, restartdelay or backoffreset would "
                           "slow it down");
  make_spawn_id();
  effects.emplace_back(effect::spawn{});
}

/// T5: there is no child.
void process_machine::fail_spawn(const std::string& why) {
  p.waiting_for = {};
  p.hold.holds = p.hold.returning = false;
  p.spawnerr = why;
  log(log_level::info, "spawnerr: " + why);
  auto reason = p.why;
  fail_start(clock::duration::zero());
  if (!std::exchange(p.stop_pending, false))
    return settle_failure();
  bool by_hand = p.administrative_stop;
  stop(pending_cause());
  if (by_hand)
    return;
  p.administrative_stop = false; // it is the stop of whoever starts it again
  p.why = reason;
}

void process_machine::enter_running(const std::string& how) {
  p.deadline.reset();
  auto reset_after = options.restarts().backoffreset;
  if (reset_after.count() == 0 && !options.oneshot())
    p.backoff = 0;
  p.laststart = std::min(p.laststart, at.wall); // 1.8
  p.running_since = at.now;
  enter(running, p.pid);
  if (p.backoff > 0 && reset_after.count() > 0)
    arm(at.now + reset_after);
  log(log_level::info, "success: " + options.name + " entered RUNNING state, " + how);
  begin_health();
}

void process_machine::stop(stop_cause cause) {
  bool final = cause == stop_cause::shutdown;
  switch (p.state) {
  case starting:
    if (waits_by_itself(p)) {
      if (p.deadline)
        disarm();
      p.administrative_stop = true;
      return end_hold();
    }
    if (p.pid == 0) { // answered by the reaper first
      p.stop_pending = true;
      p.stop_is_final = p.stop_is_final || final;
      p.administrative_stop = true;
      if (p.stage)
        p.stage->cause = cause;
      return;
    }
    return begin_stop(cause);
  case running:
    return begin_stop(cause);
  case backoff:
    disarm();
    p.waiting_for = {};
    if (final) { // T15
      p.backoff = 0;
      p.system_stop = true;
      return enter(fatal, 0);
    }
    p.administrative_stop = true; // T13: the counter and the text stay
    log(log_level::debug, "Attempted to kill " + options.name + ", which is in BACKOFF state.");
    return enter(stopped, 0);
  case exited: // stays EXITED; a restart that was still to come is forgotten
    if (!p.deadline && !(p.stage && p.stage->restart_waits))
      return;
    if (p.stage)
      p.stage->restart_waits = false;
    p.administrative_stop = true;
    return disarm();
  case stopping: // whoever stops it by himself does not want it back
    if (std::exchange(p.restart_pending, false) || p.why == start_reason::lost || p.why == start_reason::health)
      p.administrative_stop = true;
    if (cause == stop_cause::operators)
      stop_what_passes();
    return;
  case stopped:
    if (cause == stop_cause::operators)
      stop_what_passes();
    return;
  case fatal:
  case unknown:
    return;
  }
}

/// Of a start that has waited, and has come to nothing.
void process_machine::end_hold() {
  p.deadline.reset();
  p.waiting_for = {};
  if (std::exchange(p.hold, {}).holds)
    p.spawnerr = {};
  if (p.stage)
    p.stage->start_waits = false;
  end_command(command_kind::prestart);
  enter(stopped, 0);
}

/// The wall clock went back behind laststart (1.5). The contract then counts the start as a success.
void process_machine::doubt_start(int pid) {
  if (p.state == starting)
    p.laststart = at.wall; // 1.8
  log(log_level::warn, "process " + config::quoted(options.name) + " (" + std::to_string(pid) +
                         ") laststart time is in the future, don't know how long process was running so assuming " +
                         "it did not exit too quickly");
}

void process_machine::end_too_quickly(const std::string& text, const std::string& spawnerr) { // T6
  p.pid = 0;
  p.waiting_for = {};
  p.spawnerr = spawnerr;
  p.exitstatus.reset();
  fail_start(options.restarts().restartdelay);
  log_end(log_level::warn, "exited: " + text + "; not expected)");
  begin_after_end();
  settle_failure();
}

void process_machine::end_run(const std::string& text, int wait_status, int pid) { // T9, then T3
  const auto& restarts = options.restarts();
  bool was_expected = is_expected(options, wait_status);
  bool forgotten = options.oneshot()
                     ? was_expected
                     : at.now - p.running_since >= restarts.backoffreset || is_no_failure(options, wait_status);
  p.pid = 0;
  if (forgotten)
    p.backoff = 0;
  p.exitstatus = exit_code(wait_status);
  disarm();
  if (!was_expected)
    p.spawnerr = "Bad exit code " + std::to_string(*p.exitstatus);
  auto from = std::exchange(p.state, exited);
  effects.emplace_back(effect::emit{from, exited, 0, pid, was_expected});
  log_end(was_expected ? log_level::info : log_level::warn,
          "exited: " + text + (was_expected ? "; expected)" : "; not expected)"));
  begin_after_end();
  bool failed = !was_expected && !forgotten;
  if (is_after_end() && options.hooks().poststop.aborts) { // it may be against it
    p.stage->restart_waits = true;
    p.stage->has_failed = failed;
    return;
  }
  if (at.daemon == daemon_state::running && wants_restart())
    restart_after_exit(failed);
  if (p.disabled && p.state == exited) // nor once it is enabled
    p.administrative_stop = true;
  look_at_end();
}

/// `failed`: the exit counts as a start that has failed.
void process_machine::restart_after_exit(bool failed) {
  if (failed) {
    fail_start(options.restarts().restartdelay);
    return settle_failure();
  }
  auto delay = options.restarts().restartdelay;
  auto due = std::max<time_point>(at.now + delay, p.started_at + restart_pace);
  bool refused = limit_refuses(due);
  if (refused && !options.restarts().limit_waits)
    return;
  p.why = start_reason::autorestart;
  if (refused || delay.count() > 0) {
    if (p.spawnerr.empty())
      p.waiting_for = "waiting to restart";
    enter(backoff, 0);
    return arm(due);
  }
  if (at.now < due)
    return arm(due);
  start(start_reason::autorestart);
}

/// A failure more, whose retry is due after so long at least.
void process_machine::fail_start(clock::duration at_least) {
  ++p.backoff;
  p.why = start_reason::retry;
  enter(backoff, 0);
  auto wait = backoff_wait(options, p.backoff, chance_of(at.name, p.spawns));
  auto due = at.now + std::max(wait, at_least);
  arm(due);
}

/// May it be tried once more?
void process_machine::settle_failure() {
  if (p.backoff > options.startretries)
    return give_up("too many start retries too quickly");
  if (p.disabled)
    return end_try();
  auto due = *p.deadline;
  if (limit_refuses(due) && p.state == backoff)
    arm(due);
}

/// True: no restart by itself at `due`; it is given up, or `due` is when there may be one.
bool process_machine::limit_refuses(time_point& due) {
  const auto& restarts = options.restarts();
  auto later = refused_until(restarts_of(p), restarts.restartlimit, due);
  if (!later)
    return false;
  p.spawnerr = limit_text(*restarts.restartlimit);
  if (restarts.limit_waits)
    due = *later;
  else
    give_up(p.spawnerr);
  return true;
}

void process_machine::give_up(const std::string& why) { // T14
  p.backoff = 0;
  p.system_stop = true;
  p.waiting_for = {};
  p.hold = {};
  disarm();
  enter(fatal, 0);
  log(log_level::info, "gave up: " + options.name + " entered FATAL state, " + why);
  if (options.asked().fails_group)
    effects.emplace_back(effect::tell_failure{});
  end_essential(options.essential().on_fatal, 0, "entered FATAL state");
}

void process_machine::enter(process_state to, int pid) {
  if (auto from = std::exchange(p.state, to); from != to)
    effects.emplace_back(effect::emit{from, to, p.backoff, pid, false});
}

void process_machine::arm(time_point deadline) {
  p.deadline = deadline;
  rearm();
}

void process_machine::disarm() {
  p.deadline.reset();
  rearm();
}

/// For what is due next.
void process_machine::rearm() {
  // RUNNING wants *more* than startsecs (V039); the others may fire at their deadline.
  auto slack = std::chrono::microseconds{p.state == starting ? 1 : 0};
  auto next = p.deadline ? std::optional(*p.deadline + slack) : std::nullopt;
  auto also = [&next](time_point due) { next = next ? std::min(*next, due) : due; };
  if (p.check && p.check->due)
    also(*p.check->due);
  if (p.check && is_on_its_way() && !p.check->has_lasted)
    also(lasts_from() + std::chrono::microseconds{1});
  if (p.stage && p.stage->due)
    also(*p.stage->due);
  if (p.stage && p.stage->next)
    also(*p.stage->next);
  if (is_reloading() && p.reload->due)
    also(*p.reload->due);
  if (next)
    effects.emplace_back(effect::arm_timer{*next});
  else
    effects.emplace_back(effect::cancel_timer{});
}

/// The last record of a child; only then does what it held go back (O3).
void process_machine::log_end(log_level level, std::string text) {
  log(level, std::move(text));
  if (options.listener)
    effects.emplace_back(effect::return_event{});
}

} // namespace troupe::actors
