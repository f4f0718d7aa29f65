// See child_end.hpp.
#include "platform/child_end.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

namespace troupe::platform {

child_end take_child_end(int pid) {
  child_end ended;
  struct rusage used {};
  ended.pid = ::wait4(pid, &ended.wait_status, WNOHANG, &used);
  if (ended.pid <= 0)
    return ended;
  auto microseconds = [](const timeval& t) { return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_usec; };
  ended.used =
    child_usage{std::int64_t{used.ru_maxrss} * 1024, microseconds(used.ru_utime), microseconds(used.ru_stime)};
  return ended;
}

} // namespace troupe::platform
