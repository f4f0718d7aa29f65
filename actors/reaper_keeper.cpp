// See reaper_actor.hpp: where a keeper is the parent of all children. It waits for them and rings a bell; their ends
// are in the register. Must not wait for anybody.
#include "actors/reaper_actor.hpp"

#include "actors/carry.hpp"
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
constexpr std::chrono::seconds longest_wait_for_init{1};

bool is_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

} // namespace

std::uint32_t reaper_state::slot_of(int pid) const {
  auto found = record->children.find(pid);
  if (found == record->children.end())
    return no_slot;
  return found->second.cell ? found->second.cell->slot : use->keeper->slot_of_helper(pid);
}

/// It is the keeper, or init, who waits for a child, before or after we hear of its end.
bool reaper_state::may_be_anothers(int pid) const {
  auto stranger = record->strangers.find(pid);
  if (stranger != record->strangers.end())
    return !stranger->second || is_readable(stranger->second.get());
  return use->keeper && use->keeper->has_ended(slot_of(pid));
}

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
    if (report_exit(ended)) // else its pipes are still to be read
      let_go_of(slot, life, helper);
  }
  if (use->keeper->has_heard())
    hear_keeper();
  look_at_keeper();
}

/// What was in its pipes is in its logs.
void reaper_state::let_go_of(std::uint32_t slot, std::uint32_t life, bool helper) const {
  use->keeper->drop(slot, life);
  if (helper)
    use->keeper->give_back(slot);
}

void reaper_state::hear_keeper() {
  if (keeper_lost)
    return;
  use->keeper->hear(
    {use->signalled,
     [this](int pid, int wait_status) {
       use->log.write(takes_orphans ? log_level::debug : log_level::info,
                      "reaped unknown pid " + std::to_string(pid) + " (" + wait_status_text(wait_status) + ")");
     },
     [this](std::size_t unheld) {
       use->log.write(log_level::warn, unheld == 0 ? "all programs would survive a crash of supervisord again"
                                                   : std::to_string(unheld) + " program" + (unheld == 1 ? "" : "s") +
                                                       " would not survive a crash of supervisord now");
     },
     [this] { lose_keeper(); }});
  look_at_keeper();
}

/// Our children are init's now. Somebody takes the keeper's place, or all are stopped: whoever watches the daemon's pid
/// starts another one.
void reaper_state::lose_keeper() {
  keeper_lost = true; // `link` is at work on this thread: it goes with the next look
  reap_register();
  for (const auto& [pid, known] : record->children)
    if (auto slot = slot_of(pid); !record->strangers.contains(pid))
      record->strangers[pid] = slot == no_slot ? platform::unique_fd() : use->keeper->hold_child(slot);
  if (use->keeper_gone)
    postpone_spawns(*record); // they would not be the next keeper's, either
  watch_strangers();
  self->remind(std::chrono::steady_clock::now(), look_at_keeper_again{});
  if (use->keeper_gone)
    return use->keeper_gone();
  use->log.write(log_level::critical, "the process with supervisord's pid is gone; the worker stops all programs");
  use->signalled(SIGTERM);
}

void reaper_state::watch_strangers() {
  auto now = std::chrono::steady_clock::now();
  for (const auto& [pid, process] : record->strangers)
    if (!process) {
      ending.emplace(pid, now);
    } else if (!watches.contains(pid)) {
      auto ended = [this, pid = pid] { // at work on this thread: its watch goes with the next look
        if (ending.emplace(pid, std::chrono::steady_clock::now() + longest_wait_for_init).second)
          look_at_strangers_at(std::chrono::steady_clock::now());
      };
      watches.emplace(pid, std::make_unique<descriptor_watch>(self->host().io(), process.get(), ended));
    }
  if (!ending.empty())
    look_at_strangers_at(now);
}

void reaper_state::look_at_strangers_at(std::chrono::steady_clock::time_point when) {
  if (!std::exchange(looking_at_strangers, true))
    self->remind(when, look_at_keeper_again{});
}

/// How one ended is known once init has waited for it, and not to every kernel.
void reaper_state::look_at_strangers() {
  looking_at_strangers = false;
  auto now = std::chrono::steady_clock::now();
  std::vector<std::pair<int, int>> ended;
  for (const auto& [pid, until] : ending) {
    watches.erase(pid);
    auto found = record->strangers.find(pid);
    bool held = found != record->strangers.end() && found->second;
    auto end = held ? platform::end_of_stranger(found->second.get(), pid) : std::nullopt;
    if (end || now >= until)
      ended.emplace_back(pid, end.value_or(unknown_end));
  }
  for (const auto& [pid, wait_status] : ended)
    end_stranger(pid, wait_status);
  if (!ending.empty())
    look_at_strangers_at(now + between_looks);
}

void reaper_state::end_stranger(int pid, int wait_status) {
  ending.erase(pid);
  record->strangers.erase(pid);
  auto slot = slot_of(pid);
  auto found = record->children.find(pid);
  bool helper = found != record->children.end() && !found->second.cell;
  if (slot != no_slot)
    use->keeper->note_end(slot, wait_status);
  if (helper && wait_status == unknown_end && keeper_lost && record->resting)
    record->lost_helpers.push_back(std::move(record->children.extract(found).mapped().exited));
  else if (found != record->children.end() && !report_exit({pid, wait_status, {}, {}}))
    return;
  if (slot != no_slot && !keeper_lost)
    use->keeper->drop(slot, use->keeper->life_of(slot));
  if (slot != no_slot && helper)
    use->keeper->give_back(slot);
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
  look_at_strangers();
  if (keeper_lost)
    return link.reset();
  use->keeper->look_again();
  look_at_keeper();
}

} // namespace troupe::actors
