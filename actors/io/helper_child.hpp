// A child of the daemon's own, no program of the configuration, and the doors through which it is made and signalled:
// the reaper alone forks, kills and waits. Must not include CAF or Asio.
#pragma once

#include "platform/spawn.hpp"
#include "platform/unique_fd.hpp"

#include <functional>
#include <memory>

namespace troupe::actors {

/// Its ends of the pipes stay open until it is made, or could not be.
struct helper_child {
  platform::spawn_plan plan;
  platform::unique_fd stdio[3];
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
