// See low_priority.hpp.
#include "platform/low_priority.hpp"

namespace troupe::platform {

void work_at_low_priority() {}

} // namespace troupe::platform
