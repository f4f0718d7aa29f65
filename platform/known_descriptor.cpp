// See known_descriptor.hpp.
#include "platform/known_descriptor.hpp"

#include <sys/stat.h>

namespace troupe::platform {

known_descriptor::known_descriptor(int fd) {
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0)
    return;
  fd_ = fd;
  device_ = info.st_dev;
  inode_ = info.st_ino;
}

int known_descriptor::now() const {
  struct stat info {};
  bool is_it = fd_ >= 0 && ::fstat(fd_, &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
  return is_it ? fd_ : -1;
}

} // namespace troupe::platform
