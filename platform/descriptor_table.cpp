// See descriptors.hpp: how large the table of them is. The same wherever POSIX is.
#include "platform/descriptors.hpp"

#include <algorithm>
#include <climits>

#include <fcntl.h>
#include <sys/resource.h>

namespace troupe::platform {

void make_room_for(std::size_t descriptors) {
  rlimit most{};
  unique_fd any{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!any || ::getrlimit(RLIMIT_NOFILE, &most) != 0 || most.rlim_cur < 2)
    return;
  auto last = std::min<rlim_t>(most.rlim_cur - 1, descriptors);
  unique_fd far{::fcntl(any.get(), F_DUPFD_CLOEXEC, static_cast<int>(std::min<rlim_t>(last, INT_MAX)))};
}

} // namespace troupe::platform
