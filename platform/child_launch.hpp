// What a child has of the daemon between the fork and its exec, and the way from one to the other. Whatever is called
// here after the fork is async-signal-safe and works on memory prepared before: a child by clone(2) shares ours, so it
// must not allocate or lock. Must not decide what is started (spawn.hpp says).
#pragma once

#include "platform/spawn.hpp"

#include <atomic>
#include <cstddef>
#include <string>

#include <sys/types.h>

namespace troupe::platform {

/// For the digits of any pid or errno, and a zero behind them.
constexpr std::size_t digits_room = 12;

/// Everything the child looks at. Lives in the parent's memory; `report` is where a failed step is left.
struct launch {
  const spawn_plan* plan;
  char* const* argv;
  char* const* envp;
  std::string identity_refused, groups_refused, gid_refused; ///< full lines for fd 2
  int stdio[3] = {-1, -1, -1};                               ///< become 0, 1, 2
  int extra_fd = -1;                                         ///< becomes plan->extra.number
  char* pid_digits = nullptr;                                ///< in one of `envp`: zeros, room for the pid
  int report_fd = -1;                                        ///< of a child that does not share our memory
  std::atomic<int>* announced = nullptr;
  bool sibling = false; ///< a child of our parent; `announced` is set
  struct {
    spawn_step step = spawn_step::none;
    int error = 0;
  } report;
};

/// The child's whole life up to the exec; never returns.
[[noreturn]] void run_child(launch& l);

/// Makes the child that runs `run_child`, with all signals blocked: linux/clone_child.cpp, posix/fork_child.cpp. Its
/// pid, or -1 and errno; when this returns the child has exec'd or ended.
pid_t make_child(launch& l);

// -- steps that each system does in its own way: linux/child_steps.cpp, posix/child_steps.cpp -----------

/// Closes every descriptor from `first` on.
void close_from(int first);

/// Of this thread alone where the memory is shared. 0 or -1 and errno.
int become_groups(const identity& who);
int become_group(gid_t gid);
int become_user(uid_t uid);

} // namespace troupe::platform
