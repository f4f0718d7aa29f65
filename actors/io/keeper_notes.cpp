// See keeper_desk.hpp: what the keeper holds of a child beside its pipes. Its keys are numbers of slots.
#include "actors/io/keeper_desk.hpp"

#include "platform/fault_point.hpp"
#include "platform/kept_input.hpp"

namespace troupe::actors {

namespace {

/// Two for each slot, then four for each; others begin at platform::well_known_held and do not come this far.
constexpr std::uint32_t first_note_key = std::uint32_t{1} << 30;
constexpr std::uint32_t first_input_key = first_note_key + 2 * platform::most_slots;
constexpr std::size_t most_notes = 3072; // of the places there are, others need some

} // namespace

std::uint32_t keeper_desk::key_of(std::uint32_t slot, note_kind which) {
  return first_note_key + slot * 2 + static_cast<std::uint32_t>(which);
}

std::uint32_t keeper_desk::key_of(std::uint32_t slot, input_part which) {
  return first_input_key + slot * 4 + static_cast<std::uint32_t>(which);
}

bool keeper_desk::is_note(std::uint32_t key) { return key >= first_note_key; }

/// More than there is room for would not survive a death of ours; the programs run all the same.
void keeper_desk::hold_note(std::uint32_t slot, note_kind which, int fd) {
  std::lock_guard lock{mutex_};
  auto key = key_of(slot, which);
  if (!note_keys_.contains(key) && note_keys_.size() >= most_notes)
    return;
  note_keys_[key] = platform::known_descriptor(fd);
  link_.hold(key, fd);
}

void keeper_desk::know_note(std::uint32_t slot, note_kind which, int fd) {
  std::lock_guard lock{mutex_};
  if (auto found = note_keys_.find(key_of(slot, which)); found != note_keys_.end())
    found->second = platform::known_descriptor(fd);
}

/// Most are not there, and need not be looked for.
int keeper_desk::number_of(std::uint32_t key) const {
  std::lock_guard lock{mutex_};
  return note_keys_.contains(key) ? platform::held_number(memory(), key) : -1;
}

int keeper_desk::held_note(std::uint32_t slot, note_kind which) const { return number_of(key_of(slot, which)); }

void keeper_desk::hold_input(std::uint32_t slot, const platform::kept_input* what) {
  std::lock_guard lock{mutex_};
  if (!what) {
    release_input(slot);
    return link_.nudge(); // whoever says this has no look at the keeper later
  }
  if (!note_keys_.contains(key_of(slot, input_part::memory)) && note_keys_.size() + 3 > most_notes)
    return;
  auto hold = [&](input_part part, int fd) {
    note_keys_[key_of(slot, part)] = platform::known_descriptor(fd);
    platform::fault_point("input.holding");
    link_.hold(key_of(slot, part), fd);
  };
  hold(input_part::out, what->out());
  hold(input_part::in, what->in());
  hold(input_part::memory, what->memory()); // last: without it the others are nothing
  platform::fault_point("input.held");
}

carried_child::kept_numbers keeper_desk::held_input(std::uint32_t slot) const {
  auto number = [&](input_part part) { return number_of(key_of(slot, part)); };
  return {number(input_part::memory), number(input_part::out), number(input_part::in)};
}

/// With the lock held, as what follows.
void keeper_desk::release_input(std::uint32_t slot) {
  for (auto part : {input_part::memory, input_part::out, input_part::in})
    if (note_keys_.erase(key_of(slot, part)) > 0)
      link_.release(key_of(slot, part));
}

void keeper_desk::release_notes(std::uint32_t slot) {
  for (auto which : {note_kind::ready, note_kind::notify})
    if (note_keys_.erase(key_of(slot, which)) > 0)
      link_.release(key_of(slot, which));
  release_input(slot);
}

} // namespace troupe::actors
