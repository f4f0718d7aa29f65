// The members of what few processes ask for (process_policy), as option_fields.hpp lists those of all other options,
// and with the same promise: a number is never used for anything else again. Must not be included but there. Source:
// docs/contract/survival.md, 6.3.
#pragma once

#include "config/field_kinds.hpp"

namespace troupe::config {

TROUPE_MEMBERS(rate, 2);
void fields(auto& a, is<rate> auto& r) {
  a(1, r.count);
  milliseconds_field(a, 2, r.time);
}

TROUPE_MEMBERS(restart_options, 13);
void fields(auto& a, is<restart_options> auto& r) {
  a(1, r.backoff);
  milliseconds_field(a, 2, r.backoffmin);
  millionths_field(a, 3, r.backofffactor);
  optional_milliseconds_field(a, 4, r.backoffmax);
  millionths_field(a, 5, r.backoffjitter);
  milliseconds_field(a, 6, r.backoffreset);
  milliseconds_field(a, 7, r.restartdelay);
  a(8, r.restartlimit);
  a(9, r.limit_waits);
  exit_codes_field(a, 10, r.successexitcodes);
  exit_codes_field(a, 11, r.norestartexitcodes);
  milliseconds_field(a, 12, r.startdelay);
  milliseconds_field(a, 13, r.startstagger);
}

TROUPE_MEMBERS(depends_item, 4);
void fields(auto& a, is<depends_item> auto& r) {
  a(1, r.target);
  a(2, r.what);
  a(3, r.count);
  a(4, r.soft);
}

TROUPE_MEMBERS(dependency_options, 5);
void fields(auto& a, is<dependency_options> auto& r) {
  a(1, r.items);
  a(2, r.soft);
  a(3, r.failure);
  milliseconds_field(a, 4, r.timeout);
  a(5, r.lost);
}

TROUPE_MEMBERS(check_form, 5);
void fields(auto& a, is<check_form> auto& r) {
  a(1, r.what);
  a(2, r.host);
  a(3, r.number);
  a(4, r.text);
  a(5, r.shown);
}

TROUPE_MEMBERS(ready_options, 3);
void fields(auto& a, is<ready_options> auto& r) {
  a(1, r.form);
  milliseconds_field(a, 2, r.timeout);
  milliseconds_field(a, 3, r.interval);
}

TROUPE_MEMBERS(health_options, 7);
void fields(auto& a, is<health_options> auto& r) {
  a(1, r.form);
  milliseconds_field(a, 2, r.interval);
  milliseconds_field(a, 3, r.timeout);
  a(4, r.retries);
  milliseconds_field(a, 5, r.startperiod);
  a(6, r.then);
  a(7, r.signo);
}

TROUPE_MEMBERS(ladder_step, 2);
void fields(auto& a, is<ladder_step> auto& r) {
  a(1, r.signo);
  optional_milliseconds_field(a, 2, r.time);
}

TROUPE_MEMBERS(stop_options, 5);
void fields(auto& a, is<stop_options> auto& r) {
  a(1, r.ladder);
  a(2, r.command);
  optional_milliseconds_field(a, 3, r.commandtimeout);
  a(4, r.reach);
  milliseconds_field(a, 5, r.sweeptime);
}

TROUPE_MEMBERS(hook, 3);
void fields(auto& a, is<hook> auto& r) {
  a(1, r.command);
  milliseconds_field(a, 2, r.timeout);
  a(3, r.aborts);
}

TROUPE_MEMBERS(hook_options, 4);
void fields(auto& a, is<hook_options> auto& r) {
  a(1, r.prestart);
  a(2, r.poststart);
  a(3, r.prestop);
  a(4, r.poststop);
}

TROUPE_MEMBERS(essential_options, 5);
void fields(auto& a, is<essential_options> auto& r) {
  a(1, r.essential);
  a(2, r.on_exit);
  a(3, r.on_fatal);
  a(4, r.on_unhealthy);
  a(5, r.exitcode);
}

TROUPE_MEMBERS(env_file_name, 2);
void fields(auto& a, is<env_file_name> auto& r) {
  a(1, r.path);
  a(2, r.may_be_missing);
}

TROUPE_MEMBERS(surroundings, 8);
void fields(auto& a, is<surroundings> auto& r) {
  a(1, r.env_files);
  a(2, r.own_variables);
  a(3, r.user_variables);
  a(4, r.clean);
  a(5, r.gid);
  a(6, r.groups);
  a(7, r.makes_directory);
  a(8, r.directory_mode);
}

TROUPE_MEMBERS(batch_size, 2);
void fields(auto& a, is<batch_size> auto& r) {
  a(1, r.count);
  millionths_field(a, 2, r.share);
}

TROUPE_MEMBERS(rolling_options, 6);
void fields(auto& a, is<rolling_options> auto& r) {
  a(1, r.rolls);
  a(2, r.batch);
  optional_milliseconds_field(a, 3, r.pause);
  a(4, r.wait);
  a(5, r.maxfail);
  optional_milliseconds_field(a, 6, r.timeout);
}

TROUPE_MEMBERS(reload_options, 3);
void fields(auto& a, is<reload_options> auto& r) {
  a(1, r.signo);
  a(2, r.command);
  milliseconds_field(a, 3, r.timeout);
}

TROUPE_MEMBERS(process_policy, 13);
/// Once it was the restarts alone: their numbers, and one more.
void fields(auto& a, is<process_policy> auto& r) {
  fields(a, r.restarts);
  a(14, r.dependencies);
  a(15, r.ready);
  a(16, r.health);
  a(17, r.stops);
  a(18, r.hooks);
  a(19, r.oneshot);
  a(20, r.fails_group);
  a(21, r.essential);
  rare_field(a, 22, r.around);
  rare_field(a, 30, r.rolling);
  rare_field(a, 31, r.reloads);
  a(35, r.starts_as_last);
}

} // namespace troupe::config
