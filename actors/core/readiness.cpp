// See readiness.hpp.
#include "actors/core/readiness.hpp"

#include <cstring>

namespace troupe::actors {

using config::check_form;
using std::chrono::milliseconds;

std::string_view to_string(health_state of) {
  switch (of) {
  case health_state::none:
    break;
  case health_state::pending:
    return "pending";
  case health_state::healthy:
    return "healthy";
  case health_state::unhealthy:
    return "unhealthy";
  }
  return "none";
}

bool is_probe(const check_form& form) {
  using enum check_form::kind;
  return form.what == tcp || form.what == unix_socket || form.what == http || form.what == exec;
}

clock::duration next_look(clock::duration passed, milliseconds interval) {
  constexpr milliseconds first[] = {milliseconds{100}, milliseconds{200}, milliseconds{400}, milliseconds{800}};
  constexpr auto last = first[std::size(first) - 1];
  for (auto look : first)
    if (passed < look)
      return look;
  auto rounds = (passed - last) / interval + 1;
  return last + rounds * interval;
}

std::string awaited_text(const check_form& form, const std::string& status) {
  auto text = "waiting to be ready: " + form.shown.str();
  return status.empty() ? text : text + ": " + status;
}

std::string status_text(const check_record& of) {
  std::string text = of.stopping ? "stopping" : of.reloading ? "reloading" : "";
  auto add = [&text](const std::string& more) { text += (text.empty() ? "" : ": ") + more; };
  if (!of.status.empty())
    add(of.status);
  if (of.error_number != 0)
    add(std::strerror(static_cast<int>(of.error_number)));
  return text;
}

clock::duration first_health_look(milliseconds interval, std::uint64_t chance) {
  constexpr std::uint64_t parts = 1024;
  auto part = static_cast<std::int64_t>(chance % parts) + 1;
  return std::chrono::duration_cast<clock::duration>(interval) * part / static_cast<std::int64_t>(parts);
}

} // namespace troupe::actors
