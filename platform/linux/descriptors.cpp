// See descriptors.hpp: flags with the call that makes the descriptor.
#include "platform/descriptors.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

int make_pipe(unique_fd& read_end, unique_fd& write_end) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    return errno;
  read_end.reset(fds[0]);
  write_end.reset(fds[1]);
  return 0;
}

unique_fd make_socket(int family, int type, blocking how) {
  return unique_fd{::socket(family, type | SOCK_CLOEXEC | (how == blocking::no ? SOCK_NONBLOCK : 0), 0)};
}

unique_fd accept_connection(int listening, sockaddr* address, socklen_t* size) {
  return unique_fd{::accept4(listening, address, size, SOCK_CLOEXEC | SOCK_NONBLOCK)};
}

unique_fd open_again(int fd, int flags) {
  return unique_fd{::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), flags | O_CLOEXEC)};
}

void widen_pipe(int pipe, int bytes) { ::fcntl(pipe, F_SETPIPE_SZ, bytes); } // where that is not allowed it stays

} // namespace troupe::platform
