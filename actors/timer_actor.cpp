// See timer_actor.hpp.
#include "actors/timer_actor.hpp"
#include "actors/steadfast.hpp"

namespace troupe::actors {

void timer_state::add(const alarm_request& request) {
  drop(request.process);
  alarms[{request.at, request.process}] = {request.epoch, request.owner};
  due[request.process] = request.at;
  ring();
}

void timer_state::drop(std::uint64_t process) {
  auto found = due.find(process);
  if (found == due.end())
    return;
  alarms.erase({found->second, process});
  due.erase(found);
}

void timer_state::ring() {
  auto now = self->home_system().clock().now();
  if (armed && *armed <= now)
    armed.reset();
  while (!alarms.empty() && alarms.begin()->first.first <= now) {
    const auto& [when, what] = *alarms.begin();
    if (auto owner = caf::actor_cast<process_actor>(what.owner))
      self->send(owner, process_timer{what.epoch});
    drop(when.second);
  }
  if (!alarms.empty() && (!armed || alarms.begin()->first.first < *armed)) {
    armed = alarms.begin()->first.first;
    self->remind(*armed, timer_rang{});
  }
}

timer_actor::behavior_type run_timer(hosted_pointer<timer_actor, timer_state> self, platform::main_log* log) {
  guard(self, *log, "timer");
  auto& st = self->state;
  st.self = self;
  steadfast on{*log, "the timer"};
  return {
    on([&st](const alarm_request& m) { st.add(m); }),
    on([&st](alarm_dropped m) { st.drop(m.process); }),
    on([&st](timer_rang) { st.ring(); }),
  };
}

} // namespace troupe::actors
