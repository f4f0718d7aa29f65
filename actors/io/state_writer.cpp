// See state_writer.hpp. The thread shares what it needs, so that it may outlive the writer where the disk hangs.
#include "actors/io/state_writer.hpp"

#include "platform/state_file.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace troupe::actors {

using config::log_level;
using steady = std::chrono::steady_clock;

struct state_writer::shared {
  explicit shared(settings s) : set(std::move(s)) {}

  void run() {
    std::unique_lock lock{mutex};
    for (;;) {
      changed.wait(lock, [this] { return closed || dirty; });
      changed.wait_until(lock, next, [this] { return closed || hurry; });
      if (closed)
        return;
      write(lock);
    }
  }

  /// The lock is given back meanwhile.
  void write(std::unique_lock<std::mutex>& lock) {
    dirty = hurry = false;
    writing = true;
    next = steady::now() + set.pace;
    auto text = set.text;
    lock.unlock();
    auto done = platform::write_state_file(set.path, text());
    lock.lock();
    writing = false;
    if (!done) {
      dirty = true;
      next = steady::now() + set.retry;
    }
    if (!closed)
      tell(done ? "" : done.error().what);
    failed = !done;
    changed.notify_all();
  }

  /// Once for each time that it begins, and once when it is over.
  void tell(const std::string& problem) const {
    if (!problem.empty() && !failed)
      set.say(log_level::warn, "statefile " + set.path + ": " + problem + "; it is tried again");
    else if (problem.empty() && failed)
      set.say(log_level::info, "statefile " + set.path + " is written again");
  }

  const settings set;
  std::mutex mutex; ///< of what follows
  std::condition_variable changed;
  steady::time_point next{}; ///< not before
  bool runs = false;         ///< there is a thread
  bool dirty = false;        ///< something is to be written
  bool hurry = false;        ///< now
  bool writing = false;
  bool failed = false; ///< the last time
  bool closed = false;
};

state_writer::state_writer(settings s) : shared_(std::make_shared<shared>(std::move(s))) {}

state_writer::~state_writer() {
  std::lock_guard lock{shared_->mutex};
  shared_->closed = true;
  shared_->changed.notify_all();
}

void state_writer::want() {
  std::lock_guard lock{shared_->mutex};
  if (std::exchange(shared_->dirty, true) && shared_->runs)
    return;
  if (!shared_->runs) {
    try {
      std::thread([shared = shared_] { shared->run(); }).detach();
      shared_->runs = true;
    } catch (const std::system_error&) { // no thread can be made: with the next change
      return;
    }
  }
  shared_->changed.notify_all();
}

bool state_writer::settle(std::chrono::milliseconds patience) {
  std::unique_lock lock{shared_->mutex};
  auto& s = *shared_;
  if (!s.runs || (!s.dirty && !s.writing))
    return !s.dirty;
  auto until = steady::now() + patience;
  if (s.writing && !s.changed.wait_until(lock, until, [&] { return !s.writing; }))
    return false;
  if (!s.dirty)
    return true;
  s.hurry = true;
  s.changed.notify_all();
  s.changed.wait_until(lock, until, [&] { return !s.hurry && !s.writing; });
  return !s.dirty && !s.writing;
}

} // namespace troupe::actors
