// How the texts of `autostart` and `statefile` get into their places: for the rows of schema.cpp alone. Must not start
// anything, nor open a file. Source: docs/contract/programs.md, 11. Cases: tests/config/enable_options_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <string>
#include <string_view>

namespace troupe::config::setters {

/// A boolean, or `last`.
result<void> set_autostart(const option_target& target, std::string_view text, const host& on);
bool same_autostart(const process_options& a, const process_options& b);
/// Its folder may come later.
result<std::string> statefile_path(std::string_view text, const host& on);

} // namespace troupe::config::setters
