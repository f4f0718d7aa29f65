// How the texts of the options of restart_options.hpp get into their places: for the rows of schema.cpp alone. Must not
// know which option is which. Source: docs/contract/programs.md, 0.2 and 2.1. Cases:
// tests/config/restart_options_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace troupe::config::setters {

result<backoff_kind> backoff_of(std::string_view key, std::string_view text);
result<std::chrono::milliseconds> milliseconds_of(std::string_view key, std::string_view text);
result<double> factor_of(std::string_view key, std::string_view text); ///< 1 to 10
result<double> share_of(std::string_view key, std::string_view text);  ///< 0 to 1
result<std::int64_t> retries_of(std::string_view text);                ///< `infinite`: endless
result<bool> waits_of(std::string_view key, std::string_view text);    ///< wait: true; fatal: false
result<std::int64_t> concurrency_of(std::string_view key, std::string_view text);
/// Of restartpause: backoff, backoffmin and restartdelay.
result<void> set_restart_pause(const option_target& target, std::string_view text, const host& on);

} // namespace troupe::config::setters
