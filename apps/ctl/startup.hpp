// From the command line and the configuration to what a session needs.
// Reads the machine only through config::host; must not connect to anything. Source:
// docs/contract/supervisorctl.md, 1.3 to 1.7.
#pragma once

#include "apps/ctl/command_line.hpp"
#include "apps/ctl/session.hpp"
#include "config/datatypes.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

struct startup {
  settings chosen;
  std::string prompt;
  std::optional<std::string> history_file;
  std::vector<std::string> warnings; ///< for stderr
};

/// Whose file it is; nothing: not there. Of a link that leads to a file of root: whose link; of a file that everybody
/// may write: nobody's (-1). In a folder like /tmp, everybody may write, but only his own names.
using owner_of = std::function<std::optional<std::int64_t>(const std::string& path)>;
std::optional<std::int64_t> real_owner(const std::string& path);

/// `on.executable`: the program path as invoked. The error is a MSG of 1.7.
config::result<startup> prepare(const command_line& line, const config::host& on, const owner_of& owner = real_owner);

/// For `doctor`, who is called because of a file that cannot be used.
startup without_file(const command_line& line, const config::host& on);

/// argv[0] as a path: looked up in PATH where it has no slash.
std::string program_path(const std::string& argv0, const config::host& on);

} // namespace troupe::ctl
