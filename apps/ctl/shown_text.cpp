// See shown_text.hpp.
#include "apps/ctl/shown_text.hpp"

#include "protocols/utf8.hpp"

#include <cstdint>

namespace troupe::ctl {

namespace {

constexpr char escape = '\x1b';

std::uint32_t code_point(std::string_view character) {
  auto lead = static_cast<unsigned char>(character[0]);
  std::uint32_t code = character.size() == 1 ? lead : lead & (0xffU >> (character.size() + 1));
  for (char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return code;
}

bool turns_direction(std::uint32_t code) {
  return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

void append_hex(std::string& out, std::uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += "0123456789abcdef"[(number >> shift) & 15];
}

void append_bytes(std::string& out, std::string_view bytes) {
  for (char c : bytes)
    append_hex(out += "\\x", static_cast<unsigned char>(c), 2);
}

/// The character at the front of `text`, as a terminal may have it; its length in bytes.
std::size_t append_character(std::string& out, std::string_view text) {
  auto next = protocols::utf8_sequence(text);
  auto character = text.substr(0, next.size);
  if (!next.well_formed) {
    append_bytes(out, character);
    return next.size;
  }
  auto code = code_point(character);
  if (code == '\t')
    out += '\t';
  else if (is_control(code) && code < 0x100)
    append_hex(out += "\\x", code, 2);
  else if (is_control(code) || turns_direction(code))
    append_hex(out += "\\u", code, 4);
  else
    out += character;
  return next.size;
}

/// The escape sequence at the front of `text`, which begins with ESC; 0: it does not end, or is none.
std::size_t sequence_size(std::string_view text) {
  if (text.size() < 2)
    return 0;
  if (text[1] == '[') {
    std::size_t at = 2;
    while (at < text.size() && text[at] >= 0x20 && text[at] < 0x40)
      ++at;
    return at < text.size() && text[at] >= 0x40 && text[at] < 0x7f ? at + 1 : 0;
  }
  constexpr std::string_view strings = "]PX^_"; // up to BEL or ESC backslash
  if (strings.find(text[1]) != strings.npos) {
    for (std::size_t at = 2; at < text.size(); ++at)
      if (text[at] == '\a')
        return at + 1;
      else if (text[at] == escape)
        return at + 1 < text.size() && text[at + 1] == '\\' ? at + 2 : 0;
    return 0;
  }
  std::size_t at = 1;
  while (at < text.size() && text[at] >= 0x20 && text[at] < 0x30) // ESC ( B
    ++at;
  return at < text.size() && text[at] >= 0x30 && text[at] < 0x7f ? at + 1 : 0;
}

bool is_color(std::string_view sequence) {
  return sequence.starts_with("\x1b[") && sequence.ends_with('m') &&
         sequence.substr(2, sequence.size() - 3).find_first_not_of("0123456789;:") == sequence.npos;
}

} // namespace

std::string displayable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty())
    text.remove_prefix(append_character(shown, text));
  return shown;
}

std::string log_line_for_terminal(std::string_view line) {
  std::string shown;
  shown.reserve(line.size());
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  bool colored = false;
  while (!line.empty()) {
    auto size = line[0] == escape ? sequence_size(line) : 0;
    if (size && is_color(line.substr(0, size)))
      shown += line.substr(0, size), colored = true;
    line.remove_prefix(size ? size : append_character(shown, line));
  }
  return colored ? shown + "\x1b[0m" : shown;
}

std::string log_line_for_file(std::string_view line) {
  std::string shown;
  shown.reserve(line.size());
  while (!line.empty()) {
    auto size = line[0] == escape ? sequence_size(line) : 0;
    bool is_c1 = line.size() > 1 && line[0] == '\xc2' && (static_cast<unsigned char>(line[1]) & 0xe0U) == 0x80;
    if (!size && is_c1)
      size = 2;
    if (!size && line[0] != escape && line[0] != '\a') // one that goes on behind a line feed would begin again there
      shown += line[0];
    line.remove_prefix(size ? size : 1);
  }
  return shown;
}

std::string in_utf8(std::string_view text) {
  std::string whole;
  whole.reserve(text.size());
  while (!text.empty()) {
    auto next = protocols::utf8_sequence(text);
    whole += next.well_formed ? text.substr(0, next.size) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(next.size);
  }
  return whole;
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
  std::string shown;
  for (std::size_t used = 0; !text.empty();) {
    auto size = text[0] == escape ? sequence_size(text) : 0;
    if (size) {
      shown += text.substr(0, size);
    } else {
      size = protocols::utf8_sequence(text).size;
      if (used++ < columns)
        shown += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return shown;
}

} // namespace troupe::ctl
