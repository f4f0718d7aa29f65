// See rolling_setters.hpp.
#include "config/rolling_setters.hpp"

#include "config/choices.hpp"
#include "config/restart_setters.hpp"

#include <string>

namespace troupe::config::setters {

result<bool> rolls_of(std::string_view key, std::string_view text) {
  constexpr choice<bool> words[] = {{"parallel", false}, {"rolling", true}};
  return one_of(words, key, text);
}

/// A bare whole number is a count: 1 is one, 100% is all.
result<batch_size> batch_of(std::string_view key, std::string_view text) {
  auto refused = [&] { return invalid(key, text, "allowed are a count and a share, such as 2 or 20%"); };
  auto word = strip(text);
  if (auto count = integer(word))
    return *count > 0 ? result<batch_size>(batch_size{*count, 0}) : refused();
  auto share = share_of(key, word);
  if (!share)
    return refused();
  return batch_size{0, *share};
}

result<rolling_wait> rolling_wait_of(std::string_view key, std::string_view text) {
  using enum rolling_wait;
  constexpr choice<rolling_wait> words[] = {{"running", running}, {"ready", ready}, {"healthy", healthy}};
  return one_of(words, key, text);
}

result<std::int64_t> most_failures_of(std::string_view key, std::string_view text) {
  constexpr std::int64_t most = 10'000;
  auto number = integer(text);
  if (!number)
    return number.error();
  if (*number < 0 || *number > most)
    return invalid(key, text, "allowed is a number from 0 to " + std::to_string(most));
  return *number;
}

result<int> reload_signal_of(std::string_view text) {
  auto signo = signal_number(text);
  if (!signo)
    return signo.error();
  return *signo;
}

} // namespace troupe::config::setters
