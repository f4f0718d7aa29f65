// When a program is started again, and how long after: what a program may ask for beyond autorestart, startsecs and
// startretries. Plain data; the defaults are what Supervisor does. Must not decide (actors/core/restart_policy does).
// Source: docs/contract/programs.md, 2.1.
#pragma once

#include "config/exit_codes.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace troupe::config {

/// So many within that time.
struct rate {
  std::int64_t count = 0;
  std::chrono::milliseconds time{0};
  bool operator==(const rate&) const = default;
};

enum class backoff_kind : std::uint8_t { linear, exponential, fixed };

/// startretries=infinite.
constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();

struct restart_options {
  backoff_kind backoff = backoff_kind::linear;
  std::chrono::milliseconds backoffmin{1000};
  double backofffactor = 2;
  std::optional<std::chrono::milliseconds> backoffmax; ///< unset: 60 s where the wait would grow for ever, else none
  double backoffjitter = 0;                            ///< share of the wait, 0 to 1
  std::chrono::milliseconds backoffreset{0};           ///< in RUNNING, until failures are forgotten; 0: at once
  std::chrono::milliseconds restartdelay{0};           ///< from an exit to the restart by itself, at least
  std::optional<rate> restartlimit;                    ///< restarts by itself
  bool limit_waits = false;                            ///< at the limit: wait instead of giving up
  exit_code_list successexitcodes{};                   ///< expected, and no failure of a start
  exit_code_list norestartexitcodes{};                 ///< after these it stays EXITED
  std::chrono::milliseconds startdelay{0};             ///< before a start that nobody asked for
  std::chrono::milliseconds startstagger{0};           ///< between two spawns of one section, at least
  bool operator==(const restart_options&) const = default;
};

} // namespace troupe::config
