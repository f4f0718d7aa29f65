// What is told of a process beside what Supervisor tells: pure functions of its status, for whoever writes it down (the
// HTTP API, getProcessDetails). Must not decide who sees it. Source: docs/contract/programs.md, 15.4 and 16.1. Cases:
// tests/details_test.py.
#pragma once

#include "actors/io/status_board.hpp"

#include <optional>
#include <string_view>

namespace troupe::actors {

/// Half a state; empty: none.
std::string_view phase_of(const process_status& p);
/// What a start or restart waits for: its description without `waiting for `; empty: it does not wait.
std::string_view waiting_of(const process_status& p);
/// When it starts by itself, seconds since the epoch; nothing: it does not.
std::optional<double> next_start_of(const process_status& p);
/// As it was said last: by autostart, or an operator's start or stop.
bool is_wanted(const process_status& p);
/// `next`: some of its options act at its next start, or when they are used next.
inline std::string_view config_of(const process_status& p) { return p.is_outdated ? "next" : "current"; }

double now_in_seconds(); ///< since the epoch; milliseconds are enough

} // namespace troupe::actors
