// See own_program.hpp.
#include "config/own_program.hpp"

#include <climits>

#include <unistd.h>

namespace troupe::config {

std::string own_program() {
  char path[PATH_MAX];
  auto size = ::readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

} // namespace troupe::config
