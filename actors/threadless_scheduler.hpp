// The settings of an actor system whose actors all live on threads of ours (asio_host.hpp): its scheduler has no
// thread. CAF's own ones begin three (a worker, a clock, a printer), each with a stack and a heap, that have nothing to
// do here. Must not be used where an actor is spawned without a host: its turns would be its sender's.
#pragma once

#include <caf/actor_system_config.hpp>

namespace troupe::actors {

/// CAF's files and command lines are not read: an operator's daemon is configured in one place.
struct threadless_config : caf::actor_system_config {
  threadless_config();
};

} // namespace troupe::actors
