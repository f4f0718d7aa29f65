// A hash for tests of what takes one: quick, and different for different texts; nothing to keep secrets with.
#pragma once

#include "protocols/digest.hpp"

namespace troupe::tests {

inline protocols::digest plain_hash(std::string_view text) {
  protocols::digest made{};
  std::uint64_t state = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < made.size(); ++i) {
    for (unsigned char c : text)
      state = (state ^ c) * 0x100000001b3;
    state = (state ^ i) * 0x100000001b3;
    made[i] = static_cast<std::uint8_t>(state >> 56 ^ state >> 24);
  }
  return made;
}

} // namespace troupe::tests
