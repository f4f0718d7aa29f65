// See sealed_file.hpp.
#include "platform/sealed_file.hpp"

#include <fcntl.h>

namespace troupe::platform {

void keep_over_exec(int fd, bool keep) {
  int flags = ::fcntl(fd, F_GETFD);
  if (flags >= 0)
    ::fcntl(fd, F_SETFD, keep ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC);
}

} // namespace troupe::platform
