// See process_fsm.hpp: how a child ended, in words and as a number. Must not decide anything.
// Source: docs/contract/lifecycle.md, 1.7.
#include "actors/core/process_fsm.hpp"

#include "config/text.hpp"

#include <cstdio>
#include <sys/wait.h>

namespace troupe::actors {

std::string wait_status_text(int wait_status) {
  if (wait_status == unknown_end)
    return "exit status unknown";
  if (WIFEXITED(wait_status))
    return "exit status " + std::to_string(WEXITSTATUS(wait_status));
  if (WIFSIGNALED(wait_status))
    return "terminated by " + config::signal_name(WTERMSIG(wait_status)) +
           (WCOREDUMP(wait_status) ? " (core dumped)" : "");
  char text[48];
  std::snprintf(text, sizeof text, "unknown termination cause 0x%04x", static_cast<unsigned>(wait_status));
  return text;
}

int exit_code(int wait_status) { return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1; }

} // namespace troupe::actors
