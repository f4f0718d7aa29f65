// Reads the pipes of children: how much at a time, when a pause pays, which pipes grow. One buffer serves all children
// of a thread: what is read is written before the next read. Must not wait, or know of the loop that does (child_io).
// With the lock of the child held.
#pragma once

#include "actors/io/child_pipes.hpp"
#include "actors/io/relay.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::actors::pipes {

/// So long a child that writes little pieces quickly is left alone, many pieces at a time; the first is never kept
/// waiting, and the pipe holds what comes in the pause.
constexpr auto reading_pause = std::chrono::microseconds{300};

class child_reading {
public:
  explicit child_reading(const child_io::settings& set) : set_(set) {}

  enum class next { wait, pause, stall, close };
  /// Steps aside before anything may block.
  next pump(child& c, std::size_t i, relay::soon_aside& aside);
  /// What is in the pipe at this moment: a grandchild that goes on writing must not hold up the exit.
  void drain(child& c, std::size_t i);
  /// From a daemon before this one: what it has begun is noted here, too.
  void note_all(const child& c) const;
  /// What a worker before this one had read, before anything else is.
  void consume_again(child& c, std::array<std::vector<half_batch>*, 2> batches);
  /// Nothing is in the pipes, and nothing waits for more of it.
  static bool said_all(const child& c);
  /// The channel is about to go.
  void forget(const channel& ch) { wide_pipes_ -= ch.wide ? 1 : 0; }
  bool speaks_to_pool(const child& c) const { return c.who->options->listener && set_.listeners; }

private:
  struct piece {
    std::string_view bytes;
    bool is_end = false;    ///< without bytes: of the channel, not only for now
    pump_room::lease place; ///< that the bytes are in; none: memory of ours
  };
  piece read(child& c, std::size_t i, std::size_t most, std::vector<char>& buffer);
  void consume(child& c, std::size_t i, const piece& p);
  void note(const child& c, std::size_t i) const;
  void keep(channel& ch, pump_room::lease place);
  void widen(channel& ch);

  const child_io::settings& set_;
  std::atomic<int> wide_pipes_{0};
};

} // namespace troupe::actors::pipes
