// See low_priority.hpp.
#include "platform/low_priority.hpp"

#include <sys/resource.h>

namespace troupe::platform {

void work_at_low_priority() {
  constexpr int least = 19;
  static thread_local bool done = false;
  if (!done)
    ::setpriority(PRIO_PROCESS, 0, least); // of this thread only
  done = true;
}

} // namespace troupe::platform
