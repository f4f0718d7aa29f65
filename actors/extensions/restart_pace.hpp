// How long a program that has ended waits before it is started again. Pure: must not
// look at a clock, or know what the program is for. Cases: tests/extensions/rpc_extension_test.cpp.
#pragma once

#include <algorithm>
#include <chrono>

namespace troupe::actors {

class restart_pace {
public:
  using seconds = std::chrono::seconds;

  static constexpr seconds longest{60};
  static constexpr seconds healthy{10}; ///< up for so long, and the pauses begin anew

  /// It was up for so long. The pause.
  seconds ended(std::chrono::steady_clock::duration after) {
    if (after >= healthy)
      failures_ = 0;
    auto pause = std::min<seconds>(seconds{1} * (1 << std::min(failures_, 10)), longest);
    ++failures_;
    return pause;
  }

private:
  int failures_ = 0; ///< in a row
};

} // namespace troupe::actors
