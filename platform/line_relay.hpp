// Lines for a descriptor whose reader may stall: what does not fit now waits in memory, up to a limit, and goes out on
// a thread that exists only once something had to wait. Whoever writes never waits, and no line is torn. Must not know
// what the lines say. Safe to call from every thread. Cases: tests/platform/line_relay_test.cpp.
#pragma once

#include "platform/unique_fd.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace troupe::platform {

class line_relay {
public:
  explicit line_relay(int fd, std::size_t limit = std::size_t{4} << 20);
  ~line_relay(); ///< what still waits is lost
  line_relay(const line_relay&) = delete;
  line_relay& operator=(const line_relay&) = delete;

  /// Whole lines, each with its LF: now, later, or not at all where `limit` bytes wait; then a line says how many.
  void write(std::string_view lines);

  /// The one for the daemon's stdout.
  static line_relay& of_stdout();

private:
  void open();
  void push(); ///< as much as there is room for; under the lock
  std::size_t send(std::string_view bytes) const;
  void wait_for_room(); ///< the thread

  const int given_;
  const std::size_t limit_;
  int fd_ = -1;   ///< what is written to
  unique_fd own_; ///< the same file, opened again so that it does not block
  bool socket_ = false;
  std::mutex mutex_;
  std::string waiting_;
  std::uint64_t left_out_ = 0; ///< lines, since there was last room
  bool stopping_ = false;
  unique_fd woken_; ///< a pipe's end that becomes readable: look at stopping_
  unique_fd wake_;  ///< its other end
  std::condition_variable filled_;
  std::thread thread_;
};

} // namespace troupe::platform
