// Other processes of this machine, as far as the system lets one look: linux/process_look.cpp in /proc; posix/ only
// sees whether they are there. Must not judge, nor signal anybody.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

struct process_look {
  std::int64_t parent = 0;
  std::int64_t uid = -1;    ///< -1: unknown
  std::int64_t started = 0; ///< seconds since the epoch; 0: unknown
  std::string name;         ///< empty: unknown
  std::string arguments;    ///< a NUL behind each
};
/// Nothing: there is no such process.
std::optional<process_look> look_at_process(std::int64_t pid);
/// Nothing: the system does not say.
std::optional<std::vector<std::int64_t>> all_pids();

/// The hard limit of open files; 0: unknown.
std::int64_t most_files_of(std::int64_t pid);
/// The unit of systemd that it belongs to, x.service; empty: none.
std::string service_of(std::int64_t pid);

/// A file that is one, as far as it is not large; empty: there is nothing to read.
std::string small_file(const std::string& path);
std::int64_t first_number(std::string_view text); ///< the first one; 0: none

} // namespace troupe::ctl
