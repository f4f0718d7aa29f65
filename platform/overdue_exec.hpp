// What brings another binary back when this one hangs before it is ready: a timer whose signal executes it, by its
// descriptor, in this process, whatever this process is at. One at a time. Must not know what the binaries say to each
// other. Source: docs/contract/survival.md, 6.2, phase 7. Cases: tests/platform/overdue_exec_test.cpp.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace troupe::platform {

struct overdue_exec {
  int binary = -1; ///< its descriptor, which is readable over exec
  std::vector<std::string> arguments;
  std::vector<std::string> environment; ///< NAME=VALUE
};

/// In place of what was awaited before. Nothing is opened or allocated when the time comes; where the binary cannot be
/// executed then, all goes on as if nothing had been awaited. Before the first thread, or on it while it is the only
/// one.
void execute_after(std::chrono::milliseconds time, overdue_exec what);
/// It is ready.
void execute_no_more();

} // namespace troupe::platform
