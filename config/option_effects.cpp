// See option_effects.hpp.
#include "config/option_effects.hpp"

#include <array>
#include <charconv>

namespace troupe::config {

std::string shown_value(std::int64_t number) { return number == endless ? "infinite" : std::to_string(number); }

std::string shown_value(bool is_true) { return is_true ? "true" : "false"; }

std::string shown_value(double number) {
  std::array<char, 32> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

std::string shown_value(std::chrono::milliseconds time) {
  constexpr int per_second = 1000;
  return shown_value(static_cast<double>(time.count()) / per_second);
}

std::string shown_value(const rate& of) { return std::to_string(of.count) + '/' + shown_value(of.time) + 's'; }

std::string shown_value(autorestart of) {
  switch (of) {
  case autorestart::never:
    return "false";
  case autorestart::unexpected:
    return "unexpected";
  case autorestart::always:
    break;
  }
  return "true";
}

std::string shown_value(backoff_kind of) {
  constexpr std::array words{"linear", "exponential", "fixed"};
  return words.at(static_cast<std::size_t>(of));
}

std::string shown_value(dependency_options::on_failure of) {
  constexpr std::array words{"wait", "fail", "ignore"};
  return words.at(static_cast<std::size_t>(of));
}

std::string shown_value(dependency_options::on_loss of) {
  constexpr std::array words{"keep", "stop", "restart"};
  return words.at(static_cast<std::size_t>(of));
}

std::string shown_value(kill_reach of) {
  constexpr std::array words{"default", "process", "group", "session", "cgroup", "tree"};
  return words.at(static_cast<std::size_t>(of));
}

std::string shown_value(group_fate of) {
  constexpr std::array words{"none", "stopgroup", "restartgroup"};
  return words.at(static_cast<std::size_t>(of));
}

std::string shown_autostart(const process_options& of) {
  return of.starts_as_last() ? "last" : shown_value(of.autostart);
}

bool reach_needs_restart(const process_options& active, const process_options& loaded) {
  auto before = active.stops().reach;
  auto now = loaded.stops().reach;
  return before != now && (before >= kill_reach::session || now >= kill_reach::session);
}

} // namespace troupe::config
