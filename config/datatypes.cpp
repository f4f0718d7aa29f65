// See datatypes.hpp: the scalar types. environment values and sockets have files of their own.
#include "config/datatypes.hpp"

#include "config/log_levels.hpp"
#include "config/system_names.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <limits>

namespace troupe::config {

namespace {

/// Bytes of the white space character at the start (end) of `text`; 0 if there is none.
std::size_t leading_space(std::string_view text) {
  static constexpr std::string_view wide[] = {
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
  if (text.empty())
    return 0;
  auto c = static_cast<unsigned char>(text[0]);
  if (c < 0x80)
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) ? 1 : 0;
  for (auto w : wide)
    if (text.starts_with(w))
      return w.size();
  return 0;
}

std::size_t trailing_space(std::string_view text) {
  if (!text.empty() && static_cast<unsigned char>(text.back()) < 0x80)
    return leading_space(text.substr(text.size() - 1));
  for (std::size_t size = 1; size <= 3 && size <= text.size(); ++size)
    if (leading_space(text.substr(text.size() - size)) == size)
      return size;
  return 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return out;
}

/// Optional sign, digits of `base`, single `_` between digits. nullopt: none of that. Saturates.
std::optional<std::int64_t> parse_integer(std::string_view text, int base) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (base == 8 && text.size() > 2 && text[0] == '0' && (text[1] == 'o' || text[1] == 'O'))
    text.remove_prefix(text[2] == '_' ? 3 : 2);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  std::int64_t value = 0;
  bool digit_before = false;
  for (char c : text) {
    if (c == '_' && digit_before) {
      digit_before = false;
      continue;
    }
    if (c < '0' || c >= '0' + base)
      return std::nullopt;
    digit_before = true;
    int digit = c - '0';
    value = value > (most - digit) / base ? most : value * base + digit;
  }
  if (!digit_before)
    return std::nullopt;
  return negative ? -value : value;
}

/// Of one number, as configurations may write it, too.
constexpr std::pair<std::string_view, std::string_view> second_signal_names[] = {
  {"CLD", "CHLD"}, {"IO", "POLL"}, {"IOT", "ABRT"}};
constexpr int above_all_signals = 128;

/// 0 where no signal has the name.
int signal_named(std::string_view name) {
  for (int number = 1; number < above_all_signals; ++number)
    if (const char* known = abbreviation_of_signal(number); known && name == known)
      return number;
  return 0;
}

error not_an_integer(std::string_view text) { return fault("invalid literal for int() with base 10: " + quoted(text)); }

error bad_dirpath(std::string_view text) {
  return fault("The directory named as part of the path " + std::string(text) + " does not exist");
}

} // namespace

std::string_view stripped(std::string_view text) {
  while (auto n = leading_space(text))
    text.remove_prefix(n);
  while (auto n = trailing_space(text))
    text.remove_suffix(n);
  return text;
}

