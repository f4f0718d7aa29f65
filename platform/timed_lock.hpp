// A lock that is waited for no longer than is said. Must not know what it guards.
#pragma once

#include <chrono>
#include <mutex>
#include <thread>

namespace troupe::platform {

/// Check whether it owns the lock.
inline std::unique_lock<std::timed_mutex> lock_within(std::timed_mutex& mutex, std::chrono::milliseconds longest) {
#ifdef TROUPE_SANITIZED // GCC 12's thread sanitizer does not see a lock taken by the steady clock
  return std::unique_lock{mutex, std::chrono::system_clock::now() + longest};
#else
  return std::unique_lock{mutex, longest};
#endif
}

/// For a lock that others hold for microseconds, or else for long: to go to sleep and be woken costs more than to look
/// again. Check whether it owns the lock.
inline std::unique_lock<std::timed_mutex> lock_soon(std::timed_mutex& mutex) {
  constexpr int most_looks = 64;
  std::unique_lock lock{mutex, std::try_to_lock};
  for (int looks = 0; !lock && looks < most_looks; ++looks) {
    std::this_thread::yield();
    (void)lock.try_lock();
  }
  return lock;
}

} // namespace troupe::platform
