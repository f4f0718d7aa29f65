// What a program says of itself by notify datagrams (sd_notify(3)): one datagram to fields, and two that wait to one. A
// status is fit for a line of text, whatever bytes came. Must not know who sent it (platform/notify_inbox.hpp), nor
// what follows from it. What we say to our own manager: notify_text.hpp. Source: docs/contract/programs.md, 3.2. Cases:
// tests/protocols/notify_message_test.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::protocols {

struct notify_message {
  bool ready = false;
  bool reloading = false; ///< never with `ready`: what was said last counts
  bool stopping = false;
  bool watchdog = false;                    ///< a sign of life
  bool trigger = false;                     ///< the program wants to count as unhealthy; never with `watchdog`
  std::optional<std::string> status;        ///< UTF-8 without controls; empty: nothing to say any more
  std::optional<std::int64_t> error_number; ///< not negative
  std::optional<std::chrono::microseconds> watchdog_interval; ///< above 0, a century at most
  std::optional<std::chrono::microseconds> extend;            ///< from now on; above 0, an hour at most

  bool operator==(const notify_message&) const = default;
};

constexpr std::size_t most_status_characters = 256;

/// Total: what is not understood says nothing. Of lines that contradict each other the last counts.
notify_message parse_notify(std::string_view datagram);

/// `into` says what both said, `later` after it: only a trigger outlasts what comes then, and the longer `extend`.
void merge(notify_message& into, notify_message later);

} // namespace troupe::protocols
