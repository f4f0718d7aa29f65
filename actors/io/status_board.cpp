// See status_board.hpp. A record is built outside the lock and never changed after it is visible.
#include "actors/io/status_board.hpp"

#include "actors/core/readiness.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace troupe::actors {

namespace {

std::shared_ptr<const check_status> check_of(const process_record& r) {
  if (!r.check)
    return {};
  const auto& c = *r.check;
  return std::make_shared<const check_status>(
    check_status{c.health, c.has_lasted, c.failing, c.detail, status_text(c)});
}

process_status_ptr status_of(const process_cell_ptr& cell) {
  const auto& r = cell->record;
  process_status s;
  s.who = cell;
  s.state = r.state;
  s.why = r.why;
  s.wished = r.wished;
  s.runs = r.stage ? r.stage->runs : command_kind::none;
  s.pid = r.pid;
  s.administrative_stop = r.administrative_stop;
  s.is_held = r.hold.holds;
  s.follows = follows_dependencies(*cell->options, r);
  s.started_once = r.started_once;
  s.commanded = r.stage && r.stage->commanded;
  s.sweeps = r.stage && r.stage->after == after_end::sweep;
  s.ending = is_ending(r);
  s.vetoed = r.stage && r.stage->vetoed;
  s.disabled = r.disabled;
  s.is_outdated = r.is_outdated && r.pid != 0;
  s.laststart = r.laststart;
  s.laststop = r.laststop;
  s.exitstatus = r.exitstatus;
  s.spawnerr = r.spawnerr;
  s.backoff = r.backoff;
  s.spawns = r.spawns;
  s.last_end = r.last_end;
  s.deadline = r.deadline;
  s.waiting_for = r.waiting_for;
  s.died = r.died;
  s.check = check_of(r);
  return std::make_shared<const process_status>(std::move(s));
}

/// Of a restart by itself that waits before its spawn.
std::optional<held_by> hold_of(const process_status& p) {
  if (p.state != process_state::starting || p.pid != 0 || p.waiting_for.empty() || !is_by_itself(p.why))
    return {};
  constexpr std::pair<std::string_view, held_by> texts[] = {{"waiting for a start slot", held_by::slot},
                                                            {"waiting for the restart budget", held_by::budget},
                                                            {"waiting for its start delay", held_by::delay},
                                                            {"waiting for poststop", held_by::hook}};
  if (p.is_held) // until its items have been looked at, nobody knows whether it has to wait
    return p.waiting_for.view() == "waiting for its dependencies" ? std::nullopt : std::optional(held_by::dependency);
  for (const auto& [text, what] : texts)
    if (p.waiting_for.view() == text)
      return what;
  return p.sweeps ? std::optional(held_by::leftovers) : std::nullopt; // else its prestart runs
}

const config::shared_text& name_of(const process_status_ptr& status) { return status->who->options->name; }

} // namespace

std::string_view to_string(held_by what) {
  constexpr std::array<std::string_view, held_kinds> words{"dependency", "slot",      "budget",
                                                           "delay",      "leftovers", "hook"};
  return words.at(static_cast<std::size_t>(what));
}

void status_board::note_change(std::unique_lock<std::mutex>& lock) {
  ++version_;
  if (told_.empty())
    return;
  auto told = std::exchange(told_, {});
  lock.unlock();
  for (auto& [whom, tell] : told)
    tell();
}

void status_board::tell_once(const void* whom, std::function<void()> told) const {
  std::lock_guard lock{mutex_};
  std::erase_if(told_, [whom](auto& waiting) { return waiting.first == whom; });
  if (told)
    told_.emplace_back(whom, std::move(told));
}

void status_board::set_daemon(daemon_state m) {
  std::unique_lock lock{mutex_};
  daemon_state_.store(m);
  note_change(lock);
}

void status_board::add_group(const group_cell& cell) {
  std::unique_lock lock{mutex_};
  auto& group = groups_.try_emplace(groups_.end(), cell.options->name)->second; // most come in this order
  group = {cell.options->priority, ++activations_, {}, {}};
  fill(group, cell);
  note_change(lock);
}

/// Those that are known stay as they are.
void status_board::fill(group_slots& group, const group_cell& cell) {
  group.lexical.reserve(cell.processes.size());
  for (const auto& process : cell.processes) {
    auto& place = slots_[process->id];
    if (!place) {
      place = status_of(process);
    } else if (place->who != process) {
      auto same = std::make_shared<process_status>(*place);
      same->who = process;
      place = std::move(same);
    }
    group.lexical.push_back(&place);
  }
  auto by_priority = group.lexical;
  std::sort(group.lexical.begin(), group.lexical.end(), [](auto* a, auto* b) { return name_of(*a) < name_of(*b); });
  std::stable_sort(by_priority.begin(), by_priority.end(),
                   [](auto* a, auto* b) { return (*a)->who->options->priority < (*b)->who->options->priority; });
  if (by_priority != group.lexical)
    group.priority_order = std::move(by_priority);
}

