// poll(2) with other signals open than the thread has: ppoll(2) in linux/poll_with.cpp, pselect(2) in
// posix/poll_with.cpp. Must not change the mask of the thread for longer.
#pragma once

#include <chrono>
#include <csignal>
#include <span>

#include <poll.h>

namespace troupe::platform {

/// As poll(2); a negative time is for ever. posix/ cannot wait for descriptors of FD_SETSIZE and above: EINVAL.
int poll_with(const sigset_t& blocked, std::span<pollfd> fds, std::chrono::milliseconds time);

} // namespace troupe::platform
