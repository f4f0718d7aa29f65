// See path_calls.hpp: openat2(2), and the file system's own number.
#include "platform/path_calls.hpp"

#include <atomic>
#include <cerrno>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

namespace troupe::platform {

int open_without_links(const std::string& path, int flags, mode_t mode) {
#if defined(SYS_openat2) && defined(RESOLVE_NO_SYMLINKS)
  static std::atomic<bool> is_known = true;
  if (is_known) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags);
    how.mode = (flags & O_CREAT) != 0 ? mode & 07777 : 0;
    how.resolve = RESOLVE_NO_SYMLINKS;
    int fd = static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how));
    if (fd >= 0)
      return fd;
    if (errno == ENOSYS)
      is_known = false;
    if (errno != ENOSYS && errno != ELOOP && errno != EPERM && errno != EINVAL && errno != EAGAIN && errno != E2BIG)
      return -1;
  }
#endif
  errno = EXDEV;
  return -1;
}

bool is_on_procfs(int fd) {
  constexpr long procfs = 0x9fa0;
  struct statfs system {};
  return ::fstatfs(fd, &system) == 0 && system.f_type == procfs;
}

} // namespace troupe::platform
