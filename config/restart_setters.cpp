// See restart_setters.hpp.
#include "config/restart_setters.hpp"

#include "config/choices.hpp"
#include "config/history_setters.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace troupe::config::setters {

namespace {

/// Digits, and after a point some more.
std::optional<double> decimal(std::string_view text) {
  auto plain = !text.empty() && text.front() != '.' && text.back() != '.' &&
               std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  double number = 0;
  if (!plain)
    return {};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size())
    return {};
  return number;
}

} // namespace

result<backoff_kind> backoff_of(std::string_view key, std::string_view text) {
  using enum backoff_kind;
  constexpr choice<backoff_kind> words[] = {{"linear", linear}, {"exponential", exponential}, {"fixed", fixed}};
  return one_of(words, key, text);
}

result<std::chrono::milliseconds> milliseconds_of(std::string_view key, std::string_view text) {
  auto seconds = exact_time_span(key, text);
  if (!seconds)
    return seconds.error();
  return std::chrono::milliseconds{static_cast<std::int64_t>(*seconds * 1000 + 0.5)};
}

result<double> factor_of(std::string_view key, std::string_view text) {
  constexpr double least = 1, most = 10;
  auto number = decimal(text);
  if (!number || *number < least || *number > most)
    return invalid(key, text, "allowed is a number from 1 to 10");
  return *number;
}

result<double> share_of(std::string_view key, std::string_view written) {
  auto text = written;
  bool percent = text.ends_with('%');
  for (int twice = 0; twice < 2 && text.ends_with('%'); ++twice) // as other values have to write it
    text.remove_suffix(1);
  auto number = decimal(text);
  auto share = number.value_or(-1) / (percent ? 100 : 1);
  if (share < 0 || share > 1)
    return invalid(key, written, "allowed is a share, such as 0.2 or 20%");
  return share;
}

result<std::int64_t> retries_of(std::string_view text) {
  if (lower(text) == "infinite")
    return endless;
  auto number = integer(text);
  if (number && *number == endless) // as many digits as one likes
    return endless - 1;
  return number;
}

result<bool> waits_of(std::string_view key, std::string_view text) {
  constexpr choice<bool> words[] = {{"fatal", false}, {"wait", true}};
  return one_of(words, key, text);
}

result<std::int64_t> concurrency_of(std::string_view key, std::string_view text) {
  constexpr std::int64_t most = 100'000;
  auto number = integer(text);
  if (number && (*number < 0 || *number > most))
    return invalid(key, text, "allowed is a number from 0 to " + std::to_string(most));
  return number;
}

result<void> set_restart_pause(const option_target& target, std::string_view text, const host&) {
  auto pause = milliseconds_of(target.key, text);
  if (!pause)
    return pause.error();
  auto& restarts = target.process->ask().restarts;
  restarts.backoff = backoff_kind::fixed;
  restarts.backoffmin = restarts.restartdelay = *pause;
  return {};
}

} // namespace troupe::config::setters
