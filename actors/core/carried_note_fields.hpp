// As carried_fields.hpp, for what has been written down about processes and clients: reports of ends, sessions, acts
// for the audit trail; and what a process has said of itself. Must not know how they are kept.
#pragma once

#include "actors/core/carried.hpp"
#include "config/option_fields.hpp"
#include "protocols/notify_message.hpp"

#include <boost/pfr/tuple_size.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define TROUPE_MEMBERS(record, count)                                                                                  \
  static_assert(config::has_members<record, count>, #record " has other members than listed")

namespace troupe::protocols {

TROUPE_MEMBERS(audit_record::unix_peer, 3);
void fields(auto& a, config::is<audit_record::unix_peer> auto& r) {
  a(1, r.uid);
  a(2, r.gid);
  a(3, r.pid);
}

TROUPE_MEMBERS(audit_record, 18);
void fields(auto& a, config::is<audit_record> auto& r) {
  a(1, r.time);
  a(2, r.id);
  a(3, r.user);
  a(4, r.how);
  a(5, r.token);
  a(6, r.from);
  a(7, r.via);
  a(8, r.server);
  a(9, r.peer);
  a(10, r.verb);
  a(11, r.target);
  a(12, r.names);
  a(13, r.call);
  a(14, r.bytes);
  a(15, r.came);
  a(16, r.fault);
  a(17, r.ms);
  a(18, r.suppressed);
}

/// Whole microseconds.
void microseconds_field(auto& a, std::uint16_t tag, auto& time) {
  auto count = time ? std::optional<std::int64_t>(time->count()) : std::nullopt;
  a(tag, count);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(time)>>)
    if (count)
      time = std::chrono::microseconds{*count};
}

TROUPE_MEMBERS(notify_message, 9);
void fields(auto& a, config::is<notify_message> auto& r) {
  config::rare_field(a, 1, r.ready);
  config::rare_field(a, 2, r.reloading);
  config::rare_field(a, 3, r.stopping);
  config::rare_field(a, 4, r.watchdog);
  config::rare_field(a, 5, r.trigger);
  config::rare_field(a, 6, r.status);
  config::rare_field(a, 7, r.error_number);
  microseconds_field(a, 8, r.watchdog_interval);
  microseconds_field(a, 9, r.extend);
}

TROUPE_MEMBERS(session, 4);
void fields(auto& a, config::is<session> auto& r) {
  a(1, r.user);
  a(2, r.place);
  a(3, r.since);
  a(4, r.key);
}

TROUPE_MEMBERS(session_book::kept, 3);
void fields(auto& a, config::is<session_book::kept> auto& r) {
  a(1, r.what);
  a(2, r.started);
  a(3, r.used);
}

TROUPE_MEMBERS(program_file, 4);
void fields(auto& a, config::is<program_file> auto& r) {
  a(1, r.path);
  a(2, r.inode);
  a(3, r.modified);
  a(4, r.size);
}

TROUPE_MEMBERS(death_tail, 5);
void fields(auto& a, config::is<death_tail> auto& r) {
  a(1, r.lines);
  a(2, r.total);
  a(3, r.whole);
  a(4, r.of_log);
  a(5, r.problem);
}

TROUPE_MEMBERS(death_changes, 6);
void fields(auto& a, config::is<death_changes> auto& r) {
  a(1, r.since);
  a(2, r.options);
  a(3, r.environment);
  a(4, r.program);
  a(5, r.configuration_then);
  a(6, r.configuration_now);
}

TROUPE_MEMBERS(death_report, 23);
void fields(auto& a, config::is<death_report> auto& r) {
  a(1, r.name);
  a(2, r.group);
  a(3, r.life);
  a(4, r.pid);
  a(5, r.at);
  a(6, r.seconds);
  a(7, r.wait_status);
  a(8, r.spawn_error);
  a(9, r.by_us);
  a(10, r.state);
  a(11, r.tried);
  a(12, r.tries);
  a(13, r.ends);
  a(14, r.memory);
  a(15, r.cgroup);
  a(16, r.limit);
  a(17, r.kills_before);
  a(18, r.kills_after);
  a(19, r.used);
  a(20, r.changed);
  a(21, r.out);
  a(22, r.err);
  a(23, r.core);
}

} // namespace troupe::protocols

namespace troupe::platform {

TROUPE_MEMBERS(child_usage, 3);
void fields(auto& a, config::is<child_usage> auto& r) {
  a(1, r.peak_bytes);
  a(2, r.user);
  a(3, r.system);
}

TROUPE_MEMBERS(log_place, 3);
void fields(auto& a, config::is<log_place> auto& r) {
  a(1, r.device);
  a(2, r.file);
  a(3, r.size);
}

} // namespace troupe::platform

