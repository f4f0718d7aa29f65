// How the texts of the options of rolling_options.hpp get into their places: for the rows of schema.cpp, and for flags
// that say the same. Must not know which option is which, nor restart anybody. Source: docs/contract/programs.md, 7.
// Cases: tests/config/rolling_options_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <string_view>

namespace troupe::config::setters {

result<bool> rolls_of(std::string_view key, std::string_view text); ///< rolling: true; parallel: false
result<batch_size> batch_of(std::string_view key, std::string_view text);
result<rolling_wait> rolling_wait_of(std::string_view key, std::string_view text);
result<std::int64_t> most_failures_of(std::string_view key, std::string_view text);
result<int> reload_signal_of(std::string_view text);

} // namespace troupe::config::setters
