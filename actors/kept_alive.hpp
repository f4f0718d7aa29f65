// The one way in which an actor that has no other above it is built again, from its record, when it dies of anything
// but an order to end. It is no actor itself, so that there is nothing for it to die of. Must not know what the actor
// does. Cases: tests/actors/kept_alive_test.cpp; the pace: core/rebuild_pace.hpp.
#pragma once

#include "actors/asio_host.hpp"
#include "actors/core/rebuild_pace.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include <functional>
#include <string>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

struct kept_actor {
  std::string name; ///< for the log: "the reaper"
  /// Makes it on the host. Null: there is to be none any more.
  std::function<caf::strong_actor_ptr()> spawn;
  /// It dies again and again; must not throw. Empty: it is built anew for as long as it takes.
  std::function<void()> give_up = {};
};

/// Spawns it, and again on the thread of the host: at once, or after a pause. It stays though nobody else holds it.
/// Throws what the first spawn throws.
void keep_alive(asio_host& host, platform::main_log& log, kept_actor what);

template <class Handle>
caf::strong_actor_ptr strong(const Handle& actor) {
  return caf::actor_cast<caf::strong_actor_ptr>(actor);
}

/// For whoever rebuilds an actor: all say it in the same words. `who`: "the actor of group g".
void say_rebuilt(platform::main_log& log, const std::string& who);

} // namespace troupe::actors
