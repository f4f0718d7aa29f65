// See keeper_desk.hpp.
#include "actors/io/keeper_desk.hpp"

#include "platform/fault_point.hpp"
#include "platform/stranger.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

using platform::most_slots;
using platform::slot_state;

namespace {

constexpr std::uint16_t longest_wait = UINT16_MAX;
constexpr std::chrono::seconds patience{1};

/// The keeper stops by this what is left when workers have died too often.
void describe(platform::register_slot& slot, const config::process_options* options) {
  std::uint8_t flags = options ? 0 : platform::helper_child;
  slot.stop_signal = SIGKILL;
  slot.stop_wait = 0;
  if (options) {
    slot.stop_signal = static_cast<std::uint8_t>(options->stopsignal);
    slot.stop_wait = static_cast<std::uint16_t>(std::clamp<std::int64_t>(options->stopwaitsecs, 0, longest_wait));
    flags |= options->stopasgroup ? platform::stop_to_group : 0;
    flags |= options->killasgroup ? platform::kill_to_group : 0;
    flags |= options->listener ? platform::listener_child : 0;
  }
  slot.flags.store(flags);
}

/// Of a step that counts from here on.
void pass_points(const process_record& after, const std::optional<noted_step>& step) {
  using protocols::process_state;
  platform::fault_point("record.stored");
  if (step && std::holds_alternative<event::exited>(step->happened))
    platform::fault_point("exit.recorded");
  if (step && std::holds_alternative<event::spawned>(step->happened))
    platform::fault_point("child.recorded");
  if (after.state == process_state::starting && after.pid == 0)
    platform::fault_point("spawn.recorded");
  if (after.state == process_state::backoff)
    platform::fault_point("retry.recorded");
  if (after.state == process_state::stopping)
    platform::fault_point("stop.recorded");
}

} // namespace

keeper_desk::keeper_desk(platform::worker_seat seat, ledger book, std::unique_ptr<pump_room> room,
                         std::unique_ptr<channel_notes> notes)
    : seat_(std::move(seat)), book_(std::move(book)), room_(std::move(room)), notes_(std::move(notes)),
      link_(seat_.link.get(), seat_.nudge.get()) {
  used_ = std::min(memory().header.slots_used.load(), most_slots); // leftovers have some from the beginning
  assigned_.resize(used_);
  ring_ = memory().header.ring_head;
  heard_signals_ = memory().header.signals_taken;
  for (const auto& entry : memory().held)
    if (seat_.resumed && is_note(entry.key)) {
      note_keys_.emplace(entry.key, platform::known_descriptor());
    } else if (seat_.resumed && entry.key != 0) {
      old_keys_.push_back(entry.key);
      next_key_ = std::max(next_key_, entry.key + 1);
    }
  hold(platform::held_key::ledger, book_.fd());
  if (room_)
    hold(platform::held_key::stash, room_->fd());
  if (notes_)
    hold(platform::held_key::notes, notes_->fd());
}

// -- slots -------------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> keeper_desk::take(std::string_view name) {
  std::lock_guard lock{mutex_};
  std::uint32_t slot = used_;
  if (!free_.empty()) {
    slot = free_.front();
    free_.erase(free_.begin());
  } else if (used_ == most_slots) {
    return {};
  } else {
    memory().header.slots_used = ++used_;
    assigned_.push_back(false);
  }
  assigned_[slot] = true;
  auto& words = memory().names[slot];
  std::memset(words, 0, sizeof words);
  name.copy(words, sizeof words - 1);
  return slot;
}

void keeper_desk::give_back(std::uint32_t slot) {
  std::lock_guard lock{mutex_};
  assigned_[slot] = false;
  free_.push_back(slot);
}

void keeper_desk::free_the_rest() {
  std::lock_guard lock{mutex_};
  for (std::uint32_t slot = 0; slot < used_; ++slot)
    if (!assigned_[slot] && platform::state_of(memory().slots[slot]) != slot_state::running)
      free_.push_back(slot);
}

std::vector<std::pair<std::uint32_t, platform::leftover>> keeper_desk::leftovers() const {
  std::lock_guard lock{mutex_};
  std::vector<std::pair<std::uint32_t, platform::leftover>> all;
  for (std::uint32_t i = 0; i < used_; ++i) {
    const auto& slot = memory().slots[i];
    if ((slot.flags.load() & platform::leftover_child) == 0 || platform::state_of(slot) != slot_state::running)
      continue;
    std::string_view words(memory().names[i], ::strnlen(memory().names[i], platform::slot_name_size));
    all.emplace_back(i, platform::leftover_of(slot, words));
  }
  return all;
}

void keeper_desk::note_stop(std::uint32_t slot, std::chrono::steady_clock::time_point kill_at) {
  using namespace std::chrono;
  memory().slots[slot].ended_at =
    static_cast<std::uint64_t>(duration_cast<microseconds>(kill_at.time_since_epoch()).count());
  note_stop(slot);
}

