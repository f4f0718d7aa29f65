// The members of what is carried (carried.hpp), each with a number that is never used for anything else again; see
// config/option_fields.hpp, which is the same for options. Must not know how they are kept.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/core/carried_note_fields.hpp"
#include "actors/core/rollout_fields.hpp"
#include "config/option_fields.hpp"

#include <boost/pfr/tuple_size.hpp>

namespace troupe::protocols {

#define TROUPE_MEMBERS(record, count)                                                                                  \
  static_assert(config::has_members<record, count>, #record " has other members than listed")

/// `about`: whoever had more to say is gone.
TROUPE_MEMBERS(event, 3);
void fields(auto& a, config::is<event> auto& r) {
  a(1, r.type);
  a(2, r.body);
}

TROUPE_MEMBERS(listener_talk, 5);
void fields(auto& a, config::is<listener_talk> auto& r) {
  a(1, r.state);
  a(2, r.pending);
  a(3, r.handled);
  a(4, r.result_missing);
  a(5, r.result);
}

} // namespace troupe::protocols

namespace troupe::actors {

using config::is;

/// Four bytes a restart: how many milliseconds before the last one. What is counted within a minute begins anew.
TROUPE_MEMBERS(restart_book, 4);
void fields(auto& a, is<restart_book> auto& r) {
  using std::chrono::milliseconds;
  auto last = r.recent.empty() ? time_point{} : r.recent.back();
  std::string before;
  for (auto at : r.recent) {
    auto ago = std::min<std::int64_t>(std::chrono::duration_cast<milliseconds>(last - at).count(), UINT32_MAX);
    for (int shift = 0; shift < 32; shift += 8)
      before += static_cast<char>(ago >> shift & 0xff);
  }
  a(2, last);
  a(3, before);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(r)>>) {
    r.recent.clear();
    for (std::size_t i = 0; i + 4 <= before.size(); i += 4) {
      std::int64_t ago = 0;
      for (std::size_t k = 0; k < 4; ++k)
        ago |= std::int64_t{static_cast<unsigned char>(before[i + k])} << (8 * k);
      r.recent.push_back(last - milliseconds{ago});
    }
  }
}

TROUPE_MEMBERS(dependency_hold, 8);
void fields(auto& a, is<dependency_hold> auto& r) {
  config::rare_field(a, 1, r.holds);
  config::rare_field(a, 2, r.told);
  config::rare_field(a, 3, r.overdue);
  config::rare_field(a, 4, r.passed);
  config::rare_field(a, 5, r.relies_on);
  config::rare_field(a, 6, r.alone);
  config::rare_field(a, 7, r.returning);
  config::rare_field(a, 36, r.stuck);
}

TROUPE_MEMBERS(check_record, 17);
void fields(auto& a, is<check_record> auto& r) {
  config::rare_field(a, 1, r.awaits_ready);
  config::rare_field(a, 2, r.failing);
  config::rare_field(a, 3, r.wants_restart);
  config::rare_field(a, 4, r.told_why_not);
  config::rare_field(a, 5, r.reloading);
  config::rare_field(a, 6, r.stopping);
  config::rare_field(a, 7, r.has_been_healthy);
  config::rare_field(a, 8, r.health);
  config::rare_field(a, 9, r.failures);
  config::rare_field(a, 10, r.probe);
  config::rare_field(a, 11, r.probing);
  config::rare_field(a, 12, r.due);
  if (!std::is_const_v<std::remove_reference_t<decltype(r)>> || r.watchdog)
    config::optional_milliseconds_field(a, 13, r.watchdog);
  config::rare_field(a, 14, r.error_number);
  config::rare_field(a, 15, r.detail);
  config::rare_field(a, 16, r.status);
  config::rare_field(a, 17, r.has_lasted);
}

TROUPE_MEMBERS(stage_record, 27);
void fields(auto& a, is<stage_record> auto& r) {
  config::rare_field(a, 1, r.runs);
  config::rare_field(a, 2, r.command);
  config::rare_field(a, 3, r.due);
  config::rare_field(a, 4, r.prepared);
  config::rare_field(a, 5, r.rung);
  config::rare_field(a, 6, r.commanded);
  config::rare_field(a, 7, r.kill_pending);
  config::rare_field(a, 8, r.was_killed);
  config::rare_field(a, 9, r.cause);
  config::rare_field(a, 10, r.after);
  config::rare_field(a, 11, r.ended_pid);
  config::rare_field(a, 12, r.wait_status);
  config::rare_field(a, 13, r.expected);
  config::rare_field(a, 14, r.overdue);
  config::rare_field(a, 15, r.vetoed);
  if (!std::is_const_v<std::remove_reference_t<decltype(r)>> || r.uptime.count() != 0)
    config::milliseconds_field(a, 16, r.uptime);
  config::rare_field(a, 17, r.swept_hard);
  config::rare_field(a, 18, r.look);
  config::rare_field(a, 19, r.next);
  config::rare_field(a, 20, r.left);
  config::rare_field(a, 21, r.left_names);
  config::rare_field(a, 22, r.start_waits);
  config::rare_field(a, 23, r.restart_waits);
  config::rare_field(a, 24, r.has_failed);
  config::rare_field(a, 25, r.spawn_id);
  config::rare_field(a, 26, r.ready_at);
  config::rare_field(a, 27, r.kill_follows);
}

TROUPE_MEMBERS(process_record, 32);
void fields(auto& a, is<process_record> auto& r) {
  a.needed(1, r.state);
  a(2, r.pid);
  a(3, r.started_once);
  a(4, r.started_at);
  a(5, r.laststart);
  a(6, r.laststop);
  a(7, r.deadline);
  a(8, r.backoff);
  a(9, r.killing);
  a(10, r.stop_pending);
  a(11, r.stop_is_final);
  a(12, r.administrative_stop);
  a(13, r.system_stop);
  a(14, r.exitstatus);
  a(15, r.last_end);
  a(16, r.spawnerr);
  a(17, r.spawns);
  a(18, r.signalled_at);
  a(19, r.died);
  a(20, r.why);
  a(21, r.waiting_for);
  a(22, r.running_since);
  auto restarts = restarts_of(r);
  a(23, restarts);
  a(24, r.hold);
  a(25, r.restart_pending);
  auto check = r.check ? std::optional(*r.check) : std::nullopt;
  a(26, check);
  auto stage = r.stage ? std::optional(*r.stage) : std::nullopt;
  a(27, stage);
  auto reload = r.reload ? std::optional(*r.reload) : std::nullopt;
  a(28, reload);
  config::rare_field(a, 30, r.disabled);
  config::rare_field(a, 31, r.disabled_until);
  config::rare_field(a, 32, r.wished);
  config::rare_field(a, 36, r.is_outdated);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(r)>>) {
    if (restarts != restart_book{})
      r.restarts.make() = std::move(restarts);
    if (check)
      r.check.make() = *std::move(check);
    if (stage)
      r.stage.make() = *std::move(stage);
    if (reload)
      r.reload.make() = *std::move(reload);
  }
}

