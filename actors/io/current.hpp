// The address of the actor that does a job at present; one that fails is replaced by another. Any thread may look.
// Must not know what it does.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

namespace troupe::actors {

template <class Handle>
class current {
public:
  Handle get() const {
    std::lock_guard lock{mutex_};
    return handle_;
  }
  void set(Handle now) {
    {
      std::lock_guard lock{mutex_};
      std::swap(handle_, now);
      ++generation_;
    }
  } // the one before is let go without the lock
  /// How many there have been; messages to those before may be lost.
  std::uint64_t generation() const {
    std::lock_guard lock{mutex_};
    return generation_;
  }

private:
  mutable std::mutex mutex_;
  Handle handle_;
  std::uint64_t generation_ = 0;
};

} // namespace troupe::actors
