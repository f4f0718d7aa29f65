// Bytes on their way from a pipe into a log, when the worker dies: which of them still have to be appended. Pure; the
// steps themselves: batch.hpp. Must not read or write a file.
// Source: docs/contract/survival.md, 4.2. Cases: tests/platform/batch_recovery_test.cpp.
#pragma once

#include <cstdint>
#include <optional>

namespace troupe::platform {

enum class batch_stage : std::uint32_t {
  idle = 0,      ///< and done: everything is where it belongs
  announced = 1, ///< read(2) into the stash may have happened, which the mark tells
  spliced = 2,   ///< splice(2) into the stash may have happened: the kernel has counted
  read = 3,      ///< the bytes are in the stash
  writing = 4,   ///< and perhaps in the log
};

struct batch_facts {
  std::uint64_t announced = 0; ///< bytes that read(2) was to give
  bool mark_whole = true;      ///< the last bytes of the stash are the mark still
  std::uint64_t counted = 0;   ///< bytes in the stash by splice(2), or once they were read
  // of `writing`:
  bool log_is_file = false;      ///< a regular file, with a size of its own
  bool log_found = false;        ///< the file that was written to, under whatever name
  std::uint64_t size_before = 0; ///< of it
  std::uint64_t size_now = 0;
  bool same_bytes = false;     ///< what it has beyond size_before is the stash from log_begin on, as far as both go
  std::uint64_t log_begin = 0; ///< the byte of the stash that was to come at size_before
  // of that and of `read`:
  std::uint64_t written = 0; ///< bytes that are in the log for certain
};

struct batch_recovery_plan {
  std::uint64_t size = 0;            ///< bytes that were taken out of the pipe: 0: none
  std::optional<std::uint64_t> from; ///< append stash[from, size); nothing: all is done
  bool may_double = false;           ///< some of it may be there already
};
batch_recovery_plan batch_recovery(batch_stage stage, const batch_facts& facts);

} // namespace troupe::platform
