// See use_probes.hpp.
#include "actors/use_probes.hpp"

#include "actors/io/helper_plan.hpp"
#include "actors/reaper_actor.hpp"

#include <caf/send.hpp>

#include <memory>
#include <string>
#include <utility>

namespace troupe::actors {

void use_probes(services& use, boost::asio::io_context& io) {
  auto log_of = [&use, means = use.means](const process_identity_ptr& who) {
    return use.io.log_of_helper(who, [means](const process_identity& whose, child_channel& into) {
      return open_helper_log(whose, means->settings, into);
    });
  };
  auto probe_plan = [means = use.means](const probe_order& order) {
    return helper_plan(*order.who, means->settings, order.form.text, order.pid);
  };
  auto say = [log_of](const process_identity_ptr& who, const std::string& lines) { log_of(who)->say(lines); };
  use.probes =
    std::make_shared<probe_desk>(io, use.checking_crew, doors_to_reaper(use), std::move(probe_plan), std::move(say));

  auto command_plan = [means = use.means](const command_order& order) {
    return helper_plan(*order.who, means->settings, order.command, order.pid, order.variables);
  };
  use.sweeps = std::make_shared<sweep_desk>(io, use.checking_crew);
  use.commands = std::make_shared<command_desk>(io, doors_to_reaper(use), std::move(command_plan), log_of);
}

void use_remembered(services& use, std::shared_ptr<enablement_book> book, boost::asio::io_context& io) {
  use.remembered = std::move(book);
  if (use.remembered)
    use.disabled_until =
      std::make_shared<until_timer>(io, [&use] { caf::anon_send(use.supervisor.get(), disabling_over{}); });
}

} // namespace troupe::actors
