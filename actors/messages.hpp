// Every message an actor sends another, by the actor it is for. None of them leaves this process: those that carry
// handles or shared records are marked so for CAF, the others inspect.
// Must not hold behaviour.
#pragma once

#include "actors/cells.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/meta/type_name.hpp>

#include <string>

namespace troupe::actors {

// -- for a process -------------------------------------------------------------------------------

/// Look at autostart and autorestart.
struct evaluate_process {};
/// Stop; `final`: in the daemon's own stop.
struct stop_process {
  bool final = false;
};
struct child_spawned {
  int pid = 0;
};
struct child_not_spawned {
  std::string text; ///< of the lifecycle specification, 1.6
};
/// Its pipes are drained by now.
struct child_exited {
  int pid = 0;
  int wait_status = 0; ///< as waitpid(2) fills it in
};
struct signal_answered {
  int pid = 0;
  int error = 0; ///< errno of kill(2), 0: sent
  int signo = 0;
  bool stopping = false;
};
struct process_timer {
  std::uint64_t epoch = 0;
};
/// A client still waits for a stop: time to say so.
struct stop_report_due {};
/// After verb::retire: its group is not removed after all.
struct keep_process {};

// -- for the reaper ------------------------------------------------------------------------------

struct signal_request {
  std::uint64_t process = 0;
  int pid = 0;
  int signo = 0;
  bool to_group = false;
  bool stopping = false;
};
/// For the process group of a helper_request's child.
struct helper_signal {
  int pid = 0;
  int signo = 0;
};
/// SIGCHLD arrived: somebody ended.
struct reap_children {};
/// Spawns are under way: does one of them hang?
struct watch_spawns {};
/// The process has acted on its last child_exited; the reaper need not tell it again.
struct exit_handled {
  std::uint64_t process = 0;
  int pid = 0;
};

// -- for a group ---------------------------------------------------------------------------------

/// Start what is to start by itself.
struct evaluate_group {};
/// The group's turn in the daemon's own stop.
struct stop_group {};
/// After verb::retire: it is not removed after all.
struct keep_group {};
/// The process has carried out evaluate_process or stop_process as far as it can at once: the next member's turn.
struct turn_taken {
  std::uint64_t process = 0;
};
struct process_changed {
  std::uint64_t process = 0;
  protocols::process_state state{};
};

// -- for the supervisor --------------------------------------------------------------------------

struct boot {};
struct signal_arrived {
  int signo = 0;
};
struct group_changed {
  std::uint64_t process = 0;
  protocols::process_state state{};
};
/// All members have had their turn in evaluate_group: the next group's.
struct group_evaluated {};
/// All members have had their turn in stop_group.
struct group_told {};
struct supervisor_timer {};
/// Nothing of the boot has moved for a while: clients are let in all the same.
struct boot_overdue {};
/// The configuration should have been read by now.
struct reading_overdue {
  std::uint64_t reading = 0;
};

// -- for the timer -------------------------------------------------------------------------------

struct timer_rang {};
/// The process is gone for good.
struct alarm_dropped {
  std::uint64_t process = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, evaluate_process&) {
  return f(caf::meta::type_name("evaluate_process"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stop_process& x) {
  return f(caf::meta::type_name("stop_process"), x.final);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_spawned& x) {
  return f(caf::meta::type_name("child_spawned"), x.pid);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_not_spawned& x) {
  return f(caf::meta::type_name("child_not_spawned"), x.text);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_exited& x) {
  return f(caf::meta::type_name("child_exited"), x.pid, x.wait_status);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, signal_answered& x) {
  return f(caf::meta::type_name("signal_answered"), x.pid, x.error, x.signo, x.stopping);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stop_report_due&) {
  return f(caf::meta::type_name("stop_report_due"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, process_timer& x) {
  return f(caf::meta::type_name("process_timer"), x.epoch);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, signal_request& x) {
  return f(caf::meta::type_name("signal_request"), x.process, x.pid, x.signo, x.to_group, x.stopping);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, helper_signal& x) {
  return f(caf::meta::type_name("helper_signal"), x.pid, x.signo);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, reap_children&) {
  return f(caf::meta::type_name("reap_children"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, watch_spawns&) {
  return f(caf::meta::type_name("watch_spawns"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, exit_handled& x) {
  return f(caf::meta::type_name("exit_handled"), x.process, x.pid);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, evaluate_group&) {
  return f(caf::meta::type_name("evaluate_group"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stop_group&) {
  return f(caf::meta::type_name("stop_group"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, process_changed& x) {
  return f(caf::meta::type_name("process_changed"), x.process, x.state);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, turn_taken& x) {
  return f(caf::meta::type_name("turn_taken"), x.process);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, group_evaluated&) {
  return f(caf::meta::type_name("group_evaluated"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, keep_process&) {
  return f(caf::meta::type_name("keep_process"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, keep_group&) {
  return f(caf::meta::type_name("keep_group"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, group_told&) {
  return f(caf::meta::type_name("group_told"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, boot_overdue&) {
  return f(caf::meta::type_name("boot_overdue"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, reading_overdue& x) {
  return f(caf::meta::type_name("reading_overdue"), x.reading);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, alarm_dropped& x) {
  return f(caf::meta::type_name("alarm_dropped"), x.process);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, boot&) {
  return f(caf::meta::type_name("boot"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, signal_arrived& x) {
  return f(caf::meta::type_name("signal_arrived"), x.signo);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, group_changed& x) {
  return f(caf::meta::type_name("group_changed"), x.process, x.state);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, supervisor_timer&) {
  return f(caf::meta::type_name("supervisor_timer"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, timer_rang&) {
  return f(caf::meta::type_name("timer_rang"));
}

} // namespace troupe::actors
