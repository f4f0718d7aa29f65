// The names of log files: how they are opened, emptied, and moved away, all by the rule of safe_path.hpp.
// Must not hold open files (rotating_file does) or decide what is logged.
#pragma once

#include "platform/safe_path.hpp"

#include <string>
#include <string_view>

#include <sys/types.h>

namespace troupe::platform {

/// open(2), close-on-exec, without a controlling terminal and without blocking: neither a FIFO without a reader nor a
/// reader that stalls may hold up the daemon. -1 and errno; ELOOP, EMLINK: refusal_of() says why.
int open_log_path(const std::string& path, int flags, mode_t mode = 0666);

/// The same for readers, who never open what has no contents: a FIFO, a terminal. `info`: of what is there. Empty:
/// errno, or 0 where there is nothing to read.
unique_fd open_log_to_read(const std::string& path, struct stat& info);

/// Which link or file of `path` is not followed or touched, and whose it is; empty: none.
std::string refusal_of(const std::string& path);

/// What may be renamed or removed in the name of `path`: itself, or the regular file that a link leads to that is
/// followed. Its folder is empty: nothing may, or nothing is there; so with what this process has as stdin, stdout or
/// stderr (N21).
place movable(const std::string& path);

/// Where a log is moved to when it is rotated.
struct rotation_names {
  place file;         ///< movable()
  place backups;      ///< the folder of the backups, and their names up to the dot and the number
  std::string path;   ///< the same by path
  bool taken = false; ///< something else has the name
};
rotation_names rotation_of(const std::string& path);

/// Whether two texts name the same file, by the text alone: `..`, `.`, doubled slashes and this process's folder are
/// seen through, links are not.
bool is_same_path(std::string_view a, std::string_view b);

/// Empties the regular file at `path`, if there is one. 0, or errno.
int truncate_log(const std::string& path);

} // namespace troupe::platform
