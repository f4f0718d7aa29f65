// supervisord's arguments: split in the getopt style, then acted on in order. One table drives reading and usage text.
// Must not read files or exit. Source: docs/contract/configuration.md, 6.
#pragma once

#include "config/load.hpp"

#include <string>
#include <vector>

namespace troupe::config {

struct command_line {
  enum class action { run, help, version, test, verify_audit };
  action what = action::run;
  std::optional<std::string> file; ///< -c
  overrides options;
  bool strict = false;                  ///< what is unsafe or unknown is an error
  std::vector<std::string> audit_files; ///< to verify, oldest first
};

/// `arguments`: without argv[0]. The error is a text of 6.2.
result<command_line> parse_command_line(const std::vector<std::string>& arguments, const host& on);

/// The text of -h.
std::string usage(const std::string& program);

} // namespace troupe::config
