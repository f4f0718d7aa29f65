// See failure_log.hpp.
#include "actors/io/failure_log.hpp"

#include "actors/io/contained.hpp"
#include "platform/main_log.hpp"

#include <thread>
#include <utility>

namespace troupe::actors {

using namespace std::chrono_literals;

void failure_log::write(const std::exception_ptr& failure) noexcept {
  try {
    auto now = std::chrono::steady_clock::now();
    std::unique_lock lock{mutex_};
    if (now - written_at_ < 1s) {
      bool many = ++unsaid_ > 10;
      lock.unlock();
      if (many)
        std::this_thread::sleep_for(50ms);
      return;
    }
    written_at_ = now;
    auto unsaid = std::exchange(unsaid_, 0);
    lock.unlock();
    log_.write(config::log_level::critical, whose_ + " failed: " + words_of(failure) +
                                              (unsaid > 0 ? " (and " + std::to_string(unsaid) + " more before)" : ""));
  } catch (...) { // no memory even for this
  }
}

} // namespace troupe::actors
