// See names.hpp.
#include "apps/ctl/names.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::ctl {

namespace {

bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Whether `c` is in the set at the start of `pattern` ("[...]"); the set's length through `size`, 0: no set.
bool in_set(std::string_view pattern, char c, std::size_t& size) {
  size = 0;
  auto end = pattern.find(']', pattern.size() > 1 && pattern[1] == '!' ? 3 : 2);
  if (end == std::string_view::npos)
    return c == '[';
  size = end + 1;
  auto set = pattern.substr(1, end - 1);
  bool negated = set.starts_with('!');
  if (negated)
    set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    bool range = i + 2 < set.size() && set[i + 1] == '-';
    found = found || (range ? set[i] <= c && c <= set[i + 2] : set[i] == c);
    i += range ? 2 : 0;
  }
  return found != negated;
}

/// Whether `c` is one, or the first byte of one, that `printable` has to look at.
unsigned char is_suspect(char c) {
  return ((static_cast<unsigned char>(c) < 0x20) & (c != '\n') & (c != '\t')) | (c == 0x7f) | (c == '\xc2');
}

bool is_harmless(std::string_view text) {
  constexpr std::size_t block = 32; // the compiler looks at all of one at once, where the length is known
  for (; text.size() >= block; text.remove_prefix(block)) {
    unsigned char suspect = 0;
    for (std::size_t i = 0; i < block; ++i)
      suspect |= is_suspect(text[i]);
    if (suspect)
      return false;
  }
  return std::none_of(text.begin(), text.end(), is_suspect);
}

/// The length of the element of `pattern` that takes `c`, or 0.
std::size_t takes(std::string_view pattern, char c) {
  if (pattern.front() != '[')
    return pattern.front() == '?' || pattern.front() == c ? 1 : 0;
  std::size_t size = 0;
  bool found = in_set(pattern, c, size);
  return found ? std::max<std::size_t>(size, 1) : 0;
}

} // namespace

name_form split_name(std::string_view word) {
  auto colon = word.find(':');
  if (colon == std::string_view::npos)
    return {std::string(word), std::string(word)};
  auto process = word.substr(colon + 1);
  if (process.empty() || process == "*")
    return {std::string(word.substr(0, colon)), std::nullopt};
  return {std::string(word.substr(0, colon)), std::string(process)};
}

std::string shown_name(std::string_view group, std::string_view process) {
  return group == process ? std::string(process) : std::string(group) + ":" + std::string(process);
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    auto end = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), blank) - text.begin();
    if (auto size = static_cast<std::size_t>(end) - i)
      words.emplace_back(text.substr(i, size));
    i = static_cast<std::size_t>(end) + 1;
  }
  return words;
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

bool is_pattern(std::string_view word) {
  return word.find_first_of("*?[") != std::string_view::npos && split_name(word).process.has_value();
}

bool pattern_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, resume = 0; // the last `*`, and where it may end next
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = ++t; // at least one character
      continue;
    }
    auto step = p < pattern.size() ? takes(pattern.substr(p), text[t]) : 0;
    if (step) {
      p += step;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star;
      t = ++resume;
    } else {
      return false;
    }
  }
  return p == pattern.size();
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  auto have = code_points(text);
  if (have < width)
    out.append(width - have, ' ');
}

std::string padded(std::string_view text, std::size_t width) {
  std::string cell;
  append_padded(cell, text, width);
  return cell;
}

std::string printable(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  if (is_harmless(text)) // as nearly every text is
    return std::string(text);
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    bool c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0; // U+0080 to U+009F: ESC and a letter in one
    if (c1)
      ++i, byte = next;
    if (c1 || byte == 0x7f || (byte < 0x20 && byte != '\n' && byte != '\t'))
      (shown += "\\x") += {hex[byte >> 4], hex[byte & 15]};
    else
      shown += text[i];
  }
  return shown;
}

std::optional<double> to_seconds(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool good = error == std::errc() && end == text.data() + text.size() && value >= 0 && value < 1e9;
  return good ? std::optional(value) : std::nullopt;
}

std::string without_credentials(const std::string& url) {
  auto at = url.rfind('@'); // the last one: a password may hold any character, encoded or not
  if (at == std::string::npos || url.starts_with("unix:"))
    return url;
  auto scheme = url.find("://");
  return (scheme < at ? url.substr(0, scheme + 3) : std::string()) + url.substr(at + 1);
}

std::string percent_encoded(std::string_view text) {
  constexpr char hex[] = "0123456789ABCDEF";
  constexpr std::string_view kept = "-._~:*";
  std::string encoded;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || kept.find(c) != kept.npos)
      encoded += c;
    else
      (encoded += '%') += {hex[byte >> 4], hex[byte & 15]};
  }
  return encoded;
}

} // namespace troupe::ctl
