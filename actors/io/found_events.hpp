// What a worker that died had of events and pools (event_memory.hpp), for the one that follows: which listener is at
// what, what waits, and what has become of an event that was being sent. Must not send anything. Source:
// docs/contract/survival.md, 4.5. Cases: tests/io/event_memory_test.cpp.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/io/event_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

struct found_events {
  std::vector<carried_pool> pools;
  std::int64_t next_serial = 0;
  noted_effect last;    ///< has been told, whether the ledger says so or not
  std::size_t lost = 0; ///< events for which there was no room
  /// Of the listener so-and-so-many of a pool.
  std::map<std::pair<std::string, std::size_t>, outbox_ends> outboxes;
};

/// `number_of`: the descriptor that is held under a key, ours now; -1: none. Nothing: it is no memory of this build.
std::optional<found_events> find_events(platform::unique_fd memory,
                                        const std::function<int(std::uint32_t key)>& number_of);

} // namespace troupe::actors
