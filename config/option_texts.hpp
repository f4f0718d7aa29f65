// The options of one process by their names, as far as anybody who may see the process may see them: of texts that may
// hold secrets (commands, environments) only that they are set. The table of options says which there are, so that a
// new one is here without being named. Must not know who asks. Source: docs/contract/programs.md, 15.2 and 15.4. Cases:
// tests/config/option_texts_test.cpp.
#pragma once

#include "config/options.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::config {

struct option_text {
  std::string_view key;
  /// As a file would say it; of what is not shown: whether it is another value than the default.
  std::variant<bool, std::string> value;
};

/// In the order of the table.
std::vector<option_text> option_texts(const process_options& of);

} // namespace troupe::config
