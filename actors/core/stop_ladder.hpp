// Which signal comes next, and how long it may take: a pure function of the options. Must not hold state;
// process_stops.cpp asks. Source: docs/contract/programs.md, 5. Cases: tests/core/stop_ladder_test.cpp.
#pragma once

#include "actors/core/restart_policy.hpp"
#include "config/options.hpp"

#include <cstddef>
#include <optional>

namespace troupe::actors {

struct rung {
  int signo = 0;
  clock::duration time{};
  bool operator==(const rung&) const = default;
};

/// 0: the first; nothing: SIGKILL, and again.
std::optional<rung> rung_of(const config::process_options& options, std::size_t number);
/// stopwaitsecs, which comes from a file and may be anything.
clock::duration stop_wait(const config::process_options& options);
/// The whole of it, before the first SIGKILL.
clock::duration ladder_time(const config::process_options& options);

/// Is anything of its child's stopped that is left behind?
bool sweeps(const config::process_options& options);
/// Do its children get an id of their spawn into their environment?
bool marks_spawns(const config::process_options& options);

} // namespace troupe::actors
