// What an event listener says on its stdout, and what state that leaves it in: a pure function of (state, bytes),
// the bytes cut anywhere. Must not hold events, pools, log lines or descriptors (actors/core/pool_fsm.cpp has the
// first). Source: docs/contract/lifecycle.md, 7.2. Cases: tests/protocols/listener_protocol_test.cpp; fuzzed by
// tests/fuzz.
#pragma once

#include "protocols/result_handler.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::protocols {

enum class listener_state { ready = 10, busy = 20, acknowledged = 30, unknown = 40 };

std::string_view to_string(listener_state state); ///< READY, BUSY, ACKNOWLEDGED, UNKNOWN

/// The longest result line before its LF, in bytes. Supervisor has no limit; `RESULT 2` has 8.
inline constexpr std::size_t most_result_line = 4096;
/// The longest result that a handler is shown, in bytes; a longer one is rejected.
inline constexpr std::size_t most_handled_result = std::size_t{1} << 20;

/// One listener, as at its spawn.
struct listener_talk {
  listener_state state = listener_state::acknowledged;
  std::string pending;  ///< of a READY or a result line that is not complete yet; never longer than most_result_line
  bool handled = false; ///< its result is being handled elsewhere; `pending` is what it has said since
  std::optional<std::int64_t> result_missing; ///< bytes of the result still to come; none: no result line yet
  std::string result;                         ///< no more of it than its handler has to see
};

namespace heard { // what the bytes came to, in order
struct changed {
  listener_state from, to;
};
struct processed {}; ///< its result is OK
struct rejected {};  ///< its result is anything else
struct failed {};    ///< its result was taken for a mistake
struct bad_line {
  std::string line; ///< without LF
};
/// Its result, to be handled elsewhere: conclude() follows, and until then it says nothing.
struct result {
  std::string text;
};
/// The event that it held is to be given to somebody again.
struct returned {};
} // namespace heard
using listener_token = std::variant<heard::changed, heard::processed, heard::rejected, heard::failed, heard::bad_line,
                                    heard::result, heard::returned>;

/// Judges the result of the event that the listener holds.
using bound_result_handler = std::function<handler_verdict(std::string_view result)>;

/// Total: any bytes in any state. Keeps at most most_result_line bytes of them, and with a handler most_handled_result
/// of a result. Without one, exactly `OK` is accepted; `elsewhere`: it is handled by whoever hears heard::result.
std::vector<listener_token> hear(listener_talk& talk, std::string_view bytes, const bound_result_handler& handler = {},
                                 bool elsewhere = false);
/// What a result that was handled elsewhere came to, and what was said behind it.
std::vector<listener_token> conclude(listener_talk& talk, handler_verdict verdict);

/// An event was sent to it: READY becomes BUSY.
void begin_event(listener_talk& talk);

} // namespace troupe::protocols
