// Steps of a child (child_launch.hpp) by raw system calls: close_range(2), and the identity of one thread, since the
// wrappers of libc would change every thread of the parent whose memory a clone shares.
// Must not touch memory that the parent could be using.
#include "platform/child_launch.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

/// The number that `name` is, or -1.
int number_of(const char* name) {
  int number = 0;
  for (; *name >= '0' && *name <= '9' && number < 100'000'000; ++name)
    number = number * 10 + (*name - '0');
  return *name ? -1 : number;
}

/// Without close_range(2): what is listed as open, since a limit of descriptors may be 2^30. opendir(3) allocates, so
/// the entries are read by hand. False: there is no list.
bool close_listed(int first) {
  int list = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (list < 0)
    return false;
  alignas(std::uint64_t) char entries[4096]; // linux_dirent64: the length is at 16, the name at 19
  for (long size = 0; (size = ::syscall(SYS_getdents64, list, entries, sizeof entries)) > 0;)
    for (long at = 0; at < size;) {
      unsigned short length = 0;
      std::memcpy(&length, entries + at + 16, sizeof length);
      int fd = number_of(entries + at + 19);
      if (fd >= first && fd != list)
        ::close(fd);
      at += length;
    }
  ::close(list);
  return true;
}

/// All of the daemon's own are close-on-exec, so what is high up and not listed anywhere is nothing of ours.
constexpr long most_tried = 65536;

#if defined(SYS_setgroups32) // where gid_t once had 16 bits
constexpr long set_groups = SYS_setgroups32, set_gids = SYS_setresgid32, set_uids = SYS_setresuid32;
#else
constexpr long set_groups = SYS_setgroups, set_gids = SYS_setresgid, set_uids = SYS_setresuid;
#endif

} // namespace

void close_from(int first) {
  if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0) == 0 || close_listed(first))
    return;
  for (long fd = first, last = std::min(::sysconf(_SC_OPEN_MAX), most_tried); fd < last; ++fd)
    ::close(static_cast<int>(fd));
}

int become_groups(const identity& who) {
  return static_cast<int>(::syscall(set_groups, who.groups.size(), who.groups.data()));
}
int become_group(gid_t gid) { return static_cast<int>(::syscall(set_gids, gid, gid, gid)); }
int become_user(uid_t uid) { return static_cast<int>(::syscall(set_uids, uid, uid, uid)); }

} // namespace troupe::platform
