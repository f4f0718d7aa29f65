// See timer_actor.hpp.
#include "actors/timer_actor.hpp"

namespace troupe::actors {

void timer_state::add(const alarm_request& request) {
  alarms.push(request);
  ring();
}

void timer_state::ring() {
  auto now = self->home_system().clock().now();
  if (armed && *armed <= now)
    armed.reset();
  for (; !alarms.empty() && alarms.top().at <= now; alarms.pop())
    self->send(alarms.top().owner, process_timer{alarms.top().epoch});
  if (!alarms.empty() && (!armed || alarms.top().at < *armed)) {
    armed = alarms.top().at;
    self->scheduled_send(timer_actor{self}, *armed, timer_rang{});
  }
}

timer_actor::behavior_type run_timer(timer_actor::stateful_pointer<timer_state> self, platform::main_log* log) {
  guard(self, *log, "timer");
  auto& st = self->state;
  st.self = self;
  return {
    [&st](const alarm_request& m) { st.add(m); },
    [&st](timer_rang) { st.ring(); },
  };
}

} // namespace troupe::actors
