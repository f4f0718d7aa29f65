// See keeper_message.hpp.
#include "platform/keeper_message.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

namespace troupe::platform {

bool set_text(keeper_message& message, std::string_view text) {
  if (text.size() > sizeof message.text)
    return false;
  std::fill(std::copy(text.begin(), text.end(), message.text), std::end(message.text), '\0');
  return true;
}

std::string_view text_of(const keeper_message& message) {
  auto end = std::find(std::begin(message.text), std::end(message.text), '\0');
  return {message.text, static_cast<std::size_t>(end - message.text)};
}

keeper_word order_of(const keeper_message& message, std::size_t size, std::size_t descriptors, bool cut) {
  if (size != sizeof message || message.magic != keeper_magic)
    return keeper_word::none;
  auto word = static_cast<keeper_word>(message.kind);
  switch (word) {
  case keeper_word::arm:
    if (message.slot >= most_slots || message.life == 0 || message.a > 7 ||
        static_cast<unsigned>(std::popcount(message.a)) != message.fds || message.fds == 0)
      return keeper_word::none;
    return cut || descriptors != message.fds ? keeper_word::unheld : word;
  case keeper_word::drop:
    return message.slot < most_slots && message.life != 0 ? word : keeper_word::none;
  case keeper_word::hold:
    return message.slot != 0 && descriptors == 1 && !cut ? word : keeper_word::none;
  case keeper_word::reexec:
    return descriptors == 1 && !cut ? word : keeper_word::none;
  case keeper_word::release:
    return message.slot != 0 ? word : keeper_word::none;
  case keeper_word::sync:
  case keeper_word::ready:
  case keeper_word::notify:
  case keeper_word::bye:
    return word;
  case keeper_word::orphans:
    return message.a <= 1 ? word : keeper_word::none;
  default:
    return keeper_word::none;
  }
}

} // namespace troupe::platform
