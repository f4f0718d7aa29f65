// A lock that is waited for no longer than is said. Must not know what it guards.
#pragma once

#include <chrono>
#include <mutex>

namespace troupe::platform {

/// Check whether it owns the lock.
inline std::unique_lock<std::timed_mutex> lock_within(std::timed_mutex& mutex, std::chrono::milliseconds longest) {
#ifdef TROUPE_SANITIZED // GCC 12's thread sanitizer does not see a lock taken by the steady clock
  return std::unique_lock{mutex, std::chrono::system_clock::now() + longest};
#else
  return std::unique_lock{mutex, longest};
#endif
}

} // namespace troupe::platform
