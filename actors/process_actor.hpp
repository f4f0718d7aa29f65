// The shell around process_fsm: asks the reaper to spawn and signal, keeps the timer, publishes what changed.
// Must not decide anything (process_fsm.cpp does), fork, or touch pipes. Source: design, 3.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"

namespace troupe::actors {

struct process_state_of_actor {
  static inline const char* name = "process";

  process_actor::pointer self = nullptr;
  services* use = nullptr;
  process_cell_ptr cell;
  group_actor group;
  std::uint64_t timer_epoch = 0;

  void apply(const process_event& happened);
  void take_turn(const process_event& happened); ///< and tell the group
  void carry_out(const effect::spawn&);
  void carry_out(const effect::kill&);
  void carry_out(const effect::arm_timer&);
  void carry_out(const effect::cancel_timer&);
  void carry_out(const effect::emit&);
  void carry_out(const effect::log&);
};

/// `rebuilt`: the cell's last actor died; ask the reaper what it missed.
process_actor::behavior_type run_process(process_actor::stateful_pointer<process_state_of_actor> self, services* use,
                                         process_cell_ptr cell, group_actor group, bool rebuilt);

} // namespace troupe::actors
