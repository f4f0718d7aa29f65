// A thread that was left behind while a disk kept it must not go on among things that are gone when the disk lets it
// go: it says what tells it so, and stays where it is. Must not decide when a thread is left behind (relay does).
#pragma once

#include <atomic>

#include <unistd.h>

namespace troupe::platform {

/// Set by whoever runs the thread; null: it is never left behind.
inline thread_local const std::atomic<bool>* left_behind = nullptr;

/// After what may have taken long.
inline void stay_if_left_behind() {
  while (left_behind && *left_behind)
    ::pause();
}

} // namespace troupe::platform
