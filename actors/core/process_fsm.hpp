// When one process is spawned, signalled, retried or given up: a pure function of (process, event, now).
// Must not: fork, signal, log, read a clock, include CAF or Asio; process_actor.cpp does those, by
// carrying out the effects returned from here.
// Source: docs/contract/lifecycle.md, sections 1 to 3. Cases: tests/core/process_fsm_test.cpp.
//
// Spawning and signalling are asked of the reaper and answered later, so STARTING has two halves: pid == 0
// while the spawn is under way, pid != 0 once `spawned` came. A stop asked for in the first half is
// remembered (stop_pending) and carried out when the answer arrives. A start that waits for its turn is in the
// first half, too: `waiting_for` says for what; it waits here for its delay (there is a deadline) or its dependencies
// (`hold`), or what is still to be done after its last child (`stage`), else at the reaper's.
#pragma once

#include "actors/core/boxed.hpp"
#include "actors/core/check_record.hpp"
#include "actors/core/dependency_view.hpp"
#include "actors/core/reload_record.hpp"
#include "actors/core/restart_policy.hpp"
#include "actors/core/stage_record.hpp"
#include "config/options.hpp"
#include "protocols/notify_message.hpp"
#include "protocols/process_state.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

using protocols::daemon_state;
using protocols::process_state;
/// Why a process was started last, or stopped by itself. dependency: somebody needs it; lost: what it needs was lost;
/// health: it was unhealthy; group: another of its group has failed; update and scale: another configuration, or
/// number; rolling: it was its turn in a rolling restart. Source: docs/contract/programs.md, 0.1.
enum class start_reason : std::uint8_t {
  none,
  autostart,
  start,
  autorestart,
  retry,
  dependency,
  lost,
  health,
  group,
  update,
  scale,
  rolling
};
std::string_view to_string(start_reason why); ///< none: empty
/// A restart that nobody asked for.
constexpr bool is_by_itself(start_reason why) {
  return why == start_reason::autorestart || why == start_reason::retry || why == start_reason::lost ||
         why == start_reason::health;
}

/// Whether it should run, as it was said last. wanted: by autostart or an operator's start; unwanted: by his stop.
enum class intent : std::uint8_t { none, wanted, unwanted };

/// Everything about a process that must survive its actor: plain data, nothing else.
struct process_record {
  process_state state = process_state::stopped;
  start_reason why = start_reason::none; ///< of the last start, or the restart that is to come
  intent wished = intent::none;
  bool started_once = false; ///< a spawn was attempted (T1 wants laststart == 0)
  int pid = 0;               ///< 0: no child
  bool killing = false;
  bool stop_pending = false;        ///< stop as soon as the spawn under way is answered
  bool stop_is_final = false;       ///< stop_pending came from the daemon's own stop: BACKOFF then goes FATAL (T15)
  bool administrative_stop = false; ///< in EXITED: it does not restart by itself any more
  bool system_stop = false;
  bool restart_pending = false;       ///< STOPPING, by itself: it starts again as soon as it is stopped
  bool disabled = false;              ///< nothing starts it but an operator who names it by itself
  bool is_outdated = false;           ///< its child was started with other options than it has now, which act later
  time_point started_at{};            ///< of the last spawn attempt
  std::int64_t laststart = 0;         ///< wall clock, microseconds since the epoch, for display; 0: never
  std::int64_t laststop = 0;          ///< likewise, when the exit was handled
  std::optional<time_point> deadline; ///< of `delay` in 1.2: BACKOFF, STOPPING; in STARTING when RUNNING is due, in
                                      ///< EXITED the restart; of a start that waits for its delay, when it is spawned
  std::int64_t backoff = 0;           ///< failures in a row
  std::optional<int> exitstatus;      ///< -1: by a signal
  std::optional<int> last_end;        ///< wait status of the last child that ended, for display
  config::shared_text spawnerr;       ///< empty: none
  std::optional<time_point> signalled_at; ///< in this life: a client had a signal sent
  std::int64_t died = 0;                  ///< wall clock, when it ended last though nobody had asked it to; 0: never
  std::uint64_t spawns = 0;               ///< successful ones, over the life of the record
  config::shared_text waiting_for;        ///< the description while a start or restart waits; empty: it does not
  time_point running_since{};             ///< entered RUNNING last
  std::int64_t disabled_until = 0;        ///< seconds since the epoch; 0: until somebody enables it
  dependency_hold hold;
  boxed<restart_book> restarts; ///< none: it has never been restarted by itself
  boxed<check_record> check;    ///< of the child it has; none: nothing is known
  boxed<stage_record> stage;    ///< around it; none: nothing
  boxed<reload_record> reload;  ///< none: nobody has asked for it
};

