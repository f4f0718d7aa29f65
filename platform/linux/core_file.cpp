// See core_file.hpp.
#include "platform/core_file.hpp"

#include "platform/unique_fd.hpp"

#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

std::string setting(const char* path) {
  std::array<char, 512> room;
  unique_fd fd{::open(path, O_RDONLY | O_CLOEXEC)};
  auto n = fd ? ::read(fd.get(), room.data(), room.size()) : -1;
  return n > 0 ? std::string(room.data(), static_cast<std::size_t>(n)) : std::string();
}

} // namespace

std::string core_of(const core_owner& whose) {
  return core_of(whose, setting("/proc/sys/kernel/core_pattern"), setting("/proc/sys/kernel/core_uses_pid") == "1\n");
}

} // namespace troupe::platform
