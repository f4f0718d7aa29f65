// See enable_setters.hpp.
#include "config/enable_setters.hpp"

#include "config/choices.hpp"

namespace troupe::config::setters {

result<void> set_autostart(const option_target& target, std::string_view text, const host&) {
  auto& process = *target.process;
  bool as_last = lower(text) == "last";
  if (as_last || process.starts_as_last())
    process.ask().starts_as_last = as_last;
  if (as_last) {
    process.autostart = true;
    return {};
  }
  auto starts = boolean(text);
  if (!starts)
    return starts.error();
  process.autostart = *starts;
  return {};
}

bool same_autostart(const process_options& a, const process_options& b) {
  return a.autostart == b.autostart && a.starts_as_last() == b.starts_as_last();
}

result<std::string> statefile_path(std::string_view text, const host& on) {
  return text.empty() ? std::string() : absolute(expand_user(text, on), on);
}

} // namespace troupe::config::setters
