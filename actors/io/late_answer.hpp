// An answer that another thread gives, and that nobody waits for longer than he likes. Must not know what is asked.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe::actors {

template <class T>
class late_answer {
public:
  void give(T answer) {
    {
      std::lock_guard lock{mutex_};
      answer_ = std::move(answer);
    }
    given_.notify_all();
  }
  bool given() const {
    std::lock_guard lock{mutex_};
    return answer_.has_value();
  }
  /// Nothing: it was not given in time.
  std::optional<T> wait(std::chrono::milliseconds longest) {
    std::unique_lock lock{mutex_};
    given_.wait_for(lock, longest, [this] { return answer_.has_value(); });
    return answer_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable given_;
  std::optional<T> answer_;
};

} // namespace troupe::actors
