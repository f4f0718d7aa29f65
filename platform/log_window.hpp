// Pieces of a log file by offset and length, for readers that do not follow it.
// Must not know processes or faults. Source: docs/contract/http.md, 4.6.
#pragma once

#include <cstdint>
#include <string>

namespace troupe::platform {

enum class window_problem { none, bad_arguments, missing, unreadable, too_large };

/// What one answer may hold in memory.
constexpr std::int64_t largest_window = std::int64_t{64} << 20;

struct log_window {
  window_problem problem = window_problem::none;
  std::string bytes;
  std::int64_t size = 0; ///< of the file; tail and measure only
  bool overflow = false; ///< there is more than `offset + length`; tail only
};

/// Whether there is a log, and its size, as far as its readers are concerned. No bytes.
log_window measure_log(const std::string& path);

/// `length` bytes from `offset`; length 0: all to the end; a negative offset with length 0: the last -offset bytes.
/// Beyond the end: nothing; so of what has no contents, /dev/null or a FIFO. A link that writers do not follow is
/// unreadable.
log_window read_log(const std::string& path, std::int64_t offset, std::int64_t length);

/// The last `length` bytes, whatever `offset` is, unless that is at or beyond the end. `missing` and `unreadable` come
/// with the size that clients get: 0, and `offset`.
log_window tail_log(const std::string& path, std::int64_t offset, std::int64_t length);

} // namespace troupe::platform
