// The end of a child, and what it has used. Must not know whose child it is. linux/child_end.cpp asks wait4(2) for
// both at once; posix/child_end.cpp knows the end alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::platform {

/// Of the child and of its own children that it waited for.
struct child_usage {
  std::int64_t peak_bytes = 0; ///< the largest resident size of one of them; that of whoever made it, at least
  std::int64_t user = 0;       ///< microseconds
  std::int64_t system = 0;     ///< microseconds
};

struct child_end {
  int pid = 0;         ///< 0: none has ended; -1: errno
  int wait_status = 0; ///< as waitpid(2) fills it in
  std::optional<child_usage> used;
  std::optional<std::chrono::steady_clock::time_point> at; ///< when; none: a moment ago
};

/// Of `pid`, or of any child with -1; does not wait.
child_end take_child_end(int pid);

} // namespace troupe::platform
