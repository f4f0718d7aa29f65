// See events_actor.hpp.
#include "actors/events_actor.hpp"

namespace troupe::actors {

events_actor::behavior_type run_events(events_actor::stateful_pointer<events_state> self, platform::main_log* log,
                                       event_observer observer) {
  guard(self, *log, "events");
  return {
    [observer = std::move(observer)](const publish_event& m) {
      if (observer)
        observer({static_cast<protocols::event_type>(m.type), m.body});
    },
  };
}

} // namespace troupe::actors
