// The alarm clock of all processes: keeps their deadlines in order and has the actor system wake it for the earliest
// only, so that starting a thousand programs does not wake the clock's thread a thousand times.
// Must not know what a deadline is for; a deadline that no longer counts is its owner's to ignore. One alarm for each
// process, weakly held: neither restarts nor removed groups leave any behind.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <map>
#include <unordered_map>
#include <utility>

namespace troupe::actors {

struct timer_state {
  static inline const char* name = "timer";

  struct alarm {
    std::uint64_t epoch = 0;
    caf::actor_addr owner;
  };
  hosted<timer_actor>* self = nullptr;
  std::map<std::pair<time_point, std::uint64_t>, alarm> alarms; ///< by time and process
  std::unordered_map<std::uint64_t, time_point> due;            ///< by process
  std::optional<time_point> armed;                              ///< the actor system will wake us then

  void add(const alarm_request& request);
  void drop(std::uint64_t process);
  void ring();
};

timer_actor::behavior_type run_timer(hosted_pointer<timer_actor, timer_state> self, platform::main_log* log);

} // namespace troupe::actors
