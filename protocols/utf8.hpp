// UTF-8 one sequence at a time (Unicode, table 3-7). Must not know what the text is for.
#pragma once

#include <cstddef>
#include <string_view>

namespace troupe::protocols {

struct utf8_span {
  std::size_t size = 1; ///< bytes; an ill-formed one is as long as it was right, but at least 1
  bool well_formed = true;
  bool cut = false; ///< ill-formed only because `text` ends
};

/// The sequence at the start of `text`, which is not empty.
constexpr utf8_span utf8_sequence(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto lead = byte(0);
  if (lead < 0x80)
    return {};
  std::size_t size = lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (size == 0)
    return {1, false, false};
  unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80; // of the second byte
  unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i < size; ++i, low = 0x80, high = 0xbf) {
    if (i == text.size())
      return {i, false, true};
    if (byte(i) < low || byte(i) > high)
      return {i, false, false};
  }
  return {size, true, false};
}

constexpr bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto next = utf8_sequence(text);
    if (!next.well_formed)
      return false;
    text.remove_prefix(next.size);
  }
  return true;
}

/// Where the first character of `text` starts that is whole, if `text` was cut out of a longer one: 0 to 3.
constexpr std::size_t first_character(std::string_view text) {
  std::size_t i = 0;
  while (i < 3 && i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80)
    ++i;
  return i;
}

/// How many bytes at the end of `text` begin a character that is not whole: 0 to 3.
constexpr std::size_t cut_character(std::string_view text) {
  for (std::size_t n = 1; n <= 3 && n <= text.size(); ++n) {
    auto tail = text.substr(text.size() - n);
    if ((static_cast<unsigned char>(tail[0]) & 0xc0) != 0x80)
      return utf8_sequence(tail).cut ? n : 0;
  }
  return 0;
}

} // namespace troupe::protocols
