// Another program of ours is asked whether it could go on with what this one has: it runs as a helper child, with that
// as its stdin, and says so on stdout. Must not know what is asked, nor what follows from the answer. Waits for it, so
// on a thread of its own. Source: docs/contract/survival.md, 6.2 and 6.7. Cases: tests/upgrade_test.py,
// tests/survive_test.py.
#pragma once

#include "actors/io/helper_child.hpp"
#include "config/result.hpp"
#include "config/shared_environment.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace troupe {

struct program_answer {
  std::string words; ///< the first 4 KiB
  int status = 0;    ///< of waitpid(2)
};
/// `argv`: the path first. Errors: `PATH: No such file or directory`, `PATH: it was not done with the check after 5 s`.
/// `closed`: nobody wants to know any more.
config::result<program_answer> ask_program(const actors::helper_doors& doors, const std::vector<std::string>& argv,
                                           const config::environment& env, platform::unique_fd in,
                                           const std::atomic<bool>& closed);

} // namespace troupe
