// See history_setters.hpp.
#include "config/history_setters.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace troupe::config::setters {

namespace {

using S = std::string_view;

error invalid(S key, S text, const std::string& allowed) {
  return fault("Invalid " + std::string(key) + " value " + quoted(text) + ": " + allowed);
}

std::string lower(S text) {
  std::string word(text);
  for (char& c : word)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return word;
}

/// Digits, and after a point some more.
std::optional<double> plain_number(S text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  constexpr std::size_t longest = 18;
  auto point = std::min(text.find('.'), text.size());
  auto whole = text.substr(0, point);
  auto part = point < text.size() ? text.substr(point + 1) : S("0");
  if (text.size() > longest || whole.empty() || part.empty() || !std::all_of(whole.begin(), whole.end(), is_digit) ||
      !std::all_of(part.begin(), part.end(), is_digit))
    return {};
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

} // namespace

result<double> exact_time_span(S key, S text) {
  struct unit {
    S name;
    double seconds;
  };
  constexpr unit units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}}; // ms before s
  constexpr double longest = 100.0 * 366 * 86'400;
  auto digits = text;
  double factor = 1;
  for (const auto& [name, seconds] : units)
    if (text.ends_with(name)) {
      digits.remove_suffix(name.size());
      factor = seconds;
      break;
    }
  auto number = plain_number(digits);
  if (!number)
    return invalid(key, text, "allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d");
  return std::min(*number * factor, longest);
}

result<std::int64_t> time_span(S key, S text) {
  auto exactly = exact_time_span(key, text);
  if (!exactly)
    return exactly.error();
  auto whole = static_cast<std::int64_t>(*exactly);
  return whole + (static_cast<double>(whole) < *exactly ? 1 : 0);
}

result<std::int64_t> history_size(S key, S text) {
  constexpr std::int64_t least = std::int64_t{1} << 20;
  auto size = byte_size(text);
  if (!size)
    return size.error();
  if (*size < 0 || (*size > 0 && *size < least))
    return invalid(key, text, "allowed are 1MB or more, and 0 for no bound");
  return *size;
}

result<bool> full_sync(S key, S text) {
  auto word = lower(text);
  if (word != "normal" && word != "full")
    return invalid(key, text, "allowed are normal and full");
  return word == "full";
}

result<history_bits> history_kind_list(S key, S text) {
  history_bits kinds = 0;
  for (const auto& item : comma_list(text)) {
    auto kind = history_kind_named(lower(item));
    if (!kind) {
      std::string allowed = "allowed are ";
      for (std::size_t i = 0; i < history_kinds.size(); ++i)
        (allowed += i == 0 ? "" : i + 1 == history_kinds.size() ? " and " : ", ") += history_kinds[i];
      return invalid(key, text, allowed);
    }
    kinds |= bit(*kind);
  }
  return kinds;
}

} // namespace troupe::config::setters
