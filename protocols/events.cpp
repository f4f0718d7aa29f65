// The names and the payload bytes of events: the table of config/event_names.hpp, one small function per kind of body.
// Must not hold serials, pools or delivery, nor decide when something is published.
// A name is an ancestor of a type if it is a prefix of the type's own name up to an underscore.
#include "protocols/events.hpp"

#include "config/text.hpp"
#include "config/utf8.hpp"

#include <algorithm>
#include <array>

namespace troupe::protocols {

namespace {

constexpr const auto& names = config::event_names;

#define TROUPE_TYPE(identifier, name) std::string_view(name),
#define TROUPE_FAMILY(name)
/// By type.
constexpr std::array<std::string_view, event_types> type_names{TROUPE_EVENTS(TROUPE_TYPE, TROUPE_FAMILY)};
#undef TROUPE_TYPE
#undef TROUPE_FAMILY

/// An event of every ancestor is an event of the type: the names say who that is.
constexpr bool parents_come_first() {
  for (std::size_t i = 1; i < names.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (names[j] == names[i] || (names[j].starts_with(names[i]) && names[j][names[i].size()] == '_'))
        return false;
  return names[0] == "EVENT";
}
static_assert(parents_come_first(), "a name twice, or a child before its parent");

event_type type_of(process_state to) {
  switch (to) {
  case process_state::starting:
    return event_type::process_state_starting;
  case process_state::running:
    return event_type::process_state_running;
  case process_state::backoff:
    return event_type::process_state_backoff;
  case process_state::stopping:
    return event_type::process_state_stopping;
  case process_state::exited:
    return event_type::process_state_exited;
  case process_state::stopped:
    return event_type::process_state_stopped;
  case process_state::fatal:
    return event_type::process_state_fatal;
  case process_state::unknown:
    break;
  }
  return event_type::process_state_unknown;
}

std::string who(std::string_view process, std::string_view group) {
  std::string body = "processname:";
  body += process;
  body += " groupname:";
  body += group;
  return body;
}

} // namespace

std::string_view to_string(event_type type) { return type_names[static_cast<std::size_t>(type)]; }

bool matches(std::string_view name, event_type type) {
  auto full = to_string(type);
  if (name == "EVENT" || name == full)
    return true;
  return std::find(names.begin(), names.end(), name) != names.end() && full.starts_with(name) &&
         full[name.size()] == '_';
}

std::span<const std::string_view> event_names() { return names; }

event process_state_event(std::string_view process, std::string_view group, process_state from, process_state to,
                          std::int64_t tries, int pid, bool expected) {
  auto body = who(process, group);
  body += " from_state:";
  body += to_string(from);
  switch (to) {
  case process_state::starting:
  case process_state::backoff:
    body += " tries:" + std::to_string(tries);
    break;
  case process_state::exited:
    body += expected ? " expected:1" : " expected:0";
    [[fallthrough]];
  case process_state::running:
  case process_state::stopping:
  case process_state::stopped:
    body += " pid:" + std::to_string(pid);
    break;
  case process_state::fatal:
  case process_state::unknown:
    break;
  }
  return {type_of(to), std::move(body)};
}

event process_health_event(bool healthy, std::string_view process, std::string_view group, int pid,
                           std::int64_t failures, std::string_view text) {
  auto body = who(process, group) + " pid:" + std::to_string(pid);
  if (!healthy)
    body += " failures:" + std::to_string(failures);
  return {healthy ? event_type::process_health_healthy : event_type::process_health_unhealthy,
          body + "\n" + config::decoded(text)};
}

event process_notice_event(std::string_view process, std::string_view group, int pid, std::string_view hook,
                           std::string_view text) {
  auto body = who(process, group) + " pid:" + std::to_string(pid);
  if (!hook.empty())
    body += " hook:" + std::string(hook);
  return {hook.empty() ? event_type::process_notice_leftover : event_type::process_notice_hook,
          body + "\n" + config::decoded(text)};
}

event process_group_event(event_type added_or_removed, std::string_view group) {
  return {added_or_removed, "groupname:" + std::string(group) + "\n"};
}

event supervisor_state_event(event_type running_or_stopping) { return {running_or_stopping, {}}; }

event tick_event(event_type tick, std::int64_t when) { return {tick, "when:" + std::to_string(when)}; }

event process_log_event(bool is_stderr, std::string_view process, std::string_view group, int pid,
                        std::string_view bytes) {
  auto body = who(process, group) + " pid:" + std::to_string(pid) + " channel:" + (is_stderr ? "stderr" : "stdout") +
              "\n" + config::decoded(bytes);
  return {is_stderr ? event_type::process_log_stderr : event_type::process_log_stdout, std::move(body)};
}

event process_communication_event(bool is_stderr, std::string_view process, std::string_view group, int pid,
                                  std::string_view bytes) {
  auto body = who(process, group) + " pid:" + std::to_string(pid) + "\n" + config::decoded(bytes);
  return {is_stderr ? event_type::process_communication_stderr : event_type::process_communication_stdout,
          std::move(body)};
}

event remote_communication_event(std::string_view type, std::string_view data) {
  return {event_type::remote_communication, "type:" + std::string(type) + "\n" + config::decoded(data)};
}

std::string envelope(std::string_view identifier, std::uint64_t serial, std::string_view pool,
                     std::uint64_t pool_serial, const event& what) {
  std::string line;
  line.reserve(192 + identifier.size() + pool.size() + what.body.size()); // the body may follow
  line = "ver:3.0 server:";
  line += identifier;
  line += " serial:" + std::to_string(serial) + " pool:";
  line += pool;
  line += " poolserial:" + std::to_string(pool_serial) + " eventname:";
  line += to_string(what.type);
  line += " len:" + std::to_string(config::code_points(what.body)) + "\n";
  return line;
}

} // namespace troupe::protocols
