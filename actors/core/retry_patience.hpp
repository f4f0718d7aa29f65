// How long whoever asks for a start waits for others that fail and are tried again. It may go on for ever, and they are
// waited for all the same: it is only he who is answered. Pure. Source: docs/contract/programs.md, 1.4. Cases:
// tests/core/dependency_rules_test.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::actors {

/// In BACKOFF: a program with Supervisor's three retries would have been given up, or its next try is far away.
constexpr bool is_tried_in_vain(std::int64_t failures, std::optional<std::chrono::steady_clock::time_point> next,
                                std::chrono::steady_clock::time_point now) {
  constexpr std::int64_t usual_retries = 3;
  constexpr std::chrono::seconds far_away{10};
  return failures > usual_retries || (next && *next - now > far_away);
}

} // namespace troupe::actors
