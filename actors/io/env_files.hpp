// Reads the env files of a program, at each spawn, as the daemon's user: on the threads that make children, for their
// folders may be strangers' and their disk may hang. Must not know what their variables are laid over. Source:
// docs/contract/programs.md, 10. Cases: tests/io/env_files_test.cpp, tests/environment_test.py.
#pragma once

#include "config/options.hpp"
#include "config/result.hpp"

#include <vector>

namespace troupe::actors {

/// Of all files, in their order: a later one of a name counts. The error is a text for spawnerr, and says nothing of
/// what is in a file.
config::result<config::environment> read_env_files(const std::vector<config::env_file_name>& files);

} // namespace troupe::actors