std::optional<std::chrono::steady_clock::time_point> keeper_desk::kill_at(std::uint32_t slot) const {
  const auto& s = memory().slots[slot];
  if ((s.flags.load() & platform::stop_sent) == 0)
    return {};
  return std::chrono::steady_clock::time_point(std::chrono::microseconds(s.ended_at));
}

/// As if there had never been a child: nobody is to hear of its end. At each step it is none that runs.
void keeper_desk::end_leftover(std::uint32_t slot) {
  auto& s = memory().slots[slot];
  s.pid = 0;
  s.life = 0;
  s.flags = 0;
  if (slot < told_.size())
    told_[slot] = 0; // lives begin anew
  give_back(slot);
}

void keeper_desk::lease(process_cell& cell, std::uint32_t slot) {
  cell.slot = slot;
  cell.slot_lease = std::shared_ptr<const void>(this, [desk = weak_from_this(), slot](const void*) {
    if (auto still = desk.lock())
      still->give_back(slot);
  });
}

bool keeper_desk::assign(process_cell& cell) {
  auto slot = take(platform::slot_name(cell.group.view(), cell.options->name.view()));
  if (!slot)
    return false;
  lease(cell, *slot);
  cell.handled_life = life_of(*slot);
  return true;
}

void keeper_desk::assign(process_cell& cell, std::uint32_t slot) {
  if (slot >= used_)
    return;
  assigned_[slot] = true;
  lease(cell, slot);
}

std::optional<std::uint32_t> keeper_desk::take_helper() { return take("helper"); }

std::uint32_t keeper_desk::slot_of_helper(int pid) const {
  std::lock_guard lock{mutex_};
  for (std::uint32_t slot = 0; slot < used_; ++slot)
    if (is_helper(slot) && memory().slots[slot].pid == pid &&
        platform::state_of(memory().slots[slot]) == slot_state::running)
      return slot;
  return no_slot;
}

bool keeper_desk::is_helper(std::uint32_t slot) const {
  return (memory().slots[slot].flags.load() & platform::helper_child) != 0;
}

void keeper_desk::note(const process_cell& cell, const std::optional<noted_step>& step) const {
  if (cell.slot == no_slot)
    return;
  book_.store(cell.slot, {cell.id, cell.record, cell.handled_life, cell.counters().stdout_bytes,
                          cell.counters().stderr_bytes, step});
  if (platform::has_fault_points)
    pass_points(cell.record, step);
}

void keeper_desk::told(const process_cell& cell, std::uint32_t effects) const {
  if (cell.slot != no_slot)
    book_.tell(cell.slot, effects);
}

noted_effect keeper_desk::effect_of(const process_cell& cell, std::uint32_t number) const {
  return cell.slot == no_slot ? noted_effect{} : noted_effect{cell.slot, book_.version_of(cell.slot), number};
}

void keeper_desk::leave_untold(std::uint64_t process, untold what) {
  std::lock_guard lock{mutex_};
  untold_[process] = std::move(what);
}

bool keeper_desk::has_untold(std::uint64_t process) const {
  std::lock_guard lock{mutex_};
  return untold_.contains(process);
}

std::optional<keeper_desk::untold> keeper_desk::take_untold(std::uint64_t process) {
  std::lock_guard lock{mutex_};
  auto found = untold_.extract(process);
  return found ? std::optional(std::move(found.mapped())) : std::nullopt;
}

// -- a child -----------------------------------------------------------------------------------------------------

std::uint32_t keeper_desk::begin(std::uint32_t slot, const config::process_options* options) {
  auto& s = memory().slots[slot];
  platform::fault_point("spawn.asked");
  describe(s, options);
  auto life = platform::begin_life(s);
  platform::fault_point("spawn.begun");
  return life;
}

void keeper_desk::arm(std::uint32_t slot, std::uint32_t life, const int (&pipes)[3]) {
  memory().slots[slot].spawned_at = platform::since_boot();
  std::lock_guard lock{mutex_};
  link_.arm(slot, life, pipes);
  platform::fault_point("spawn.armed");
}

void keeper_desk::note_spawn(std::uint32_t slot) const { memory().slots[slot].spawned_at = platform::since_boot(); }

void keeper_desk::arm_again(std::uint32_t slot, const int (&pipes)[3]) {
  std::lock_guard lock{mutex_};
  link_.arm(slot, life_of(slot), pipes);
}

bool keeper_desk::is_stranger(std::uint32_t slot) const {
  return (memory().slots[slot].flags.load() & platform::stranger_child) != 0;
}

void keeper_desk::note_end(std::uint32_t slot, int wait_status) const {
  auto& s = memory().slots[slot];
  s.wait_status = wait_status;
  s.ended_at = static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
  s.user_ms = s.system_ms = s.most_memory = 0;
  s.ended_life.store(s.life.load(), std::memory_order_release);
}

void keeper_desk::drop(std::uint32_t slot, std::uint32_t life) {
  std::lock_guard lock{mutex_};
  platform::fault_point("exit.dropping");
  link_.drop(slot, life);
  platform::fault_point("exit.dropped");
  release_notes(slot);
}

platform::unique_fd keeper_desk::hold_child(std::uint32_t slot) const {
  const auto& s = memory().slots[slot];
  return platform::hold_stranger(s.pid, s.spawned_at);
}

