// See path_calls.hpp. Which file system a link is on nobody tells in the same way everywhere: it is compared with what
// is mounted as procfs, where anything is.
#include "platform/path_calls.hpp"

#include <cerrno>

#include <sys/stat.h>

namespace troupe::platform {

int open_without_links(const std::string&, int, mode_t) {
  errno = EXDEV;
  return -1;
}

bool is_on_procfs(int fd) {
  struct stat link {};
  struct stat proc {};
  return ::fstat(fd, &link) == 0 && ::stat("/proc/self", &proc) == 0 && link.st_dev == proc.st_dev;
}

} // namespace troupe::platform
