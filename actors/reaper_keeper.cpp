// See reaper_actor.hpp: where a keeper is the parent of all children. It waits for them and rings a bell; their ends
// are in the register. Must not wait for anybody.
#include "actors/reaper_actor.hpp"

#include "platform/stranger.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <csignal>
#include <utility>
#include <vector>

#include <poll.h>

namespace troupe::actors {

using config::log_level;

namespace {

constexpr std::chrono::milliseconds between_looks{20};

bool is_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

} // namespace

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
  if (keeper_lost)
    return;
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
                     [this] { lose_keeper(); }});
  look_at_keeper();
}

/// Our children are init's now. They are stopped, and the daemon ends: whoever watches its pid starts another one.
void reaper_state::lose_keeper() {
  keeper_lost = true; // `link` is at work on this thread: it goes with the next look
  use->log.write(log_level::critical, "the process with supervisord's pid is gone; the worker stops all programs");
  reap_register();
  for (const auto& [pid, known] : record->children) {
    auto slot = known.cell ? known.cell->slot : no_slot;
    strangers[pid] = slot == no_slot ? platform::unique_fd() : use->keeper->hold_child(slot);
  }
  use->signalled(SIGTERM);
  self->remind(std::chrono::steady_clock::now(), look_at_keeper_again{});
}

void reaper_state::look_at_strangers() {
  constexpr int not_known = -1; // a wait status that is none: the system does not tell everybody
  std::vector<platform::child_end> ended;
  for (const auto& [pid, process] : strangers)
    if (!process || is_readable(process.get()))
      ended.push_back(
        {pid, process ? platform::end_of_stranger(process.get()).value_or(not_known) : not_known, {}, {}});
  for (const auto& end : ended) {
    strangers.erase(end.pid);
    report_exit(end);
  }
  if (!strangers.empty() && !std::exchange(looking, true))
    self->remind(std::chrono::steady_clock::now() + between_looks, look_at_keeper_again{});
}

/// The keeper sleeps until it is told that messages wait, which is not said with each.
void reaper_state::look_at_keeper() {
  if (looking || keeper_lost)
    return;
  if (auto at = use->keeper->next_look()) {
    looking = true;
    self->remind(*at, look_at_keeper_again{});
  }
}

void reaper_state::look_at_keeper_now() {
  looking = false;
  if (keeper_lost) {
    link.reset();
    return look_at_strangers();
  }
  use->keeper->look_again();
  look_at_keeper();
}

} // namespace troupe::actors
