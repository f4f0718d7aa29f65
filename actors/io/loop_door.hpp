// The way to a loop for threads that may outlive it: work that was left behind because it hangs, the reaper. Must not
// know what is posted.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <mutex>
#include <new>
#include <utility>

namespace troupe::actors {

class loop_door {
public:
  explicit loop_door(boost::asio::io_context& io) : io_(&io) {}
  loop_door(const loop_door&) = delete;
  loop_door& operator=(const loop_door&) = delete;

  /// Any thread. Nothing comes of it once the door is closed, or where there is no memory: whoever waits on the loop
  /// has a deadline of his own.
  template <class Work>
  void post(Work work) {
    std::lock_guard lock{mutex_};
    if (!io_)
      return;
    try {
      boost::asio::post(*io_, std::move(work));
    } catch (const std::bad_alloc&) {
    }
  }
  void close() { ///< before the loop is gone
    std::lock_guard lock{mutex_};
    io_ = nullptr;
  }

private:
  std::mutex mutex_;
  boost::asio::io_context* io_;
};

} // namespace troupe::actors
