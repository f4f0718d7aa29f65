// By which options two processes differ, by name, for whoever explains why one behaves otherwise than it did. The table
// of options says what is compared. Must not name an option, but for the environment, nor show a value.
// Cases: tests/config/option_changes_test.cpp.
#pragma once

#include "config/options.hpp"

#include <string>
#include <vector>

namespace troupe::config {

/// In the order of the table; without `environment`.
std::vector<std::string> changed_options(const process_options& before, const process_options& now);
/// Names of variables that were added, taken away or given another value; sorted.
std::vector<std::string> changed_variables(const process_options& before, const process_options& now);

} // namespace troupe::config
