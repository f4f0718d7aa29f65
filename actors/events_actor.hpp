// The one publisher of events: they get their total order by passing through here, and go to whoever subscribed.
// Must not build bodies (protocols/events.cpp does) or speak to listeners. Source: lifecycle specification, 0.3 and 6.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <functional>

namespace troupe::actors {

/// Called for every event, in order, by the events actor. For tests and, later, listener pools.
using event_observer = std::function<void(const protocols::event&)>;

struct events_state {
  static inline const char* name = "events";
};

events_actor::behavior_type run_events(events_actor::stateful_pointer<events_state> self, platform::main_log* log,
                                       event_observer observer);

} // namespace troupe::actors
