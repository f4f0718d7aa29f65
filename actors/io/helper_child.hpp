// A child of the daemon's own, no program of the configuration, and the doors through which it is made and signalled:
// the reaper alone forks, kills and waits. Must not include CAF or Asio.
#pragma once

#include "platform/spawn.hpp"
#include "platform/unique_fd.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace troupe::actors {

/// Its ends of the pipes stay open until it is made, or could not be.
struct helper_child {
  platform::spawn_plan plan;
  platform::unique_fd stdio[3];
  /// Completes the plan on the thread that makes the child, before that; it may hang. errno, or 0: go on.
  std::function<int(helper_child&)> prepare;
  std::optional<std::int64_t> user; ///< where there is a `prepare`: whose doing it is if that or the exec hangs
};

/// The answers come on the reaper's thread.
struct helper_doors {
  using spawned_callback = std::function<void(int pid, int error)>; ///< once: the pid, or -1 and errno
  using exited_callback = std::function<void(int wait_status)>;     ///< then once: the status of waitpid(2)
  std::function<void(std::shared_ptr<helper_child>, spawned_callback, exited_callback)> spawn;
  /// To its process group. Nothing happens where the child has ended.
  std::function<void(int pid, int signo)> signal;
};

} // namespace troupe::actors
