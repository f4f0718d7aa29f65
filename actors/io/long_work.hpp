// Work that takes long, on a thread of its own, so that nobody on an Asio thread waits for it; and whose turn it is.
// Must not know what the work is.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace troupe::actors {

/// Bytes that are read or made at once; for more than these nobody else should wait.
constexpr std::size_t quick_bytes = 64 << 10;

/// Only touched on the thread that runs `io`.
class long_work {
public:
  explicit long_work(boost::asio::io_context& io_) : io(io_) {}
  long_work(const long_work&) = delete;
  long_work& operator=(const long_work&) = delete;

  /// Hands `work`, which must not throw, to the thread. See elsewhere().
  void run(std::function<void()> work) {
    prepare();
    boost::asio::post(*thread_, std::move(work));
  }
  void prepare() { ///< what of it may fail
    if (!thread_)
      thread_ = std::make_unique<boost::asio::thread_pool>(1);
  }

  boost::asio::io_context& io;

private:
  friend class long_turn;
  bool taken_ = false;                               ///< the turn
  std::deque<boost::asio::steady_timer*> next_;      ///< who waits for it
  std::unique_ptr<boost::asio::thread_pool> thread_; ///< once there was some
};

/// The right to have something long done: one connection has it at a time, until what came of it is accounted for, so
/// that a crowd's results do not pile up. Others wait in a row; small requests do not ask for it.
class long_turn {
public:
  explicit long_turn(long_work& of) : of_(of), pause_(of.io, std::chrono::steady_clock::time_point::max()) {}
  ~long_turn() {
    if (!mine_)
      std::erase(of_.next_, &pause_);
    else
      release();
  }
  long_turn(const long_turn&) = delete;
  long_turn& operator=(const long_turn&) = delete;

  boost::asio::awaitable<void> come() {
    if (std::exchange(of_.taken_, true)) {
      of_.next_.push_back(&pause_);
      boost::system::error_code ignored;
      co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    mine_ = true;
  }
  void release() {
    if (!std::exchange(mine_, false))
      return;
    of_.taken_ = !of_.next_.empty();
    if (!of_.taken_)
      return;
    auto* next = of_.next_.front();
    of_.next_.pop_front();
    next->cancel(); // it has it from now on
  }

private:
  long_work& of_;
  boost::asio::steady_timer pause_;
  bool mine_ = false;
};

/// What `work()` returns or throws, from a thread where it holds up nobody else. What it refers to must be the
/// caller's.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> elsewhere(long_work& thread, Work work) {
  struct outcome {
    std::optional<std::invoke_result_t<Work&>> value;
    std::exception_ptr failure;
  } came;
  thread.prepare();
  auto start = [&](auto handler) {
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    thread.run([&thread, &work, &came, resume] {
      try {
        came.value.emplace(work());
      } catch (...) {
        came.failure = std::current_exception();
      }
      boost::asio::post(thread.io, [resume] { std::move (*resume)(); });
    });
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(start, boost::asio::use_awaitable);
  if (came.failure)
    std::rethrow_exception(came.failure);
  co_return *std::move(came.value);
}

} // namespace troupe::actors
