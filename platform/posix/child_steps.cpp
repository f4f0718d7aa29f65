// Steps of a child (child_launch.hpp) with what every system has. Only for a child by fork(2), whose memory and
// descriptors are its own: what the C library does to all of its threads here is done to one.
// Must not be linked with another way to make children.
#include "platform/child_launch.hpp"

#include <algorithm>

#include <grp.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

/// All of the daemon's own are close-on-exec, so what is high up is nothing of ours; a limit may be 2^30.
constexpr long most_tried = 65536;

} // namespace

void close_from(int first) {
  auto limit = ::sysconf(_SC_OPEN_MAX);
  auto last = limit < 0 ? most_tried : std::min(limit, most_tried);
  for (long fd = first; fd < last; ++fd)
    ::close(static_cast<int>(fd));
}

int become_groups(const identity& who) { return ::setgroups(who.groups.size(), who.groups.data()); }
int become_group(gid_t gid) { return ::setgid(gid); }
int become_user(uid_t uid) { return ::setuid(uid); }

} // namespace troupe::platform
