// See poll_with.hpp.
#include "platform/poll_with.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/select.h>

namespace troupe::platform {

int poll_with(const sigset_t& blocked, std::span<pollfd> fds, std::chrono::milliseconds time) {
  fd_set readable;
  fd_set writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  int above = 0;
  for (const auto& p : fds) {
    if (p.fd >= FD_SETSIZE) {
      errno = EINVAL;
      return -1;
    }
    if (p.fd < 0)
      continue;
    if ((p.events & POLLIN) != 0)
      FD_SET(p.fd, &readable);
    if ((p.events & POLLOUT) != 0)
      FD_SET(p.fd, &writable);
    above = std::max(above, p.fd + 1);
  }
  timespec left{time.count() / 1000, time.count() % 1000 * 1000000};
  int ready = ::pselect(above, &readable, &writable, nullptr, time.count() < 0 ? nullptr : &left, &blocked);
  int count = 0;
  for (auto& p : fds) {
    p.revents = 0;
    if (ready <= 0 || p.fd < 0)
      continue;
    p.revents =
      static_cast<short>((FD_ISSET(p.fd, &readable) ? POLLIN : 0) | (FD_ISSET(p.fd, &writable) ? POLLOUT : 0));
    count += p.revents != 0 ? 1 : 0;
  }
  return ready < 0 ? -1 : count;
}

} // namespace troupe::platform
