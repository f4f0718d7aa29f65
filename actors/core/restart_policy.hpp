// How long a process waits before it is started again, and whether it may be: pure functions of its options and of what
// has happened so far. Must not hold state or read a clock; process_fsm asks. Source: docs/contract/programs.md, 2.2
// and 2.3. Cases: tests/core/restart_policy_test.cpp.
#pragma once

#include "config/options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

using clock = std::chrono::steady_clock; ///< all deadlines; wall time is only shown
using time_point = clock::time_point;

/// Restarts by itself, as far as anybody counts them.
struct restart_book {
  std::vector<time_point> recent; ///< ascending; at most as many as the limit allows
  time_point minute_begins{};     ///< of what is counted here
  std::int64_t in_minute = 0;
  std::optional<time_point> warned_at; ///< that it is restarted all the time
  bool operator==(const restart_book&) const = default;
};

/// Before retry `failures` (1 for the first), in whatever way it failed. `chance`: of the process and its last spawn,
/// for the jitter.
clock::duration backoff_wait(const config::process_options& options, std::int64_t failures, std::uint64_t chance);

/// For backoff_wait.
std::uint64_t chance_of(std::uint64_t name, std::uint64_t spawns);
/// Of a full name.
std::uint64_t hash_of_name(std::string_view group, std::string_view process);

/// One more restart by itself would happen at `due`: nothing if it may, else from when on.
std::optional<time_point> refused_until(const restart_book& book, const std::optional<config::rate>& limit,
                                        time_point due);

/// It happens. True: it has been restarted all the time, and whoever looks after it should be told.
bool note_restart(restart_book& book, const std::optional<config::rate>& limit, time_point now);

/// "restart limit: 5 restarts in 60 seconds".
std::string limit_text(const config::rate& limit);
/// "1 second", "0.5 seconds".
std::string seconds_text(std::chrono::milliseconds time);

/// How an end is looked at. `status`: as waitpid(2) fills it in; of an end of which nothing is known, nothing is
/// expected.
bool is_expected(const config::process_options& options, int wait_status);
bool ends_for_good(const config::process_options& options, int wait_status); ///< it is not restarted
bool is_no_failure(const config::process_options& options, int wait_status); ///< however soon after its start

} // namespace troupe::actors
