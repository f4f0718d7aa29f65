// What safe_path's walk asks of the system, and each system can answer in its own way: how to hold a folder, what a
// name is, where a link leads. linux/path_calls.cpp holds what it looks at (O_PATH); posix/path_calls.cpp can hold
// folders only. Must not decide what is followed.
#pragma once

#include "platform/unique_fd.hpp"

#include <string>

#include <sys/stat.h>
#include <sys/types.h>

namespace troupe::platform {

/// For open(2) of a folder that is only held, to name things in it.
extern const int folder_flags;

/// As open(2) where no component is a link: then there is nothing to judge. -1 and EXDEV: the walk has to tell.
int open_without_links(const std::string& path, int flags, mode_t mode);

struct found {
  unique_fd folder; ///< where it is one
  struct stat info {};
  std::string text; ///< of a link
  int error = 0;    ///< errno; the rest means nothing then
};

/// What has the name in `folder`: itself, not what it leads to; all of it of one and the same thing. `contested`:
/// others may exchange it meanwhile.
found look_at(int folder, const std::string& name, bool contested);

/// Links in that folder do not say where they lead.
bool is_on_procfs(int folder);

/// Whether the folder has the descriptors of this process for names.
bool lists_own_descriptors(const struct stat& folder);

} // namespace troupe::platform
