// One pool of event listeners: what it keeps, whom it hands an event, what a listener's bytes or death change about
// that. A value and a pure function of (pool, what happened). Must not write to pipes, log, lock, or know which
// events there are; event_bus.cpp carries out the effects.
// Source: docs/contract/lifecycle.md, 7.2 to 7.6. Cases: tests/core/pool_fsm_test.cpp.
#pragma once

#include "config/options.hpp"
#include "protocols/events.hpp"
#include "protocols/listener_protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

/// An event in a pool; the event itself is shared by all pools that took it.
struct pooled_event {
  std::shared_ptr<const protocols::event> what;
  std::int64_t serial = 0;      ///< of the daemon
  std::int64_t pool_serial = 0; ///< of the pool
  std::uint64_t waits_for = 0;  ///< the detail that comes behind its body; 0: it is whole
};

struct pool_member {
  std::string name;     ///< of the process
  bool running = false; ///< the process is RUNNING
  protocols::listener_talk talk;
  std::optional<pooled_event> held;      ///< while it is BUSY
  std::optional<std::uint64_t> question; ///< while its result is handled elsewhere
  std::uint64_t heard = 0;               ///< the batch of bytes that it said last
  bool lost = false;                     ///< what it is at is not known: the daemon died while it was told of it
};

struct pool {
  std::string name;
  std::size_t buffer_size = 10;                     ///< events that wait, at most; >= 1
  std::size_t buffer_bytes = std::size_t{16} << 20; ///< of all that wait, at most; a longer event waits alone
  bool verbose = false;                             ///< say DEBG records, too
  bool detail = false;                              ///< events wait for what else is to be said of them
  bool handled_elsewhere = false;                   ///< what a listener says of an event; else:
  /// Judges it; pure. Empty: exactly `OK` is accepted.
  std::function<protocols::handler_verdict(const pooled_event&, std::string_view result)> handler;
  std::vector<pool_member> members; ///< in table order

  std::deque<pooled_event> buffer; ///< the oldest is in front
  std::size_t bytes = 0;           ///< of those in the buffer
  std::int64_t next_serial = 0;
  bool overflowing = false; ///< events were discarded, and something has waited ever since
  bool closed = false;      ///< its stop follows: nothing is handed out any more (V091)
  struct offer {
    pooled_event event;
    std::size_t member = 0;
  };
  std::optional<offer> offered; ///< a send is under way
  std::uint64_t next_question = 0;
  /// Whose listener has gone while its result is handled.
  struct leftover {
    std::uint64_t question = 0;
    std::string member;
    pooled_event event;
  };
  std::vector<leftover> leftovers;
};

/// The number after `serial`; past the largest signed word it wraps to 0 (6.3).
std::int64_t next_serial(std::int64_t serial);

// clang-format off: one line each
namespace pool_event { // what happened
/// A subscribed event, and the number it has in the daemon.
struct published {
  std::shared_ptr<const protocols::event> what;
  std::int64_t serial;
};
struct spawned {
  std::size_t member;
}; ///< a new child, before its first byte
struct said {
  std::size_t member;
  std::string_view bytes;
  std::uint64_t batch = 0; ///< their number; 0: they have none
};                         ///< on its stdout
struct running {
  std::size_t member;
  bool now;
}; ///< the process entered or left RUNNING
struct ended {
  std::size_t member;
}; ///< its exit is handled, its pipes are closed
struct answered {
  bool taken;
}; ///< the last send; not taken: the listener closed its stdin
/// What else there is to say of an event, once and for all.
struct detailed {
  std::uint64_t about;
  std::string_view text;
};
struct closing {}; ///< the pool is about to be stopped for good
/// The answer to a question; one that is not open any more means nothing.
struct handled {
  std::uint64_t question;
  protocols::handler_verdict verdict;
};
} // namespace pool_event
using pool_happening =
  std::variant<pool_event::published, pool_event::spawned, pool_event::said, pool_event::running, pool_event::ended,
               pool_event::answered, pool_event::closing, pool_event::handled, pool_event::detailed>;

namespace pool_effect { // what to do about it, in order
/// Always the last one; to be followed by `answered` before anything else happens to the pool.
struct send {
  std::size_t member;
  pooled_event event;
};
struct log {
  config::log_level level;
  std::string text;
};
/// A result that is handled elsewhere; `handled` is to follow.
struct handler {
  std::uint64_t question;
  pooled_event event;
  std::string result;
};
} // namespace pool_effect
// clang-format on
using pool_action = std::variant<pool_effect::send, pool_effect::log, pool_effect::handler>;

/// In place, since a buffer may be large. Total: what means nothing in this state changes nothing.
std::vector<pool_action> step(pool& p, const pool_happening& happened);

} // namespace troupe::actors
