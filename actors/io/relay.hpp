// A loop that many depend on, and that must not wait for one of them: an Asio context run by one thread at a time. Who
// is about to do what may block (write to a disk, wait for a lock behind one) steps aside; if that lasts, a fresh
// thread takes the loop over, and the one that was held up ends when it is through. Must not know what the loop is for.
// Idle, nothing here wakes up; a step aside costs no system call while the loop is busy.
// Cases: tests/io/relay_test.cpp.
#pragma once

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>

namespace troupe::actors {

class relay {
public:
  static constexpr std::chrono::milliseconds patience{50}; ///< after one to two of these the loop is handed over
  static constexpr int most_held_up = 64;                  ///< threads; beyond that the loop waits

  /// `failed`: told of exceptions that leave a handler, on the loop's thread; the loop goes on.
  /// `taken_over`: what a thread that takes over does first.
  /// The context must not have a concurrency hint of 1: what a handler posts would wait for its own thread.
  relay(boost::asio::io_context& io, std::function<void(std::exception_ptr)> failed, std::function<void()> taken_over);

  /// `keep` lives as long as a thread of this does.
  void start(std::shared_ptr<void> keep);
  /// When the context has been stopped, or has no more work: waits for the threads. False: one is still held up; it
  /// will stay where it is (platform/patience.hpp), so that what it may still touch can go.
  bool join(std::chrono::milliseconds at_most);
  bool running() const { return running_; }

  /// Held by handlers that touch what is the loop's own, and by nobody who steps aside.
  std::unique_lock<std::mutex> turn() { return std::unique_lock{turn_}; }

  /// While it lives, this thread may be replaced. On other threads it means nothing.
  class aside {
  public:
    explicit aside(relay& of);
    ~aside();
    aside(const aside&) = delete;
    aside& operator=(const aside&) = delete;

  private:
    relay& of_;
  };
  /// Steps aside once it turns out that something may block: most of what wakes the loop never does.
  class soon_aside {
  public:
    explicit soon_aside(relay& of) : of_(of) {}
    void step() {
      if (!held_)
        held_.emplace(of_);
    }

  private:
    relay& of_;
    std::optional<aside> held_;
  };
  /// Any thread. Does `job` on the loop, aside, or here where there is none; ready when it is done.
  std::future<void> start_aside(std::function<void()> job);
  /// The same; false: it is under way still, after `at_most`.
  bool do_aside(std::function<void()> job, std::chrono::milliseconds at_most);
  bool relieved() const;          ///< this thread has been replaced: it should do nothing new
  void leave_if_relieved() const; ///< out of the handler, and of the loop

private:
  struct worker {
    worker(relay& r, bool second) : of(r), takes_over(second) {}
    relay& of;
    bool takes_over;
    std::atomic<std::uint64_t> steps{0}; ///< odd: aside
    std::atomic<bool> relieved{false};
  };
  struct left {}; ///< thrown through the loop
  static thread_local worker* here;

  void add_thread(std::shared_ptr<void> keep, bool takes_over);
  void run(worker& me);
  void watch();
  bool look();
  void wake_watch();

  boost::asio::io_context& io_;
  std::function<void(std::exception_ptr)> failed_;
  std::function<void()> taken_over_;
  std::mutex turn_;
  std::atomic<bool> running_{false};
  std::atomic<bool> left_behind_{false}; ///< threads that are still held up when the loop is given up
  std::atomic<bool> watch_sleeps_{false};
  std::mutex mutex_; ///< of what follows
  std::condition_variable changed_;
  std::shared_ptr<worker> current_;
  std::uint64_t seen_ = 0; ///< steps of the current one at the last look
  std::weak_ptr<void> keep_;
  int threads_ = 0; ///< of the loop
  bool watching_ = false;
  bool stopping_ = false;
};

} // namespace troupe::actors
