// See extension_actor.hpp.
#include "actors/extension_actor.hpp"

#include "config/text.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace troupe::actors {

using config::log_level;

/// The one before may have died with something to do.
void extension_state::take_over() {
  extension->tell([me = self->address()] {
    if (auto actor = caf::actor_cast<extension_actor>(me))
      caf::anon_send(actor, look_at_extension{});
  });
  look();
}

void extension_state::look() {
  auto need = extension->need();
  if (need.over)
    return self->quit(caf::exit_reason::user_shutdown);
  if (!need.failure.empty()) {
    log->write(log_level::error,
               "rpc interface " + config::quoted(extension->name()) + ": a handler has met " + need.failure);
    extension->repair();
    need = extension->need();
  }
  if (need.begin_at)
    begin(*need.begin_at);
}

void extension_state::begin(std::chrono::steady_clock::time_point at) {
  if (at <= std::chrono::steady_clock::now())
    return extension->begin();
  if (std::exchange(reminded_of, at) != at)
    self->remind(at, look_at_extension{});
}

extension_actor::behavior_type run_extension(hosted_pointer<extension_actor, extension_state> self,
                                             std::shared_ptr<rpc_extension> extension, platform::main_log* log) {
  guard(self, *log, "rpc interface " + config::quoted(extension->name()));
  auto& st = self->state;
  st.self = self;
  st.extension = std::move(extension);
  st.log = log;
  st.take_over();
  return {[&st](look_at_extension) { st.look(); }};
}

} // namespace troupe::actors
