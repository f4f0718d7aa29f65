// See shell.hpp.
#include "apps/ctl/shell.hpp"

namespace troupe::ctl {

void run_shell(session& s, const std::string& prompt, const std::function<void()>& before_each) try {
  s.run("status");
  while (!s.ended()) {
    if (before_each)
      before_each();
    auto line = s.outside().read_command(prompt + "> ");
    s.run(line ? *line : "EOF");
  }
} catch (const interrupted&) {
  s.out("");
}

} // namespace troupe::ctl
