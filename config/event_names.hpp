// The one table of event types: the 35 names a listener may subscribe to, parents before children. A new type is one
// row here, from which its enumerator, its name and what a configuration may subscribe to follow. Must not know what an
// event holds or who gets it (protocols/events.cpp). Source: docs/contract/lifecycle.md, 6.1;
// docs/contract/programs.md, 15.3.
#pragma once

#include <array>
#include <string_view>

// TYPE: what is published, by its identifier and its name. FAMILY: a name that stands for all below it.
// clang-format off
#define TROUPE_EVENTS(TYPE, FAMILY) \
  FAMILY("EVENT") \
  FAMILY("PROCESS_STATE") \
  TYPE(process_state_starting, "PROCESS_STATE_STARTING") \
  TYPE(process_state_running, "PROCESS_STATE_RUNNING") \
  TYPE(process_state_backoff, "PROCESS_STATE_BACKOFF") \
  TYPE(process_state_stopping, "PROCESS_STATE_STOPPING") \
  TYPE(process_state_exited, "PROCESS_STATE_EXITED") \
  TYPE(process_state_stopped, "PROCESS_STATE_STOPPED") \
  TYPE(process_state_fatal, "PROCESS_STATE_FATAL") \
  TYPE(process_state_unknown, "PROCESS_STATE_UNKNOWN") \
  FAMILY("PROCESS_COMMUNICATION") \
  TYPE(process_communication_stdout, "PROCESS_COMMUNICATION_STDOUT") \
  TYPE(process_communication_stderr, "PROCESS_COMMUNICATION_STDERR") \
  FAMILY("PROCESS_LOG") \
  TYPE(process_log_stdout, "PROCESS_LOG_STDOUT") \
  TYPE(process_log_stderr, "PROCESS_LOG_STDERR") \
  TYPE(remote_communication, "REMOTE_COMMUNICATION") \
  FAMILY("SUPERVISOR_STATE_CHANGE") \
  TYPE(supervisor_state_change_running, "SUPERVISOR_STATE_CHANGE_RUNNING") \
  TYPE(supervisor_state_change_stopping, "SUPERVISOR_STATE_CHANGE_STOPPING") \
  FAMILY("TICK") \
  TYPE(tick_5, "TICK_5") \
  TYPE(tick_60, "TICK_60") \
  TYPE(tick_3600, "TICK_3600") \
  FAMILY("PROCESS_GROUP") \
  TYPE(process_group_added, "PROCESS_GROUP_ADDED") \
  TYPE(process_group_removed, "PROCESS_GROUP_REMOVED") \
  FAMILY("PROCESS_HEALTH") \
  TYPE(process_health_healthy, "PROCESS_HEALTH_HEALTHY") \
  TYPE(process_health_unhealthy, "PROCESS_HEALTH_UNHEALTHY") \
  FAMILY("PROCESS_NOTICE") \
  TYPE(process_notice_hook, "PROCESS_NOTICE_HOOK") \
  TYPE(process_notice_leftover, "PROCESS_NOTICE_LEFTOVER") \
  TYPE(process_notice_skipped, "PROCESS_NOTICE_SKIPPED") \
  TYPE(process_notice_limit, "PROCESS_NOTICE_LIMIT")
// clang-format on

namespace troupe::config {

#define TROUPE_TYPE(identifier, name) std::string_view(name),
#define TROUPE_FAMILY(name) std::string_view(name),
inline constexpr std::array event_names{TROUPE_EVENTS(TROUPE_TYPE, TROUPE_FAMILY)};
#undef TROUPE_TYPE
#undef TROUPE_FAMILY

} // namespace troupe::config
