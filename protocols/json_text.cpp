// See json_text.hpp. Copies runs of bytes that need nothing; most text is one such run.
#include "protocols/json_text.hpp"

#include "protocols/utf8.hpp"

#include <array>

namespace troupe::protocols {

namespace {

constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x7f; ++c)
    table[c] = c != '"' && c != '\\';
  return table;
}();

void append_escaped(std::string& out, char c) {
  constexpr std::string_view named = "\"\"\\\\\bb\ff\nn\rr\tt"; // pairs: the character, its letter
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < named.size(); i += 2)
    if (named[i] == c) {
      out += '\\';
      out += named[i + 1];
      return;
    }
  auto code = static_cast<unsigned char>(c);
  out += "\\u00";
  out += digits[code >> 4];
  out += digits[code & 15];
}

} // namespace

void append_json_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && plain[static_cast<unsigned char>(text[run])])
      ++run;
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty())
      return;
    auto next = utf8_sequence(text);
    if (!next.well_formed)
      out += "\xef\xbf\xbd";
    else if (next.size > 1)
      out += text.substr(0, next.size);
    else
      append_escaped(out, text.front());
    text.remove_prefix(next.size);
  }
}

} // namespace troupe::protocols
