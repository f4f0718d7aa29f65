// See core_file.hpp.
#include "platform/core_file.hpp"

namespace troupe::platform {

std::string core_of(const core_owner& whose) {
  for (const char* pattern : {"core.%p", "core", "%e.core"})
    if (auto found = core_of(whose, pattern, false); !found.empty())
      return found;
  return {};
}

} // namespace troupe::platform
