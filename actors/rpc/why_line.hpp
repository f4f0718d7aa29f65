// Why a process is in the state it is in, in one line: pure. Must not know who asks. Source:
// docs/contract/deaths.md, 3. Cases: tests/rpc/why_line_test.cpp.
#pragma once

#include "actors/io/status_board.hpp"

#include <string>

namespace troupe::actors {

/// `job: BACKOFF, try 3 of 4 in 2 s: Exited too quickly`
std::string why_line(const process_status& process, daemon_state daemon, time_point now);

} // namespace troupe::actors
