// What others see of a process whose readiness or health is looked at. Plain data; must not decide what it means.
// Source: docs/contract/programs.md, 15.4.
#pragma once

#include "actors/core/check_record.hpp"

#include <memory>
#include <string>

namespace troupe::actors {

struct check_status {
  health_state health = health_state::none;
  bool has_lasted = false; ///< STARTING, and older than startsecs
  bool failing = false;    ///< it is being killed, since it was not ready
  std::string detail;      ///< of the last look that failed
  std::string status;      ///< as the process says of itself
};

} // namespace troupe::actors
