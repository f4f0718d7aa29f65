// See session.hpp: programs of a supervisord that died whole, which a start finds in the register that it has left.
// Must not stop any: the reaper does, once it finds them in our register. Source: docs/contract/survival.md, 5.4.
// Cases: tests/leftovers_test.py.
#include "apps/daemon/session.hpp"
#include "platform/register.hpp"
#include "platform/stranger.hpp"

#include <algorithm>

namespace troupe {

using config::log_level;

/// Before another register is made in its place. What is wrong with one is said then.
void session::look_for_leftovers() {
  const auto& options = cfg_.supervisord;
  if (!options.survive || daemon_.keeper || !daemon_.first_start)
    return;
  auto found = platform::find_register(options.pidfile + ".register");
  if (found.memory && !found.in_use)
    leftovers_ = platform::leftovers_in(*found.memory, platform::running_since);
}

bool session::has_left(const config::group_options& group) const {
  return cfg_.supervisord.stop_leftovers && std::any_of(leftovers_.begin(), leftovers_.end(), [&](const auto& one) {
           return one.name.starts_with(group.name + ':');
         });
}

void session::tell_of_leftovers() const {
  auto is_configured = [&](const std::string& name) {
    for (const auto& group : cfg_.groups)
      for (const auto& process : group->processes)
        if (platform::slot_name(group->name, process->name.view()) == name)
          return true;
    return false;
  };
  for (const auto& one : leftovers_) {
    auto text =
      platform::shown_name(one.name) + ": pid " + std::to_string(one.pid) + " of the supervisord that died still runs";
    if (cfg_.supervisord.stop_leftovers) {
      bool helper = one.name.find(':') == one.name.npos;
      text += is_configured(one.name) ? "; stopping it first"
              : helper                ? "; stopping it"
                                      : ", and is in the configuration no more; stopping it";
    }
    log_->write(log_level::warn, text);
  }
}

} // namespace troupe
