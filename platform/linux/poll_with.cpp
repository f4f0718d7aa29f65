// See poll_with.hpp.
#include "platform/poll_with.hpp"

namespace troupe::platform {

int poll_with(const sigset_t& blocked, std::span<pollfd> fds, std::chrono::milliseconds time) {
  timespec left{time.count() / 1000, time.count() % 1000 * 1000000};
  return ::ppoll(fds.data(), fds.size(), time.count() < 0 ? nullptr : &left, &blocked);
}

} // namespace troupe::platform
