// A thread of a door's own, which no signal finds. Must not know what it does.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace troupe::platform {

/// Throws std::system_error where there is no thread to be had.
template <class Function>
std::thread quiet_thread(Function what) {
  struct all_blocked { // the thread inherits it
    all_blocked() {
      sigset_t all;
      sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~all_blocked() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    all_blocked(const all_blocked&) = delete;
    all_blocked& operator=(const all_blocked&) = delete;
    sigset_t before;
  } blocked;
  return std::thread(std::move(what));
}

} // namespace troupe::platform
