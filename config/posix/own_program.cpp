// See own_program.hpp: where NetBSD, FreeBSD and Solaris have it, if a procfs is mounted. macOS has nothing of the
// kind.
#include "config/own_program.hpp"

#include <climits>

#include <unistd.h>

namespace troupe::config {

std::string own_program() {
  char path[PATH_MAX];
  for (const char* link : {"/proc/self/exe", "/proc/curproc/file", "/proc/self/path/a.out"})
    if (auto size = ::readlink(link, path, sizeof path); size > 0 && path[0] == '/')
      return std::string(path, static_cast<std::size_t>(size));
  return {};
}

} // namespace troupe::config
