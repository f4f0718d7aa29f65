// See access_setters.hpp.
#include "config/access_setters.hpp"

#include "config/password_forms.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::config::setters {

namespace {

using T = const option_target&;
using S = std::string_view;
using H = const host&;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_label(S text) {
  constexpr std::size_t longest = 63;
  auto fits = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '=' || c == '-'; };
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), fits);
}

error in_section(T t, const std::string& what) { return fault('[' + std::string(t.section) + "] " + what); }

error invalid(T t, S value) {
  return fault("Invalid " + std::string(t.key) + " value " + one_line(value) + " in [" + std::string(t.section) + ']');
}

// -- verbs ------------------------------------------------------------------------------------------

/// `NS.METHOD` or `NS.*` of an extension; what is built in has rights of its own.
bool is_extension_method(S word) {
  auto dot = word.find('.');
  if (dot == word.npos || dot == 0 || dot + 1 == word.size())
    return false;
  auto space = word.substr(0, dot);
  for (S own : {"supervisor", "system", "access"})
    if (space == own)
      return false;
  auto fits = [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; };
  auto method = word.substr(dot + 1);
  return std::all_of(space.begin(), space.end(), fits) &&
         (method == "*" || std::all_of(method.begin(), method.end(), fits));
}

/// Takes one word in; false: nobody knows it.
bool add_verb(role_options& role, const std::string& word) {
  constexpr S of_signal = "signal:";
  if (auto known = right_named(word)) {
    role.rights |= bit(*known);
    return true;
  }
  if (word.starts_with(of_signal)) {
    auto number = signal_number(S(word).substr(of_signal.size()));
    if (!number || *number >= 64) // a bit each; the last real-time signal has none
      return false;
    role.signals |= std::uint64_t{1} << *number;
    return true;
  }
  if (is_extension_method(word))
    role.methods.push_back(word);
  return is_extension_method(word);
}

// -- users ------------------------------------------------------------------------------------------

constexpr std::uint32_t no_id = 0xffffffff;

/// Digits only: no sign, no blanks, nothing that another reader could take for another number.
std::optional<std::uint32_t> plain_number(S text) {
  std::uint32_t number = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// What the kernel shows instead of an id that has no meaning here.
std::uint32_t overflow_id(H h, const char* file) {
  constexpr std::uint32_t usual = 65534;
  auto text = h.read_file(std::string("/proc/sys/kernel/") + file);
  return text ? plain_number(stripped(*text)).value_or(usual) : usual;
}

/// `find` tells the id of one item.
result<std::vector<std::uint32_t>> ids(T t, S s, std::uint32_t overflow,
                                       const std::function<std::optional<std::int64_t>(const std::string&)>& find) {
  auto items = item_list(t, s);
  if (!items)
    return items.error();
  std::vector<std::uint32_t> out;
  for (const auto& item : *items) {
    auto id = find(item);
    if (!id || *id < 0 || *id >= no_id)
      return invalid(t, item);
    auto number = static_cast<std::uint32_t>(*id);
    if (number == overflow)
      return in_section(t, std::string(t.key) + ' ' + item + " cannot be told from strangers of other user namespaces");
    if (std::find(out.begin(), out.end(), number) == out.end())
      out.push_back(number);
  }
  return out;
}

} // namespace

result<std::int64_t> duration(S text) {
  auto wrong = fault("not a valid duration: " + quoted(text));
  constexpr std::size_t most_digits = 10;
  if (text.size() < 2 || text.size() > most_digits + 1)
    return wrong;
  auto unit = text.back();
  std::int64_t seconds = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : unit == 'd' ? 86400 : 0;
  auto digits = text.substr(0, text.size() - 1);
  std::int64_t count = 0;
  bool are_digits = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (!are_digits || count == 0 || seconds == 0)
    return wrong;
  return count * seconds;
}

result<std::vector<std::string>> item_list(T t, S s) {
  auto items = comma_list(s);
  for (const auto& item : items)
    if (item.empty())
      return in_section(t, std::string(t.key) + " has an empty item");
  return items;
}

result<std::vector<network>> network_list(T t, S s) {
  auto items = item_list(t, s);
  if (!items)
    return items.error();
  std::vector<network> out;
  for (const auto& item : *items) {
    auto made = network_of(item);
    if (!made)
      return made.error();
    out.push_back(*made);
  }
  return out;
}

result<std::string> optional_path(S s, H h) {
  if (s.empty())
    return std::string();
  auto path = existing_dirpath(s, h);
  if (!path)
    return path.error();
  return absolute(*path, h);
}

