// The `description` of a process in words, from numbers. Must not know where they come from.
// Source: docs/contract/http.md, 4.5. Cases: tests/protocols/descriptions_test.cpp.
#pragma once

#include "protocols/process_state.hpp"

#include <cstdint>
#include <string>

namespace troupe::protocols {

/// `H:MM:SS`, from one day on `1 day, 2:03:04`; negative counts as 0.
std::string uptime_text(std::int64_t seconds);

/// `Nov 22 11:02 AM`, local time. `when`: seconds since the epoch.
std::string date_text(std::int64_t when);

/// `start`, `stop`, `now`: whole seconds since the epoch, 0 for never. `waiting_for`: what a start or restart waits
/// for.
std::string describe(process_state state, const std::string& name, int pid, const std::string& spawnerr,
                     std::int64_t start, std::int64_t stop, std::int64_t now, const std::string& waiting_for = {});

} // namespace troupe::protocols
