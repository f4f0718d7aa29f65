// Where the kernel has put the core of a process that ended, or whom it has given it to. Must not read a core.
// linux/core_file.cpp asks the kernel how it names them; posix/core_file.cpp knows the usual names.
// Cases: tests/platform/cgroup_memory_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::platform {

struct core_owner {
  int pid = 0;
  int signo = 0;
  std::string program;   ///< its file
  std::string directory; ///< it ran in; empty: ours
  std::int64_t uid = 0, gid = 0;
  std::int64_t began = 0, ended = 0; ///< seconds since the epoch
};

/// The path of the file, if there is one that is not older than the process, or what the kernel's pipe leads to,
/// behind a `|`; empty: neither is known.
std::string core_of(const core_owner& whose);
/// The same by a pattern as core(5) explains it.
std::string core_of(const core_owner& whose, std::string_view pattern, bool uses_pid);

} // namespace troupe::platform
