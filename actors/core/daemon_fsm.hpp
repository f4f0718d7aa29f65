// The daemon's own life: what each signal means, and the stop sequence, batch by batch of groups: a pure function.
// Must not signal, log, read a clock, include CAF or Asio; supervisor_actor.cpp carries out the effects.
// Source: docs/contract/lifecycle.md, 3.6; docs/contract/configuration.md, 8. Cases: tests/core/daemon_fsm_test.cpp.
#pragma once

#include "config/options.hpp"
#include "protocols/events.hpp"
#include "protocols/process_state.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

/// How the daemon's run ends.
enum class daemon_end { exit, restart };

/// A group as the stop sequence sees it, in activation order.
struct group_view {
  struct member {
    config::shared_text name;
    protocols::process_state state = protocols::process_state::stopped;
    std::uint64_t process = 0; ///< its id
  };
  config::shared_text name;
  std::int64_t priority = 999;
  std::vector<member> members; ///< table order
  bool pool = false;           ///< of event listeners
  std::uint64_t id = 0;
};

struct daemon_record {
  protocols::daemon_state state = protocols::daemon_state::running;
  bool stopping = false; ///< SUPERVISOR_STATE_CHANGE_STOPPING was published
  bool finished = false;
  std::vector<std::size_t> stop_queue;                ///< indices of groups, those whose turn is last in front
  std::size_t batch = 0;                              ///< where those of the queue begin that were told to stop
  std::chrono::steady_clock::time_point report_due{}; ///< the next "waiting for ... to die"
  int status = 0;                                     ///< exit status
};

// clang-format off: one line each
namespace daemon_event { // what happened
struct signal {
  int signo;
};
struct shutdown_requested {};
struct restart_requested {};
struct group_changed {
  std::size_t group, member;
}; ///< the member changed its state; the view shows it already
struct timer_fired {};
/// It cannot do without a program that has ended.
struct essential_ended {
  int status;
  std::string text;
};
struct rebuilt {}; ///< whoever carries this out is another one: what was to be done last may not have been
} // namespace daemon_event
using daemon_happening = std::variant<daemon_event::signal, daemon_event::shutdown_requested,
                                      daemon_event::restart_requested, daemon_event::group_changed,
                                      daemon_event::timer_fired, daemon_event::essential_ended, daemon_event::rebuilt>;

namespace daemon_effect { // what to do about it, in order
struct set_state {
  protocols::daemon_state to;
};
/// A SUPERVISOR_STATE_CHANGE. `not_to`: the group whose stop follows at once; a pool in its place buffers the
/// event but must not hand it out any more (V091).
struct publish {
  protocols::event_type type;
  std::optional<std::size_t> not_to;
};
struct stop_group {
  std::size_t group;
}; ///< all its members that run, in stop_order; may be repeated
struct arm_timer {
  std::chrono::steady_clock::time_point at;
};
struct reopen_logs {};
struct log {
  config::log_level level;
  std::string text;
};
struct finish {
  daemon_end how;
  int status; ///< of daemon_end::exit
};            ///< no process is left; a later one corrects an earlier one
} // namespace daemon_effect
// clang-format on
using daemon_action =
  std::variant<daemon_effect::set_state, daemon_effect::publish, daemon_effect::stop_group, daemon_effect::arm_timer,
               daemon_effect::reopen_logs, daemon_effect::log, daemon_effect::finish>;

struct daemon_transition {
  daemon_record after;
  std::vector<daemon_action> effects;
};

/// Total: an event that means nothing in this state changes nothing and has no effects. `groups` keeps its
/// indices while the daemon stops. Throws nothing but std::bad_alloc.
daemon_transition step(daemon_record before, const daemon_happening& happened, const std::vector<group_view>& groups,
                       std::chrono::steady_clock::time_point now);

/// Indices of members in the daemon's own stop: descending priority, equal ones in reverse table order.
std::vector<std::size_t> stop_order(std::span<const std::int64_t> priorities);
/// Indices for requests over the API (start, stop, signal of many): ascending priority, stable.
std::vector<std::size_t> request_order(std::span<const std::int64_t> priorities);

/// TICK events (6.5): which ones are due. The first call only records the slices.
class tick_clock {
public:
  std::vector<protocols::event> advance(std::int64_t seconds); ///< wall clock, since the epoch

private:
  std::optional<std::int64_t> slices_[3];
};

} // namespace troupe::actors
