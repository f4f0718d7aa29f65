// How the texts of the options of stop_options.hpp get into their places: for the rows of schema.cpp alone. Must not
// know which option is which, nor signal or run what it is told to (actors/core decides, actors/io does). Source:
// docs/contract/programs.md, 5 and 9. Cases: tests/config/stop_options_test.cpp.
#pragma once

#include "config/schema.hpp"

#include <string_view>

namespace troupe::config::setters {

/// One name, or the steps of a ladder: the first signal, and all of them where they are more than a name.
result<void> set_stop_signals(const option_target& target, std::string_view text, const host& on);
result<kill_reach> reach_of(std::string_view key, std::string_view text);
/// Not empty, and its quotes are closed.
result<shared_text> command_line_of(std::string_view key, std::string_view text);
result<bool> aborts_of(std::string_view key, std::string_view text); ///< abort: true; ignore: false

} // namespace troupe::config::setters
