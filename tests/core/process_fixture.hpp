// A process to play with: its options, its record in a given state, and the two clocks of a step.
// Must not hold tests; shared by process_fsm_test.cpp (vectors) and process_table_test.cpp (table 1.3).
#pragma once

#include "actors/core/control.hpp"
#include "actors/core/process_fsm.hpp"

#include <chrono>

namespace troupe::actors {

inline constexpr int status(int code) { return code << 8; } ///< as waitpid(2) tells it
inline constexpr int killed(int signo) { return signo; }

inline time_point at_second(double seconds) {
  using namespace std::chrono;
  return time_point{} + 1000s + duration_cast<clock::duration>(duration<double>(seconds));
}
inline std::int64_t wall_at(double seconds) { return static_cast<std::int64_t>((10'000 + seconds) * 1e6); }

inline config::process_options defaults() {
  config::process_options options;
  options.name = "p";
  return options;
}

/// Started 100 s ago.
inline process_record in_state(process_state state, int pid, std::int64_t backoff = 0) {
  process_record r;
  r.state = state;
  r.pid = pid;
  r.backoff = backoff;
  r.started_once = true;
  r.started_at = at_second(-100);
  r.killing = state == process_state::stopping;
  return r;
}
inline const auto up = in_state(process_state::running, 100);

} // namespace troupe::actors
