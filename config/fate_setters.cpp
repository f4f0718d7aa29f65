// See fate_setters.hpp.
#include "config/fate_setters.hpp"

#include "config/choices.hpp"

#include <cstdint>
#include <string>

namespace troupe::config::setters {

result<bool> oneshot_of(std::string_view key, std::string_view text) {
  constexpr choice<bool> words[] = {{"service", false}, {"oneshot", true}};
  return one_of(words, key, text);
}

result<void> set_essential_on(const option_target& target, std::string_view text, const host&) {
  using options = essential_options;
  constexpr choice<bool options::*> words[] = {
    {"exit", &options::on_exit}, {"fatal", &options::on_fatal}, {"unhealthy", &options::on_unhealthy}};
  auto& essential = target.process->ask().essential;
  for (const auto& word : words)
    essential.*word.value = false;
  auto items = comma_list(text);
  if (items.empty())
    items.emplace_back(); // none of them is no choice
  for (const auto& item : items) {
    auto named = one_of(words, target.key, item);
    if (!named) // the whole value is told
      return invalid(target.key, text, "allowed are exit, fatal and unhealthy");
    essential.*(*named) = true;
  }
  return {};
}

bool same_essential_on(const essential_options& a, const essential_options& b) {
  return a.on_exit == b.on_exit && a.on_fatal == b.on_fatal && a.on_unhealthy == b.on_unhealthy;
}

result<std::optional<int>> essential_exitcode_of(std::string_view key, std::string_view text) {
  constexpr std::int64_t most = 255;
  if (lower(text) == "program")
    return std::optional<int>{};
  auto number = integer(text);
  if (!number || *number < 0 || *number > most)
    return invalid(key, text, "allowed are program and a number from 0 to " + std::to_string(most));
  return std::optional(static_cast<int>(*number));
}

result<group_fate> group_fate_of(std::string_view key, std::string_view text) {
  constexpr choice<group_fate> words[] = {
    {"none", group_fate::none}, {"stopgroup", group_fate::stop}, {"restartgroup", group_fate::restart}};
  return one_of(words, key, text);
}

} // namespace troupe::config::setters
