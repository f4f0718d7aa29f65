// Event types, their hierarchy and their payload bytes.
// Must not hold serials, pools or delivery (the events actor does). Source: the lifecycle specification, 6.
#pragma once

#include "protocols/process_state.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// The concrete types, in the order of the hierarchy; the abstract ones exist as rows of event_types() only.
enum class event_type : std::uint8_t {
  process_state_starting,
  process_state_running,
  process_state_backoff,
  process_state_stopping,
  process_state_exited,
  process_state_stopped,
  process_state_fatal,
  process_state_unknown,
  process_communication_stdout,
  process_communication_stderr,
  process_log_stdout,
  process_log_stderr,
  remote_communication,
  supervisor_state_change_running,
  supervisor_state_change_stopping,
  tick_5,
  tick_60,
  tick_3600,
  process_group_added,
  process_group_removed,
};
inline constexpr std::size_t event_types = static_cast<std::size_t>(event_type::process_group_removed) + 1;

/// What happened, ready for the wire: `body` is the payload, without the envelope.
struct event {
  event_type type{};
  std::string body;
};

std::string_view to_string(event_type type); ///< PROCESS_STATE_STARTING, ...

/// True where `name` (any of the 27, upper case) is `type` or one of its ancestors.
bool matches(std::string_view name, event_type type);
/// All 27 names, parents before children.
std::span<const std::string_view> event_names();

/// PROCESS_STATE_<to>. `tries`: STARTING, BACKOFF; `pid`: RUNNING, STOPPING, STOPPED, EXITED; `expected`: EXITED.
event process_state_event(std::string_view process, std::string_view group, process_state from, process_state to,
                          std::int64_t tries, int pid, bool expected);
event process_group_event(event_type added_or_removed, std::string_view group);
event supervisor_state_event(event_type running_or_stopping);
event tick_event(event_type tick, std::int64_t when); ///< `when`: seconds since the epoch
event process_log_event(bool is_stderr, std::string_view process, std::string_view group, int pid,
                        std::string_view bytes);
event process_communication_event(bool is_stderr, std::string_view process, std::string_view group, int pid,
                                  std::string_view bytes);
event remote_communication_event(std::string_view type, std::string_view data);

/// The line before the body; `len` counts code points of the body (kept quirk 9.1). Ends in LF.
std::string envelope(std::string_view identifier, std::uint64_t serial, std::string_view pool,
                     std::uint64_t pool_serial, const event& what);

} // namespace troupe::protocols
