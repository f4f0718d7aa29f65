// How the texts of the options of check_options.hpp get into their places: for the rows of schema.cpp alone. Must not
// know which option is which, nor try what it is told to (actors/io/probe_desk does). Source:
// docs/contract/programs.md, 3.1 and 4.1. Cases: tests/config/check_options_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace troupe::config::setters {

result<check_form> ready_form(std::string_view key, std::string_view text); ///< `startsecs`: none
result<check_form> health_form(std::string_view key, std::string_view text);
result<std::chrono::milliseconds> probe_interval(std::string_view key, std::string_view text); ///< 0.1 s or more
result<std::chrono::milliseconds> probe_timeout(std::string_view key, std::string_view text);  ///< above 0
result<std::int64_t> health_retries(std::string_view key, std::string_view text);              ///< 1 to 1000
/// What is done, and for `signal:NAME` the signal.
result<void> set_health_action(const option_target& target, std::string_view text, const host& on);

} // namespace troupe::config::setters
