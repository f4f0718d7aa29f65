// The text of an env file: lines of KEY=VALUE, as shells and other supervisors read them, without anything of it being
// looked up or carried out. Must not open files. Source: docs/contract/programs.md, 10. Cases:
// tests/config/env_file_test.cpp, tests/fuzz/env_file_fuzz.cpp.
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"

#include <cstddef>
#include <string_view>

namespace troupe::config {

constexpr std::size_t largest_env_file = std::size_t{1} << 20;

/// Variables in order of first appearance, each with what was said of it last. The error: `no KEY=VALUE` or `No closing
/// quotation`, with its line; it repeats nothing of the text.
result<environment> variables_in(std::string_view text);

} // namespace troupe::config
