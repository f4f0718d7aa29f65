// How a change of one option is shown, and when only a restart brings it: for the rows of the table (schema.cpp) and
// whoever plans an update. Numbers, times and words are shown; whatever may hold a secret is not. Must not know which
// option a value is of. Source: docs/contract/programs.md, 6. Cases: tests/config/plan_test.cpp.
#pragma once

#include "config/options.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::config {

std::string shown_value(std::int64_t number);
std::string shown_value(bool is_true);
std::string shown_value(double number);
std::string shown_value(std::chrono::milliseconds time); ///< seconds: 0.5, 120
std::string shown_value(const rate& of);
std::string shown_value(autorestart of);
std::string shown_value(backoff_kind of);
std::string shown_value(dependency_options::on_failure of);
std::string shown_value(dependency_options::on_loss of);
std::string shown_value(kill_reach of);
std::string shown_value(group_fate of);
inline std::string shown_value(int number) { return shown_value(std::int64_t{number}); }

/// Of what is not listed above: nothing.
template <class Value>
std::string shown_value(const Value&) {
  return {};
}

template <class Value>
std::string shown_value(const std::optional<Value>& of) {
  return of ? shown_value(*of) : "default";
}

/// A mode or mask, as files say it.
inline std::string shown_value(const std::optional<int>& mode) {
  if (!mode)
    return "default";
  std::string digits;
  for (int shift = 6; shift >= 0; shift -= 3)
    digits += static_cast<char>('0' + (*mode >> shift & 7));
  return "0" + digits;
}

/// Texts and names of users are none of anybody's business.
inline std::string shown_value(const std::optional<shared_text>&) { return {}; }

/// true, false or last.
std::string shown_autostart(const process_options& of);

/// A descriptor of the child's, or the socket it writes to, comes with its start.
template <class Options, const Options& (process_options::*Of)() const>
bool form_needs_restart(const process_options& active, const process_options& loaded) {
  const auto& before = (active.*Of)().form;
  const auto& now = (loaded.*Of)().form;
  auto of_child = [](const check_form& form) {
    return form.what == check_form::kind::fd || form.what == check_form::kind::notify;
  };
  return before != now && (of_child(before) || of_child(now));
}

/// What the child is told, or made, at its start.
bool reach_needs_restart(const process_options& active, const process_options& loaded);

} // namespace troupe::config
