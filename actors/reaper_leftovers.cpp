// See reaper_actor.hpp: programs of a daemon that died whole, as the register has them. Each is stopped, and whoever
// has its name is spawned only then. Nobody waits for them with waitpid(2), so they are held by descriptors. Must not
// decide who is one (platform/leftovers.hpp, apps/daemon do). Source: docs/contract/survival.md, 5.4. Cases:
// tests/leftovers_test.py.
#include "actors/reaper_actor.hpp"

#include "config/text.hpp"
#include "platform/stranger.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

constexpr std::chrono::seconds between_tries{1};

std::string words_for(const platform::leftover& who) {
  return platform::shown_name(who.name) + ": pid " + std::to_string(who.pid) + " of the supervisord that died";
}

std::string group_of(const std::string& name) { return name.substr(0, name.find(':') + 1); }

/// Where no more descriptors are to be had it is not known, which is not gone.
bool is_gone(reaper_record::leftover& one) {
  if (one.process)
    return platform::has_ended(one.process);
  errno = 0;
  one.process = platform::hold_stranger(one.who.pid, one.who.spawned_at);
  if (one.process)
    return platform::has_ended(one.process);
  return errno != EMFILE && errno != ENFILE && errno != ENOMEM;
}

} // namespace

/// Those of which nobody has heard yet. The worker before this one may have told some of them to stop.
void reaper_state::take_up_leftovers() {
  if (!use->keeper)
    return;
  for (auto& [slot, who] : use->keeper->leftovers()) {
    auto [at, fresh] = record->leftovers.try_emplace(slot);
    if (!fresh)
      continue;
    record->left_names.insert(who.name);
    record->left_names.insert(group_of(who.name));
    at->second.who = std::move(who);
  }
  for (auto& [slot, one] : record->leftovers)
    if (!is_gone(one))
      stop_leftover(slot, one);
  look_at_all_leftovers();
}

void reaper_state::stop_leftover(std::uint32_t slot, reaper_record::leftover& one) {
  if (auto told = use->keeper->kill_at(slot)) {
    one.kill_at = *told;
  } else {
    one.kill_at = std::chrono::steady_clock::now() + std::chrono::seconds{one.who.stop_wait};
    signal_leftover(one, one.who.stop_signal, one.who.stop_to_group);
    use->keeper->note_stop(slot, one.kill_at);
  }
  self->remind(one.kill_at, look_at_leftovers{});
}

void reaper_state::signal_leftover(const reaper_record::leftover& one, int signo, bool to_group) const {
  if (use->log.wants(log_level::debug))
    use->log.write(log_level::debug, words_for(one.who) + " is sent " + config::signal_name(signo) +
                                       (to_group ? ", and its process group" : ""));
  if (to_group && ::kill(-one.who.pid, signo) == 0)
    return;
  if (::kill(one.who.pid, signo) != 0 && errno != ESRCH)
    use->log.write(log_level::critical, words_for(one.who) + " cannot be sent " + config::signal_name(signo) + ": " +
                                          config::errno_name(errno) + "; its end is waited for");
}

void reaper_state::end_leftover(std::uint32_t slot) {
  leftover_watches.erase(slot);
  auto ended = record->leftovers.extract(slot);
  const auto& who = ended.mapped().who;
  for (const auto& known : {who.name, group_of(who.name)})
    if (auto one = record->left_names.find(known); one != record->left_names.end())
      record->left_names.erase(one);
  use->keeper->end_leftover(slot);
  use->log.write(log_level::info, words_for(who) + " has ended");
}

void reaper_state::look_at_all_leftovers() {
  leftover_has_ended = false;
  auto now = std::chrono::steady_clock::now();
  for (auto next = record->leftovers.begin(); next != record->leftovers.end();) {
    auto slot = next->first;
    auto& one = next++->second;
    if (is_gone(one)) {
      end_leftover(slot);
    } else if (!one.killed && one.kill_at <= now) {
      use->log.write(log_level::warn, words_for(one.who) + " has not stopped; killing it");
      one.killed = true;
      signal_leftover(one, SIGKILL, one.who.kill_to_group);
    }
  }
  for (auto& [slot, one] : record->leftovers)
    if (!one.process)
      self->remind(now + between_tries, look_at_leftovers{});
    else if (!leftover_watches.contains(slot)) // at work on this thread: it goes with the next look
      leftover_watches.emplace(slot, std::make_unique<descriptor_watch>(self->host().io(), one.process.get(), [this] {
                                 if (!std::exchange(leftover_has_ended, true))
                                   self->remind(std::chrono::steady_clock::now(), look_at_leftovers{});
                               }));
  begin_what_waited();
  if (record->leftovers.empty() && record->when_alone)
    std::exchange(record->when_alone, nullptr)();
}

/// Processes of one socket share it: it is not to be had before the last of them is gone.
bool reaper_state::has_to_wait(const process_cell& cell) const {
  if (record->left_names.empty())
    return false;
  return record->left_names.contains(platform::slot_name(cell.group.view(), cell.options->name.view())) ||
         (cell.options->socket && record->left_names.contains(std::string(cell.group.view()) + ':'));
}

bool reaper_state::hand_waiting_to(const process_cell_ptr& cell, const process_actor& owner) {
  auto found =
    std::find_if(record->waiting.begin(), record->waiting.end(), [&](const auto& one) { return one.cell == cell; });
  if (found == record->waiting.end())
    return false;
  found->owner = owner;
  if (owner)
    self->send(owner, spawn_waits{});
  return true;
}

void reaper_state::begin_what_waited() {
  for (std::size_t i = 0; i < record->waiting.size();) {
    if (has_to_wait(*record->waiting[i].cell)) {
      ++i;
      continue;
    }
    auto request = std::move(record->waiting[i]);
    record->waiting.erase(record->waiting.begin() + static_cast<std::ptrdiff_t>(i));
    self->send(request.owner, spawn_begins{});
    spawn(request);
  }
}

void reaper_state::withdraw(withdraw_spawn what) {
  auto found = std::find_if(record->waiting.begin(), record->waiting.end(),
                            [&](const auto& one) { return one.cell->id == what.process; });
  if (auto in_line = record->in_line.find(what.process); in_line != record->in_line.end()) {
    self->send(in_line->second.owner, spawn_withdrawn{});
    return end_turn(what.process);
  }
  if (found == record->waiting.end()) // it has begun: the answer is on its way
    return;
  auto owner = std::move(found->owner);
  record->waiting.erase(found);
  self->send(owner, spawn_withdrawn{});
}

/// They have been told to stop, and have their time.
void after_leftovers(services& use, reaper_record& record, std::function<void()> then) {
  if (record.leftovers.empty())
    return then();
  std::string names;
  for (const auto& [slot, one] : record.leftovers)
    names += (names.empty() ? "" : ", ") + words_for(one.who);
  use.log.write(log_level::info, "waiting for " + names + " to die");
  record.when_alone = std::move(then);
  caf::anon_send(use.reaper.get(), look_at_leftovers{}); // if that one has failed, the next one looks
}

} // namespace troupe::actors
