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
  bool paused = false;    ///< is read after a pause
  bool wide = false;      ///< counts as a wide pipe
  bool in_pieces = false; ///< the pipe keeps its writers' pieces apart
  child_output output;
  std::unique_ptr<const process_identity_ptr> shown_as{}; ///< whose options it goes by; null: of its child's start
  std::chrono::steady_clock::time_point last_little{};    ///< when a read gave little; none: the last gave more
  std::uint64_t last_batch = 0;                           ///< of what was read, where that is noted
  pump_room::lease stalled{};                             ///< what the log has had no room for
};

/// What waits for room in a child's stdin, or goes another way than straight into it.
struct input_queue {
  std::unique_ptr<boost::asio::posix::stream_descriptor> watch; ///< of the stdin, while `bytes` wait for room
  std::string bytes;
  std::shared_ptr<platform::outbox> through;  ///< what is in it comes before `bytes`; null: nothing is
  std::shared_ptr<platform::outbox> past;     ///< likewise: to be told when all of `bytes` has arrived
  std::unique_ptr<platform::kept_input> kept; ///< what waits in place of `bytes`; null: nothing, or it cannot be kept

  input_queue() = default;
  ~input_queue() { unwatch(); }
  input_queue(const input_queue&) = delete;
  input_queue& operator=(const input_queue&) = delete;

  void unwatch() {
    if (watch)
      watch->release(); // not closed: it is the child's
    watch.reset();
  }
  bool is_empty() const { return bytes.empty() && !through && !kept; }
};

struct child {
  explicit child(child_streams& from) : who(std::move(from.who)), pid(from.pid), in(std::move(from.in)) {}
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  process_identity_ptr who;
  int pid;
  std::uint32_t life = 0; ///< of its slot
  std::timed_mutex mutex; ///< of the channels: the I/O thread pumps, the reaper drains and closes
  std::array<std::unique_ptr<channel>, 2> channels;
  std::mutex in_mutex;    ///< of what follows: anybody writes input, also while a listener's channel is pumped
  platform::unique_fd in; ///< its stdin; not watched, so that its end wakes nobody
  std::unique_ptr<input_queue> queue; ///< null: nobody has written to it

  input_queue& made_queue() {
    if (!queue)
      queue = std::make_unique<input_queue>();
    return *queue;
  }
};

/// Null: there is no such channel.
inline std::unique_ptr<channel> make_channel(platform::main_log& log, const child_io::settings& set, const child& c,
                                             child_channel& from, bool is_stderr, const child_notes_ptr& notes) {
  if (!from.pipe)
    return nullptr;
  speaker who{c.who.get(), c.pid, is_stderr};
  child_output output{log, set, who, std::move(from.file), std::move(from.lines), std::move(from.ring)};
  auto made = std::make_unique<channel>(channel{.pipe = std::move(from.pipe), .output = std::move(output)});
  if (notes && notes->line)
    made->output.look_for_line(notes);
  return made;
}

using child_ptr = std::shared_ptr<child>;

} // namespace troupe::actors::pipes
