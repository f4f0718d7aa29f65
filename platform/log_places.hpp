// What was written to a log between two of its ends, read back afterwards, though it may have been rotated meanwhile.
// Must not know whose words they are. Cases: tests/platform/log_places_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::platform {

/// The end of a regular file at some moment: which one it was, and its size.
struct log_place {
  std::uint64_t device = 0;
  std::uint64_t file = 0; ///< inode; 0: nothing of the kind
  std::int64_t size = 0;
  bool operator==(const log_place&) const = default;
};

/// Of what is open there.
log_place end_of(int fd);

struct last_words {
  std::string bytes;
  bool whole = true; ///< nothing was left out
  int error = 0;     ///< errno: it could not be read
};

/// The last `most` bytes at most, from `from` to `until` (not set: to the end), in the log at `path` and the one that
/// was moved aside last. What lies there now, but did not then, is told from what did by the files' numbers and, where
/// those are new, by `began` (seconds since the epoch).
last_words words_between(const std::string& path, const log_place& from, const std::optional<log_place>& until,
                         std::int64_t began, std::size_t most);

} // namespace troupe::platform