/// Of a record that has none, an empty one.
inline const restart_book& restarts_of(const process_record& p) {
  static const restart_book none;
  return p.restarts ? *p.restarts : none;
}

/// Somebody it depends on has changed: does it have to know?
bool follows_dependencies(const config::process_options& options, const process_record& p);
/// Its child is gone, and something is still to be done after it.
inline bool is_ending(const process_record& p) { return p.stage && p.stage->after != after_end::nothing; }
/// STOPPED by an operator: a restart that he came into does not start it again.
bool is_stopped_by_hand(const auto& process) {
  return process.state == process_state::stopped && process.administrative_stop && process.wished == intent::unwanted;
}
/// With the daemon, or when it is added.
inline bool starts_at_boot(const config::process_options& options, const process_record& p) {
  bool as_it_was = options.starts_as_last() && p.wished == intent::unwanted;
  return options.autostart && !p.disabled && !as_it_was && !is_stopped_by_hand(p);
}
/// A start that waits for its delay, its dependencies, what is done after its last child, or its prestart: nobody has
/// been asked for a spawn.
inline bool waits_by_itself(const process_record& p) {
  bool for_stage = p.stage && (p.stage->start_waits || p.stage->runs == command_kind::prestart);
  return p.state == process_state::starting && p.pid == 0 && (p.deadline.has_value() || p.hold.holds || for_stage);
}

// clang-format off: one line each
namespace event {   // what happened
struct evaluate {}; ///< autostart and autorestart are looked at (T1, T3): at boot and after exits
/// T2; a caller refuses by 3.4 first. Starts nothing unless the daemon runs. `why`: start, or dependency;
/// `alone`: whatever it depends on.
struct start_requested {
  start_reason why = start_reason::start;
  bool alone = false;
};
struct stop_requested {
  bool for_group = false;                ///< by itself
  bool rolls = false;                    ///< likewise, to be started again at once
  bool passing = false;                  ///< it has been disabled, which does not say that it is not wanted
  start_reason why = start_reason::none; ///< update or scale: a part of that
};                                       ///< T10, T13; an EXITED one forgets the restart that is still to come
struct daemon_stop_requested {};         ///< T10, T15: the group's turn in the daemon's own stop
struct signal_requested {
  int signo;
}; ///< 3.5
struct spawned {
  int pid;
}; ///< from the reaper
struct spawn_failed {
  std::string text;
}; ///< a text of 1.6
struct exited {
  int wait_status;
};                     ///< as waitpid(2) fills it in; pipes are drained by now
struct timer_fired {}; ///< the last arm_timer came due
/// The actor died and was built anew: what it may have died of doing is done again. `stop_sent`: but for the signal.
struct rebuilt {
  bool stop_sent = false;
};
/// kill(2) was refused; `stopping`: it was a stop or SIGKILL, not a plain signal.
struct kill_failed {
  int error;
  int signo;
  bool stopping;
};
struct spawn_begun {};     ///< it had to wait until now: its time counts from here
struct spawn_withdrawn {}; ///< it had to wait, and was asked to stop meanwhile
struct spawn_held {
  std::string what; ///< as waiting_for
};                  ///< it has to wait
struct dependencies_seen {
  dependency_view view;
}; ///< what a hold or a change of somebody it depends on has led to
/// It has said that it is ready, by a descriptor or a line; `failed`: it has closed that descriptor instead.
struct said_ready {
  bool failed = false;
};
/// The answer to effect::probe of that number.
struct probed {
  std::uint32_t number = 0;
  bool ok = false;
  std::string detail; ///< why not
};
struct notified {
  protocols::notify_message what;
};
struct kill_requested {}; ///< SIGKILL now, whatever its ladder says
struct turn_given {};     ///< the spawn that was asked for may begin, once prestart has been run
/// The answer to effect::run of that number.
struct command_ended {
  std::uint32_t number = 0;
  bool ok = false;
  std::string text; ///< `exit status 3`, or why it could not be run
};
/// An answer to effect::sweep of that number: so many processes are left.
struct swept {
  std::uint32_t number = 0;
  std::int64_t left = 0;
  std::string names;
};
/// `options` are others than these were, which took the same record here.
struct options_replaced {
  config::process_options_ptr before; ///< null: it is not known, and nothing follows
};
struct reload_requested {}; ///< it is to read its files again
/// The answer to effect::reload of that number.
struct reload_ended {
  std::uint32_t number = 0;
  bool ok = false;
  std::string text; ///< `exit status 1`, or why it could not be run
};
/// Or that it is not. `until`: as in the record.
struct disabling {
  bool disabled = false;
  std::int64_t until = 0;
};
} // namespace event
using process_event =
  std::variant<event::evaluate, event::start_requested, event::stop_requested, event::daemon_stop_requested,
               event::signal_requested, event::spawned, event::spawn_failed, event::exited, event::timer_fired,
               event::rebuilt, event::kill_failed, event::spawn_begun, event::spawn_withdrawn, event::spawn_held,
               event::dependencies_seen, event::said_ready, event::probed, event::notified, event::kill_requested,
               event::turn_given, event::command_ended, event::swept, event::reload_requested, event::reload_ended,
               event::options_replaced, event::disabling>;

