// What the kernel's accounting of memory tells about the group of processes that this one is in: how many of them it
// has killed for want of memory, and the limit. Must not judge (protocols/oom_verdict.hpp does). linux/ reads cgroups,
// version 2 or 1; posix/ knows nothing. Cases: tests/platform/cgroup_memory_test.cpp.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::platform {

class cgroup_memory {
public:
  /// Where what is asked is mounted: for tests.
  explicit cgroup_memory(std::string membership = {}, std::string mount = {});

  /// How many processes were killed so far; nothing: there is no such counter, or no longer. Any thread; one read of a
  /// file that stays open, as with the limit: they are asked at each spawn and end.
  std::optional<std::int64_t> kills() const;
  std::optional<std::int64_t> limit() const;        ///< bytes; nothing: none
  const std::string& name() const { return name_; } ///< as the kernel calls it; empty: there is no counter

private:
  std::string name_;
  unique_fd counter_; ///< none: there is no counter
  unique_fd limit_;   ///< likewise
};

/// Whether the kernel's own log says that it killed that process for want of memory, since `since` (microseconds since
/// the boot). False, too, where it cannot be read, or numbers processes otherwise than we do.
bool kernel_says_out_of_memory(int pid, std::int64_t since);
/// Now, as the kernel's log counts time: microseconds.
std::int64_t kernel_log_time();

} // namespace troupe::platform
