// See descriptions.hpp.
#include "protocols/descriptions.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace troupe::protocols {

std::string uptime_text(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(seconds, 0);
  char text[64];
  std::snprintf(text, sizeof text, "%d:%02d:%02d", static_cast<int>(seconds % 86400 / 3600),
                static_cast<int>(seconds % 3600 / 60), static_cast<int>(seconds % 60));
  auto days = seconds / 86400;
  if (days == 0)
    return text;
  return std::to_string(days) + (days == 1 ? " day, " : " days, ") + text;
}

std::string date_text(std::int64_t when) {
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto seconds = static_cast<std::time_t>(when);
  std::tm local{};
  if (!::localtime_r(&seconds, &local))
    return {};
  char text[64];
  std::snprintf(text, sizeof text, "%s %02d %02d:%02d %s", months[local.tm_mon], local.tm_mday,
                local.tm_hour % 12 == 0 ? 12 : local.tm_hour % 12, local.tm_min, local.tm_hour < 12 ? "AM" : "PM");
  return text;
}

std::string describe(process_state state, const std::string& name, int pid, const std::string& spawnerr,
                     std::int64_t start, std::int64_t stop, std::int64_t now, const std::string& waiting_for) {
  switch (state) {
  case process_state::running:
    return "pid " + std::to_string(pid) + ", uptime " + uptime_text(now - start);
  case process_state::backoff:
  case process_state::fatal:
    if (spawnerr.empty() && !waiting_for.empty())
      return waiting_for;
    return spawnerr.empty() ? "unknown error (try \"tail " + name + "\")" : spawnerr;
  case process_state::stopped:
  case process_state::exited:
    return start == 0 || stop == 0 ? "Not started" : date_text(stop);
  case process_state::starting:
  case process_state::stopping:
    return waiting_for;
  case process_state::unknown:
    break;
  }
  return {};
}

} // namespace troupe::protocols
