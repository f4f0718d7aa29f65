// What goes into a child's stdin: at once where its pipe has room, else from memory once it has. Must not know what the
// bytes mean. Any thread.
#pragma once

#include "actors/io/child_pipes.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <string_view>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors::pipes {

using input_holder = decltype(child_io::settings::hold_input);

class child_input {
public:
  /// `io` runs for as long as something may wait for room.
  child_input(boost::asio::io_context& io, platform::main_log& log, const input_holder& hold)
      : io_(io), log_(log), hold_(hold) {}

  /// `most` bytes may wait. `whole`: too much is waiting already, or else all of `bytes` has room. `through`: as
  /// child_io::write_event() has it.
  child_io::input write(const child_ptr& c, std::string_view bytes, std::size_t most, bool whole,
                        const std::shared_ptr<platform::outbox>& through = nullptr);
  /// What waited for one that the worker before us had.
  void take_up(const child_ptr& c, std::unique_ptr<platform::kept_input> kept);
  void close(child& c);
  void rest(bool now) { resting_ = now; } ///< what waits for room goes on waiting
  void go_on(const child_ptr& c);         ///< after a rest

private:
  void shut(child& c);
  bool put(child& c, std::string_view& bytes);
  bool keep(const child_ptr& c, std::string_view bytes);
  void let_go(const child& c, input_queue& q);
  bool move(child& c, input_queue& q);
  child_io::input write_through(const child_ptr& c, const std::shared_ptr<platform::outbox>& through);
  void go_on_writing(const child_ptr& c, input_queue& q);
  void watch(const child_ptr& c);
  void say_closed(child& c);
  void await_room(const child_ptr& c);

  boost::asio::io_context& io_;
  platform::main_log& log_;
  const input_holder& hold_;
  std::atomic<bool> resting_{false};
};

} // namespace troupe::actors::pipes
