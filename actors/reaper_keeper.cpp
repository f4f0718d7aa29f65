// See reaper_actor.hpp: where a keeper is the parent of all children. It waits for them and rings a bell; their ends
// are in the register. Must not wait for anybody.
#include "actors/reaper_actor.hpp"

#include "config/text.hpp"

#include <caf/send.hpp>

#include <csignal>

namespace troupe::actors {

using config::log_level;

std::uint32_t reaper_state::slot_of(int pid) const {
  auto found = record->children.find(pid);
  return found != record->children.end() && found->second.cell ? found->second.cell->slot : no_slot;
}

/// It is the keeper who waits for a child, before or after we hear of its end.
bool reaper_state::may_be_anothers(int pid) const { return use->keeper && use->keeper->has_ended(slot_of(pid)); }

void reaper_state::watch_keeper(const std::function<void()>& ended) {
  auto& io = self->host().io();
  bell.emplace(io, use->keeper->bell(), [this, ended] {
    use->keeper->silence_bell();
    ended();
  });
  link.emplace(io, use->keeper->link(), [this] { hear_keeper(); });
}

void reaper_state::reap_register() {
  use->keeper->silence_bell();
  for (const auto& [slot, ended] : use->keeper->take_ends()) {
    auto life = use->keeper->life_of(slot);
    bool helper = use->keeper->is_helper(slot);
    report_exit(ended);
    use->keeper->drop(slot, life); // what was in its pipes is in its logs
    if (helper)
      use->keeper->give_back(slot);
  }
  look_at_keeper();
}

void reaper_state::hear_keeper() {
  use->keeper->hear({use->signalled,
                     [this](int pid, int wait_status) {
                       use->log.write(log_level::info, "reaped unknown pid " + std::to_string(pid) + " (" +
                                                         wait_status_text(wait_status) + ")");
                     },
                     [this](std::size_t unheld) {
                       use->log.write(log_level::warn,
                                      unheld == 0 ? "all programs would survive a crash of supervisord again"
                                                  : std::to_string(unheld) + " program" + (unheld == 1 ? "" : "s") +
                                                      " would not survive a crash of supervisord now");
                     },
                     [this] {
                       link.reset();
                       use->log.write(log_level::critical, "the process with supervisord's pid is gone");
                       use->signalled(SIGTERM);
                     }});
  look_at_keeper();
}

/// The keeper sleeps until it is told that messages wait, which is not said with each.
void reaper_state::look_at_keeper() {
  if (looking)
    return;
  if (auto at = use->keeper->next_look()) {
    looking = true;
    self->remind(*at, look_at_keeper_again{});
  }
}

void reaper_state::look_at_keeper_now() {
  looking = false;
  use->keeper->look_again();
  look_at_keeper();
}

} // namespace troupe::actors
