// What a reload would change: which groups are new, differ, or are gone. Must not start or stop anything.
// Source: docs/contract/configuration.md, section 9.
#pragma once

#include "config/options.hpp"

#include <string>
#include <vector>

namespace troupe::config {

struct reload_diff {
  std::vector<std::string> added;   ///< loaded order
  std::vector<std::string> changed; ///< loaded order
  std::vector<std::string> removed; ///< order of activation
};

reload_diff compare(const std::vector<group_options_ptr>& active, const std::vector<group_options_ptr>& loaded);

} // namespace troupe::config
