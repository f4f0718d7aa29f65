// A thread on which actors live, see asio_host.hpp. It goes on behind a handler that throws.
// Must not know which actors these are.
#pragma once

#include "actors/asio_host.hpp"
#include "actors/io/contained.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace troupe::actors {

class actor_thread {
public:
  /// `failed` is called on the thread with what a handler threw; it must not throw.
  actor_thread(caf::actor_system& system, std::function<void(const std::exception_ptr&)> failed)
      : host_(system, io_), failed_(std::move(failed)) {}
  ~actor_thread() { stop(); }
  actor_thread(const actor_thread&) = delete;
  actor_thread& operator=(const actor_thread&) = delete;

  asio_host& host() { return host_; }
  /// The turns that are due already are taken here, before there is the thread: what thousands of actors are made of
  /// comes out of the memory that this thread has given back after it has read the configuration.
  void start() {
    poll_contained(io_, failed_);
    thread_ = std::thread([this] { run_contained(io_, failed_); });
  }
  /// From another thread: holds this one up between two turns, once none is due and `quiet`, which is asked here, says
  /// so. False: it was not so within `at_most`, and everything goes on.
  bool rest(std::chrono::milliseconds at_most, std::function<bool()> quiet);
  void go_on(); ///< after a rest
  /// Does `job` on the thread, and waits for it.
  void run_here(const std::function<void()>& job);
  /// Likewise. False: it has not come to that `at_most` later; it does it then.
  bool run_here(std::function<void()> job, std::chrono::milliseconds at_most);
  /// Turns that are due are not taken any more: its actors have ended by now.
  void stop() {
    io_.stop();
    if (thread_.joinable())
      thread_.join();
  }

private:
  /// Of a thread that is asked to rest, or does.
  struct pause {
    std::function<bool()> quiet;
    std::mutex mutex;
    std::condition_variable changed;
    bool resting = false;
    bool over = false;
  };
  void look(const std::shared_ptr<pause>& p);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_{io_.get_executor()};
  asio_host host_;
  std::function<void(const std::exception_ptr&)> failed_;
  std::thread thread_;
  std::shared_ptr<pause> pause_; ///< of the last rest; of whoever asks
};

} // namespace troupe::actors
