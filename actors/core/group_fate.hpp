// What becomes of a group one of whose members has failed: a pure function of its option and of how often it was
// restarted for that. Must not stop or start anybody (supervisor_fate.cpp does). Source: docs/contract/programs.md,
// 8.3. Cases: tests/core/group_fate_test.cpp.
#pragma once

#include "config/fate_options.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace troupe::actors {

/// When a group was restarted since one of its members had failed; within the last minute.
using fate_book = std::vector<std::chrono::steady_clock::time_point>;

enum class fate_step : std::uint8_t { nothing, stop, restart, stop_at_last };

/// It happens at `now`, and is noted in `book`. stop_at_last: it was restarted three times within a minute.
fate_step next_step(config::group_fate wanted, fate_book& book, std::chrono::steady_clock::time_point now);

} // namespace troupe::actors
