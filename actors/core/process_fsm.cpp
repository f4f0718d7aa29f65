// One overload per event, small verbs below them; the comments T1 to T16 are rows of the table in
// docs/contract/lifecycle.md, 1.3, and the texts those of its sections 1 and 3. What may be in here and what not:
// process_fsm.hpp. The order of effects is contract: set the state, emit, then log, but for the lines that 0.3 (O2)
// puts first.
#include "actors/core/process_fsm.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace troupe::actors {

namespace {

using config::log_level;
using std::chrono::seconds;
using enum process_state;

/// T3: from a spawn to the restart after it, at least. What ends at once would be started hundreds of times a second.
constexpr seconds restart_pace{1};

/// startsecs and stopwaitsecs come from a file and may be anything; a century is as good as never.
seconds bounded(std::int64_t count) { return seconds{std::clamp<std::int64_t>(count, 0, 3'153'600'000)}; }

struct machine {
  const config::process_options& options;
  process_record& p;
  std::vector<process_effect>& effects;
  const moment& at;

  // -- events ------------------------------------------------------------------------------------

  void operator()(event::evaluate) {
    if (at.daemon != daemon_state::running)
      return;
    if (p.state == stopped && options.autostart && !p.started_once) // T1
      return start();
    if (p.state == exited && !p.deadline && wants_restart()) // T3; with a deadline its timer starts it
      return start();
  }

  void operator()(event::start_requested) {
    if (p.pid != 0)
      return log(log_level::warn, "process " + config::quoted(options.name) + " already running");
    if (at.daemon != daemon_state::running || !protocols::is_stopped(p.state) || p.state == unknown)
      return;
    if (p.deadline) // the restart that was still to come
      effects.emplace_back(effect::cancel_timer{});
    start(); // T2
  }

  void operator()(event::stop_requested) { stop(false); }
  void operator()(event::daemon_stop_requested) { stop(true); }

  void operator()(event::signal_requested e) {
    if (p.pid == 0 || !protocols::is_signallable(p.state))
      return;
    log(log_level::debug,
        "sending " + options.name + " (pid " + std::to_string(p.pid) + ") sig " + config::signal_name(e.signo));
    effects.emplace_back(effect::kill{e.signo, false, false});
    p.signalled_at = at.now;
  }

  void operator()(event::spawned e) {
    if (p.state != starting || p.pid != 0)
      return;
    p.pid = e.pid;
    ++p.spawns;
    log(log_level::info, "spawned: " + config::quoted(options.name) + " with pid " + std::to_string(e.pid));
    if (p.stop_pending) {
      p.stop_pending = false;
      return begin_stop();
    }
    auto up_at = p.started_at + bounded(options.startsecs);
    if (at.now > up_at) // startsecs=0: it runs before it can exit, so that whoever asked for the start is told so
      return (*this)(event::timer_fired{});
    arm(up_at);
  }

  void operator()(const event::spawn_failed& e) { // T5
    if (p.state != starting || p.pid != 0)
      return;
    p.spawnerr = e.text;
    log(log_level::info, "spawnerr: " + e.text);
    enter_backoff();
    if (p.stop_pending) {
      p.stop_pending = false;
      stop(p.stop_is_final);
    } else if (p.backoff > options.startretries) {
      give_up();
    }
  }

  void operator()(event::spawn_begun) {
    if (p.state != starting || p.pid != 0)
      return;
    p.started_at = at.now;
    p.laststart = at.wall;
  }

  void operator()(event::spawn_withdrawn) { // there is nothing to be signalled, and nobody to wait for
    if (p.state != starting || p.pid != 0)
      return;
    p.stop_pending = false;
    p.administrative_stop = true;
    p.laststop = at.wall;
    enter(stopping, 0);
    enter(stopped, 0);
    log(log_level::info, "stopped: " + options.name + " (not spawned yet)");
  }

  void operator()(event::exited e) {
    if (p.pid == 0)
      return;
    auto text = options.name + " (" + wait_status_text(e.wait_status);
    auto code = exit_code(e.wait_status);
    auto pid = p.pid;
    p.laststop = at.wall;
    p.last_end = e.wait_status;
    if (p.state == unknown) { // 10.7
      p.pid = 0;
      p.killing = false;
      return log_end(log_level::warn, "exited: " + text + "; not expected)");
    }
    if (p.killing)
      return end_stop(text, code, pid);
    if (at.wall < p.laststart)
      doubt_start(pid);
    else if (p.state == starting && at.now - p.started_at < bounded(options.startsecs))
      return end_too_quickly(text);
    if (p.state == starting) { // T8: up long enough, and gone before the timer said so
      p.state = running;
      effects.emplace_back(effect::emit{starting, running, p.backoff, pid, false});
    }
    end_run(text, code, pid);
  }

  void operator()(event::timer_fired) {
    switch (p.state) {
    case starting: // T7
      if (p.pid == 0)
        return;
      if (at.now <= p.started_at + bounded(options.startsecs))
        return arm(p.started_at + bounded(options.startsecs));
      p.deadline.reset();
      p.backoff = 0;
      p.laststart = std::min(p.laststart, at.wall); // 1.8
      enter(running, p.pid);
      return log(log_level::info, "success: " + options.name +
                                    " entered RUNNING state, process has stayed up for > than " +
                                    std::to_string(options.startsecs) + " seconds (startsecs)");
    case backoff:
      if (p.deadline && at.now < *p.deadline)
        return arm(*p.deadline);
      if (p.backoff > options.startretries)
        return give_up();
      if (at.daemon == daemon_state::running)
        return start(); // T4
      return;
    case exited: // T3, after a short run
      if (!p.deadline)
        return;
      if (at.now < *p.deadline)
        return arm(*p.deadline);
      p.deadline.reset();
      if (at.daemon == daemon_state::running && wants_restart())
        return start();
      return;
    case stopping: // T12
      if (p.deadline && at.now < *p.deadline)
        return arm(*p.deadline);
      log(log_level::warn, "killing " + config::quoted(options.name) + " (" + std::to_string(p.pid) + ") with SIGKILL");
      return send_stop_signal(SIGKILL, options.killasgroup);
    case stopped:
    case running:
    case fatal:
    case unknown:
      return;
    }
  }

  void operator()(event::rebuilt) {
    if (p.state == stopping && p.pid != 0) { // its signal may not have been sent; a second one does no harm
      log_kill(options.stopsignal, options.stopasgroup);
      effects.emplace_back(effect::kill{options.stopsignal, options.stopasgroup, true});
    }
    if (p.deadline)
      arm(*p.deadline);
  }

  void operator()(event::kill_failed e) {
    if (p.pid == 0)
      return;
    auto who = options.name + " (pid " + std::to_string(p.pid) + ")";
    if (e.error == ESRCH)
      return log(log_level::debug, "unable to signal " + who + ", it probably just " + (e.stopping ? "" : "now ") +
                                     "exited on its own: [Errno 3] No such process");
    log(log_level::critical, std::string("unknown problem ") + (e.stopping ? "killing " : "sending sig ") +
                               options.name + " (" + std::to_string(p.pid) + "):[Errno " + std::to_string(e.error) +
                               "] " + std::strerror(e.error));
    if (e.stopping)
      p.killing = false;
    p.deadline.reset();
    effects.emplace_back(effect::cancel_timer{});
    enter(unknown, p.pid); // T16
  }

  // -- verbs -------------------------------------------------------------------------------------

  bool wants_restart() const {
    if (p.administrative_stop) // it was asked for while the restart was still to come
      return false;
    switch (options.restart) {
    case config::autorestart::always:
      return true;
    case config::autorestart::never:
      return false;
    case config::autorestart::unexpected:
      break;
    }
    return p.exitstatus && !expected(*p.exitstatus);
  }

  bool expected(int code) const {
    return std::find(options.exitcodes.begin(), options.exitcodes.end(), code) != options.exitcodes.end();
  }

  void start() {
    p.killing = p.stop_pending = p.stop_is_final = p.administrative_stop = p.system_stop = false;
    p.spawnerr.clear();
    p.exitstatus.reset();
    p.deadline.reset();
    p.signalled_at.reset();
    p.started_once = true;
    p.started_at = at.now;
    p.laststart = at.wall;
    enter(starting, 0);
    effects.emplace_back(effect::spawn{});
  }

  void stop(bool final) {
    switch (p.state) {
    case starting:
      if (p.pid == 0) { // answered by the reaper first
        p.stop_pending = true;
        p.stop_is_final = p.stop_is_final || final;
        p.administrative_stop = true;
        return;
      }
      return begin_stop();
    case running:
      return begin_stop();
    case backoff:
      effects.emplace_back(effect::cancel_timer{});
      if (final) { // T15
        p.deadline.reset();
        p.backoff = 0;
        p.system_stop = true;
        return enter(fatal, 0);
      }
      p.administrative_stop = true; // T13: the counter and the text stay
      p.deadline.reset();
      log(log_level::debug, "Attempted to kill " + options.name + ", which is in BACKOFF state.");
      return enter(stopped, 0);
    case exited: // stays EXITED; a restart that was still to come is forgotten
      if (!p.deadline)
        return;
      p.deadline.reset();
      p.administrative_stop = true;
      effects.emplace_back(effect::cancel_timer{});
      return;
    case stopping:
    case stopped:
    case fatal:
    case unknown:
      return;
    }
  }

  void begin_stop() { // T10
    p.killing = true;
    p.administrative_stop = true;
    log_kill(options.stopsignal, options.stopasgroup);
    enter(stopping, p.pid);
    effects.emplace_back(effect::kill{options.stopsignal, options.stopasgroup, true});
    arm(at.now + bounded(options.stopwaitsecs));
  }

  void send_stop_signal(int signo, bool to_group) {
    log_kill(signo, to_group);
    effects.emplace_back(effect::kill{signo, to_group, true});
    // At least a beat between two SIGKILLs: with stopwaitsecs=0 an uninterruptible child would keep us spinning.
    arm(at.now + std::max<clock::duration>(bounded(options.stopwaitsecs), seconds{1}));
  }

  void log_kill(int signo, bool to_group) {
    log(log_level::debug, "killing " + options.name + " (pid " + std::to_string(p.pid) + ")" +
                            (to_group ? " process group" : "") + " with signal " + config::signal_name(signo));
  }

  void end_stop(const std::string& text, int code, int pid) { // T11
    p.pid = 0;
    p.killing = false;
    p.deadline.reset();
    p.exitstatus = code;
    effects.emplace_back(effect::cancel_timer{});
    enter(stopped, pid);
    log_end(expected(code) ? log_level::info : log_level::warn, "stopped: " + text + ")");
  }

  /// The wall clock went back behind laststart (1.5). The contract then counts the start as a success.
  void doubt_start(int pid) {
    if (p.state == starting)
      p.laststart = at.wall; // 1.8
    log(log_level::warn, "process " + config::quoted(options.name) + " (" + std::to_string(pid) +
                           ") laststart time is in the future, don't know how long process was running so assuming " +
                           "it did not exit too quickly");
  }

  void end_too_quickly(const std::string& text) { // T6
    p.pid = 0;
    p.spawnerr = "Exited too quickly (process log may have details)";
    p.exitstatus.reset();
    enter_backoff();
    log_end(log_level::warn, "exited: " + text + "; not expected)");
    if (p.backoff > options.startretries)
      give_up();
  }

  void end_run(const std::string& text, int code, int pid) { // T9, then T3
    p.pid = 0;
    p.backoff = 0;
    p.deadline.reset();
    p.exitstatus = code;
    effects.emplace_back(effect::cancel_timer{});
    bool was_expected = expected(code);
    if (!was_expected)
      p.spawnerr = "Bad exit code " + std::to_string(code);
    auto from = p.state;
    p.state = exited;
    effects.emplace_back(effect::emit{from, exited, 0, pid, was_expected});
    log_end(was_expected ? log_level::info : log_level::warn,
            "exited: " + text + (was_expected ? "; expected)" : "; not expected)"));
    if (at.daemon != daemon_state::running || !wants_restart())
      return;
    if (auto due = p.started_at + restart_pace; at.now < due)
      return arm(due);
    start();
  }

  void enter_backoff() {
    ++p.backoff;
    enter(backoff, 0);
    arm(at.now + bounded(p.backoff));
  }

  void give_up() { // T14
    p.deadline.reset();
    p.backoff = 0;
    p.system_stop = true;
    effects.emplace_back(effect::cancel_timer{});
    enter(fatal, 0);
    log(log_level::info, "gave up: " + options.name + " entered FATAL state, too many start retries too quickly");
  }

  void enter(process_state to, int pid) {
    if (auto from = std::exchange(p.state, to); from != to)
      effects.emplace_back(effect::emit{from, to, p.backoff, pid, false});
  }

  void arm(time_point deadline) {
    p.deadline = deadline;
    // RUNNING wants *more* than startsecs (V039); the others may fire at their deadline.
    effects.emplace_back(effect::arm_timer{deadline + std::chrono::microseconds{p.state == starting ? 1 : 0}});
  }

  /// The last record of a child; only then does what it held go back (O3).
  void log_end(log_level level, std::string text) {
    log(level, std::move(text));
    if (options.listener)
      effects.emplace_back(effect::return_event{});
  }

  void log(log_level level, std::string text) { effects.emplace_back(effect::log{level, std::move(text)}); }
};

} // namespace

transition step(const config::process_options& options, process_record before, const process_event& happened,
                const moment& at) {
  transition result{std::move(before), {}};
  std::visit(machine{options, result.after, result.effects, at}, happened);
  return result;
}

} // namespace troupe::actors
