// How many processes of a program there are to be, whatever its section says: what a client has asked for, and what a
// reading of the files makes of it. Must not read files. Source: docs/contract/programs.md, 6 (`scale`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace troupe::config {

/// In place of numprocs.
struct scale {
  std::int64_t wanted = 1;
  /// It counts only as long as the file says that numprocs; unset: whatever it says, for it was asked for just now.
  std::optional<std::int64_t> configured;
  bool operator==(const scale&) const = default;
};
using scale_book = std::map<std::string, scale, std::less<>>; ///< by the x of [program:x] and [fcgi-program:x]

/// What the files say of a program that is in the book.
struct scaled_program {
  std::int64_t configured = 1;
  bool numbered = false; ///< its process_name has %(process_num): there may be several
};

} // namespace troupe::config
