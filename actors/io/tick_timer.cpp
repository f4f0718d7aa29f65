// See tick_timer.hpp. A timerfd on the wall clock: it tells of a clock that is set, too.
#include "actors/io/tick_timer.hpp"

#include "actors/io/child_io.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <cerrno>
#include <fcntl.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace troupe::actors {

namespace {

constexpr std::int64_t shortest_period = 5; ///< seconds, as of TICK_5

std::int64_t now_seconds() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

tick_timer::tick_timer(platform::main_log& log, child_io& io, std::function<void(protocols::event)> publish)
    : log_(log), io_(io), publish_(std::move(publish)) {}

void tick_timer::want(bool wanted) {
  std::lock_guard lock{mutex_};
  if (!timer_ && wanted)
    open();
  wanted_ = wanted;
  clock_ = {};
  clock_.advance(now_seconds()); // only records
  arm();
}

void tick_timer::open() {
  timer_.reset(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  platform::unique_fd copy{timer_ ? ::fcntl(timer_.get(), F_DUPFD_CLOEXEC, 3) : -1};
  if (copy)
    return io_.watch(std::move(copy), [this] { ring(); });
  log_.write(config::log_level::error, "could not open a timer for TICK events: " + config::errno_name(errno));
  timer_.reset();
}

/// With the lock held. All zeros disarm it.
void tick_timer::arm() {
  itimerspec at{};
  if (wanted_)
    at.it_value.tv_sec = (now_seconds() / shortest_period + 1) * shortest_period;
  if (timer_)
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, nullptr);
}

void tick_timer::ring() {
  std::vector<protocols::event> due;
  {
    std::lock_guard lock{mutex_};
    std::uint64_t times = 0;
    while (::read(timer_.get(), &times, sizeof times) < 0 && errno == EINTR) { // ECANCELED: the clock was set
    }
    if (!wanted_)
      return;
    due = clock_.advance(now_seconds());
    arm();
  }
  for (auto& tick : due)
    publish_(std::move(tick));
}

} // namespace troupe::actors