result<std::string> audit_path(S s, H h) { return s == "syslog" ? std::string(s) : optional_path(s, h); }

result<std::string> tls_file(T t, S s, H h) {
  if (s.empty()) // a variable that is not set, say: no reason to speak plain HTTP
    return in_section(t, std::string(t.key) + " is empty");
  return absolute(expand_user(s, h), h);
}

result<bool> tls_is_1_3(T t, S s) {
  if (s != "1.2" && s != "1.3")
    return in_section(t, "tls_min must be 1.2 or 1.3, not " + one_line(s));
  return s == "1.3";
}

result<void> set_tls_client(T t, S s, H) {
  if (s != "none" && s != "optional" && s != "required")
    return fault("Invalid tls_client value " + one_line(s));
  t.draft->tls_client = s;
  return {};
}

result<void> set_labels(T t, S s, H) {
  for (auto& label : comma_list(s)) {
    if (!is_label(label))
      return fault("Invalid label " + one_line(label));
    t.draft->labels.push_back(std::move(label));
  }
  return {};
}

result<void> set_session_bind(T t, S s, H) {
  if (s != "address" && s != "none")
    return invalid(t, s);
  t.access->session_bound = s == "address";
  return {};
}

result<void> set_verbs(T t, S s, H) {
  auto items = item_list(t, s);
  if (!items)
    return items.error();
  for (const auto& item : *items) {
    if (item == "*")
      return in_section(t, "verbs: write admin for everything");
    if (!add_verb(*t.role, item))
      return in_section(t, "names unknown verb " + one_line(item));
  }
  return {};
}

result<void> set_patterns(T t, S s, H) {
  constexpr std::size_t longest = 256;
  auto items = item_list(t, s);
  if (!items)
    return items.error();
  for (const auto& item : *items) {
    if (item.size() > longest)
      return in_section(t, "programs: a pattern has at most 256 bytes");
    auto pattern = S(item).substr(item.starts_with('!') ? 1 : 0);
    bool of_label = pattern.starts_with('@');
    if (pattern.empty() || pattern.starts_with('!') || (of_label && !is_label(pattern.substr(1))))
      return in_section(t, "programs: not a pattern: " + quoted(item));
  }
  t.role->programs = *std::move(items);
  return {};
}

/// Of a list that has come to nothing, a missing variable say, one could think that it lets nobody in.
result<void> set_role_networks(T t, S s, H) {
  auto networks = network_list(t, s);
  if (!networks)
    return networks.error();
  if (networks->empty())
    return in_section(t, "networks has an empty item");
  t.role->networks = *std::move(networks);
  return {};
}

result<void> set_password(T t, S s, H h) {
  auto stored = stored_password_of(s, h);
  if (!stored)
    return in_section(t, stored.error().what);
  t.user->password = *std::move(stored);
  return {};
}

result<void> set_password_file(T t, S s, H h) {
  auto line = first_line(absolute(expand_user(s, h), h), h);
  if (!line)
    return line.error();
  auto done = set_password(t, *line, h);
  forget(*line);
  return done;
}

result<void> set_unix_users(T t, S s, H h) {
  auto find = [&](const std::string& item) -> std::optional<std::int64_t> {
    auto number = plain_number(item);
    auto user = number ? h.user_by_id(*number) : h.user_by_name(item);
    return user ? std::optional(user->uid) : std::nullopt;
  };
  auto found = ids(t, s, overflow_id(h, "overflowuid"), find);
  if (!found)
    return found.error();
  t.user->uids = *std::move(found);
  return {};
}

result<void> set_unix_groups(T t, S s, H h) {
  auto find = [&](const std::string& item) -> std::optional<std::int64_t> {
    if (auto number = plain_number(item))
      return h.group_exists(*number) ? std::optional<std::int64_t>(*number) : std::nullopt;
    return h.group_by_name(item);
  };
  auto found = ids(t, s, overflow_id(h, "overflowgid"), find);
  if (!found)
    return found.error();
  t.user->gids = *std::move(found);
  return {};
}

result<void> set_fingerprints(T t, S s, H) {
  auto items = item_list(t, s);
  if (!items)
    return items.error();
  for (const auto& item : *items) {
    auto digits = item;
    std::erase(digits, ':');
    std::array<std::uint8_t, 32> hash{};
    auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
    if (digits.size() != 2 * hash.size() || !std::all_of(digits.begin(), digits.end(), is_digit))
      return invalid(t, item);
    for (std::size_t i = 0; i < hash.size(); ++i)
      std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, hash[i], 16);
    t.user->certificate_hashes.push_back(hash);
  }
  return {};
}

} // namespace troupe::config::setters