namespace effect { // what to do about it, in order
struct spawn {};
struct kill {
  int signo;
  bool to_group;
  bool stopping;
};
struct arm_timer {
  time_point at;
}; ///< replaces the one before it
struct cancel_timer {};
/// Publish PROCESS_STATE_<to>; the numbers are those of this moment (rule O7).
struct emit {
  process_state from, to;
  std::int64_t tries;
  int pid;
  bool expected;
};
/// See what the dependencies come to, once this step is over. `pull_in`: first have those started that it needs.
struct look_at_dependencies {
  bool pull_in;
};
/// The child of a listener is gone, and said so: the event it held goes back to its pool.
struct return_event {};
/// Is it ready, or healthy? One at a time.
struct probe {
  std::uint32_t number;
  bool of_health;
};
struct end_probe {}; ///< nobody wants the answer any more
struct tell {};      ///< whoever depends on it: something beside its state has changed
/// Publish PROCESS_HEALTH_HEALTHY or _UNHEALTHY.
struct emit_health {
  bool healthy;
  int pid;
  std::int64_t failures;
  std::string text; ///< of the record, behind the name
};
/// Run a command of the process; the one before it is over.
struct run {
  command_kind what;
  std::uint32_t number;
  int pid;                              ///< of its child, which may be gone; 0: there is none
  std::vector<std::string> variables{}; ///< KEY=value
};
struct end_run {}; ///< nobody wants its end any more: it is killed
/// Look for what else is in reach of its child, which may be gone, and signal all of it; 0: none.
struct sweep {
  std::uint32_t number;
  int signo;
  int pid;
  std::uint64_t id; ///< of its spawn
};
struct end_sweep {}; ///< nobody wants to know any more
/// Publish PROCESS_NOTICE_HOOK, or _LEFTOVER where `hook` is empty.
struct emit_notice {
  std::string_view hook;
  int pid;
  std::string text; ///< of the record, behind the name
};
/// It has failed: FATAL, or EXITED unexpectedly, and nothing follows. For its group.
struct tell_failure {};
/// The daemon is to end with that status, for this reason.
struct end_daemon {
  int status;
  std::string text;
};
struct log {
  config::log_level level;
  std::string text;
};
/// Run its reloadcommand, beside whatever else runs.
struct reload {
  std::uint32_t number;
  int pid; ///< of its child
};
struct end_reload {}; ///< nobody wants its end any more: it is killed
} // namespace effect
// clang-format on
using process_effect =
  std::variant<effect::spawn, effect::kill, effect::arm_timer, effect::cancel_timer, effect::emit,
               effect::look_at_dependencies, effect::return_event, effect::probe, effect::end_probe, effect::tell,
               effect::emit_health, effect::run, effect::end_run, effect::sweep, effect::end_sweep, effect::emit_notice,
               effect::tell_failure, effect::end_daemon, effect::log, effect::reload, effect::end_reload>;

/// The moment of a step: both clocks and the daemon's state.
struct moment {
  time_point now{};
  std::int64_t wall = 0; ///< microseconds since the epoch
  daemon_state daemon = daemon_state::running;
  std::uint64_t name = 0; ///< hash_of_name() of the process
};

struct transition {
  process_record after;
  std::vector<process_effect> effects;
};

/// Total: an event that means nothing in this state changes nothing and has no effects.
/// Throws nothing but std::bad_alloc.
transition step(const config::process_options& options, process_record before, const process_event& happened,
                const moment& at);

/// "exit status 3", "terminated by SIGTERM (core dumped)": 1.7. wait_status.cpp.
std::string wait_status_text(int wait_status);
/// A wait status that is none: it has ended, and nobody could tell how.
constexpr int unknown_end = -1;
/// The exit code, or -1 for anything but a normal exit.
int exit_code(int wait_status);

} // namespace troupe::actors
