// What is known of a process whose readiness or health is looked at: plain data, of its record. Must not look
// (actors/io/probe_desk.hpp) or decide (process_checks.cpp). Source: docs/contract/programs.md, 3 and 4.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::actors {

enum class health_state : std::uint8_t { none, pending, healthy, unhealthy };
std::string_view to_string(health_state of); ///< none: `none`

/// Of one life; there is none where nothing of it is asked for, or no child.
struct check_record {
  bool awaits_ready = false;  ///< STARTING, and nothing has said that it is ready
  bool has_lasted = false;    ///< likewise, and its child is older than startsecs
  bool failing = false;       ///< STARTING, and being killed since it was not ready
  bool wants_restart = false; ///< unhealthy; what it depends on has to be there first
  bool told_why_not = false;  ///< and it has been said
  bool reloading = false;     ///< as it says itself
  bool stopping = false;      ///< likewise
  bool has_been_healthy = false;
  health_state health = health_state::none;
  std::int64_t failures = 0;                                ///< in a row, of those that count
  std::uint32_t probe = 0;                                  ///< number of the last one
  bool probing = false;                                     ///< it has no result yet
  std::optional<std::chrono::steady_clock::time_point> due; ///< of the next probe, or of a word from the process
  std::optional<std::chrono::milliseconds> watchdog;        ///< as it has asked for, in place of healthinterval
  std::int64_t error_number = 0;                            ///< as it says; 0: none
  std::string detail;                                       ///< of the last probe that failed
  std::string status;                                       ///< as it says
};

} // namespace troupe::actors
