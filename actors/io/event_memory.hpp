// The pools of event listeners, and the events that they hold, in memory that outlives the worker: what changes in one
// step of a pool counts together, wherever we are killed. Who follows finds them (found_events.hpp). With the bus's
// lock held, but for making it. Must not decide what becomes of an event. Source: docs/contract/survival.md, 3.2
// and 4.5. Cases: tests/io/event_memory_test.cpp, tests/survive_events_test.py.
#pragma once

#include "actors/core/pool_fsm.hpp"
#include "actors/io/event_bodies.hpp"
#include "actors/io/event_layout.hpp"
#include "actors/io/ledger.hpp"
#include "platform/outbox.hpp"
#include "platform/redo_memory.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

/// Both ends of a pipe.
using outbox_ends = std::pair<platform::unique_fd, platform::unique_fd>;

class event_memory {
public:
  /// Has a descriptor held for who follows us; the key that it is found by then. -1: no more.
  using holder = std::function<std::uint32_t(const std::string& name, int fd)>;
  /// Null: errno says why there is no such memory.
  static std::unique_ptr<event_memory> make(holder hold);
  event_memory(const event_memory&) = delete;
  event_memory& operator=(const event_memory&) = delete;
  ~event_memory();

  int fd() const { return memory_.fd(); } ///< to be held by the keeper

  /// Where a pool stands.
  class place;
  /// Null: there is no room for so many pools or members. What the pool is, is noted.
  std::shared_ptr<place> add(const pool& p);
  /// Those of a listener that the worker before us had.
  void adopt(place& at, std::size_t member, outbox_ends ends);
  void remove(const std::shared_ptr<place>& at);

  /// What has changed of it counts with the next commit().
  void note(place& at, const pool& p);
  /// `next_serial` of the daemon; `of`: which effect of which step has been carried out with it.
  void commit(std::int64_t next_serial, const noted_effect& of = {});
  /// What an event is sent through.
  std::shared_ptr<platform::outbox> outbox_of(place& at, std::size_t member);
  /// The same, where something is left in it; else null.
  static std::shared_ptr<platform::outbox> unsent(const place& at, std::size_t member);

  /// Once: an event has found no room, and would be lost with us.
  bool take_warning() { return std::exchange(warns_, false) && !std::exchange(warned_, true); }
  platform::redo_memory& memory() { return memory_; } ///< for tests

private:
  event_memory(platform::redo_memory memory, holder hold);
  event_layout::memory& all() const { return *reinterpret_cast<event_layout::memory*>(memory_.data()); }
  event_layout::event_ref reference(const pooled_event& event);
  void let_go_of_outboxes(const std::string& pool, std::uint32_t first_member, std::size_t members);
  /// So many events have come back to the front, after so many had gone from there.
  struct shift {
    std::size_t back, gone;
  };
  static shift shift_of(const place& at, const pool& p);
  void note_buffer(place& at, const pool& p);
  void note_member(place& at, std::size_t i, const pool_member& m);
  void note_leftovers(place& at, const pool& p);
  void push(place& at, const pooled_event& event, bool in_front);
  void drop_front(place& at);
  void drop_back(place& at);
  void put_entry(const place& at, std::uint64_t number, const event_layout::event_ref& entry);
  template <class T>
  void put(const T& where, const T& value) {
    memory_.put(offset_of(&where), value);
  }
  std::size_t offset_of(const void* where) const {
    return static_cast<std::size_t>(static_cast<const char*>(where) - memory_.data());
  }

  platform::redo_memory memory_;
  holder hold_;
  event_bodies bodies_;
  std::vector<bool> pools_ = std::vector<bool>(event_layout::most_pools);
  std::vector<bool> members_ = std::vector<bool>(event_layout::most_members);
  bool warns_ = false, warned_ = false;
};

/// As it was noted last.
class event_memory::place {
  friend class event_memory;
  struct member {
    event_layout::member_state now;
    std::string pending, result;
    std::shared_ptr<const protocols::event> held;
    std::shared_ptr<platform::outbox> outbox;
  };
  struct entry {
    std::shared_ptr<const protocols::event> what;
    std::int64_t pool_serial = 0;
    std::uint64_t waits_for = 0;
    bool is(const pooled_event& event) const {
      return what == event.what && pool_serial == event.pool_serial && waits_for == event.waits_for;
    }
  };
  std::uint32_t index = 0;
  std::uint32_t first_member = 0;
  std::string name;
  event_layout::pool_state now;
  std::optional<event_layout::pool_state> noted; ///< what was put last
  std::shared_ptr<const protocols::event> offered;
  std::deque<entry> waiting;
  std::vector<std::shared_ptr<const protocols::event>> leftovers;
  std::vector<member> members;
};

} // namespace troupe::actors
