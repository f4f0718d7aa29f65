// What a process and its descendants use: processor time and memory. linux/tree_usage.cpp reads /proc; elsewhere
// nobody knows.
// Must not know what the processes are for, or sample by itself. Source: proc(5).
#pragma once

#include <cstdint>
#include <optional>

namespace troupe::platform {

struct tree_usage {
  std::int64_t cpu_microseconds = 0; ///< user and system time of the living and of those they have waited for
  std::int64_t resident_bytes = 0;   ///< shared pages count once for each process
  int processes = 0;
};

/// None: there is no such process. At most 256 processes and 64 threads of each are looked at.
std::optional<tree_usage> usage_of_tree(int pid);

} // namespace troupe::platform
