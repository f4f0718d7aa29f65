// See leftovers.hpp.
#include "platform/leftovers.hpp"

#include "platform/stranger.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace troupe::platform {

namespace {

constexpr std::uint8_t of_the_old_keeper = stranger_child | leftover_child;

std::string_view name_in(const register_memory& memory, std::uint32_t slot) {
  const auto& words = memory.names[slot];
  return {words, ::strnlen(words, sizeof words)};
}

} // namespace

leftover leftover_of(const register_slot& slot, std::string_view name) {
  auto flags = slot.flags.load();
  bool helper = (flags & helper_child) != 0;
  bool can_be_sent = slot.stop_signal > 0 && slot.stop_signal < NSIG;
  leftover one{std::string(name), slot.pid.load(), can_be_sent ? slot.stop_signal : SIGTERM, slot.stop_wait};
  one.stop_to_group = helper || (flags & stop_to_group) != 0; // a helper has a group of its own, and is asked nothing
  one.kill_to_group = helper || (flags & kill_to_group) != 0;
  one.spawned_at = slot.spawned_at;
  return one;
}

std::vector<leftover> leftovers_in(const register_memory& left,
                                   const std::function<std::uint64_t(pid_t)>& running_since) {
  std::vector<leftover> found;
  auto used = std::min(left.header.slots_used.load(), most_slots);
  for (std::uint32_t i = 0; i < used; ++i) {
    const auto& slot = left.slots[i];
    auto pid = slot.pid.load();
    if (state_of(slot) != slot_state::running || pid <= 1 || !is_the_same(running_since(pid), slot.spawned_at))
      continue;
    found.push_back(leftover_of(slot, name_in(left, i)));
  }
  return found;
}

void note_leftovers(register_memory& fresh, const std::vector<leftover>& all) {
  auto count = static_cast<std::uint32_t>(std::min<std::size_t>(all.size(), most_slots));
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto& one = all[i];
    auto& slot = fresh.slots[i];
    one.name.copy(fresh.names[i], slot_name_size - 1);
    slot.stop_signal = static_cast<std::uint8_t>(one.stop_signal);
    slot.stop_wait = one.stop_wait;
    slot.flags = static_cast<std::uint8_t>(of_the_old_keeper | (one.stop_to_group ? stop_to_group : 0) |
                                           (one.kill_to_group ? kill_to_group : 0));
    slot.spawned_at = one.spawned_at;
    slot.life = 1;
    slot.pid = one.pid;
  }
  fresh.header.slots_used = count;
}

std::string slot_name(std::string_view group, std::string_view process) {
  auto name = std::string(group) + ':' + std::string(process);
  return name.substr(0, slot_name_size - 1);
}

std::string shown_name(std::string_view slot_name) {
  auto colon = slot_name.find(':');
  bool both = colon != slot_name.npos && slot_name.substr(0, colon) == slot_name.substr(colon + 1);
  return std::string(both ? slot_name.substr(0, colon) : slot_name);
}

} // namespace troupe::platform
