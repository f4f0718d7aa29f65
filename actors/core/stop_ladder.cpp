// See stop_ladder.hpp.
#include "actors/core/stop_ladder.hpp"

#include <algorithm>

namespace troupe::actors {

using config::kill_reach;

clock::duration stop_wait(const config::process_options& options) {
  constexpr std::int64_t century = 3'153'600'000; // is as good as never
  return std::chrono::seconds{std::clamp<std::int64_t>(options.stopwaitsecs, 0, century)};
}

std::optional<rung> rung_of(const config::process_options& options, std::size_t number) {
  const auto& ladder = options.stops().ladder;
  if (ladder.empty())
    return number == 0 ? std::optional(rung{options.stopsignal, stop_wait(options)}) : std::nullopt;
  if (number >= ladder.size())
    return {};
  const auto& step = ladder[number];
  return rung{step.signo, step.time ? clock::duration{*step.time} : stop_wait(options)};
}

clock::duration ladder_time(const config::process_options& options) {
  clock::duration all{};
  for (std::size_t i = 0; auto step = rung_of(options, i); ++i)
    all += step->time;
  return all;
}

bool sweeps(const config::process_options& options) {
  auto reach = options.stops().reach;
  return reach != kill_reach::as_ever && reach != kill_reach::process;
}

bool marks_spawns(const config::process_options& options) {
  auto reach = options.stops().reach;
  return reach == kill_reach::tree || reach == kill_reach::cgroup;
}

} // namespace troupe::actors
