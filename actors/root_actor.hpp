// The root of the supervision tree: monitors the actors that have no other above them, has one that died built again
// from what it has left, and gives up where that does not help. It holds nothing itself, so there is little for it to
// die of. Must not know what its actors do.
#pragma once

#include "actors/core/rebuild_pace.hpp"
#include "actors/hosted_actor.hpp"
#include "actors/services.hpp"

#include <caf/actor.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

/// An actor that the root keeps alive. Both functions are called on the root's thread.
struct kept_actor {
  std::string name;                  ///< for the log
  std::function<caf::actor()> build; ///< from its record; throws where it cannot
  std::function<void()> give_up;     ///< it dies again and again, or cannot be built; must not throw
  caf::actor first = nullptr;        ///< the one there is already; null: there is none
};

/// Has all of them, in order.
struct build_all {};
using root_actor = caf::typed_actor<caf::reacts_to<build_all>>;

struct root_state {
  static inline const char* name = "root";

  struct charge {
    kept_actor what;
    caf::actor_addr now;
    rebuild_pace pace;
  };
  hosted<root_actor>* self = nullptr;
  platform::main_log* log = nullptr;
  std::vector<charge> charges;

  void build(charge& what);
  void on_down(const caf::down_msg& down);
  void failed(const std::exception_ptr& failure) const { log_failure(*log, "root of the actors", failure); }
};

root_actor::behavior_type run_root(hosted_pointer<root_actor, root_state> self, platform::main_log* log,
                                   std::vector<kept_actor> charges);

} // namespace troupe::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::build_all)
