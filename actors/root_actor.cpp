// See root_actor.hpp.
#include "actors/root_actor.hpp"

#include "actors/services.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;

void root_state::build(charge& what) {
  try {
    auto built = what.what.first ? std::exchange(what.what.first, nullptr) : what.what.build();
    what.now = built.address();
    self->monitor(built); // one that has died by now is reported at once
  } catch (const std::exception& e) {
    log->write(log_level::critical, "the " + what.what.name + " cannot be built: " + e.what());
    what.what.give_up();
  }
}

void root_state::on_down(const caf::down_msg& down) {
  auto found = std::find_if(charges.begin(), charges.end(), [&](auto& c) { return c.now == down.source; });
  if (found == charges.end())
    return;
  if (!found->pace.allows(std::chrono::steady_clock::now())) {
    log->write(log_level::critical, "the " + found->what.name + " dies again and again");
    return found->what.give_up();
  }
  log->write(log_level::critical, "the " + found->what.name + " died and is rebuilt from its record");
  build(*found);
}

root_actor::behavior_type run_root(hosted_pointer<root_actor, root_state> self, platform::main_log* log,
                                   std::vector<kept_actor> charges) {
  auto& st = self->state;
  st.self = self;
  st.log = log;
  for (auto& what : charges)
    st.charges.push_back({std::move(what), {}, {}});
  return {[&st](build_all) {
    for (auto& what : st.charges)
      st.build(what);
  }};
}

} // namespace troupe::actors
