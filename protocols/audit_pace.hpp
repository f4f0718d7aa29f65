// How many refusals of one caller the audit trail tells: so many a second, then their number alone, so that whoever
// knocks a thousand times a second fills no disk. Pure: time is an argument. Must not write records.
// Source: docs/contract/access.md, 7.2. Cases: tests/protocols/audit_test.cpp.
#pragma once

#include "protocols/recent_map.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::protocols {

class audit_pace {
public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr int a_second = 10;
  static constexpr std::size_t most_callers = 1000;

  /// nullopt: not to be told. Else how many before it were not: for its `suppressed`.
  std::optional<std::uint64_t> next(std::string_view caller, time_point now);
  /// Those whose second is over, with how many of theirs were not told and are not to come with a record of next(): one
  /// record each. Callers that gave way to others come with the name of none.
  std::vector<std::pair<std::string, std::uint64_t>> left_over(time_point now);

private:
  struct count {
    time_point since; ///< its second began
    int told = 0;
    std::uint64_t suppressed = 0;
  };
  static bool is_over(const count& c, time_point now) { return now - c.since >= std::chrono::seconds{1}; }

  recent_map<count> callers_{most_callers};
  std::uint64_t others_ = 0; ///< of those that gave way
};

} // namespace troupe::protocols
