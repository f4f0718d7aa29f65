// See life_end.hpp.
#include "actors/core/life_end.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::actors {

using enum process_state;

bool tells_of_end(const effect::emit& emitted) {
  bool restarts_later = emitted.from == exited && emitted.to == backoff; // its end has been told
  return (emitted.to == backoff && !restarts_later) || emitted.to == fatal ||
         (emitted.to == exited && !emitted.expected);
}

namespace {

/// A signal counts for as long as a stop may take.
bool sent_by_us(const config::process_options& options, const process_record& before, const moment& at) {
  auto patience = std::chrono::seconds{std::clamp<std::int64_t>(options.stopwaitsecs, 1, 86400)};
  return before.signalled_at && at.now - *before.signalled_at <= patience;
}

} // namespace

std::optional<protocols::death_report> end_of_life(const config::process_options& options, const process_record& before,
                                                   const process_event& happened,
                                                   std::span<const process_effect> effects, const moment& at) {
  const auto* exit = std::get_if<event::exited>(&happened);
  const auto* failed = std::get_if<event::spawn_failed>(&happened);
  bool had_begun = before.state == starting || before.state == running;
  if ((!exit && !failed) || !had_begun)
    return {};
  protocols::death_report report;
  bool told = false;
  for (const auto& effect : effects) {
    const auto* emitted = std::get_if<effect::emit>(&effect);
    if (!emitted || !tells_of_end(*emitted))
      continue;
    told = true;
    report.state = emitted->to;
    if (emitted->to == backoff)
      report.tried = static_cast<int>(std::min<std::int64_t>(emitted->tries, 1'000'000));
  }
  if (!told)
    return {};
  if (options.startretries != config::endless)
    report.tries = static_cast<int>(std::clamp<std::int64_t>(options.startretries, 0, 1'000'000)) + 1;
  report.name = options.name;
  report.life = before.spawns;
  report.pid = before.pid;
  report.at = at.wall;
  report.seconds = exit ? std::chrono::duration<double>(at.now - before.started_at).count() : 0;
  report.by_us = exit && sent_by_us(options, before, at);
  if (exit)
    report.wait_status = exit->wait_status;
  else
    report.spawn_error = failed->text;
  return report;
}

} // namespace troupe::actors