void status_board::redefine_group(const group_cell& cell) {
  std::unique_lock lock{mutex_};
  auto found = groups_.find(cell.options->name);
  if (found == groups_.end())
    return;
  auto& group = found->second;
  std::unordered_set<std::uint64_t> stays;
  for (const auto& process : cell.processes)
    stays.insert(process->id);
  for (const auto* place : group.lexical)
    if (auto id = (*place)->who->id; !stays.contains(id))
      slots_.erase(id);
  group = {cell.options->priority, group.activated, {}, {}};
  fill(group, cell);
  note_change(lock);
}

void status_board::remove_group(const std::string& name) {
  std::unique_lock lock{mutex_};
  auto found = groups_.find(name);
  if (found == groups_.end())
    return;
  for (const auto* place : found->second.lexical)
    slots_.erase(slots_.find((*place)->who->id));
  groups_.erase(found);
  note_change(lock);
}

void status_board::publish(const process_cell_ptr& cell) {
  auto status = status_of(cell);
  std::unique_lock lock{mutex_};
  auto place = slots_.find(cell->id);
  if (place == slots_.end()) // its group was removed; its actor may not have heard of it yet
    return;
  if (auto held = hold_of(*status); held && held != hold_of(*place->second))
    ++held_.at(static_cast<std::size_t>(*held));
  place->second = std::move(status);
  note_change(lock);
}

process_status_ptr status_board::find(std::uint64_t process) const {
  std::lock_guard lock{mutex_};
  auto found = slots_.find(process);
  return found == slots_.end() ? nullptr : found->second;
}

process_status_ptr status_board::find(std::string_view group, std::string_view process) const {
  std::lock_guard lock{mutex_};
  auto found = groups_.find(group);
  if (found == groups_.end())
    return nullptr;
  const auto& members = found->second.lexical;
  auto at = std::lower_bound(members.begin(), members.end(), process,
                             [](auto* place, std::string_view name) { return name_of(*place) < name; });
  return at != members.end() && name_of(**at) == process ? **at : nullptr;
}

process_status_ptr status_board::find_or_any(std::string_view group, std::string_view process) const {
  std::lock_guard lock{mutex_};
  if (groups_.empty())
    return nullptr;
  auto found = groups_.lower_bound(group); // itself, or a neighbour
  if (found == groups_.end())
    --found;
  const auto& members = found->second.lexical;
  auto at = std::lower_bound(members.begin(), members.end(), process,
                             [](auto* place, std::string_view name) { return name_of(*place) < name; });
  if (at != members.end())
    return **at;
  return members.empty() ? nullptr : *members.front();
}

bool status_board::has(std::string_view group, std::string_view process) const {
  auto found = find_or_any(group, process);
  bool right_name = found && found->who->options->name.view() == process;
  bool right_group = found && found->who->group.view() == group;
  return right_name && right_group;
}

bool status_board::has_group(std::string_view name) const {
  std::lock_guard lock{mutex_};
  return groups_.contains(name);
}

std::vector<process_status_ptr> status_board::all() const {
  std::lock_guard lock{mutex_};
  std::vector<process_status_ptr> found;
  found.reserve(slots_.size());
  for (const auto& [name, group] : groups_)
    for (const auto* place : group.lexical)
      found.push_back(*place);
  return found;
}

std::vector<process_status_ptr> status_board::by_priority() const {
  std::lock_guard lock{mutex_};
  std::vector<const group_slots*> order;
  for (const auto& [name, group] : groups_)
    order.push_back(&group);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) {
    return a->priority != b->priority ? a->priority < b->priority : a->activated < b->activated;
  });
  std::vector<process_status_ptr> found;
  found.reserve(slots_.size());
  for (const auto* group : order)
    for (const auto* place : group->priority_order.empty() ? group->lexical : group->priority_order)
      found.push_back(*place);
  return found;
}

loaded_groups status_board::loaded() const {
  std::lock_guard lock{mutex_};
  return loaded_;
}

void status_board::set_loaded(loaded_groups groups) {
  std::unique_lock lock{mutex_};
  loaded_ = std::move(groups);
  note_change(lock);
}

} // namespace troupe::actors
