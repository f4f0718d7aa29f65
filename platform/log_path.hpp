// The names of log files in folders that others may write, where anybody can put a link to a file that is not theirs.
// Such a link is not followed: neither opened, nor renamed or removed in its place. Links elsewhere are.
// Must not hold open files (rotating_file does) or decide what is logged.
#pragma once

#include <string>

#include <sys/types.h>

namespace troupe::platform {

/// open(2), close-on-exec, without a controlling terminal and without blocking: neither a FIFO without a reader nor a
/// reader that stalls may hold up the daemon. -1 and errno; ELOOP: a link that is not followed.
int open_log_path(const std::string& path, int flags, mode_t mode = 0666);

/// False where users other than root and this process's may write the folder of `path`.
bool links_are_followed(const std::string& path);

/// What may be renamed or removed in the name of `path`: itself, or the regular file that a link leads to that is
/// followed. Empty: nothing may, or nothing is there; so with what this process has as stdin, stdout or stderr (N21).
std::string movable(const std::string& path);

/// Empties the regular file at `path`, if there is one. 0, or errno.
int truncate_log(const std::string& path);

} // namespace troupe::platform
