// See tick_timer.hpp.
#include "actors/io/tick_timer.hpp"

#include "actors/io/child_io.hpp"
#include "config/text.hpp"
#include "platform/main_log.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <cerrno>
#include <system_error>

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
  int error = 0;
  try {
    timer_ = std::make_unique<platform::wall_timer>();
    if (auto copy = timer_->duplicate())
      return io_.watch(std::move(copy), [this] { ring(); });
    error = errno;
  } catch (const std::system_error& e) {
    error = e.code().value();
  }
  log_.write(config::log_level::error, "could not open a timer for TICK events: " + config::errno_name(error));
  timer_.reset();
}

/// With the lock held.
void tick_timer::arm() {
  if (timer_)
    timer_->ring_at(wanted_ ? (now_seconds() / shortest_period + 1) * shortest_period : 0);
}

void tick_timer::ring() {
  std::vector<protocols::event> due;
  {
    std::lock_guard lock{mutex_};
    timer_->take();
    if (!wanted_)
      return;
    due = clock_.advance(now_seconds());
    arm();
  }
  for (auto& tick : due)
    publish_(std::move(tick));
}

} // namespace troupe::actors
