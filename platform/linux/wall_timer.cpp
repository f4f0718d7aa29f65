// See wall_timer.hpp.
#include "platform/wall_timer.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace troupe::platform {

struct wall_timer::state {
  unique_fd timer;
};

wall_timer::wall_timer() : state_(std::make_unique<state>()) {
  state_->timer.reset(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!state_->timer)
    throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

wall_timer::~wall_timer() = default;

unique_fd wall_timer::duplicate() const { return unique_fd{::fcntl(state_->timer.get(), F_DUPFD_CLOEXEC, 3)}; }

void wall_timer::ring_at(std::int64_t second) {
  itimerspec at{}; // all zeros disarm it
  at.it_value.tv_sec = second;
  ::timerfd_settime(state_->timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, nullptr);
}

void wall_timer::take() {
  std::uint64_t times = 0;
  while (::read(state_->timer.get(), &times, sizeof times) < 0 && errno == EINTR) { // ECANCELED: the clock was set
  }
}

} // namespace troupe::platform