std::size_t character_at(std::string_view text, std::size_t byte) {
  auto before = text.substr(0, byte);
  return 1 + static_cast<std::size_t>(std::count_if(
               before.begin(), before.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string strip(std::string_view text) { return std::string(stripped(text)); }

result<std::int64_t> integer(std::string_view text) {
  if (auto value = parse_integer(stripped(text), 10))
    return *value;
  return not_an_integer(text);
}

result<bool> boolean(std::string_view text) {
  auto word = lower(text);
  for (const char* yes : {"yes", "true", "on", "1"})
    if (word == yes)
      return true;
  for (const char* no : {"no", "false", "off", "0"})
    if (word == no)
      return false;
  return fault("not a valid boolean value: " + quoted(text));
}

result<std::string> name(std::string_view text) {
  auto word = stripped(text);
  for (char c : {' ', ':', '/'})
    if (word.find(c) != word.npos)
      return fault("Invalid name: " + quoted(text) + " because of character: " + quoted(std::string(1, c)));
  return std::string(word);
}

result<std::int64_t> byte_size(std::string_view text) {
  auto word = lower(text);
  int shift = word.ends_with("kb") ? 10 : word.ends_with("mb") ? 20 : word.ends_with("gb") ? 30 : 0;
  if (shift != 0)
    word.resize(word.size() - 2);
  auto value = integer(word);
  if (!value)
    return value.error();
  auto most = std::numeric_limits<std::int64_t>::max() >> shift;
  return std::clamp(*value, -most, most) * (std::int64_t{1} << shift);
}

result<int> octal(std::string_view text) {
  if (auto value = parse_integer(stripped(text), 8))
    return static_cast<int>(std::clamp<std::int64_t>(*value, INT32_MIN, INT32_MAX));
  return fault(std::string(text) + " can not be converted to an octal type");
}

result<std::string> existing_directory(std::string_view text, const host& on) {
  auto path = expand_user(text, on);
  if (!path.empty() && on.is_directory(path))
    return path;
  return fault(std::string(text) + " is not an existing directory");
}

result<std::string> existing_dirpath(std::string_view text, const host& on) {
  auto path = expand_user(text, on);
  auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return path;
  auto directory = path.substr(0, slash);
  if (directory.empty() || on.is_directory(directory))
    return path;
  return bad_dirpath(text);
}

result<log_target> log_file(std::string_view text, const host& on) {
  constexpr std::size_t longest_word = 6;
  if (text.size() <= longest_word) {
    auto word = lower(text);
    if (word.empty() || word == "none" || word == "off")
      return log_target{log_target::kind::none, {}};
    if (word == "auto")
      return log_target{log_target::kind::automatic, {}};
    if (word == "syslog")
      return log_target{log_target::kind::file, "syslog"};
  }
  auto path = existing_dirpath(text, on);
  if (!path)
    return path.error();
  return log_target{log_target::kind::file, std::move(*path)};
}

result<autorestart> restart_policy(std::string_view text) {
  auto word = lower(text);
  if (word == "unexpected")
    return autorestart::unexpected;
  if (auto always = boolean(word))
    return *always ? autorestart::always : autorestart::never;
  return fault("invalid 'autorestart' value " + quoted(word));
}

result<std::vector<int>> exit_codes(std::string_view text) {
  std::vector<int> codes;
  for (const auto& item : comma_list(text)) {
    auto code = parse_integer(item, 10);
    auto signal = code ? result<int>(0) : signal_number(item);
    if (!signal || (code && (*code < 0 || *code > 255)))
      return fault("not a valid list of exit codes: " + quoted(text));
    codes.push_back(code ? static_cast<int>(*code) : -*signal);
  }
  return codes;
}

result<log_level> level(std::string_view text) {
  auto word = lower(text);
  for (const auto& row : log_levels)
    if (row.name == word)
      return row.level;
  return fault("bad logging level name " + quoted(text));
}

result<int> signal_number(std::string_view text) {
  auto word = stripped(text);
  if (auto number = parse_integer(word, 10)) {
    if (*number >= 1 && *number < above_all_signals && abbreviation_of_signal(static_cast<int>(*number)))
      return static_cast<int>(*number);
    return fault("value " + quoted(text) + " is not a valid signal number");
  }
  auto upper = std::string(word);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  std::string_view plain = upper;
  if (plain.starts_with("SIG"))
    plain.remove_prefix(3);
  for (const auto& [second, first] : second_signal_names)
    if (plain == second && signal_named(plain) == 0)
      plain = first;
  if (int number = signal_named(plain); number != 0)
    return number;
  return fault("value " + quoted(text) + " is not a valid signal name");
}

result<std::int64_t> user_id(std::string_view text, const host& on) {
  if (auto number = parse_integer(stripped(text), 10)) {
    if (on.user_by_id(*number))
      return *number;
    return fault("Invalid user id " + std::string(text));
  }
  if (auto user = on.user_by_name(text))
    return user->uid;
  return fault("Invalid user name " + std::string(text));
}

std::optional<ownership> user_and_group(std::string_view text, const host& on) {
  auto colon = text.find(':');
  auto uid = user_id(text.substr(0, colon), on);
  if (!uid)
    return std::nullopt;
  if (colon == text.npos)
    return ownership{*uid, -1};
  auto group = text.substr(colon + 1);
  if (auto number = parse_integer(stripped(group), 10))
    return on.group_exists(*number) ? std::optional(ownership{*uid, *number}) : std::nullopt;
  auto gid = on.group_by_name(group);
  return gid ? std::optional(ownership{*uid, *gid}) : std::nullopt;
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  if (text.empty())
    return items;
  for (;;) {
    auto comma = text.find(',');
    items.push_back(strip(text.substr(0, comma)));
    if (comma == text.npos)
      return items;
    text.remove_prefix(comma + 1);
  }
}

std::string expand_user(std::string_view path, const host& on) {
  if (!path.starts_with('~'))
    return std::string(path);
  auto slash = std::min(path.find('/'), path.size());
  std::string home;
  if (slash == 1) {
    auto set = std::find_if(on.env.begin(), on.env.end(), [](auto& entry) { return entry.first == "HOME"; });
    if (set != on.env.end())
      home = set->second;
    else if (auto user = on.user_by_id(on.uid))
      home = user->home;
    else
      return std::string(path);
  } else if (auto user = on.user_by_name(path.substr(1, slash - 1))) {
    home = user->home;
  } else {
    return std::string(path);
  }
  while (home.ends_with('/'))
    home.pop_back();
  home += path.substr(slash);
  return home.empty() ? "/" : home;
}

std::string absolute(std::string_view path, const host& on) {
  std::string full = path.starts_with('/') ? std::string(path) : on.directory + '/' + std::string(path);
  std::vector<std::string_view> parts;
  std::string_view rest = full;
  while (!rest.empty()) {
    auto slash = std::min(rest.find('/'), rest.size());
    auto part = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (part == "..") {
      if (!parts.empty())
        parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string out;
  for (auto part : parts) {
    out += '/';
    out += part;
  }
  return out.empty() ? "/" : out;
}

std::vector<std::string> blank_list(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  auto finish = [&] {
    if (!word.empty())
      words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 1;
    while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xc0) == 0x80)
      ++size;
    if (strip(text.substr(i, size)).empty())
      finish();
    else
      word += text.substr(i, size);
    i += size;
  }
  finish();
  return words;
}

} // namespace troupe::config
