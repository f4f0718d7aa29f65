// Bodies of events in shared memory: each once, for as long as somebody refers to it. Which blocks are free is known
// here only; who follows after a death copies what is referred to, and begins anew. Must not know pools. Cases:
// tests/io/event_memory_test.cpp.
#pragma once

#include "actors/io/event_layout.hpp"
#include "protocols/events.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

class event_bodies {
public:
  explicit event_bodies(event_layout::block* blocks);

  /// One reference more to the event, whose body is written where it has none yet. 0: there is no room for it.
  std::uint32_t refer(const std::shared_ptr<const protocols::event>& what);
  /// One less; once nobody has one, its blocks are free after the next settle().
  void let_go(const std::shared_ptr<const protocols::event>& what);
  /// What is let go of is not referred to in shared memory any more.
  void settle();

private:
  std::uint32_t write(const protocols::event& what);
  std::uint32_t take_block();

  struct kept {
    std::uint32_t block = 0;
    std::uint32_t references = 0;
  };
  event_layout::block* blocks_;
  std::vector<std::uint32_t> free_; ///< of those that were used; the last is taken first
  std::uint32_t untouched_ = 1;     ///< from here on nobody has used any
  std::unordered_map<const protocols::event*, kept> known_;
  std::vector<std::uint32_t> going_; ///< first blocks
};

/// What was written there; null: it is none. Numbers out of shared memory: a chain that never ends is none either.
std::shared_ptr<const protocols::event> event_at(const event_layout::block* blocks, std::uint32_t first);

} // namespace troupe::actors
