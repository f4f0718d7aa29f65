// What event_memory.hpp notes, as it lies in shared memory: plain numbers, of one build only. Must not allocate, nor
// say what a pool does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe::actors::event_layout {

constexpr std::uint32_t most_pools = 32;
constexpr std::uint32_t most_members = 1024;  ///< of all pools
constexpr std::uint32_t most_waiting = 16384; ///< events in a pool's buffer
constexpr std::uint32_t most_leftovers = 16;
constexpr std::uint32_t blocks = 8192;
constexpr std::size_t name_size = 256;
constexpr std::size_t words_size = 4096; ///< half a line, or what has come of a result

/// Of an event: bodies are long and may be in several pools.
struct block {
  std::uint32_t next; ///< 0: the last one
  std::uint32_t size; ///< of the body; in the first one
  std::uint64_t about;
  std::uint32_t type;
  char bytes[492];
};
static_assert(sizeof(block) == 512);

struct event_ref {
  std::uint32_t here = 0;  ///< 1: there is one
  std::uint32_t block = 0; ///< 0: it was too long for this memory
  std::int64_t serial = 0;
  std::int64_t pool_serial = 0;
  std::uint64_t waits_for = 0;
  bool operator==(const event_ref&) const = default;
};

struct member_state {
  std::uint32_t state = 0; ///< listener_state
  std::uint32_t running = 0;
  std::uint32_t lost = 0; ///< it says more than has room here
  std::uint32_t pending_size = 0;
  std::uint32_t result_size = 0;
  std::uint32_t has_missing = 0;
  std::int64_t result_missing = 0;
  std::uint64_t heard = 0;
  std::uint32_t outbox_out = 0, outbox_in = 0; ///< keys of what the keeper holds; 0: there is no outbox
  event_ref held;
  bool operator==(const member_state&) const = default;
};

struct member_page {
  member_state now;
  std::atomic<std::uint32_t> stage; ///< of its outbox
  char pending[words_size];
  char result[words_size];
};

struct pool_state {
  std::uint32_t overflowing = 0;
  std::uint32_t closed = 0;
  std::uint64_t head = 0, tail = 0; ///< waiting are entries [tail, head), each at its number % most_waiting
  std::int64_t next_serial = 0;
  std::uint32_t offered_to = 0; ///< a member
  std::uint32_t leftovers = 0;
  event_ref offered;
  bool operator==(const pool_state&) const = default;
};

struct pool_place {
  std::uint32_t used = 0;
  std::uint32_t first_member = 0;
  std::uint32_t members = 0;
  char name[name_size] = {};
};

struct pool_page {
  pool_place place;
  pool_state now;
  event_ref leftovers[most_leftovers];
  event_ref waiting[most_waiting];
};

struct origin {
  std::uint32_t slot, version, told;
};

struct head {
  char build[128];
  std::int64_t next_serial;
  std::uint32_t has_serial; ///< 0: nothing has been noted yet
  origin last;              ///< of what was published last
};

struct memory {
  head first;
  pool_page pools[most_pools];
  member_page members[most_members];
  block bodies[blocks]; ///< the one at 0 is nobody's
};

} // namespace troupe::actors::event_layout
