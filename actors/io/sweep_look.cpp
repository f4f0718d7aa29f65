// See sweep_look.hpp.
#include "actors/io/sweep_look.hpp"

#include "platform/stranger.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace troupe::actors {

namespace {

constexpr int most_walks = 10;
constexpr int enough_quiet = 2;

bool same(const std::vector<platform::left_process>& a, const std::vector<platform::left_process>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.key == y.key; });
}

/// Who ends during a walk may have made another that it could not see any more: that was no quiet one. Whoever was
/// destroyed meanwhile wants no more signals.
void walk(sweep_item& item, platform::living_processes& living) {
  auto before = std::exchange(item.left, living.in_reach(item.reach));
  bool changes = !same(before, item.left);
  for (const auto& process : item.left) {
    if (!item.known.insert(process.key).second)
      continue;
    changes = true;
    for (int signo : item.signals)
      if (!item.run.expired())
        platform::signal_left(process, signo);
  }
  item.quiet = changes ? 0 : item.quiet + 1;
}

/// False: all have settled.
bool walk_all(sweep_batch& batch) {
  for (auto& item : batch.items) // before the walk: whoever has a dead leader's number then is another
    item.reach.leader_lives = item.leader && !platform::has_ended(*item.leader);
  platform::living_processes living(&batch.reading, batch.unread);
  bool again = false;
  for (auto& item : batch.items) {
    if (item.quiet < enough_quiet)
      walk(item, living);
    again |= item.quiet < enough_quiet;
  }
  return again;
}

void hold(sweep_batch& batch, sweep_item& item) {
  for (const auto& process : item.left) {
    if (item.watched.contains(process.key))
      continue;
    if (batch.room == 0)
      return;
    platform::unique_fd fd;
    auto outcome = platform::hold_left(process, fd);
    if (outcome == platform::holding::cannot)
      return;
    if (outcome == platform::holding::gone) {
      item.changed = true;
      continue;
    }
    item.held.emplace_back(process.key, std::move(fd));
    --batch.room;
  }
}

} // namespace

void look(sweep_batch& batch) noexcept {
  try {
    for (int n = 0; n < most_walks && !batch.given_up && walk_all(batch);)
      ++n;
    for (auto& item : batch.items) {
      item.changed = item.quiet < enough_quiet;
      hold(batch, item);
    }
  } catch (const std::exception&) {
    batch.failed = true;
  }
  batch.finished = true;
}

} // namespace troupe::actors
