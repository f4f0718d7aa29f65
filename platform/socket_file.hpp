// The file of a unix socket, in a folder that is held: made, given away, connected to, without following what somebody
// puts into the place of a name. linux/socket_file.cpp reaches both by procfs; posix/socket_file.cpp sends a child into
// the folder. Must not decide which name is taken, or what is removed. Cases: tests/platform/listening_socket_test.cpp.
#pragma once

#include <string>

#include <sys/stat.h>
#include <sys/types.h>

namespace troupe::platform {

struct socket_place {
  std::string path;       ///< as somebody wrote it, which shows in listings
  int folder = -1;        ///< held, of the file
  std::string name;       ///< in it
  bool is_steady = false; ///< nobody can make the path lead to another folder
};

struct socket_rights {
  mode_t mode = 0;
  uid_t uid = static_cast<uid_t>(-1); ///< stays
  gid_t gid = static_cast<gid_t>(-1); ///< stays
};

struct socket_file {
  enum class step { bind, mode, owner };
  int error = 0; ///< errno
  step failed = step::bind;
  struct stat info {};
};

/// Whether such a socket can have that name: false, the path is too long.
bool fits(const socket_place& at);

/// Binds `socket`, which does not listen yet. Where a step fails, what is there may have been made by us.
socket_file make_socket_file(int socket, const socket_place& at, const socket_rights& rights);

/// connect(2): 0, or errno.
int connect_to_file(int socket, const socket_place& at);

} // namespace troupe::platform
