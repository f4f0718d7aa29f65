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

class child_input {
public:
  /// `io` runs for as long as something may wait for room.
  child_input(boost::asio::io_context& io, platform::main_log& log) : io_(io), log_(log) {}

  /// `most` bytes may wait. `whole`: too much is waiting already, or else all of `bytes` has room.
  child_io::input write(const child_ptr& c, std::string_view bytes, std::size_t most, bool whole);
  void close(child& c);
  void rest(bool now) { resting_ = now; } ///< what waits for room goes on waiting
  void go_on(const child_ptr& c);         ///< after a rest

private:
  bool put(child& c, std::string_view& bytes);
  void await_room(const child_ptr& c);

  boost::asio::io_context& io_;
  platform::main_log& log_;
  std::atomic<bool> resting_{false};
};

} // namespace troupe::actors::pipes
