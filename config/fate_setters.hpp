// How the texts of the options of fate_options.hpp, and `type`, get into their places: for the rows of schema.cpp
// alone. Must not know which option is which, nor end or stop what it is told to (actors/core decides). Source:
// docs/contract/programs.md, 8. Cases: tests/config/fate_options_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <optional>
#include <string_view>

namespace troupe::config::setters {

result<bool> oneshot_of(std::string_view key, std::string_view text); ///< oneshot: true; service: false
/// Each of the words that is written, and no other.
result<void> set_essential_on(const option_target& target, std::string_view text, const host& on);
bool same_essential_on(const essential_options& a, const essential_options& b);
/// 0 to 255; `program`: nothing.
result<std::optional<int>> essential_exitcode_of(std::string_view key, std::string_view text);
result<group_fate> group_fate_of(std::string_view key, std::string_view text);

} // namespace troupe::config::setters
