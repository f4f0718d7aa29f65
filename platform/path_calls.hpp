// Two questions of safe_path's that only some systems can answer: linux/path_calls.cpp, posix/path_calls.cpp.
// Must not decide what is followed.
#pragma once

#include <string>

#include <sys/types.h>

namespace troupe::platform {

/// As open(2) where no component is a link: then there is nothing to judge. -1 and EXDEV: the walk has to tell.
int open_without_links(const std::string& path, int flags, mode_t mode);

/// Links there do not say where they lead.
bool is_on_procfs(int fd);

} // namespace troupe::platform
