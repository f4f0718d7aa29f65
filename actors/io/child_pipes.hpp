// The record of one child's pipes. Must not read or write (child_reading and child_input do), or know of the loop that
// waits for them (child_io).
#pragma once

#include "actors/io/child_io.hpp"
#include "actors/io/pump_room.hpp"
#include "platform/kept_input.hpp"
#include "platform/outbox.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe::actors::pipes {

/// One output of a child.
struct channel {
  platform::unique_fd pipe;
  child_output output;
  process_identity_ptr shown_as{};                     ///< whose options it goes by; null: those of its child's start
  std::chrono::steady_clock::time_point last_little{}; ///< when a read gave little; none: the last gave more
  bool paused = false;                                 ///< is read after a pause
  bool wide = false;                                   ///< counts as a wide pipe
  bool in_pieces = false;                              ///< the pipe keeps its writers' pieces apart
  std::uint64_t last_batch = 0;                        ///< of what was read, where that is noted
  pump_room::lease stalled{};                          ///< what the log has had no room for
};

struct child {
  explicit child(child_streams& from) : who(std::move(from.who)), pid(from.pid), in(std::move(from.in)) {}
  ~child() { unwatch_input(); }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void unwatch_input() {
    if (in_watch)
      in_watch->release(); // not closed: it is `in`
    in_watch.reset();
  }

  process_identity_ptr who;
  int pid;
  std::uint32_t life = 0; ///< of its slot
  std::timed_mutex mutex; ///< of the channels: the I/O thread pumps, the reaper drains and closes
  std::array<std::unique_ptr<channel>, 2> channels;
  std::mutex in_mutex;    ///< of what follows: anybody writes input, also while a listener's channel is pumped
  platform::unique_fd in; ///< its stdin; not watched, so that its end wakes nobody
  std::unique_ptr<boost::asio::posix::stream_descriptor> in_watch; ///< of `in`, while `input` waits for room
  std::string input;
  std::shared_ptr<platform::outbox> through;  ///< what is in it comes before `input`; null: nothing is
  std::shared_ptr<platform::outbox> past;     ///< likewise: to be told when all of `input` has arrived
  std::unique_ptr<platform::kept_input> kept; ///< what waits in place of `input`; null: nothing, or it cannot be kept
};

/// Null: there is no such channel.
inline std::unique_ptr<channel> make_channel(platform::main_log& log, const child_io::settings& set, const child& c,
                                             child_channel& from, bool is_stderr, const child_notes_ptr& notes) {
  if (!from.pipe)
    return nullptr;
  speaker who{c.who.get(), c.pid, is_stderr};
  child_output output{log, set, who, std::move(from.file), std::move(from.lines), std::move(from.ring)};
  auto made = std::make_unique<channel>(channel{std::move(from.pipe), std::move(output)});
  if (notes && notes->line)
    made->output.look_for_line(notes);
  return made;
}

using child_ptr = std::shared_ptr<child>;

} // namespace troupe::actors::pipes
