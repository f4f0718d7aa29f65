// Whether an actor that died is built again: not where it dies again and again. Pure; the clock is the caller's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>

namespace troupe::actors {

class rebuild_pace {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::size_t most_deaths = 5;
  static constexpr std::chrono::seconds within{10};

  /// Another death. False: it was one too many.
  bool allows(time_point now) {
    deaths_.push_back(now);
    std::erase_if(deaths_, [&](auto at) { return now - at >= within; });
    return deaths_.size() <= most_deaths;
  }

private:
  std::deque<time_point> deaths_;
};

} // namespace troupe::actors
