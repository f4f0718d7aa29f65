// Whether a process ended for want of memory: a judgement over the kernel's counters and the way it ended. Never from
// an exit status alone. Must not read anything. Source: docs/contract/deaths.md. Cases:
// tests/protocols/oom_verdict_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::protocols {

enum class oom_verdict : std::uint8_t { no, likely, yes, unknown };

/// How many processes the kernel had killed in the group when the life began, and has killed now.
struct kill_counters {
  std::optional<std::int64_t> before; ///< nothing: there was no such counter
  std::optional<std::int64_t> after;  ///< nothing: nor is there one now
  bool own = false;                   ///< nobody else is in that group
};

struct end_of_life {
  bool killed = false;          ///< by SIGKILL
  bool by_us = false;           ///< we have sent it a signal not long ago
  bool named_by_kernel = false; ///< its log says whom it killed
};

oom_verdict judge_memory(const kill_counters& counters, const end_of_life& end);
std::string_view to_string(oom_verdict verdict); ///< no, likely, yes, unknown

} // namespace troupe::protocols
