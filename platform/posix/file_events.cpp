// See file_events.hpp: there are none.
#include "platform/file_events.hpp"

#include <cerrno>

namespace troupe::platform::file_events {

unique_fd open() {
  errno = ENOSYS;
  return {};
}

int add(int, const std::string&, interest) {
  errno = ENOSYS;
  return -1;
}

void remove(int, int) {}

std::size_t read(int, std::span<char>) { return 0; }

event next(std::span<const char>& bytes) {
  bytes = {};
  return {};
}

} // namespace troupe::platform::file_events
