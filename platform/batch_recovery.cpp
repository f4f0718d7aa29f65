// See batch_recovery.hpp.
#include "platform/batch_recovery.hpp"

#include <algorithm>

namespace troupe::platform {

namespace {

batch_recovery_plan after_write(const batch_facts& f) {
  batch_recovery_plan plan{f.counted, f.written, true};
  if (!f.log_is_file || !f.log_found) // nothing tells how much has arrived; once more is better than never
    return plan;
  if (f.size_now < f.size_before) // cut by others
    return plan;
  auto arrived = f.size_now - f.size_before;
  if (arrived > 0 && (!f.same_bytes || arrived > f.counted - f.log_begin)) // others append, too
    return plan;
  plan.may_double = false;
  plan.from = std::max(f.log_begin + arrived, f.written);
  if (*plan.from == f.counted)
    plan.from.reset();
  return plan;
}

} // namespace

batch_recovery_plan batch_recovery(batch_stage stage, const batch_facts& f) {
  switch (stage) {
  case batch_stage::announced:
    if (f.mark_whole || f.announced == 0)
      return {};
    return {f.announced, 0, false};
  case batch_stage::spliced:
  case batch_stage::read:
    if (f.counted == 0)
      return {};
    return f.written < f.counted ? batch_recovery_plan{f.counted, f.written, false} : batch_recovery_plan{f.counted};
  case batch_stage::writing:
    if (f.counted == 0)
      return {};
    return f.written < f.counted ? after_write(f) : batch_recovery_plan{f.counted};
  case batch_stage::idle:
    break;
  }
  return {}; // also a stage that nobody has written: what is unknown is not appended
}

} // namespace troupe::platform
