// What a worker that follows one that died tells a process, before anything else happens to it: a pure function of what
// the register says of its child and of its record. Must not look at a clock, a register or a child itself; the events
// are process_fsm's. Source: docs/contract/survival.md, 4.7. Cases: tests/core/resume_plan_test.cpp.
#pragma once

#include "actors/core/process_fsm.hpp"
#include "platform/register_layout.hpp"

#include <vector>

namespace troupe::actors {

/// A slot as plain numbers.
struct slot_facts {
  platform::slot_state state = platform::slot_state::unused;
  int pid = 0;
  int wait_status = 0;    ///< of `ended`
  time_point ended_at{};  ///< likewise
  bool stop_sent = false; ///< the stop signal of this life
};

enum class resume_action {
  spawn_again,  ///< the same life: there is no child of it
  spawned,      ///< event::spawned{pid}
  kill_again,   ///< the stop signal of the record's STOPPING, which may not have been sent
  timer,        ///< event::timer_fired, as of `at`
  drain_exited, ///< what is in the pipes goes into the logs, then event::exited{status}, as of `at`
  arm,          ///< the deadline is still to come
  evaluate,     ///< event::evaluate
};

struct resume_step {
  resume_action what;
  time_point at{}; ///< when it happened; now, where it has not
  int value = 0;   ///< pid, wait status
};

/// In order. A record whose turn after an exit sets a deadline has it armed by that turn.
std::vector<resume_step> resume_plan(const slot_facts& slot, const process_record& record, time_point now);

} // namespace troupe::actors
