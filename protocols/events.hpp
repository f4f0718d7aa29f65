// Event types, their hierarchy and their payload bytes.
// Must not hold serials, pools or delivery (actors/io/event_bus.hpp does, under its lock). Source:
// docs/contract/lifecycle.md, 6.
#pragma once

#include "config/event_names.hpp"
#include "protocols/process_state.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// The types that are published, in the order of the table.
#define TROUPE_TYPE(identifier, name) identifier,
#define TROUPE_FAMILY(name)
enum class event_type : std::uint8_t { TROUPE_EVENTS(TROUPE_TYPE, TROUPE_FAMILY) };
#undef TROUPE_TYPE
#define TROUPE_TYPE(identifier, name) +1
inline constexpr std::size_t event_types = 0 TROUPE_EVENTS(TROUPE_TYPE, TROUPE_FAMILY);
#undef TROUPE_TYPE
#undef TROUPE_FAMILY

/// What happened, ready for the wire: `body` is the payload, without the envelope.
struct event {
  event_type type{};
  std::string body;
  /// Something more will be said of it a little later, under this number, to who wants to hear it; 0: nothing will.
  std::uint64_t about = 0;
};

std::string_view to_string(event_type type); ///< PROCESS_STATE_STARTING, ...

/// True where `name` (any of them, upper case) is `type` or one of its ancestors.
bool matches(std::string_view name, event_type type);
/// All names, parents before children.
std::span<const std::string_view> event_names();

/// PROCESS_STATE_<to>. `tries`: STARTING, BACKOFF; `pid`: RUNNING, STOPPING, STOPPED, EXITED; `expected`: EXITED.
event process_state_event(std::string_view process, std::string_view group, process_state from, process_state to,
                          std::int64_t tries, int pid, bool expected);
/// `text`: what has been found out. docs/contract/programs.md, 15.3.
event process_health_event(bool healthy, std::string_view process, std::string_view group, int pid,
                           std::int64_t failures, std::string_view text);
/// PROCESS_NOTICE_HOOK, or _LEFTOVER where `hook` is empty. Likewise.
event process_notice_event(std::string_view process, std::string_view group, int pid, std::string_view hook,
                           std::string_view text);
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
