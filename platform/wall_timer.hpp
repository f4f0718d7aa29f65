// A descriptor that is readable once the system's clock has reached a second, or was set. Must not know what is due
// then. linux/wall_timer.cpp is a timerfd(2), posix/wall_timer.cpp a thread that sleeps and writes to a pipe. Cases:
// tests/platform/wall_timer_test.cpp.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstdint>
#include <memory>

namespace troupe::platform {

class wall_timer {
public:
  wall_timer(); ///< throws std::system_error where no descriptor or thread is left
  ~wall_timer();
  wall_timer(const wall_timer&) = delete;
  wall_timer& operator=(const wall_timer&) = delete;

  unique_fd duplicate() const;       ///< of the descriptor; empty: errno says why
  void ring_at(std::int64_t second); ///< since 1970; 0: not at all
  void take();                       ///< silent again until it rings again

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::platform