bool keeper_desk::stop_sent(std::uint32_t slot) const {
  return slot < used_ && (memory().slots[slot].flags.load() & platform::stop_sent) != 0;
}

void keeper_desk::note_stop(std::uint32_t slot) {
  platform::fault_point("stop.sent");
  memory().slots[slot].flags |= platform::stop_sent;
  platform::fault_point("stop.noted");
}

bool keeper_desk::has_ended(std::uint32_t slot) const {
  return platform::state_of(memory().slots[slot]) != slot_state::running;
}

/// What the keeper has just put into the register may be found there before it is in the ring, and then once more.
std::vector<keeper_desk::end> keeper_desk::take_ends() {
  std::vector<end> all;
  auto add = [&](std::uint32_t slot) {
    const auto& s = memory().slots[slot];
    told_.resize(std::max<std::size_t>(told_.size(), slot + 1));
    if (platform::state_of(s) != slot_state::ended || std::exchange(told_[slot], life_of(slot)) == life_of(slot))
      return;
    end e{slot, {s.pid.load(), s.wait_status, {}, {}}};
    e.what.used = platform::child_usage{std::int64_t{s.most_memory} * 1024, std::int64_t{s.user_ms} * 1000,
                                        std::int64_t{s.system_ms} * 1000};
    e.what.at = std::chrono::steady_clock::time_point(std::chrono::microseconds(s.ended_at));
    all.push_back(e);
    platform::fault_point("exit.found");
  };
  auto head = memory().header.ring_head.load(std::memory_order_acquire);
  if (!std::exchange(looked_at_all_, true) || head - ring_ > most_slots) {
    ring_ = head;
    for (std::uint32_t slot = 0; slot < used_; ++slot)
      if (auto noted = book_.load(slot); !is_helper(slot) && (!noted || noted->handled_life != life_of(slot)))
        add(slot);
    auto earlier = [](const end& a, const end& b) { return a.what.at < b.what.at; };
    std::stable_sort(all.begin(), all.end(), earlier);
  }
  for (; ring_ != head; ++ring_)
    if (auto slot = memory().ring[ring_ % most_slots]; slot < most_slots)
      add(slot);
  return all;
}

void keeper_desk::silence_bell() const {
  std::uint64_t rings = 0;
  (void)!::read(seat_.bell.get(), &rings, sizeof rings);
}

// -- what else the keeper holds ------------------------------------------------------------------------------------

void keeper_desk::hold(platform::held_key key, int fd) {
  std::lock_guard lock{mutex_};
  link_.hold(static_cast<std::uint32_t>(key), fd);
}

void keeper_desk::hold_events(int fd) {
  platform::unique_fd nothing{fd < 0 ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : -1};
  hold(platform::held_key::events, fd < 0 ? nothing.get() : fd);
  events_ = fd;
}

void keeper_desk::hold(std::string_view name, int fd) {
  std::lock_guard lock{mutex_};
  auto found = keys_.find(name);
  if (found == keys_.end())
    found = keys_.emplace(name, named{next_key_++, {}}).first;
  found->second.what = platform::known_descriptor(fd);
  link_.hold(found->second.key, fd);
}

void keeper_desk::release(std::string_view name) {
  std::lock_guard lock{mutex_};
  if (auto found = keys_.extract(std::string(name)))
    link_.release(found.mapped().key);
}

int keeper_desk::key_of(std::string_view name) const {
  std::lock_guard lock{mutex_};
  auto found = keys_.find(name);
  return found == keys_.end() ? -1 : static_cast<int>(found->second.key);
}

void keeper_desk::release_old() {
  std::lock_guard lock{mutex_};
  for (auto key : std::exchange(old_keys_, {}))
    link_.release(key);
}

platform::kept_descriptors keeper_desk::held() const {
  using platform::held_key;
  std::lock_guard lock{mutex_};
  platform::kept_descriptors all;
  all.known = {{held_key::ledger, book_.fd()},
               {held_key::stash, room_ ? room_->fd() : -1},
               {held_key::notes, notes_ ? notes_->fd() : -1},
               {held_key::events, events_},
               {held_key::image, image_.get()},
               {held_key::changes, changes_ ? changes_->fd() : -1}};
  auto add = [&](std::uint32_t key, const platform::known_descriptor& what) {
    if (int fd = what.now(); fd >= 0) // whoever owns it may have closed it, and its number be another's
      all.others.push_back({key, fd});
  };
  for (const auto& [name, held] : keys_)
    add(held.key, held.what);
  for (const auto& [key, what] : note_keys_)
    add(key, what);
  return all;
}

bool keeper_desk::sync() {
  std::lock_guard lock{mutex_};
  bool done = link_.sync(patience, early_);
  std::uint64_t once = 1;
  if (!early_.empty())
    (void)!::write(seat_.bell.get(), &once, sizeof once);
  return done;
}

bool keeper_desk::has_heard() const {
  std::lock_guard lock{mutex_};
  return !early_.empty();
}

} // namespace troupe::actors
