// Makes what is missing of a folder's path, for whoever is to have it, by the rule of safe_path.hpp: nothing is made
// where a link leads that is not followed, and nothing is given away that has been there before. It may hang where the
// file system does: not for a thread that others wait for. Must not change what is there. Source:
// docs/contract/programs.md, 10. Cases: tests/platform/folders_test.cpp.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

namespace troupe::platform {

struct folder_owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// 0, or errno. `mode`: of what is made, whatever the umask. Without an owner it is this process's. `refusal`: which
/// link is not followed, and whose it is.
int make_folders(const std::string& path, mode_t mode, const std::optional<folder_owner>& owner, std::string& refusal);

} // namespace troupe::platform
