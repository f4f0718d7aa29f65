// The 27 names a listener may subscribe to, parents before children. Here, because a configuration is checked against
// them; what they mean and how they match is in protocols/events.cpp. Source: the lifecycle specification, 6.1.
#pragma once

#include <array>
#include <string_view>

namespace troupe::config {

inline constexpr std::array<std::string_view, 27> event_names = {
  "EVENT",
  "PROCESS_STATE",
  "PROCESS_STATE_STARTING",
  "PROCESS_STATE_RUNNING",
  "PROCESS_STATE_BACKOFF",
  "PROCESS_STATE_STOPPING",
  "PROCESS_STATE_EXITED",
  "PROCESS_STATE_STOPPED",
  "PROCESS_STATE_FATAL",
  "PROCESS_STATE_UNKNOWN",
  "PROCESS_COMMUNICATION",
  "PROCESS_COMMUNICATION_STDOUT",
  "PROCESS_COMMUNICATION_STDERR",
  "PROCESS_LOG",
  "PROCESS_LOG_STDOUT",
  "PROCESS_LOG_STDERR",
  "REMOTE_COMMUNICATION",
  "SUPERVISOR_STATE_CHANGE",
  "SUPERVISOR_STATE_CHANGE_RUNNING",
  "SUPERVISOR_STATE_CHANGE_STOPPING",
  "TICK",
  "TICK_5",
  "TICK_60",
  "TICK_3600",
  "PROCESS_GROUP",
  "PROCESS_GROUP_ADDED",
  "PROCESS_GROUP_REMOVED",
};

} // namespace troupe::config
