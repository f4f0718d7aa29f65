// The inside of process_fsm.cpp, process_steps.cpp, process_holds.cpp and process_checks.cpp, and of nobody else: what
// they are written with. Source: docs/contract/lifecycle.md, 1.3; docs/contract/programs.md, 1 to 4.
#pragma once

#include "actors/core/process_fsm.hpp"

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
  void operator()(event::stop_requested) { stop(false); }
  void operator()(event::daemon_stop_requested) { stop(true); }
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
  void operator()(event::rebuilt);
  void operator()(event::kill_failed e);

  // steps: process_steps.cpp
  bool wants_restart() const;
  void start(start_reason why, bool alone = false);
  void end_wait();
  void begin_spawn();
  void stop(bool final);
  void end_hold();
  void begin_stop();
  void send_stop_signal(int signo, bool to_group);
  void log_kill(int signo, bool to_group);
  void enter_running(const std::string& how);
  void doubt_start(int pid);
  void end_stop(const std::string& text, int wait_status, int pid);
  void end_too_quickly(const std::string& text, const std::string& spawnerr);
  void end_run(const std::string& text, int wait_status, int pid);
  void fail_start(clock::duration at_least);
  void settle_failure();
  void restart_after_exit(bool failed);
  bool limit_refuses(time_point& due);
  void give_up(const std::string& why);
  void enter(process_state to, int pid);
  void arm(time_point deadline);
  void rearm();
  void begin_stop_signal();
  void resend_stop_signal();
  void log_end(config::log_level level, std::string text);
  bool has_dependencies() const { return !options.dependencies().items.empty(); }

  // what a process depends on: process_holds.cpp
  void begin_dependency_hold();
  void wait_for_dependencies(const dependency_view& view);
  void end_dependency_hold(const dependency_view& view);
  void look_for_losses(); ///< what has changed since it was looked at last
  void look_for_loss(const dependency_view& view);
  void return_to_hold(const dependency_view& view);
  void hold_again();

  // readiness and health: process_checks.cpp
  bool awaits_ready() const { return p.check && p.check->awaits_ready; }
  bool is_failing() const { return p.check && p.check->failing; }
  void begin_readiness();
  void become_ready();
  void fail_readiness(const std::string& why, const std::string& spawnerr);
  void begin_health();
  void note_health(bool ok, const std::string& detail);
  void act_on_health();
  void restart_unhealthy();
  void restart_if_met(const dependency_view& view);
  time_point lasts_from() const { return p.started_at + bounded_seconds(options.startsecs); }
  bool check_is_due(); ///< and has been looked at
  void look();
  void drop_probe();
  void end_checks();
  void extend(std::chrono::microseconds time);
  std::chrono::milliseconds health_interval() const;

  void log(config::log_level level, std::string text) { effects.emplace_back(effect::log{level, std::move(text)}); }
  bool is_held() const { return p.state == process_state::starting && p.pid == 0 && !p.waiting_for.empty(); }
};

} // namespace troupe::actors
