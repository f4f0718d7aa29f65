// What `init` writes. Text in, text out; must not look at the machine. Source: docs/supervisorctl.md.
#pragma once

#include "config/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::ctl {

using first_programs = std::vector<std::pair<std::string, std::string>>; ///< name, command

struct init_request {
  std::string folder = ".";
  first_programs programs;
};
/// `[DIR] [--program NAME=COMMAND ...]`; a command reaches to the next --program. The error is for usage_error.
config::result<init_request> to_init_request(const std::vector<std::string>& words);

/// With `as_root` it says that the daemon is to stay root.
std::string first_configuration(const first_programs& programs, bool as_root);

/// What stands in conf.d/example.conf: a program, as a comment.
std::string first_example();

/// Why its socket could not be there; empty: it could.
std::string trouble_with_folder(std::string_view folder);

/// One word of a shell's command line.
std::string for_a_shell(std::string_view text);

} // namespace troupe::ctl
