// Moments as people write them: 2h (ago), 03:12 (the last time it was that), 2026-11-28 03:12, ISO 8601. Text in, a
// moment out. Must not read a clock. Source: docs/contract/history.md, 7.4. Cases: tests/protocols/time_words_test.cpp.
#pragma once

#include "config/result.hpp"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// What clocks on the wall show; seconds since the epoch.
struct time_zone {
  std::tm (*civil)(std::int64_t seconds);
  std::optional<std::int64_t> (*seconds)(std::tm civil); ///< what the calendar does not have: nothing
};
const time_zone& local_zone(); ///< TZ, or the system's
const time_zone& utc_zone();

/// Microseconds since the epoch. `now`: likewise. Errors: no moment.
config::result<std::int64_t> moment_of(std::string_view text, std::int64_t now, const time_zone& zone = local_zone());

/// `2026-11-28 03:12:08.113`.
std::string moment_text(std::int64_t moment, const time_zone& zone = local_zone());
/// `2026-11-28T03:12:08.113045Z`.
std::string moment_iso(std::int64_t moment);
/// `9:12:04`, `0.4 s`, `2 d 01:00:00`: so long.
std::string span_text(std::int64_t microseconds);

} // namespace troupe::protocols
