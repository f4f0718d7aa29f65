// The alarm clock of all processes: keeps their deadlines in order and has the actor system wake it for the earliest
// only, so that starting a thousand programs does not wake the clock's thread a thousand times.
// Must not know what a deadline is for; a deadline that no longer counts is its owner's to ignore.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <queue>

namespace troupe::actors {

struct timer_state {
  static inline const char* name = "timer";

  struct later {
    bool operator()(const alarm_request& a, const alarm_request& b) const { return a.at > b.at; }
  };
  timer_actor::pointer self = nullptr;
  std::priority_queue<alarm_request, std::vector<alarm_request>, later> alarms;
  std::optional<time_point> armed; ///< the actor system will wake us then

  void add(const alarm_request& request);
  void ring();
};

timer_actor::behavior_type run_timer(timer_actor::stateful_pointer<timer_state> self, platform::main_log* log);

} // namespace troupe::actors
