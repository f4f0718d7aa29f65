// Where the running program is. Must not look for what lies beside it. linux/own_program.cpp asks procfs, posix/
// whichever of the links of the kind there is.
#pragma once

#include <string>

namespace troupe::config {

/// The real path of its file; empty where the system does not say.
std::string own_program();

} // namespace troupe::config
