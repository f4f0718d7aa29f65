// When something is to end, as people write it: 2h (from now), 06:00 (the next time it is that), 2026-12-01T06:00. Text
// in, a moment out. Must not read a clock. Source: docs/contract/programs.md, 11. Cases:
// tests/protocols/until_words_test.cpp.
#pragma once

#include "protocols/time_words.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::protocols {

/// Seconds since the epoch, later than `now`, which is likewise. Of a time that the clock leaves out in spring: the
/// moment it jumps; of one that it shows twice in autumn: the first. Nothing: no such time, or it is over.
std::optional<std::int64_t> moment_to_come(std::string_view text, std::int64_t now,
                                           const time_zone& zone = local_zone());

} // namespace troupe::protocols
