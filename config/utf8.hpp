// Counting in UTF-8, eight bytes at a time: what is looked at for each event and each line of a file.
// Must not check or change text (text.hpp does).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace troupe::config {

/// Bytes at the front that are below 0x80, or up to seven fewer.
inline std::size_t plain_bytes(std::string_view text) {
  std::size_t size = 0;
  for (std::uint64_t eight = 0; text.size() - size >= sizeof eight; size += sizeof eight) {
    std::memcpy(&eight, text.data() + size, sizeof eight);
    if ((eight & 0x8080808080808080) != 0)
      break;
  }
  return size;
}

/// Bytes that do not go on with a character: the characters, where it is UTF-8.
inline std::size_t code_points(std::string_view text) {
  auto count = text.size();
  std::size_t at = 0;
  for (std::uint64_t eight = 0; text.size() - at >= sizeof eight; at += sizeof eight) {
    std::memcpy(&eight, text.data() + at, sizeof eight);
    count -= static_cast<std::size_t>(std::popcount((eight >> 7) & ~(eight >> 6) & 0x0101010101010101));
  }
  for (; at < text.size(); ++at)
    count -= (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80 ? 1 : 0;
  return count;
}

} // namespace troupe::config
