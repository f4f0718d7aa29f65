// See xmlrpc_scalar.hpp.
#include "protocols/xmlrpc_scalar.hpp"

#include "protocols/xml_scan.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace troupe::protocols {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// YYYYMMDDThh:mm:ss with fields in range.
bool is_date(std::string_view t) {
  if (t.size() != 17 || t[8] != 'T' || t[11] != ':' || t[14] != ':')
    return false;
  for (auto part : {t.substr(0, 8), t.substr(9, 2), t.substr(12, 2), t.substr(15, 2)})
    if (!all_digits(part))
      return false;
  auto two = [&](std::size_t at) { return (t[at] - '0') * 10 + (t[at + 1] - '0'); };
  return two(4) >= 1 && two(4) <= 12 && two(6) >= 1 && two(6) <= 31 && two(9) < 24 && two(12) < 60 && two(15) < 62;
}

bool is_xml_text(std::string_view text, bool strict) {
  std::size_t i = 0;
  while (strict && i < text.size()) {
    auto lead = static_cast<unsigned char>(text[i]);
    auto size = lead < 0x80 ? 1 : xml_character(text, i); // control characters may come in base64
    if (!size)
      return false;
    i += size;
  }
  return true;
}

} // namespace

std::string_view strip_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back()))
    text.remove_suffix(1);
  return text;
}

bool decode_scalar(std::string_view type, std::string_view text, bool strict, rpc_value& value) {
  if (type == "int" || type == "i4" || type == "i8") {
    std::int64_t number = 0;
    if (!parse_integer(text, number))
      return false;
    value = number;
  } else if (type == "boolean") {
    value = text == "1";
  } else if (type == "double") {
    auto digits = strip_blanks(text);
    if (digits.starts_with('+'))
      digits.remove_prefix(1);
    double number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || error == std::errc::invalid_argument || end != digits.data() + digits.size())
      return false;
    value = number;
  } else if (type == "nil") {
    value = rpc_value();
  } else if (type == "dateTime.iso8601") {
    if (!is_date(text))
      return false;
    value = rpc_date{std::string(text)};
  } else if (type == "base64") {
    auto bytes = base64_decode(text);
    if (!bytes || !is_xml_text(*bytes, strict))
      return false;
    value = *std::move(bytes);
  } else {
    value = text;
  }
  return true;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string bytes;
  return base64_decode(text, bytes) ? std::optional(std::move(bytes)) : std::nullopt;
}

bool base64_decode(std::string_view text, std::string& bytes) {
  bytes.clear();
  bytes.reserve(text.size() / 4 * 3 + 3);
  unsigned group = 0;
  int digits = 0;
  int padding = 0;
  for (char c : text) {
    int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+'             ? 62
                : c == '/'             ? 63
                                       : -1;
    if (c == '=' && digits >= 2 && digits + ++padding == 4)
      break;
    if (digit < 0)
      continue;
    padding = 0;
    group = group << 6 | static_cast<unsigned>(digit);
    if (++digits == 4) {
      for (int shift : {16, 8, 0})
        bytes += static_cast<char>(group >> shift & 0xff);
      group = 0, digits = 0;
    }
  }
  if (digits && digits + padding != 4)
    return false;
  if (digits)
    bytes += static_cast<char>(digits == 2 ? group >> 4 : group >> 10);
  if (digits == 3)
    bytes += static_cast<char>(group >> 2 & 0xff);
  return true;
}

bool parse_integer(std::string_view text, std::int64_t& number) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  text = strip_blanks(text);
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+'))
    text.remove_prefix(1);
  if (text.empty() || text.front() == '_' || text.back() == '_')
    return false;
  std::int64_t sum = 0;
  bool full = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && text[i - 1] != '_')
      continue;
    if (text[i] < '0' || text[i] > '9')
      return false;
    full = full || __builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, text[i] - '0', &sum);
  }
  number = full ? (negative ? least : most) : negative ? sum : sum == least ? most : -sum;
  return true;
}

} // namespace troupe::protocols
