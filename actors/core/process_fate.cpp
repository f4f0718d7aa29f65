// See process_machine.hpp: what the end of a process means for others: for the daemon where it is essential, for its
// group. Must not carry that out. Source: docs/contract/programs.md, 8. Cases: tests/core/process_fate_test.cpp.
#include "actors/core/process_machine.hpp"

#include <sys/wait.h>

namespace troupe::actors {

using enum process_state;

namespace {

/// As shells have it: 128 and the signal.
int status_of(int wait_status) {
  constexpr int by_signal = 128;
  return WIFSIGNALED(wait_status) ? by_signal + WTERMSIG(wait_status) : exit_code(wait_status);
}

} // namespace

void process_machine::look_at_end() {
  bool follows = p.deadline || (p.stage && p.stage->restart_waits) || at.daemon != daemon_state::running;
  if (p.state != exited || follows || !p.last_end)
    return;
  if (options.asked().fails_group && !is_expected(options, *p.last_end))
    effects.emplace_back(effect::tell_failure{});
  auto status = status_of(*p.last_end);
  end_essential(options.essential().on_exit, status < 0 ? 1 : status, "exited (" + wait_status_text(*p.last_end) + ")");
}

/// `status`: of the daemon, where nothing else is asked for; 0: of the last child, and 1 where that was 0.
void process_machine::end_essential(bool wanted, int status, const std::string& how) {
  const auto& essential = options.essential();
  if (!essential.essential || !wanted || at.daemon != daemon_state::running)
    return;
  bool is_exit = p.state == exited;
  if (!is_exit) {
    status = p.last_end ? status_of(*p.last_end) : 1;
    status = status <= 0 ? 1 : status;
  }
  status = essential.exitcode.value_or(status);
  if (!is_exit && status == 0)
    status = 1;
  effects.emplace_back(effect::end_daemon{status, "essential program " + options.name + " " + how +
                                                    ": stopping with exit status " + std::to_string(status)});
}

} // namespace troupe::actors
