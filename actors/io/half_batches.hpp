// What a worker that was killed has read from its children and not brought to where it belongs: the missing end of what
// went into a log as it came is appended here; the rest is for the channels to consume. Before anything is read or
// written anew. Must not know what a slot is: whoever asks says where its logs are.
// Source: docs/contract/survival.md, 4.2. Cases: tests/io/half_batches_test.cpp.
#pragma once

#include "actors/io/pump_room.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// Bytes for a channel, before the first that its pipe gives. Whoever lets one go unused throws the bytes away.
struct half_batch {
  std::uint32_t slot = 0;
  std::uint32_t channel = 0; ///< 1: stdout, 2: stderr
  std::string_view bytes;    ///< of the place
  pump_room::lease place;
};

/// Of the channels of child_pipes.hpp.
constexpr std::uint32_t channel_number(std::size_t channel) { return static_cast<std::uint32_t>(channel) + 1; }

struct log_names {
  std::string path;
  std::int64_t backups = 0;
};
/// The log of a channel; nothing: there is none, or no such slot (both are numbers out of shared memory).
using log_finder = std::function<std::optional<log_names>(std::uint32_t slot, std::uint32_t channel)>;

struct finished_batches {
  std::vector<half_batch> again; ///< in the order in which they were read
  std::size_t appended = 0;      ///< batches
  std::size_t doubtful = 0;      ///< of `again`: some of it may be in a log already
};
/// Once, after pump_room::map().
finished_batches finish_half_batches(pump_room& room, const log_finder& log_of);

/// Takes those of one channel out of `from`.
std::vector<half_batch> take_half_batches(std::vector<half_batch>& from, std::uint32_t slot, std::uint32_t channel);

} // namespace troupe::actors
