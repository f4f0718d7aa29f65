// See descriptors.hpp: flags after the descriptor is made. A child that is forked in between closes all it does not
// know.
#include "platform/descriptors.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

void keep_from_children(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

/// Whether the listening socket's flag is inherited differs from system to system.
void keep_from_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

} // namespace

int make_pipe(unique_fd& read_end, unique_fd& write_end) {
  int fds[2];
  if (::pipe(fds) != 0)
    return errno;
  read_end.reset(fds[0]);
  write_end.reset(fds[1]);
  keep_from_children(fds[0]);
  keep_from_children(fds[1]);
  return 0;
}

unique_fd make_socket(int family, int type, blocking how) {
  unique_fd fd{::socket(family, type, 0)};
  if (!fd)
    return fd;
  keep_from_children(fd.get());
  if (how == blocking::no)
    keep_from_blocking(fd.get());
  return fd;
}

unique_fd accept_connection(int listening, sockaddr* address, socklen_t* size) {
  unique_fd fd{::accept(listening, address, size)};
  if (!fd)
    return fd;
  keep_from_children(fd.get());
  keep_from_blocking(fd.get());
  return fd;
}

/// /dev/fd is a duplicate in most systems, whose flags are those of all others.
unique_fd open_again(int, int) {
  errno = ENOTSUP;
  return {};
}

void widen_pipe(int, int) {}

} // namespace troupe::platform
