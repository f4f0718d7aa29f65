// See text.hpp.
#include "config/text.hpp"

#include <algorithm>
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
  {0x00, 0x1f},       {0x7f, 0xa0},       {0xad, 0xad},       {0x378, 0x379},     {0x600, 0x605},
  {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
  {0x1680, 0x1680},   {0x180e, 0x180e},   {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},
  {0x3000, 0x3000},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},   {0xfff0, 0xfffb},
  {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
  {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff}, {0x323b0, 0xe00ff}, {0xe01f0, 0x10ffff},
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
  while (!rest.empty()) {
    std::uint32_t c = 0;
    auto length = decode(rest, c);
    if (length == 0)
      return "Undecodable: " + quoted_bytes(bytes);
    rest.remove_prefix(length);
  }
  return std::string(bytes);
}

std::string errno_name(int number) {
  const char* name = ::strerrorname_np(number);
  return number != 0 && name ? name : std::to_string(number);
}

std::string signal_name(int number) {
  if (number == SIGPOLL)
    return "SIGPOLL";
  if (number == SIGRTMIN)
    return "SIGRTMIN";
  if (number == SIGRTMAX)
    return "SIGRTMAX";
  const char* name = number > 0 ? ::sigabbrev_np(number) : nullptr;
  return name ? std::string("SIG") + name : "signal " + std::to_string(number);
}

} // namespace troupe::config
