// See until_timer.hpp.
#include "actors/io/until_timer.hpp"

#include <cerrno>
#include <system_error>

namespace troupe::actors {

int until_timer::ring_at(std::optional<std::int64_t> second) {
  if (!timer_ && !second)
    return 0;
  try {
    if (!timer_) {
      auto timer = std::make_unique<platform::wall_timer>();
      watched_ = timer->duplicate();
      if (!watched_)
        return errno;
      watch_ = std::make_unique<descriptor_watch>(io_, watched_.get(), [this] {
        timer_->take();
        rings_at_.reset();
        due_();
      });
      timer_ = std::move(timer);
    }
  } catch (const std::system_error& e) {
    return e.code().value();
  }
  timer_->ring_at(second.value_or(0));
  rings_at_ = second;
  return 0;
}

int until_timer::ring_by(std::int64_t second) { return rings_at_ && *rings_at_ <= second ? 0 : ring_at(second); }

} // namespace troupe::actors
