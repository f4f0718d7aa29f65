// As carried_fields.hpp, for rolling restarts, and for who was told to read its files again. Must not know how they are
// kept.
#pragma once

#include "actors/core/reload_record.hpp"
#include "actors/core/rollout.hpp"
#include "config/option_fields.hpp"

#include <boost/pfr/tuple_size.hpp>

namespace troupe::actors {

using config::is;

#define TROUPE_MEMBERS(record, count)                                                                                  \
  static_assert(config::has_members<record, count>, #record " has other members than listed")

TROUPE_MEMBERS(reload_record, 8);
void fields(auto& a, is<reload_record> auto& r) {
  config::rare_field(a, 1, r.phase);
  config::rare_field(a, 2, r.round);
  config::rare_field(a, 3, r.command);
  config::rare_field(a, 4, r.again);
  config::rare_field(a, 5, r.has_said);
  config::rare_field(a, 6, r.due);
  config::rare_field(a, 7, r.limit);
  config::rare_field(a, 8, r.failure);
}

TROUPE_MEMBERS(rollout_step, 4);
void fields(auto& a, is<rollout_step> auto& r) {
  a(1, r.process);
  a(2, r.starts);
  a(3, r.status);
  a(4, r.text);
}

TROUPE_MEMBERS(rollout_member, 15);
void fields(auto& a, is<rollout_member> auto& r) {
  a(1, r.process);
  a(2, r.group);
  a(3, r.name);
  a(4, r.wait);
  config::milliseconds_field(a, 5, r.up_within);
  config::milliseconds_field(a, 6, r.stopped_within);
  a(7, r.is);
  a(8, r.answered);
  a(9, r.has_run);
  a(10, r.has_failed);
  a(11, r.spawns);
  a(12, r.due);
  a(13, r.repeat);
  config::rare_field(a, 40, r.named);
  config::rare_field(a, 41, r.becomes);
}

TROUPE_MEMBERS(rollout::part, 3);
void fields(auto& a, is<rollout::part> auto& r) {
  a(1, r.name);
  a(2, r.members);
  a(3, r.several);
}

TROUPE_MEMBERS(rollout, 15);
void fields(auto& a, is<rollout> auto& r) {
  a(1, r.id);
  a(2, r.groups);
  a(3, r.members);
  a(4, r.batch);
  config::milliseconds_field(a, 5, r.pause);
  a(6, r.maxfail);
  a(7, r.all);
  a(8, r.promises);
  a(9, r.state);
  a(10, r.at);
  a(11, r.due);
  a(12, r.is_to_end);
  a(13, r.failures);
  a(14, r.steps);
  config::rare_field(a, 40, r.update);
}

#undef TROUPE_MEMBERS

} // namespace troupe::actors
