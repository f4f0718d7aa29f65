// Where events are published: under one lock they get their total order and their serials, go into the buffers of the
// pools that subscribed, and on to listeners. Shared, not sent, like the status board: what waits is bounded by the
// pools' buffers, and nobody who publishes waits for anything but that lock.
// Must not decide who gets an event (pool_fsm.cpp does) or build bodies (protocols/events.cpp does); no CAF, no Asio.
// Source: docs/contract/lifecycle.md, 0.3, 6.3 and 7.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/core/cells.hpp"
#include "actors/io/child_io.hpp"
#include "protocols/events.hpp"
#include "protocols/result_handler.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class event_memory;
struct noted_effect;

/// What a listener said of an event, for a handler that may take its time.
struct result_question {
  std::uint64_t process = 0; ///< some process of the pool
  std::uint64_t question = 0;
  std::string header;
  std::shared_ptr<const protocols::event> event;
  std::string result;
};

/// Who decides on the results of a pool's listeners. Neither of both: the built-in handler does.
struct result_handling {
  protocols::result_handler here;                 ///< called under the bus's lock, so it must not block
  std::function<void(result_question)> elsewhere; ///< likewise; the answer is event_bus::handled()
};

class event_bus final : public listener_pipes {
public:
  struct settings {
    std::string identifier;
    /// The next event's serial; outlives the bus, because it goes on counting through restarts (6.3).
    std::shared_ptr<std::int64_t> serial = std::make_shared<std::int64_t>(0);
    /// All of these bytes for the stdin of a process, without blocking, in order. False: it is closed. `through`: see
    /// child_io::write_event().
    std::function<bool(std::uint64_t process, std::string_view bytes, const std::shared_ptr<platform::outbox>& through)>
      write;
    /// Null: pools and what they hold are lost with us.
    std::shared_ptr<event_memory> memory;
    /// Somebody subscribed to TICK events, or nobody does any more.
    std::function<void(bool)> want_ticks;
    /// Called for every event, subscribed to or not, in order. May be empty.
    std::function<void(const protocols::event&)> observer;
    bool silent = false; ///< nothing is published: events may be what daemons die of
  };
  event_bus(platform::main_log& log, settings s);
  ~event_bus() override;
  event_bus(const event_bus&) = delete;
  event_bus& operator=(const event_bus&) = delete;

  // -- from the supervisor and the pools' actors -----------------------------------------------------
  /// Subscribes the pool of an [eventlistener:x]; other kinds of groups are none.
  void add_pool(const group_cell& cell, result_handling by = {});
  /// What it still buffers is lost.
  void remove_pool(const std::string& name);
  /// From now on this pool, if it is one, buffers and hands out nothing: its stop follows.
  void close_pool(const std::string& name);

  /// What its handler said; any thread.
  void handled(std::uint64_t process, std::uint64_t question, protocols::handler_verdict verdict);

  // -- from whoever hands all of this to another binary -------------------------------------------------
  /// While it lives, whoever publishes waits.
  [[nodiscard]] std::unique_lock<std::mutex> hold();
  /// With the bus held: the pools, and the next serial.
  std::vector<carried_pool> carry() const;
  std::int64_t next_serial() const;
  bool has_questions() const; ///< with the bus held: a result is being handled elsewhere
  /// Before anything is published: the pool, which was added, goes on as that one.
  void go_on(carried_pool with);
  /// Likewise: what a listener of a pool was being sent through.
  void adopt(const std::string& pool, std::size_t member, std::pair<platform::unique_fd, platform::unique_fd> outbox);
  /// Once pipes are there: what was on its way to listeners goes on, and what waits for one that is ready is sent.
  void resume_sending();

  // -- from everybody, any thread ------------------------------------------------------------------
  void publish(protocols::event what);
  void publish(protocols::event what, const noted_effect& of); ///< `of`: has been carried out with it
  /// Some pool waits for what else is to be said of an event.
  bool wants_details() const;
  /// What else there is to say of the events `about` that; the first time counts.
  void detail(std::uint64_t about, std::string_view text);
  std::int64_t waiting() const; ///< events in the buffers of all pools

  // -- from the process of a listener --------------------------------------------------------------
  void set_running(std::uint64_t process, bool now); ///< it entered or left RUNNING
  void ended(std::uint64_t process); ///< its exit is published and logged: what it held goes back to its pool

  // -- from the thread that reads its pipes --------------------------------------------------------
  void opened(std::uint64_t process) override;
  void said(std::uint64_t process, std::string_view bytes, std::uint64_t batch = 0) override;
  void ending(std::uint64_t process) override;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::actors
