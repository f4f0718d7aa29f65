// See path_calls.hpp. Nothing but a folder can be held without being opened, so a link is read between two looks at its
// facts. Whoever gives it another name, or its name to another one, changes its ctime: one that is older than a file
// system's clock is coarse, and the same in both looks, has been there all the time. Which file system a link is on
// nobody tells in the same way everywhere: it is compared with what is mounted as procfs, where anything is.
#include "platform/path_calls.hpp"

#include <cerrno>
#include <chrono>
#include <climits>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int most_looks = 3; ///< at a link that somebody exchanges all the time
constexpr std::chrono::milliseconds coarse{20};

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
         a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

/// Whether a change would have given it another ctime by now; some file systems count seconds.
bool has_settled(const struct stat& link) {
  auto changed = std::chrono::seconds{link.st_ctim.tv_sec} + std::chrono::nanoseconds{link.st_ctim.tv_nsec};
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return now - changed >= (link.st_ctim.tv_nsec == 0 ? std::chrono::milliseconds{2000} : coarse);
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

int open_without_links(const std::string&, int, mode_t) {
  errno = EXDEV;
  return -1;
}

found look_at(int folder, const std::string& name, bool contested) {
  found there;
  auto look = [&](struct stat& info) { return ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0; };
  auto says = [&](int error) {
    there.error = error;
    return std::move(there);
  };
  for (int i = 0; i < most_looks; ++i) {
    struct stat again {};
    there.folder.reset(::openat(folder, name.c_str(), folder_flags | O_NOFOLLOW));
    if (there.folder)
      return says(::fstat(there.folder.get(), &there.info) == 0 ? 0 : errno);
    int not_opened = errno;
    if (!look(there.info))
      return says(errno);
    bool was_no_folder = not_opened == ELOOP || not_opened == ENOTDIR || not_opened == EMLINK || not_opened == ENOENT;
    if (!S_ISLNK(there.info.st_mode) && (!S_ISDIR(there.info.st_mode) || !was_no_folder))
      return says(S_ISDIR(there.info.st_mode) ? not_opened : 0);
    bool settled = S_ISLNK(there.info.st_mode) && (!contested || has_settled(there.info));
    if (settled && read_link(folder, name, there.text) == 0 && look(again) && is_same(there.info, again))
      return there;
    if (contested)
      std::this_thread::sleep_for(coarse);
  }
  return says(EBUSY); // not ELOOP: nobody should try again at once
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
