// See start_turns.hpp.
#include "actors/core/start_turns.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::chrono::milliseconds to_gather{100}; ///< until it is said how many wait

} // namespace

std::string_view to_string(start_hold what) {
  switch (what) {
  case start_hold::go:
    break;
  case start_hold::slot:
    return "waiting for a start slot";
  case start_hold::budget:
    return "waiting for the restart budget";
  case start_hold::stagger:
    return "waiting for its start delay";
  }
  return {};
}

start_hold start_turns::hold_of(const wish& of, time_point now) {
  if (of.stagger.count() > 0)
    if (auto last = last_spawn_.find(of.section); last != last_spawn_.end() && now < last->second + of.stagger)
      return start_hold::stagger;
  if (of.by_itself && limits_.budget) {
    while (!restarts_.empty() && restarts_.front() + limits_.budget->time <= now)
      restarts_.pop_front();
    if (static_cast<std::int64_t>(restarts_.size()) >= limits_.budget->count)
      return start_hold::budget;
  }
  if (limits_.concurrency > 0 && static_cast<std::int64_t>(starting_.size()) >= limits_.concurrency)
    return start_hold::slot;
  return start_hold::go;
}

void start_turns::take_turn(const wish& of, time_point now) {
  if (of.stagger.count() > 0)
    last_spawn_[of.section] = now;
  if (of.by_itself && limits_.budget)
    restarts_.push_back(now);
  if (limits_.concurrency > 0)
    starting_.insert(of.process);
}

start_hold start_turns::ask(wish of, time_point now) {
  over(of.process); // whoever asks again has no turn any more
  auto hold = hold_of(of, now);
  bool others_first =
    hold == start_hold::go && limits_.concurrency > 0 &&
    std::any_of(line_.begin(), line_.end(), [](const auto& one) { return one.for_what == start_hold::slot; });
  if (others_first)
    hold = start_hold::slot;
  if (hold == start_hold::go) {
    take_turn(of, now);
    return hold;
  }
  if (hold == start_hold::budget && !say_at_ && (!said_at_ || now - *said_at_ >= limits_.budget->time))
    say_at_ = now + to_gather;
  auto rank = [](const wish& one) { return std::pair(!one.needed, one.since); };
  auto later = std::find_if(line_.begin(), line_.end(), [&](const auto& one) { return rank(one.what) > rank(of); });
  line_.insert(later, {std::move(of), hold});
  return hold;
}

start_turns::changes start_turns::look(time_point now) {
  changes found;
  for (auto one = line_.begin(); one != line_.end();) {
    auto hold = hold_of(one->what, now);
    if (hold == start_hold::go) {
      take_turn(one->what, now);
      found.go.push_back(one->what.process);
      one = line_.erase(one);
      continue;
    }
    if (hold != one->for_what)
      found.wait_for.emplace_back(one->what.process, hold);
    one->for_what = hold;
    ++one;
  }
  if (say_at_ && *say_at_ <= now) {
    found.over_budget = static_cast<std::size_t>(
      std::count_if(line_.begin(), line_.end(), [](const auto& one) { return one.for_what == start_hold::budget; }));
    say_at_.reset();
    if (found.over_budget > 0)
      said_at_ = now;
  }
  return found;
}

std::optional<start_turns::time_point> start_turns::next() const {
  auto soonest = say_at_;
  auto add = [&](time_point at) { soonest = soonest ? std::min(*soonest, at) : at; };
  for (const auto& one : line_)
    if (one.for_what == start_hold::budget && !restarts_.empty())
      add(restarts_.front() + limits_.budget->time);
    else if (one.for_what == start_hold::stagger)
      if (auto last = last_spawn_.find(one.what.section); last != last_spawn_.end())
        add(last->second + one.what.stagger);
  return soonest;
}

bool start_turns::over(std::uint64_t process) {
  std::erase_if(line_, [&](const auto& one) { return one.what.process == process; });
  return starting_.erase(process) > 0 && !line_.empty();
}

void start_turns::limit(start_limits limits) {
  limits_ = limits;
  starting_.clear();
}

void start_turns::note_spawned(const wish& of, time_point when, bool is_starting, bool counts) {
  if (is_starting && limits_.concurrency > 0)
    starting_.insert(of.process);
  if (!counts)
    return;
  if (of.stagger.count() > 0)
    last_spawn_[of.section] = std::max(last_spawn_[of.section], when);
  if (of.by_itself && limits_.budget)
    restarts_.insert(std::upper_bound(restarts_.begin(), restarts_.end(), when), when);
}

} // namespace troupe::actors
