// The inside of process_fsm.cpp, process_steps.cpp, process_stops.cpp, process_hooks.cpp, process_holds.cpp,
// process_checks.cpp and process_reload.cpp, and of nobody else: what they are written with. Source:
// docs/contract/lifecycle.md, 1.3; docs/contract/programs.md, 1 to 5, 7, 9 and 16.
#pragma once

#include "actors/core/process_fsm.hpp"
#include "actors/core/stop_ladder.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::actors {

/// startsecs and stopwaitsecs come from a file and may be anything; a century is as good as never.
std::chrono::seconds bounded_seconds(std::int64_t count);
/// For people: 3.2 seconds.
std::chrono::milliseconds to_tenths(clock::duration time);

struct process_machine {
  const config::process_options& options;
  process_record& p;
  std::vector<process_effect>& effects;
  const moment& at;

  // events: process_fsm.cpp
  void operator()(event::evaluate);
  void operator()(event::start_requested e);
  void operator()(event::stop_requested e);
  void operator()(event::daemon_stop_requested) { stop(stop_cause::shutdown); }
  void operator()(event::signal_requested e);
  void operator()(event::spawned e);
  void operator()(const event::spawn_failed& e);
  void operator()(const event::spawn_held& e);
  void operator()(const event::dependencies_seen& e);
  void operator()(event::said_ready e);
  void operator()(const event::probed& e);
  void operator()(const event::notified& e);
  void operator()(event::spawn_begun);
  void operator()(event::spawn_withdrawn);
  void operator()(event::exited e);
  void operator()(event::timer_fired);
  void operator()(event::rebuilt e);
  void operator()(event::kill_failed e);
  void operator()(event::kill_requested);
  void operator()(event::turn_given);
  void operator()(const event::command_ended& e);
  void operator()(const event::swept& e);
  void operator()(const event::options_replaced& e);
  void operator()(event::reload_requested);
  void operator()(const event::reload_ended& e);
  void operator()(event::disabling e);

  // steps: process_steps.cpp
  bool wants_restart() const;
  void start(start_reason why, bool alone = false);
  void begin_start();
  void begin_spawn();
  void stop(stop_cause cause); ///< shutdown: for good
  void end_hold();
  void enter_running(const std::string& how);
  void doubt_start(int pid);
  void end_too_quickly(const std::string& text, const std::string& spawnerr);
  void end_run(const std::string& text, int wait_status, int pid);
  void fail_start(clock::duration at_least);
  void fail_spawn(const std::string& why);
  void settle_failure();
  void restart_after_exit(bool failed);
  bool limit_refuses(time_point& due);
  void give_up(const std::string& why);
  void enter(process_state to, int pid);
  void arm(time_point deadline);
  void disarm();
  void rearm();
  void log_end(config::log_level level, std::string text);
  bool has_dependencies() const { return !options.dependencies().items.empty(); }

  // what its end means for others: process_fate.cpp
  /// So long it has to live to be RUNNING.
  std::chrono::seconds up_after() const { return bounded_seconds(options.oneshot() ? 0 : options.startsecs); }
  void look_at_end(); ///< EXITED: does anything follow?
  void end_essential(bool wanted, int status, const std::string& how);

  // its stop, and what is left behind: process_stops.cpp
  void begin_stop(stop_cause cause);
  stop_cause pending_cause() const;
  void stop_what_passes();
  void begin_kill();
  void kill_now();
  void begin_ladder();
  void begin_stop_signal();
  void next_signal();
  void resend_stop_signal();
  void send(int signo);
  void send_sigkill();
  void log_kill(int signo, bool to_group);
  void end_stop(const std::string& text, int wait_status, int pid);
  void note_end(int wait_status, int pid);
  void begin_after_end();
  void go_on_after_end();
  void end_after_end();
  void sweep(int signo);
  void go_on_sweeping();
  void end_sweep();
  std::string left_text() const;
  bool is_after_end() const { return p.stage && p.stage->after != after_end::nothing; }
  bool has_after_end() const;

  // other options: process_options_replaced.cpp
  void renew_stop_time(const config::process_options& before);
  void renew_readiness(const config::process_options& before);
  void renew_health(const config::process_options& before);
  void renew_dependencies(const config::process_options& before);

  // commands around it: process_hooks.cpp
  void run(command_kind what);
  void run_again();
  void end_command();
  void end_command(command_kind what); ///< where it is that one
  void command_failed(command_kind what, const std::string& how);
  void go_on_after(command_kind what, const std::string& failure);
  void go_on_stopping(command_kind done);
  void be_up();
  std::string up_text() const;
  void spawn_prepared();
  void make_spawn_id();
  bool runs(command_kind what) const { return p.stage && p.stage->runs == what; }
  bool stage_is_due();
  void renew_stage();
  std::vector<std::string> variables_of(command_kind what) const;

  // what a process depends on: process_holds.cpp
  void begin_dependency_hold();
  void end_wait();
  void wait_for_dependencies(const dependency_view& view);
  void end_dependency_hold(const dependency_view& view);
  void look_for_losses(); ///< what has changed since it was looked at last
  void look_for_loss(const dependency_view& view);
  void return_to_hold(const dependency_view& view);
  void hold_again();

  // whether it is enabled: process_enabling.cpp
  void note_stop_asked(bool passing);
  bool is_passed_over(const char* what); ///< and that is said
  void end_try();

  // readiness and health: process_checks.cpp
  bool awaits_ready() const { return p.check && p.check->awaits_ready; }
  bool is_on_its_way() const { return awaits_ready() || runs(command_kind::poststart); }
  bool is_failing() const { return p.check && p.check->failing; }
  void begin_readiness();
  void become_ready();
  void fail_readiness(const std::string& why, const std::string& spawnerr);
  void fail_child(const std::string& spawnerr);
  void begin_health();
  void note_health(bool ok, const std::string& detail);
  void act_on_health();
  void restart_unhealthy();
  void restart_if_met(const dependency_view& view);
  time_point lasts_from() const { return p.started_at + up_after(); }
  bool check_is_due(); ///< and has been looked at
  void look();
  void drop_probe();
  void end_checks();
  void extend(std::chrono::microseconds time);
  std::chrono::milliseconds health_interval() const;

  // told to read its files again: process_reload.cpp
  bool is_reloading() const;
  void begin_reload();
  void run_reload();
  void await_reload();
  void note_reloading(bool began, bool is_ready);
  bool reload_is_due(); ///< and has been looked at
  void end_reload(std::string failure);
  void drop_reload(const std::string& why);
  void reload_again();

  void log(config::log_level level, std::string text) { effects.emplace_back(effect::log{level, std::move(text)}); }
  bool is_held() const { return p.state == process_state::starting && p.pid == 0 && !p.waiting_for.empty(); }
};

} // namespace troupe::actors
