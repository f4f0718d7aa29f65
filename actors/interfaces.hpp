// Every actor's protocol on one page: what it hears, from whom, and what it answers.
// Must not hold state or behaviour; messages that carry no handle live in messages.hpp.
#pragma once

#include "actors/core/control.hpp"
#include "actors/http/http_server.hpp"
#include "actors/io/helper_child.hpp"
#include "actors/messages.hpp"

#include <caf/actor_addr.hpp>
#include <caf/typed_actor.hpp>

namespace troupe::actors {

/// A request of the control plane.
struct control_call {
  control_request request;
  control_answer_to answer;
};
/// What was read, or why it could not be.
struct configuration_loaded {
  config::result<std::shared_ptr<const config::configuration>> what;
};
/// All members of a group have said whether they are stopped.
struct group_asked {
  std::uint64_t group = 0;
  control_answer answers; ///< process_results
};

/// What a step of an update has come to.
struct update_answered {
  std::uint64_t step = 0;
  control_answer answer;
};

/// The daemon's own life: signals, groups by priority, the stop sequence; what clients ask for.
using supervisor_actor = caf::typed_actor<
  // FROM MAIN, once, when everything is open.
  caf::reacts_to<boot>,
  // FROM MAIN. TERM, INT, QUIT, HUP, USR2.
  caf::reacts_to<signal_arrived>,
  // FROM WHO KEEPS THE REAPER ALIVE. There is another one.
  caf::reacts_to<look_for_reaper>,
  // FROM A GROUP. One of its processes changed state.
  caf::reacts_to<group_changed>,
  // FROM A PROCESS. It needs others; the daemon cannot do without it; it has failed, and its group may not go on.
  caf::reacts_to<pull_in>, caf::reacts_to<essential_ended>, caf::reacts_to<member_failed>,
  // FROM A GROUP. The answers to evaluate_group and stop_group.
  caf::reacts_to<group_evaluated>, caf::reacts_to<group_told>,
  // FROM CLIENTS. Answered at once, or by the processes that the request is for.
  caf::reacts_to<control_call>,
  // INTERNAL: from its reader, about removeProcessGroup, its own timers.
  caf::reacts_to<configuration_loaded>, caf::reacts_to<group_asked>, caf::reacts_to<update_answered>,
  caf::reacts_to<supervisor_timer>, caf::reacts_to<boot_overdue>, caf::reacts_to<reading_overdue>,
  caf::reacts_to<update_overdue>, caf::reacts_to<update_member_answered>, caf::reacts_to<update_due>,
  // INTERNAL: of its rolling restarts, on behalf of their members; its own reminder.
  caf::reacts_to<rollout_answered>, caf::reacts_to<rollout_due>,
  // FROM THE TIMER of those who are disabled for a time; INTERNAL.
  caf::reacts_to<disabling_over>>;

/// A request for one member, or for all of them.
struct group_request {
  process_task task;
  std::optional<std::size_t> member;
  std::string shown;              ///< the member's name in faults, as the caller wrote it
  process_answer answer;          ///< of the member; without one: that the members have been asked
  std::shared_ptr<gathering> all; ///< without
  std::size_t rank = 0;           ///< the group's place in it
};

/// The supervisor's actor died and was rebuilt: report to this one.
struct supervisor_replaced {
  supervisor_actor supervisor;
};

/// The processes of one group, in table order.
using group_actor = caf::typed_actor<
  // FROM THE SUPERVISOR. Start what starts by itself.
  caf::reacts_to<evaluate_group>,
  // FROM THE SUPERVISOR. Stop all members, in the order of the daemon's own stop.
  caf::reacts_to<stop_group>, caf::reacts_to<stop_members>,
  // FROM THE SUPERVISOR. For the process that is named.
  caf::reacts_to<dependency_changed>,
  // FROM THE SUPERVISOR. Its members have changed.
  caf::reacts_to<group_redefined>,
  // FROM THE SUPERVISOR. A client's request; that it is not removed; that it is another supervisor; that there may be
  // another reaper.
  caf::reacts_to<group_request>, caf::reacts_to<keep_group>, caf::reacts_to<supervisor_replaced>,
  caf::reacts_to<look_for_reaper>,
  // FROM ITS PROCESSES. Published to the status board before it is sent.
  caf::reacts_to<process_changed>,
  // FROM ITS PROCESSES. The answer to evaluate_process and stop_process: order is kept by waiting for it.
  caf::reacts_to<turn_taken>>;

/// The group's actor died and was rebuilt: report to this one.
struct group_replaced {
  group_actor group;
};

/// A client's request for one process. Answered when it is decided, which may be later.
struct process_request {
  process_task task;
  std::string shown; ///< the name in faults
  process_answer answer;
};

/// One process: its state machine, its timers, the clients that wait for it.
using process_actor = caf::typed_actor<
  // FROM THE GROUP.
  caf::reacts_to<evaluate_process>, caf::reacts_to<stop_process>, caf::reacts_to<group_replaced>,
  caf::reacts_to<keep_process>, caf::reacts_to<look_for_reaper>, caf::reacts_to<dependency_changed>,
  caf::reacts_to<process_redefined>,
  // FROM THE REAPER. One answer for each spawn_request, and one child_exited for each child_spawned.
  caf::reacts_to<child_spawned>, caf::reacts_to<child_not_spawned>, caf::reacts_to<child_exited>,
  // FROM THE REAPER. Before the answer to a spawn_request, where that has to wait; or in its place; or that it is to be
  // asked for again, once prepared.
  caf::reacts_to<spawn_waits>, caf::reacts_to<spawn_begins>, caf::reacts_to<spawn_withdrawn>,
  caf::reacts_to<turn_given>,
  // FROM THE REAPER, and from who reads its output: its child may have something to say. FROM ITS PROBES.
  caf::reacts_to<look_at_notes>, caf::reacts_to<probe_answered>,
  // FROM ITS COMMANDS, and from who looks for what its child has left.
  caf::reacts_to<command_answered>, caf::reacts_to<sweep_answered>,
  // FROM THE GROUP, on behalf of a client.
  caf::reacts_to<process_request>,
  // FROM THE REAPER. kill(2) refused a signal_request; or what became of one that no stop sent.
  caf::reacts_to<signal_answered>,
  // INTERNAL: its alarm, its reminder.
  caf::reacts_to<process_timer>, caf::reacts_to<stop_report_due>,
  // INTERNAL: events of its end have waited long enough for the report.
  caf::reacts_to<detail_due>>;

/// Asks for a child. The reaper reads only what never changes in the cell.
struct spawn_request {
  process_cell_ptr cell;
  process_actor owner;
};
/// A rebuilt process actor asks what became of its child: the reaper repeats what the dead one may have missed.
struct adopt_request {
  process_cell_ptr cell;
  process_actor owner;
};

/// The process is no longer there, its child still lives: its exit is the reaper's to tell.
struct child_left {
  process_cell_ptr cell;
};

/// Asks for a child of the daemon's own; the callbacks are the answers.
struct helper_request {
  std::shared_ptr<helper_child> child;
  helper_doors::spawned_callback spawned;
  helper_doors::exited_callback exited;
};

struct spawn_flight;
/// The thread that makes children is done with one: made, or not.
struct spawn_done {
  std::shared_ptr<spawn_flight> flight;
};

/// The one actor that forks, kills and waits.
using reaper_actor = caf::typed_actor<
  // FROM A PROCESS.
  caf::reacts_to<spawn_request>, caf::reacts_to<adopt_request>, caf::reacts_to<exit_handled>,
  caf::reacts_to<child_left>, caf::reacts_to<withdraw_spawn>, caf::reacts_to<start_over>, caf::reacts_to<cell_replaced>,
  // FROM WHO ENDS THE DAEMON; INTERNAL.
  caf::reacts_to<look_at_leftovers>, caf::reacts_to<look_at_turns>,
  // FROM EXTENSIONS.
  caf::reacts_to<helper_request>, caf::reacts_to<helper_signal>,
  // FROM THE THREAD THAT MAKES CHILDREN; INTERNAL: is it still at it?
  caf::reacts_to<spawn_done>, caf::reacts_to<watch_spawns>, caf::reacts_to<look_at_keeper_again>,
  // FROM A PROCESS, with high priority: a stop overtakes queued spawns.
  caf::reacts_to<signal_request>,
  // INTERNAL, with high priority: SIGCHLD arrived.
  caf::reacts_to<reap_children>>;

/// There may be a result to decide on, or a verdict.
struct look_at_results {};

/// One pool of event listeners.
using event_listener_actor = caf::typed_actor<
  // FROM ITS RECORD, on behalf of the event bus and of the thread of its result handler; INTERNAL: its own reminder.
  caf::reacts_to<look_at_results>>;

/// Something may have to be done for it.
struct look_at_extension {};

/// One [rpcinterface:x] that is not built in.
using extension_actor = caf::typed_actor<
  // FROM ITS EXTENSION, on the HTTP thread or that of a shared object; INTERNAL: its own reminder.
  caf::reacts_to<look_at_extension>>;

/// Its thread may have to be made.
struct look_at_history {};

/// The history.
using history_actor = caf::typed_actor<
  // FROM ITS RECORD, on the thread that ends; INTERNAL: its own reminder.
  caf::reacts_to<look_at_history>>;

/// A server that failed has paused.
struct server_due {
  std::size_t server = 0;
};

/// The servers for clients.
using http_actor = caf::typed_actor<
  // FROM THE SERVERS, on their thread. Passed on for their owner, who lets clients in and ends it all.
  caf::reacts_to<http_news::open>, caf::reacts_to<http_news::close>,
  // FROM THE SERVERS. What has gone wrong.
  caf::reacts_to<http_news::server_failed>, caf::reacts_to<http_news::handler_failed>,
  // INTERNAL: its own reminder.
  caf::reacts_to<server_due>>;

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::child_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::configuration_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::control_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::group_asked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::update_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::group_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::process_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::group_replaced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::supervisor_replaced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::helper_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::spawn_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::spawn_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::adopt_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_at_results)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_at_extension)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::look_at_history)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::http_news::open)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::http_news::close)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::http_news::server_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::http_news::handler_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::server_due)
