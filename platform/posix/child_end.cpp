// See child_end.hpp.
#include "platform/child_end.hpp"

#include <sys/wait.h>

namespace troupe::platform {

child_end take_child_end(int pid) {
  child_end ended;
  ended.pid = ::waitpid(pid, &ended.wait_status, WNOHANG);
  return ended;
}

} // namespace troupe::platform