TROUPE_MEMBERS(group_view::member, 3);
void fields(auto& a, is<group_view::member> auto& r) {
  a(1, r.name);
  a(2, r.state);
  a(3, r.process);
}

TROUPE_MEMBERS(group_view, 5);
void fields(auto& a, is<group_view> auto& r) {
  a(1, r.name);
  a(2, r.priority);
  a(3, r.members);
  a(4, r.pool);
  a(5, r.id);
}

TROUPE_MEMBERS(daemon_record, 7);
void fields(auto& a, is<daemon_record> auto& r) {
  a(1, r.state);
  a(2, r.stopping);
  a(3, r.finished);
  a(4, r.stop_queue);
  a(5, r.batch);
  a(6, r.report_due);
  a(7, r.status);
}

/// `positions` follow from the groups.
/// One of a scale_book.
struct carried_scale {
  std::string program;
  std::int64_t wanted = 1;
  std::optional<std::int64_t> configured;
  bool operator==(const carried_scale&) const = default;
};
TROUPE_MEMBERS(carried_scale, 3);
void fields(auto& a, is<carried_scale> auto& r) {
  a(1, r.program);
  a(2, r.wanted);
  a(3, r.configured);
}

TROUPE_MEMBERS(group_table, 16);
void fields(auto& a, is<group_table> auto& r) {
  a(1, r.groups);
  a(2, r.next_id);
  a(3, r.daemon);
  a(4, r.started);
  a(5, r.next_to_evaluate);
  a(6, r.evaluating);
  a(7, r.doors_shut);
  a(8, r.being_spawned);
  a(9, r.progress);
  a(10, r.progress_seen);
  a(11, r.to_stop);
  a(12, r.deaths);
  a(13, r.removing);
  std::vector<carried_scale> scales;
  for (const auto& [program, scale] : r.scales)
    scales.push_back({program, scale.wanted, scale.configured});
  config::rare_field(a, 14, scales);
  config::rare_field(a, 15, r.to_start);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(r)>>) {
    r.scales.clear();
    for (auto& [program, wanted, configured] : scales)
      r.scales[program] = {wanted, configured};
  }
}

