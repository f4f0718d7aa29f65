// The inside of process_fsm.cpp, process_steps.cpp and process_holds.cpp, and of nobody else: what they are written
// with. Source: docs/contract/lifecycle.md, 1.3; docs/contract/programs.md, 2.
#pragma once

#include "actors/core/process_fsm.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::actors {

/// startsecs and stopwaitsecs come from a file and may be anything; a century is as good as never.
std::chrono::seconds bounded_seconds(std::int64_t count);

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
  void enter_running();
  void doubt_start(int pid);
  void end_stop(const std::string& text, int wait_status, int pid);
  void end_too_quickly(const std::string& text);
  void end_run(const std::string& text, int wait_status, int pid);
  void fail_start(clock::duration at_least);
  void settle_failure();
  void restart_after_exit(bool failed);
  bool limit_refuses(time_point& due);
  void give_up(const std::string& why);
  void enter(process_state to, int pid);
  void arm(time_point deadline);
  void log_end(config::log_level level, std::string text);
  bool has_dependencies() const { return !options.dependencies().items.empty(); }

  // what a process depends on: process_holds.cpp
  void begin_dependency_hold();
  void wait_for_dependencies(const dependency_view& view);
  void end_dependency_hold(const dependency_view& view);
  void look_for_losses(); ///< what has changed since it was looked at last
  void look_for_loss(const dependency_view& view);

  void log(config::log_level level, std::string text) { effects.emplace_back(effect::log{level, std::move(text)}); }
  bool is_held() const { return p.state == process_state::starting && p.pid == 0 && !p.waiting_for.empty(); }
};

} // namespace troupe::actors
