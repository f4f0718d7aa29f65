// When an actor that died is built again, and whether. Pure: the clock is the caller's; it needs no memory, which may
// be what the actor died of. Must not know actors. Cases: tests/core/rebuild_pace_test.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace troupe::actors {

enum class rebuild_policy {
  give_up,      ///< the daemon cannot do without it, and six deaths in ten seconds will not get better
  never_give_up ///< nobody else depends on it: for as long as it takes, but one that always dies keeps no thread busy
};

class rebuild_pace {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::milliseconds;

  static constexpr std::size_t most_deaths = 5;
  static constexpr std::chrono::seconds within{10};
  static constexpr std::chrono::seconds soon{1}; ///< after the death before
  static constexpr duration pause{100};

  explicit rebuild_pace(rebuild_policy policy) : policy_(policy) {}

  /// Another death: the pause before the next life. None: it was one too many.
  std::optional<duration> died(time_point now) {
    auto nth = [this](std::size_t n) -> time_point& { return deaths_[n % most_deaths]; };
    bool again_soon = count_ > 0 && now - nth(count_ - 1) < soon;
    bool too_often = count_ >= most_deaths && now - nth(count_) < within;
    nth(count_++) = now;
    if (policy_ == rebuild_policy::never_give_up)
      return again_soon ? pause : duration{0};
    return too_often ? std::nullopt : std::optional(duration{0});
  }

private:
  rebuild_policy policy_;
  std::array<time_point, most_deaths> deaths_; ///< the last ones, in a ring
  std::size_t count_ = 0;
};

} // namespace troupe::actors
