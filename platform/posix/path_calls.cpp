// See path_calls.hpp. Nothing but a folder can be held without being opened, so a link is read between two looks at its
// facts. Which file system a link is on nobody tells in the same way everywhere: it is compared with what is mounted as
// procfs, where anything is.
#include "platform/path_calls.hpp"

#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int most_looks = 100; ///< at a link that somebody exchanges all the time

/// What changes with another link, or with a new name for this one.
bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_uid == b.st_uid && a.st_nlink == b.st_nlink &&
         a.st_mtime == b.st_mtime && a.st_ctime == b.st_ctime;
}

/// 0, or errno.
int read_link(int folder, const std::string& name, std::string& into) {
  char text[PATH_MAX];
  auto size = ::readlinkat(folder, name.c_str(), text, sizeof text);
  into.assign(text, size < 0 ? 0 : static_cast<std::size_t>(size));
  return size < 0 ? errno : 0;
}

} // namespace

#ifdef O_SEARCH
const int folder_flags = O_SEARCH | O_DIRECTORY | O_CLOEXEC;
#else // then a folder that may be passed through, but not read, cannot be
const int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
#endif
const bool holds_links = false;

int open_without_links(const std::string&, int, mode_t) {
  errno = EXDEV;
  return -1;
}

found look_at(int folder, const std::string& name) {
  found there;
  auto look = [&](struct stat& info) { return ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0; };
  there.folder.reset(::openat(folder, name.c_str(), folder_flags | O_NOFOLLOW));
  if (there.folder) {
    there.error = ::fstat(there.folder.get(), &there.info) == 0 ? 0 : errno;
    return there;
  }
  int not_opened = errno;
  for (int i = 0; i < most_looks; ++i) {
    struct stat again {};
    if (!look(there.info)) {
      there.error = errno;
      return there;
    }
    if (!S_ISLNK(there.info.st_mode)) {
      there.error = S_ISDIR(there.info.st_mode) ? not_opened : 0;
      return there;
    }
    there.error = read_link(folder, name, there.text);
    if (there.error == 0 && look(again) && is_same(there.info, again))
      return there;
  }
  there.error = ELOOP;
  return there;
}

bool is_on_procfs(int folder) {
  struct stat there {};
  struct stat proc {};
  return ::fstat(folder, &there) == 0 && ::stat("/proc/self", &proc) == 0 && there.st_dev == proc.st_dev;
}

bool lists_own_descriptors(const struct stat& folder) {
  struct stat ours {};
  return ::stat("/proc/self/fd", &ours) == 0 && folder.st_dev == ours.st_dev && folder.st_ino == ours.st_ino;
}

} // namespace troupe::platform
