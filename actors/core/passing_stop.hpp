// A stop that is the first half of a restart which somebody else carries out: an update, a scale or a rolling restart.
// What is known of a process is asked of its record and of its status alike. Pure. Source: docs/contract/programs.md, 6
// and 7. Cases: tests/core/process_requests_test.cpp, tests/update_watch_test.py.
#pragma once

#include "actors/core/process_fsm.hpp"

namespace troupe::actors {

constexpr bool is_of_restart(start_reason why) {
  return why == start_reason::update || why == start_reason::scale || why == start_reason::rolling;
}

/// STOPPING or STOPPED, and whoever has stopped it is about to start it: nobody has stopped it by hand since, and that
/// start has not been refused.
bool is_passing(const auto& process) {
  bool is_down = process.state == process_state::stopping || process.state == process_state::stopped;
  return is_down && is_of_restart(process.why) && process.started_once && !process.administrative_stop &&
         process.spawnerr.empty();
}

} // namespace troupe::actors
