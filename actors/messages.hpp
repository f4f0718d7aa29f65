// The messages without handles that actors send each other, by the actor they are for; those with handles are in
// interfaces.hpp. None of them ever leaves this process, which is what CAF is told at the end. Must not hold behaviour.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/core/dependency_rules.hpp"

#include "platform/child_end.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <optional>
#include <string>
#include <vector>

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
  std::string text; ///< of docs/contract/lifecycle.md, 1.6
};
/// The spawn waits, for its turn or until what a daemon before this one has left of the process is gone: it may be
/// withdrawn.
struct spawn_waits {
  std::string for_what; ///< as a description says it; empty: nothing is said
};
/// And now it does no more.
struct spawn_begins {};
/// The answer to withdraw_spawn.
struct spawn_withdrawn {};
/// Its pipes are drained by now.
struct child_exited {
  int pid = 0;
  int wait_status = 0; ///< as waitpid(2) fills it in
  std::optional<platform::child_usage> used;
  std::optional<time_point> at; ///< when; none: a moment ago
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
/// Who waits for more to be said of an end has waited long enough: these keys are all.
struct detail_due {
  std::uint64_t about = 0;
  std::string keys;
};
/// A client still waits for a stop: time to say so.
struct stop_report_due {};
/// After verb::retire: its group is not removed after all.
struct keep_process {};
/// The process goes on with other options: its cell is this one now, its record still in the one before.
struct process_redefined {
  process_cell_ptr cell;
};
/// There may be another reaper: what the one before was asked for may be lost.
struct look_for_reaper {};

/// For the group, and then for its process: look at what you depend on, for it may have changed. `pull_in`: have those
/// started that are needed.
struct dependency_changed {
  std::uint64_t process = 0; ///< whose dependency
  std::uint64_t whom = 0;    ///< has left RUNNING for `state`, however soon it is back; 0: nobody has
  protocols::process_state state{};
  bool pull_in = false;
};

/// Its child may have said something beside its output.
struct look_at_notes {};
/// What a look at its readiness or health has come to.
struct probe_answered {
  int pid = 0; ///< whose
  std::uint32_t number = 0;
  bool ok = false;
  std::string detail; ///< why not
};

/// The turn to start has come of a process that has to be prepared first.
struct turn_given {};
/// A command beside its own has ended, or could not be run.
struct command_answered {
  std::uint32_t number = 0;
  bool ok = false;
  std::string text; ///< `exit status 3`, or why
  bool of_reload = false;
};
/// So many processes are left of its child.
struct sweep_answered {
  std::uint32_t number = 0;
  std::int64_t left = 0;
  std::string names;
};

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
/// Does the keeper have to be woken for what it has been told?
struct look_at_keeper_again {};
/// Has one of those that a daemon before this one has left ended, or had its time?
struct look_at_leftovers {};
/// A process has another cell from now on.
struct cell_replaced {
  process_cell_ptr cell;
};
/// May somebody be spawned by now who had to wait for a turn?
struct look_at_turns {};
/// A process has left STARTING.
struct start_over {
  std::uint64_t process = 0;
};
/// A spawn that waits is not wanted any more.
struct withdraw_spawn {
  std::uint64_t process = 0;
};
/// The process has acted on its last child_exited; the reaper need not tell it again.
struct exit_handled {
  std::uint64_t process = 0;
  int pid = 0;
};

// -- for a group ---------------------------------------------------------------------------------

/// Start what is to start by itself.
struct evaluate_group {};
/// The group has other members, or they other options: its cell is this one now. Who is not in it has no child.
struct group_redefined {
  group_cell_ptr cell;
};
/// The group's turn in the daemon's own stop.
struct stop_group {};
/// The same of some members, where others of the group have to wait.
struct stop_members {
  std::vector<std::size_t> which;
};
/// After verb::retire: it is not removed after all.
struct keep_group {};
/// The process has carried out evaluate_process or stop_process as far as it can at once: the next member's turn.
struct turn_taken {
  std::uint64_t process = 0;
};
struct process_changed {
  std::uint64_t process = 0;
  protocols::process_state state{};
  bool left_running = false; ///< it was RUNNING before
  bool ending = false;       ///< something is still to be done after its child
};

// -- for the supervisor --------------------------------------------------------------------------

struct boot {};
/// There is one in the record.
struct signal_arrived {};
struct group_changed {
  std::uint64_t process = 0;
  protocols::process_state state{};
  bool left_running = false;
  bool ending = false;
};
/// All members have had their turn in evaluate_group: the next group's.
struct group_evaluated {};
/// Processes that somebody needs who is about to start.
struct pull_in {
  std::vector<std::uint64_t> processes;
  start_cause because{};
};
/// All members have had their turn in stop_group.
struct group_told {};
/// The daemon is to end, for want of a program.
struct essential_ended {
  int status = 0;
  std::string text;
};
/// A process has failed whose group wants to know.
struct member_failed {
  std::uint64_t process = 0;
};
/// A member of a rolling restart has been stopped, or started, or that was refused.
struct rollout_answered {
  std::int64_t id = 0;
  std::uint64_t process = 0;
  bool starts = false;
  int status = 0; ///< 0: the answer was lost
  std::string text;
};
/// Something of a rolling restart may be due.
struct rollout_due {};
struct supervisor_timer {};
/// Somebody may be enabled by now who was disabled for a time, or the clock was set.
struct disabling_over {};
/// Nothing of the boot has moved for a while: clients are let in all the same.
struct boot_overdue {};
/// The configuration should have been read by now.
struct reading_overdue {
  std::uint64_t reading = 0;
};

/// A step of an update has taken too long.
struct update_overdue {
  std::uint64_t step = 0;
};
/// What one process of a step of an update has come to.
struct update_member_answered {
  std::uint64_t step = 0;
  std::uint64_t process = 0;
  int status = 0;
  std::string text;
};
/// Somebody who watches an update has waited for long enough, or a start of it may wait for nothing that comes.
struct update_due {};

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::evaluate_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::stop_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::child_spawned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::child_not_spawned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::spawn_waits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_at_turns)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::start_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::spawn_begins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::spawn_withdrawn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::child_exited)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::signal_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::process_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::detail_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::stop_report_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::keep_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_for_reaper)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::dependency_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_at_notes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::essential_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::member_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::probe_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::turn_given)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::command_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::sweep_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::signal_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::helper_signal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::reap_children)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::watch_spawns)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_at_keeper_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_at_leftovers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::withdraw_spawn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::exit_handled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::evaluate_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::stop_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::stop_members)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::keep_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::turn_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::process_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::boot)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::update_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::update_member_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::update_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::process_redefined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::group_redefined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::cell_replaced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::signal_arrived)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::group_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::group_evaluated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::group_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::pull_in)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::rollout_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::rollout_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::supervisor_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::disabling_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::boot_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::reading_overdue)
