// From a command line to its words: quotes and backslashes, no shell. Must not look for the program, nor run it
// (platform/command.cpp finds it). Source: docs/contract/lifecycle.md, 2.2. Cases: tests/platform/spawn_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

struct command_words {
  std::vector<std::string> argv;
  const char* problem = nullptr; ///< "No closing quotation", "No escaped character"; null: none
  std::size_t at = 0;            ///< the byte that the problem begins at
};
command_words split_command(std::string_view command);

} // namespace troupe::config
