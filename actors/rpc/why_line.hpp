// Why a process is in the state it is in, in one line: pure. Must not know who asks. Source:
// docs/contract/deaths.md, 3. Cases: tests/rpc/why_line_test.cpp.
#pragma once

#include "actors/core/program_graph.hpp"
#include "actors/io/status_board.hpp"

#include <functional>
#include <string>

namespace troupe::actors {

/// `job: BACKOFF, try 3 of 4 in 2 s: Exited too quickly`
std::string why_line(const process_status& process, daemon_state daemon, time_point now);

/// Who depends on whom, and how they are: null for whoever may not be seen, or is not in service.
struct programs_seen {
  const program_graph& programs;
  std::function<process_status_ptr(std::size_t)> status;
};
/// The same, and of one that waits for another what that one waits for, five steps far at most:
/// `api: STARTING, waiting for app:ready (app is STARTING, waiting for db:ready (db is FATAL: it ended))`
std::string why_line(const process_status& process, daemon_state daemon, time_point now, const programs_seen& seen);

} // namespace troupe::actors
