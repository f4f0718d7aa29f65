// See oom_verdict.hpp.
#include "protocols/oom_verdict.hpp"

namespace troupe::protocols {

oom_verdict judge_memory(const kill_counters& counters, const end_of_life& end) {
  bool known = counters.before && counters.after;
  bool rose = known && *counters.after > *counters.before;
  if (counters.own && rose) // one of its children, perhaps, without which it could not go on
    return oom_verdict::yes;
  if (end.killed && end.named_by_kernel)
    return oom_verdict::yes;
  if (!end.killed || end.by_us) // the kernel kills by SIGKILL only
    return oom_verdict::no;
  if (!known)
    return oom_verdict::unknown;
  return rose ? oom_verdict::likely : oom_verdict::no;
}

std::string_view to_string(oom_verdict verdict) {
  switch (verdict) {
  case oom_verdict::no:
    return "no";
  case oom_verdict::likely:
    return "likely";
  case oom_verdict::yes:
    return "yes";
  case oom_verdict::unknown:
    break;
  }
  return "unknown";
}

} // namespace troupe::protocols
