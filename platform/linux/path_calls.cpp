// See path_calls.hpp: openat2(2), descriptors that only stand for a name, and the file system's own number.
#include "platform/path_calls.hpp"

#include <atomic>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

namespace troupe::platform {

const int folder_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

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

found look_at(int folder, const std::string& name, bool) {
  found there;
  unique_fd held{::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
  if (!held || ::fstat(held.get(), &there.info) != 0) {
    there.error = errno;
  } else if (S_ISLNK(there.info.st_mode)) {
    char text[PATH_MAX];
    auto size = ::readlinkat(held.get(), "", text, sizeof text);
    there.error = size < 0 ? errno : 0;
    there.text.assign(text, size < 0 ? 0 : static_cast<std::size_t>(size));
  } else if (S_ISDIR(there.info.st_mode)) {
    there.folder = std::move(held);
  }
  return there;
}

bool is_on_procfs(int folder) {
  constexpr long procfs = 0x9fa0;
  struct statfs system {};
  return ::fstatfs(folder, &system) == 0 && system.f_type == procfs;
}

bool lists_own_descriptors(const struct stat& folder) {
  struct stat ours {};
  return ::stat("/proc/self/fd", &ours) == 0 && folder.st_dev == ours.st_dev && folder.st_ino == ours.st_ino;
}

} // namespace troupe::platform
