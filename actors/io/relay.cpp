// See relay.hpp.
#include "actors/io/relay.hpp"

#include "platform/patience.hpp"

#include <boost/asio/post.hpp>

#include <system_error>
#include <thread>
#include <utility>

namespace troupe::actors {

thread_local relay::worker* relay::here = nullptr;

relay::relay(boost::asio::io_context& io, std::function<void(std::exception_ptr)> failed,
             std::function<void()> taken_over)
    : io_(io), failed_(std::move(failed)), taken_over_(std::move(taken_over)) {}

void relay::start(std::shared_ptr<void> keep) {
  std::lock_guard lock{mutex_};
  keep_ = keep;
  running_ = true;
  add_thread(keep, false);
  watching_ = true;
  std::thread{[this, keep] { watch(); }}.detach();
}

bool relay::join(std::chrono::milliseconds at_most) {
  std::unique_lock lock{mutex_};
  stopping_ = true;
  changed_.notify_all();
  auto all_ended = [this] { return threads_ == 0 && !watching_; };
  bool ended = changed_.wait_for(lock, at_most, all_ended);
  if (!ended) { // what is held up counts as work
    io_.stop();
    ended = changed_.wait_for(lock, 4 * patience, all_ended);
  }
  running_ = false;
  left_behind_ = !ended;
  return ended;
}

/// With the lock held.
void relay::add_thread(std::shared_ptr<void> keep, bool takes_over) {
  auto next = std::make_shared<worker>(*this, takes_over);
  std::thread{[this, next, keep = std::move(keep)] { run(*next); }}.detach();
  ++threads_;
  current_ = std::move(next);
  seen_ = 0;
}

void relay::run(worker& me) {
  here = &me;
  platform::left_behind = &left_behind_;
  std::unique_lock{mutex_}.unlock(); // who has made it is through
  while (!me.relieved)
    try {
      if (std::exchange(me.takes_over, false))
        taken_over_();
      io_.run();
      break;
    } catch (const left&) {
      break;
    } catch (...) {
      try {
        failed_(std::current_exception());
      } catch (...) { // no memory for the words
      }
    }
  here = nullptr;
  std::lock_guard lock{mutex_};
  --threads_;
  changed_.notify_all();
}

bool relay::relieved() const { return here && &here->of == this && here->relieved; }

void relay::leave_if_relieved() const {
  if (relieved())
    throw left{};
}

relay::aside::aside(relay& of) : of_(of) {
  if (!here || &here->of != &of)
    return;
  ++here->steps;
  if (of.watch_sleeps_)
    of.wake_watch();
}

relay::aside::~aside() {
  if (here && &here->of == &of_)
    ++here->steps;
}

void relay::wake_watch() {
  std::lock_guard lock{mutex_};
  watch_sleeps_ = false;
  changed_.notify_all();
}

/// Looks while somebody steps aside every now and then, else sleeps until somebody does.
void relay::watch() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    changed_.wait_for(lock, patience, [this] { return stopping_; });
    if (stopping_ || look())
      continue;
    watch_sleeps_ = true;
    if (current_->steps != seen_) // between the look and this
      watch_sleeps_ = false;
    changed_.wait(lock, [this] { return stopping_ || !watch_sleeps_; });
  }
  watching_ = false;
  changed_.notify_all();
}

/// With the lock held. False: nothing has happened since the last look.
bool relay::look() {
  auto steps = current_->steps.load();
  bool held_up = steps % 2 == 1 && steps == seen_;
  if (held_up && threads_ <= most_held_up)
    if (auto keep = keep_.lock())
      try {
        auto before = current_;
        add_thread(std::move(keep), true);
        before->relieved = true;
        return true;
      } catch (const std::exception&) { // no thread to be had: at the next look
      }
  return std::exchange(seen_, steps) != steps || steps % 2 == 1;
}

std::future<void> relay::start_aside(std::function<void()> job) {
  auto done = std::make_shared<std::promise<void>>();
  auto over = done->get_future();
  if (!running()) {
    job();
    done->set_value();
    return over;
  }
  boost::asio::post(io_, [this, done, job = std::move(job)] {
    {
      aside at_it{*this};
      try {
        job();
      } catch (...) {
        failed_(std::current_exception());
      }
    }
    done->set_value();
    leave_if_relieved();
  });
  return over;
}

bool relay::do_aside(std::function<void()> job, std::chrono::milliseconds at_most) {
  return start_aside(std::move(job)).wait_for(at_most) == std::future_status::ready;
}

} // namespace troupe::actors
