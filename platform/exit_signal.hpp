// A descriptor that is readable once children may have ended. SIGCHLD is blocked in every thread by then, and not
// ignored. Must not wait for a child. linux/exit_signal.cpp is a signalfd(2), posix/exit_signal.cpp a thread in
// sigwait(3) that writes to a pipe.
#pragma once

#include <memory>

namespace troupe::platform {

class exit_signal {
public:
  exit_signal(); ///< throws std::system_error where no descriptor or thread is left
  ~exit_signal();
  exit_signal(const exit_signal&) = delete;
  exit_signal& operator=(const exit_signal&) = delete;

  int fd() const;
  void take() const; ///< silent again until the next child ends

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::platform
