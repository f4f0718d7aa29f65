// See why_line.hpp.
#include "actors/rpc/why_line.hpp"

#include "actors/core/control.hpp"
#include "actors/core/process_fsm.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::actors {

namespace {

using enum process_state;

std::string spawn_error(const process_status& p) {
  return p.spawnerr.empty() ? "" : ": " + config::one_line(p.spawnerr);
}

/// Whole seconds, rounded up: what is over in half a second is not over.
std::string seconds_until(const std::optional<time_point>& deadline, time_point now) {
  if (!deadline)
    return {};
  auto left = std::chrono::ceil<std::chrono::seconds>(*deadline - now).count();
  return " in " + std::to_string(std::max<std::int64_t>(left, 0)) + " s";
}

std::string why_exited(const process_status& p, daemon_state daemon, time_point now) {
  auto text = "EXITED (" + (p.last_end ? wait_status_text(*p.last_end) : std::string("no child")) + ")";
  if (p.deadline)
    return text + ", starts again" + seconds_until(p.deadline, now);
  const auto& options = *p.who->options;
  bool expected = p.last_end && is_expected(options, *p.last_end);
  auto reason = p.disabled                                                   ? "disabled"
                : p.administrative_stop                                      ? "stopped by an operator"
                : p.last_end && ends_for_good(options, *p.last_end)          ? "norestartexitcodes"
                : p.vetoed                                                   ? "poststop failed"
                : options.restart == config::autorestart::never              ? "autorestart=false"
                : daemon != daemon_state::running                            ? "the daemon stops"
                : expected && options.restart != config::autorestart::always ? "expected status"
                                                                             : "";
  return *reason == '\0' ? text : text + ", not restarted: " + reason;
}

/// What it was found out last that is wrong with it.
std::string last_look(const process_status& p) {
  return p.check && !p.check->detail.empty() ? ": " + config::one_line(p.check->detail) : "";
}

/// As the description of whoever waits for it has it.
std::string disabled_too(const process_status& p) { return p.disabled ? ", disabled" : ""; }

std::string why_stopped(const process_status& p) {
  if (p.why == start_reason::lost && !p.administrative_stop)
    return "STOPPED: a dependency was lost";
  if (p.why == start_reason::group && !p.administrative_stop)
    return "STOPPED: another of its group has failed";
  if (p.why == start_reason::rolling && !p.administrative_stop)
    return "STOPPED by a rolling restart" + disabled_too(p);
  if ((p.why == start_reason::update || p.why == start_reason::scale) && !p.administrative_stop && p.started_once)
    return "STOPPED by an update" + disabled_too(p);
  if (p.laststart != 0 || p.started_once || is_stopped_by_hand(p))
    return std::string("STOPPED by an operator") + disabled_too(p);
  const auto& options = *p.who->options;
  std::string never = "STOPPED, never started";
  if (p.disabled)
    return never + ": disabled";
  if (options.starts_as_last() && p.wished == intent::unwanted)
    return never + ": autostart=last, and an operator had stopped it";
  return never + (options.autostart ? "" : ": autostart=false");
}

std::string why_backoff(const process_status& p, time_point now) {
  auto retries = p.who->options->startretries;
  if (p.backoff == 0 || p.why == start_reason::autorestart)
    return "BACKOFF, starts again" + seconds_until(p.deadline, now) + spawn_error(p);
  auto of_all = retries == config::endless
                  ? std::string()
                  : " of " + std::to_string(std::clamp<std::int64_t>(retries, 0, INT32_MAX) + 1);
  return "BACKOFF, try " + std::to_string(p.backoff + 1) + of_all + seconds_until(p.deadline, now) + spawn_error(p);
}

constexpr int most_steps = 5;

/// What a process waits for, by the item that its description begins with; its own text where nothing more is known.
std::string chain_of(const process_status& p, const programs_seen& seen, int steps) {
  auto text = p.waiting_for.str();
  auto node = p.is_held && steps > 0 ? seen.programs.node_of(p.who->id) : std::nullopt;
  if (!node)
    return text;
  for (const auto& item : seen.programs.graph.items_of(*node)) {
    auto begin = "waiting for " + item.shown;
    bool is_it = text.starts_with(begin) && (text.size() == begin.size() || text[begin.size()] == ' ');
    auto other = is_it && item.members.size() == 1 ? seen.status(item.members.front()) : nullptr;
    if (!other)
      continue;
    if (item.leads_back)
      return text + ", which leads back to " + full_name(p.who->group, p.who->options->name);
    auto more = text.rfind(" and ");
    bool has_more = text.ends_with(" more") && more != text.npos;
    bool is_disabled = other->disabled && protocols::is_stopped(other->state);
    auto cause = full_name(other->who->group, other->who->options->name) + " is " +
                 (is_disabled ? "disabled" : std::string(to_string(other->state)));
    if (!other->waiting_for.empty())
      cause += ", " + chain_of(*other, seen, steps - 1);
    else if (other->state == exited && !is_disabled && other->last_end)
      cause += " (" + wait_status_text(*other->last_end) + ")";
    else if (other->state == fatal || other->state == backoff)
      cause += spawn_error(*other);
    return begin + " (" + cause + ")" + (has_more ? text.substr(more) : "");
  }
  return text;
}

} // namespace

std::string why_line(const process_status& p, daemon_state daemon, time_point now, const programs_seen& seen) {
  if (p.state != starting || !p.is_held)
    return why_line(p, daemon, now);
  return full_name(p.who->group, p.who->options->name) + ": STARTING, " + chain_of(p, seen, most_steps);
}

std::string why_line(const process_status& p, daemon_state daemon, time_point now) {
  auto line = full_name(p.who->group, p.who->options->name) + ": ";
  switch (p.state) {
  case exited:
    return line + why_exited(p, daemon, now);
  case stopped:
    return line + why_stopped(p);
  case backoff:
    return line + why_backoff(p, now);
  case fatal:
  case unknown:
    return line + std::string(to_string(p.state)) + disabled_too(p) + spawn_error(p);
  case starting:
    if (p.check && p.check->failing)
      return line + "STARTING, being killed" + spawn_error(p);
    if (!p.waiting_for.empty())
      return line + "STARTING, " + p.waiting_for.str() + last_look(p);
    break;
  case running:
    if (p.check && p.check->health == health_state::unhealthy)
      return line + "RUNNING, unhealthy" + disabled_too(p) + last_look(p);
    return line + "RUNNING" + disabled_too(p);
  case stopping:
    if (!p.waiting_for.empty())
      return line + "STOPPING, " + p.waiting_for.str();
    break;
  }
  return line + std::string(to_string(p.state));
}

} // namespace troupe::actors
