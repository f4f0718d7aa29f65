// Process and daemon states: codes, names and the sets the contract speaks of.
// Must not decide transitions (actors/core/process_fsm.cpp does). Source: docs/contract/lifecycle.md, 1.1.
#pragma once

#include <string_view>

namespace troupe::protocols {

// clang-format off
#define TROUPE_STATES(STATE) \
  STATE(stopped, 0, "STOPPED") \
  STATE(starting, 10, "STARTING") \
  STATE(running, 20, "RUNNING") \
  STATE(backoff, 30, "BACKOFF") \
  STATE(stopping, 40, "STOPPING") \
  STATE(exited, 100, "EXITED") \
  STATE(fatal, 200, "FATAL") \
  STATE(unknown, 1000, "UNKNOWN")
// clang-format on

#define TROUPE_STATE(identifier, code, name) identifier = code,
enum class process_state { TROUPE_STATES(TROUPE_STATE) };
#undef TROUPE_STATE

#define TROUPE_STATE(identifier, code, name) process_state::identifier,
inline constexpr process_state process_states[] = {TROUPE_STATES(TROUPE_STATE)}; ///< all of them
#undef TROUPE_STATE

/// The daemon's own state.
enum class daemon_state { fatal = 2, running = 1, restarting = 0, shutdown = -1 };

std::string_view to_string(process_state state); ///< STOPPED, STARTING, ...
std::string_view to_string(daemon_state state);  ///< FATAL, RUNNING, RESTARTING, SHUTDOWN

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
