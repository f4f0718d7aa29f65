// How a command that stands beside a program's own is run - a probe, say: with the program's user, environment,
// directory and umask. Looks for its file and may ask a name service, either of which may hang: on the threads that
// make children. Must not make the child or its pipes. Source: docs/contract/programs.md, 0.3.
// Cases: tests/io/helper_plan_test.cpp.
#pragma once

#include "actors/io/spawner.hpp"

#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

/// Without stdio; or why there is none: a text of lifecycle.md, 2.2 and 2.3. `pid`: of the program's child, for
/// SUPERVISOR_PID; 0: there is none. `variables`: KEY=value, over all others.
std::variant<platform::spawn_plan, std::string> helper_plan(const process_identity& who, const spawn_settings& settings,
                                                            const std::string& command, int pid,
                                                            const std::vector<std::string>& variables = {});

} // namespace troupe::actors
