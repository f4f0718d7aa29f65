// When the service manager that started the daemon is told something: ready once clients are let in, the states of
// processes while they change, each step of the daemon's end, that all threads are still at work. On the loop of the
// actors' thread, since that is where things happen. Idle it does nothing. Must not know how anything is sent, what it
// looks like (protocols/notify_text.hpp), nor decide about processes. Cases: tests/io/notify_desk_test.cpp.
#pragma once

#include "actors/io/status_board.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace troupe::actors {

class notify_desk {
public:
  struct settings {
    std::function<void(const std::string& datagram)> send;       ///< must not block
    std::chrono::milliseconds between = std::chrono::seconds{1}; ///< two looks at the states, at least
  };
  notify_desk(boost::asio::io_context& io, const status_board& board, settings s);
  ~notify_desk(); ///< nobody runs the loop any more
  notify_desk(const notify_desk&) = delete;
  notify_desk& operator=(const notify_desk&) = delete;

  /// Any thread. Clients are let in, and what starts by itself has been asked to.
  void ready();

  // -- on the loop -----------------------------------------------------------------------------------------
  /// The daemon's state on the board is another one, a level of priorities begins in its stop, or somebody has asked
  /// for the stop once more.
  void ending();
  /// Has a token carried round all threads each half of `interval`, and tells the manager of each that comes back.
  /// `carry` must not block; it has its argument called on the loop when the token has been everywhere.
  void watch(std::chrono::microseconds interval, std::function<void(std::function<void()> back)> carry);

private:
  void begin();
  void listen(); ///< to the board
  void note_change();
  void look();
  std::string status() const;
  void send_token();
  void arm_watchdog();

  boost::asio::io_context& io_;
  const status_board& board_;
  const settings set_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(); ///< while handlers may still be on their way here
  boost::asio::steady_timer look_timer_;
  std::chrono::steady_clock::time_point last_look_{};
  std::string said_; ///< the last status; empty: nothing has been said yet
  bool said_reloading_ = false;

  boost::asio::steady_timer watchdog_timer_;
  std::chrono::microseconds half_interval_{};
  std::function<void(std::function<void()>)> carry_;
  bool token_is_out_ = false;
};

} // namespace troupe::actors
