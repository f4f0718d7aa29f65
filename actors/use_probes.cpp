// See use_probes.hpp.
#include "actors/use_probes.hpp"

#include "actors/io/helper_plan.hpp"
#include "actors/reaper_actor.hpp"

#include <utility>

namespace troupe::actors {

void use_probes(services& use, boost::asio::io_context& io) {
  auto plan = [means = use.means](const probe_order& order) {
    return helper_plan(*order.who, means->settings, order.form.text, order.pid);
  };
  auto say = [&use](const process_identity_ptr& who, const std::string& lines) { use.io.say(who->id, lines); };
  use.probes =
    std::make_shared<probe_desk>(io, use.checking_crew, doors_to_reaper(use), std::move(plan), std::move(say));
}

} // namespace troupe::actors
