// The one actor that forks, kills and waits, so that no signal can reach a recycled pid.
// Must not decide when to start or stop anything. Source: design, 3; lifecycle specification, 2 and 1.9.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <deque>
#include <unordered_map>

namespace troupe::actors {

struct reaper_state {
  static inline const char* name = "reaper";

  struct child {
    process_cell_ptr cell;
    process_actor owner; ///< none: the process was removed, its child lives on
  };
  /// What the owner was told last; kept until it says it has handled the exit.
  struct told_exit {
    int pid = 0;
    int wait_status = 0;
  };
  reaper_actor::pointer self = nullptr;
  services* use = nullptr;
  std::unordered_map<int, child> children;                        ///< by pid
  std::unordered_map<std::uint64_t, int> pids;                    ///< by process
  std::unordered_map<std::uint64_t, told_exit> unhandled;         ///< by process
  std::deque<int> dying;                                          ///< pids that a stop was sent to
  std::unordered_map<int, helper_doors::exited_callback> helpers; ///< by pid

  std::variant<spawned_child, std::string> try_spawn(const process_cell& cell);
  void spawn(const spawn_request& request);
  void adopt(const adopt_request& request);
  void signal(const signal_request& request);
  void spawn_helper(const helper_request& request);
  void signal_helper(helper_signal what);
  void forget_exit(exit_handled handled);
  void leave(const process_cell_ptr& cell);
  void end_left(const process_cell& cell, int pid, int wait_status);
  void reap_dying();
  void reap();
  void report_exit(int pid, int wait_status);
};

reaper_actor::behavior_type run_reaper(reaper_actor::stateful_pointer<reaper_state> self, services* use);

} // namespace troupe::actors