/// `waits_for`: likewise.
TROUPE_MEMBERS(pooled_event, 4);
void fields(auto& a, is<pooled_event> auto& r) {
  a(1, r.what);
  a(2, r.serial);
  a(3, r.pool_serial);
}

TROUPE_MEMBERS(pool_member, 7);
void fields(auto& a, is<pool_member> auto& r) {
  a(1, r.name);
  a(2, r.running);
  a(3, r.talk);
  a(4, r.held);
  a(5, r.question);
  a(6, r.heard);
  a(7, r.lost);
}

TROUPE_MEMBERS(carried_output, 7);
void fields(auto& a, is<carried_output> auto& r) {
  a(1, r.line_head);
  a(2, r.line_kept);
  a(3, r.line_continued);
  a(4, r.capture_held);
  a(5, r.capturing);
  a(6, r.captured);
  a(7, r.unwritten);
}

TROUPE_MEMBERS(carried_channel, 2);
void fields(auto& a, is<carried_channel> auto& r) {
  a(1, r.pipe);
  a(2, r.output);
}

TROUPE_MEMBERS(carried_child::kept_numbers, 3);
void fields(auto& a, is<carried_child::kept_numbers> auto& r) {
  a(1, r.memory);
  a(2, r.out);
  a(3, r.in);
}

TROUPE_MEMBERS(carried_child, 8);
void fields(auto& a, is<carried_child> auto& r) {
  a(1, r.process);
  a(2, r.pid);
  a(3, r.in);
  a(4, r.input);
  a(5, r.out);
  a(6, r.err);
  a(7, r.marks);
  a(8, r.kept);
}

TROUPE_MEMBERS(carried_process, 10);
void fields(auto& a, is<carried_process> auto& r) {
  a(1, r.id);
  a.needed(2, r.record);
  a(3, r.stdout_path);
  a(4, r.stderr_path);
  a(5, r.stdout_bytes);
  a(6, r.stderr_bytes);
  a(7, r.slot);
  a(8, r.handled_life);
  a(9, r.ready);
  a(10, r.notify);
}

TROUPE_MEMBERS(carried_group, 3);
void fields(auto& a, is<carried_group> auto& r) {
  a(1, r.id);
  a.needed(2, r.options);
  a.needed(3, r.processes);
}

TROUPE_MEMBERS(carried_pool, 6);
void fields(auto& a, is<carried_pool> auto& r) {
  a(1, r.name);
  a(2, r.members);
  a(3, r.buffer);
  a(4, r.next_serial);
  a(5, r.overflowing);
  a(6, r.closed);
}

TROUPE_MEMBERS(carried_exit, 3);
void fields(auto& a, is<carried_exit> auto& r) {
  a(1, r.process);
  a(2, r.pid);
  a(3, r.wait_status);
}

TROUPE_MEMBERS(carried_stranger, 2);
void fields(auto& a, is<carried_stranger> auto& r) {
  a(1, r.pid);
  a(2, r.fd);
}

TROUPE_MEMBERS(carried_fcgi::holder, 2);
void fields(auto& a, is<carried_fcgi::holder> auto& r) {
  a(1, r.process);
  a(2, r.pid);
}

TROUPE_MEMBERS(carried_fcgi, 4);
void fields(auto& a, is<carried_fcgi> auto& r) {
  a(1, r.section);
  a(2, r.url);
  a(3, r.fd);
  a(4, r.holders);
}

TROUPE_MEMBERS(enablement, 6);
void fields(auto& a, is<enablement> auto& r) {
  a(1, r.disabled);
  a(2, r.wanted);
  a(3, r.scales);
  a(4, r.last_runs);
  a(5, r.others);
  a(6, r.numprocs);
}

/// `spawned`: never in a parcel.
TROUPE_MEMBERS(carried_runtime, 22);
void fields(auto& a, is<carried_runtime> auto& r) {
  a.needed(1, r.groups);
  a(2, r.loaded);
  a(3, r.loaded_is_active);
  a.needed(4, r.table);
  a(5, r.kept);
  a.needed(6, r.exits);
  a(7, r.dying);
  a.needed(8, r.children);
  a.needed(9, r.pools);
  a.needed(10, r.sockets);
  a(11, r.event_serial);
  a(12, r.last_process_id);
  a(13, r.helpers);
  a(14, r.deaths);
  a(15, r.configurations);
  a(16, r.http);
  a(17, r.gatherings);
  a(18, r.strangers);
  a(19, r.rollouts);
  a(20, r.last_rollout);
  a(35, r.remembered);
}

#undef TROUPE_MEMBERS

} // namespace troupe::actors
