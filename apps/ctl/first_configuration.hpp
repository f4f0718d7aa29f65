// What `init` writes. Text in, text out; must not look at the machine. Source: docs/supervisorctl.md.
#pragma once

#include "config/datatypes.hpp"
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

/// What `supervisord --test` would say against `text` as the file of this name, and whether each command is what was
/// meant; empty: nothing. The machine is asked by `on`.
std::string trouble_with_configuration(const config::host& on, const std::string& file, const std::string& text,
                                       const first_programs& programs);

/// Why its socket could not be there; empty: it could.
std::string trouble_with_folder(std::string_view folder);

/// One word of a shell's command line.
std::string for_a_shell(std::string_view text);

} // namespace troupe::ctl
