// Whether a file may be executed in the daemon's place: only root and the daemon's own user can have put it there. Must
// not execute anything. Source: docs/contract/survival.md, 6.1. Cases: tests/platform/program_file_test.cpp.
#pragma once

#include <string>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

namespace troupe::platform {

/// Somebody but root and `own` can change what that is, or what is in that folder. In a folder with the sticky bit
/// nobody can take away what is others'.
bool others_can_change(const struct stat& what, uid_t own);

/// Empty, or why `path`, which is absolute, is not to be executed: `PATH: No such file or directory`,
/// `PATH can be written by others`.
std::string trouble_with_program(const std::string& path, uid_t own);

} // namespace troupe::platform
