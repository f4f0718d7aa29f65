// What the supervisor knows of its groups and decides about them: whose turn it is to start, when clients are let in,
// whose turn it is in the daemon's stop, what becomes of a removal, what has to be said again where an actor has died.
// A value and a pure function of (table, what happened). Must not send, log, read a clock, include CAF or Asio;
// supervisor_actor.cpp carries out the effects. The stop itself: daemon_fsm.hpp, which this one runs.
// Source: docs/contract/lifecycle.md, 3 and 4. Cases: tests/core/group_table_test.cpp.
#pragma once

#include "actors/core/daemon_fsm.hpp"
#include "config/scale.hpp"
#include "protocols/faults.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace troupe::actors {

struct group_table {
  std::vector<group_view> groups; ///< in activation order
  struct position {
    std::size_t group = 0, member = 0; ///< indices
  };
  std::unordered_map<std::uint64_t, position> positions; ///< by process
  std::uint64_t next_id = 1;
  daemon_record daemon;
  bool started = false;

  // The start: groups have their turns in order, each once the one before it has asked for its spawns.
  std::size_t next_to_evaluate = 0; ///< index
  bool evaluating = false;          ///< the one before that has not answered yet
  // Until clients are let in: when each spawn was answered, or nothing has moved for a while.
  bool doors_shut = false;
  std::unordered_set<std::uint64_t> being_spawned; ///< processes without a pid yet
  std::uint64_t progress = 0;                      ///< answers that have come
  std::uint64_t progress_seen = 0;

  // The daemon's stop: signals leave in order, group by group, while nobody waits for an exit.
  std::deque<std::uint64_t> to_stop; ///< groups; the first one is handing its members their turns
  int deaths = 0;                    ///< of its actor, meanwhile

  std::vector<std::uint64_t> to_start; ///< processes that an update has stopped, to be started again
  config::scale_book scales;           ///< of programs that a client wants so many of

  std::optional<std::uint64_t> removing; ///< this group's members are being asked whether they are stopped

  const group_view* find(std::string_view name) const;
  const group_view* find(std::uint64_t id) const;
};

/// The group's id; `added` is to follow where the daemon has started already.
std::uint64_t add_group(group_table& table, group_view group);

/// The group has other members from now on: `view` without an id. Where its turn in a start or stop is, it keeps it.
void redefine_group(group_table& table, std::uint64_t id, group_view view);

/// What becomes of a client's request.
enum class admission { carry_out, hold_back, refuse };
admission admit(const group_table& table);

// clang-format off: one line each
namespace group_event { // what happened
/// Everything is open. `keep_doors_shut`: clients wait until what starts by itself was spawned.
struct started {
  bool keep_doors_shut;
};
struct added {}; ///< a group, after the start
/// The group whose turn it was has asked for its spawns; these of its processes have no answer yet.
struct evaluated {
  std::vector<std::uint64_t> being_spawned;
};
struct start_overdue {}; ///< the reminder has come
/// A process; `being_spawned`: it has no pid yet.
struct changed {
  std::uint64_t process;
  protocols::process_state state;
  bool being_spawned;
};
struct told {
  std::uint64_t group;
}; ///< its members have had their turns in the stop
struct died {
  std::uint64_t group;
};                 ///< its actor, and was built anew; the table shows its members as they are
struct rebuilt {}; ///< the supervisor's actor: whatever was under way may have been lost with the one before it
struct removal_asked {
  std::uint64_t group;
};
/// What the members said: so many are stopped, so many are not. Those that are missing have died.
struct removal_answered {
  std::size_t stopped, running;
};
/// For the daemon's own life: signal, shutdown_requested, restart_requested, timer_fired.
struct of_the_daemon {
  daemon_happening what;
};
} // namespace group_event
using group_happening =
  std::variant<group_event::started, group_event::added, group_event::evaluated, group_event::start_overdue,
               group_event::changed, group_event::told, group_event::died, group_event::rebuilt,
               group_event::removal_asked, group_event::removal_answered, group_event::of_the_daemon>;

namespace group_effect { // what to do about it, in order
struct evaluate {
  std::uint64_t group;
}; ///< start what starts by itself
struct remind_of_start {};
struct let_clients_in {};
struct stop {
  std::uint64_t group;
}; ///< all members that run
struct ask_members {
  std::uint64_t group;
}; ///< are they all stopped? They stay so until they hear more
struct keep {
  std::uint64_t group;
}; ///< it is not removed: its members are free again
/// Drop it with all that belongs to it; the table has forgotten it.
struct drop {
  group_view group;
};
/// Answer whoever asked for the removal, and then what has been held back meanwhile.
struct end_removal {
  std::optional<protocols::fault> refused;
};
/// Publish; a pool of that group takes it, but hands it out no more.
struct publish {
  protocols::event_type type;
  std::optional<std::uint64_t> not_to;
};
} // namespace group_effect
// clang-format on
using group_action =
  std::variant<group_effect::evaluate, group_effect::remind_of_start, group_effect::let_clients_in, group_effect::stop,
               group_effect::ask_members, group_effect::keep, group_effect::drop, group_effect::end_removal,
               group_effect::publish, daemon_effect::set_state, daemon_effect::arm_timer, daemon_effect::reopen_logs,
               daemon_effect::log, daemon_effect::finish>;

/// In place, since a table may be large. Total: what means nothing in this state changes nothing.
std::vector<group_action> step(group_table& table, const group_happening& happened,
                               std::chrono::steady_clock::time_point now);

/// All groups, in the order in which requests for all of them go out.
std::vector<std::uint64_t> request_order(const group_table& table);

} // namespace troupe::actors
