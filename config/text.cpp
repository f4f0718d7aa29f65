// See text.hpp.
#include "config/text.hpp"

#include "config/system_names.hpp"
#include "config/utf8.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>

namespace troupe::config {

namespace {

struct range {
  std::uint32_t first, last;
};

/// Code points that are quoted as escapes: controls, format characters, separators but the space, surrogates,
/// private use and the large unassigned areas.
constexpr range unprintable[] = {
  {0x00, 0x1f},       {0x7f, 0xa0},       {0xad, 0xad},       {0x5f5, 0x605},      {0x61c, 0x61c},
  {0x6dd, 0x6dd},     {0x70e, 0x70f},     {0x88f, 0x897},     {0x8e2, 0x8e2},      {0x1680, 0x1680},
  {0x180e, 0x180e},   {0x1fff, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},    {0x2ffc, 0x3000},
  {0xd7fc, 0xf8ff},   {0xfefd, 0xff00},   {0xffef, 0xfffb},   {0x101fe, 0x1027f},  {0x10d3a, 0x10e5f},
  {0x110bd, 0x110bd}, {0x110c3, 0x110cf}, {0x11375, 0x113ff}, {0x114da, 0x1157f},  {0x11747, 0x117ff},
  {0x11af9, 0x11bff}, {0x11daa, 0x11edf}, {0x11ef9, 0x11faf}, {0x1239a, 0x123ff},  {0x12544, 0x12f8f},
  {0x1342f, 0x143ff}, {0x14647, 0x167ff}, {0x16b90, 0x16e3f}, {0x16e9b, 0x16eff},  {0x18d09, 0x1afef},
  {0x1b2fc, 0x1bbff}, {0x1bca0, 0x1ceff}, {0x1d173, 0x1d17a}, {0x1d246, 0x1d2df},  {0x1d379, 0x1d3ff},
  {0x1dab0, 0x1deff}, {0x1df1f, 0x1dfff}, {0x1e02b, 0x1e0ff}, {0x1e150, 0x1e28f},  {0x1e300, 0x1e7df},
  {0x1e960, 0x1ec70}, {0x1ed3e, 0x1edff}, {0x1eef2, 0x1efff}, {0x1f266, 0x1f2ff},  {0x1fbfa, 0x1ffff},
  {0x2ebe1, 0x2f7ff}, {0x2fa1e, 0x2ffff}, {0x3134b, 0xe00ff}, {0xe01f0, 0x10ffff},
};

bool is_printable(std::uint32_t c) {
  auto after = std::upper_bound(std::begin(unprintable), std::end(unprintable), c,
                                [](std::uint32_t value, const range& r) { return value < r.first; });
  return after == std::begin(unprintable) || c > std::prev(after)->last;
}

/// Length of the UTF-8 sequence at the start of `text`, its code point in `c`; 0 if it is none.
std::size_t decode(std::string_view text, std::uint32_t& c) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) {
    c = byte(0);
    return 1;
  }
  std::size_t length = byte(0) >= 0xf0 && byte(0) < 0xf5   ? 4
                       : byte(0) >= 0xe0 && byte(0) < 0xf0 ? 3
                       : byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2
                                                           : 0;
  if (length == 0 || text.size() < length)
    return 0;
  c = byte(0) & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
    c = c << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : length;
}

void escape(std::string& out, const char* format, std::uint32_t c) {
  char text[12];
  std::snprintf(text, sizeof text, format, c);
  out += text;
}

/// The escapes that text and bytes share. False: `c` has none.
bool common_escape(std::string& out, std::uint32_t c, char quote) {
  switch (c) {
  case '\\':
    out += "\\\\";
    return true;
  case '\n':
    out += "\\n";
    return true;
  case '\r':
    out += "\\r";
    return true;
  case '\t':
    out += "\\t";
    return true;
  default:
    if (c != static_cast<unsigned char>(quote))
      return false;
    out += '\\';
    out += quote;
    return true;
  }
}

char quote_for(std::string_view text) {
  return text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
}

} // namespace

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : what.ends_with('s') ? "es" : "s");
}

std::string quoted(std::string_view text) {
  char quote = quote_for(text);
  std::string out(1, quote);
  while (!text.empty()) {
    std::uint32_t c = 0;
    auto length = decode(text, c);
    if (length == 0) {
      length = 1;
      escape(out, "\\udc%02x", static_cast<unsigned char>(text[0]));
    } else if (!common_escape(out, c, quote)) {
      if (is_printable(c))
        out += text.substr(0, length);
      else
        escape(out, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    }
    text.remove_prefix(length);
  }
  return out + quote;
}

std::string quoted_bytes(std::string_view bytes) {
  char quote = quote_for(bytes);
  std::string out = "b";
  out += quote;
  for (unsigned char c : bytes)
    if (!common_escape(out, c, quote)) {
      if (c >= 0x20 && c <= 0x7e)
        out += static_cast<char>(c);
      else
        escape(out, "\\x%02x", c);
    }
  return out + quote;
}

std::string decoded(std::string_view bytes) {
  auto rest = bytes;
  for (;;) {
    rest.remove_prefix(plain_bytes(rest));
    if (rest.empty())
      break;
    std::uint32_t c = 0;
    auto length = decode(rest, c);
    if (length == 0)
      return "Undecodable: " + quoted_bytes(bytes);
    rest.remove_prefix(length);
  }
  return std::string(bytes);
}

std::string one_line(std::string_view text) {
  auto unsafe = [](std::uint32_t c) {
    return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  };
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::uint32_t c = 0;
    auto length = decode(text, c);
    if (length == 0)
      escape(out, "\\x%02x", static_cast<unsigned char>(text[0]));
    else if (c == '\n' || c == '\r')
      out += c == '\n' ? "\\n" : "\\r";
    else if (unsafe(c))
      escape(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string errno_name(int number) {
  if (number == EOPNOTSUPP) // of the two names of one number, the one that Python has
    return "ENOTSUP";
  if (number == EDEADLK)
    return "EDEADLOCK";
  const char* name = name_of_errno(number);
  return number != 0 && name ? name : std::to_string(number);
}

std::string signal_name(int number) {
  const char* name = number > 0 ? abbreviation_of_signal(number) : nullptr;
  return name ? std::string("SIG") + name : "signal " + std::to_string(number);
}

} // namespace troupe::config
