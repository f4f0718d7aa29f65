// Process and daemon states: codes, names and the sets the contract speaks of.
// Must not decide transitions (actors/process_fsm.cpp does). Source: the lifecycle specification, 1.1.
#pragma once

#include <string_view>

namespace troupe::protocols {

enum class process_state {
  stopped = 0,
  starting = 10,
  running = 20,
  backoff = 30,
  stopping = 40,
  exited = 100,
  fatal = 200,
  unknown = 1000
};

/// The daemon's own state.
enum class mood { fatal = 2, running = 1, restarting = 0, shutdown = -1 };

std::string_view to_string(process_state state); ///< STOPPED, STARTING, ...
std::string_view to_string(mood state);          ///< FATAL, RUNNING, RESTARTING, SHUTDOWN

constexpr bool is_stopped(process_state s) {
  return s == process_state::stopped || s == process_state::exited || s == process_state::fatal ||
         s == process_state::unknown;
}
constexpr bool is_running(process_state s) {
  return s == process_state::running || s == process_state::backoff || s == process_state::starting;
}
constexpr bool is_signallable(process_state s) {
  return s == process_state::running || s == process_state::starting || s == process_state::stopping;
}

} // namespace troupe::protocols