namespace troupe::actors {

using config::is;

TROUPE_MEMBERS(carried_marks::channel, 3);
void fields(auto& a, is<carried_marks::channel> auto& r) {
  a(1, r.begins);
  a(2, r.ring);
  a(3, r.ring_is_whole);
}

TROUPE_MEMBERS(carried_marks, 5);
void fields(auto& a, is<carried_marks> auto& r) {
  a(1, r.out);
  a(2, r.err);
  a(3, r.kills);
  a(4, r.kernel_time);
  a(5, r.program);
}

TROUPE_MEMBERS(hour_count, 2);
void fields(auto& a, is<hour_count> auto& r) {
  std::array<std::uint8_t, sizeof r.minutes> minutes; // the reader is the same machine
  std::memcpy(minutes.data(), r.minutes.data(), minutes.size());
  a(1, minutes);
  a(2, r.last);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(r)>>)
    std::memcpy(r.minutes.data(), minutes.data(), minutes.size());
}

TROUPE_MEMBERS(death_book::good_life, 4);
void fields(auto& a, is<death_book::good_life> auto& r) {
  a(1, r.since);
  a(2, r.options);
  a(3, r.program);
  a(4, r.configuration);
}

TROUPE_MEMBERS(death_book::page, 5);
void fields(auto& a, is<death_book::page> auto& r) {
  a(1, r.group);
  a(2, r.process);
  a(3, r.reports);
  a(4, r.good);
  a(5, r.ends);
}

TROUPE_MEMBERS(carried_deaths, 2);
void fields(auto& a, is<carried_deaths> auto& r) {
  a(1, r.page);
  a(2, r.good_as_active);
}

/// `choice`: it has been found that the client may.
TROUPE_MEMBERS(process_task, 17);
void fields(auto& a, is<process_task> auto& r) {
  a(1, r.what);
  a(2, r.wait);
  a(3, r.signo);
  a(4, r.signal_text);
  a(5, r.one_of_many);
  a(6, r.goes_on);
  a(7, r.alone);
  a(8, r.for_others);
  a(9, r.because);
  a(10, r.for_group);
  config::rare_field(a, 11, r.rolls);
  config::rare_field(a, 12, r.round);
  config::rare_field(a, 13, r.reason);
  config::rare_field(a, 35, r.until);
  config::rare_field(a, 36, r.passing);
  config::rare_field(a, 37, r.over);
}

/// `reader`, `wish`, `rollout`, `update_step`: of other requests.
TROUPE_MEMBERS(control_request, 12);
void fields(auto& a, is<control_request> auto& r) {
  a(1, r.what);
  a(2, r.of);
  a(3, r.name);
  a(4, r.group);
  a(5, r.process);
  a(6, r.task);
  a(7, r.number);
  a(8, r.members);
}

TROUPE_MEMBERS(process_result, 4);
void fields(auto& a, is<process_result> auto& r) {
  a(1, r.name);
  a(2, r.group);
  a(3, r.status);
  a(4, r.description);
}

TROUPE_MEMBERS(gathering::entry, 5);
void fields(auto& a, is<gathering::entry> auto& r) {
  a(1, r.rank);
  a(2, r.result);
  a(3, r.absent);
  a(4, r.came);
  a(5, r.decided);
}

TROUPE_MEMBERS(carried_gathering, 2);
void fields(auto& a, is<carried_gathering> auto& r) {
  a(1, r.number);
  a(2, r.entries);
}

TROUPE_MEMBERS(carried_wait, 4);
void fields(auto& a, is<carried_wait> auto& r) {
  a(1, r.asked);
  a(2, r.id);
  a(3, r.version);
  a(4, r.stays);
}

TROUPE_MEMBERS(carried_client, 4);
void fields(auto& a, is<carried_client> auto& r) {
  a(1, r.server);
  a(2, r.fd);
  a(3, r.input);
  a(4, r.waits);
}

TROUPE_MEMBERS(carried_http, 5);
void fields(auto& a, is<carried_http> auto& r) {
  a(1, r.sessions);
  a(2, r.key);
  a(3, r.page_token);
  a(4, r.clients);
  a(5, r.last_number);
}

TROUPE_MEMBERS(open_act, 2);
void fields(auto& a, is<open_act> auto& r) {
  a(1, r.record);
  a(2, r.begun);
}

} // namespace troupe::actors

#undef TROUPE_MEMBERS
