// See actor_thread.hpp.
#include "actors/actor_thread.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <future>
#include <memory>
#include <utility>

namespace troupe::actors {

namespace {

constexpr std::chrono::milliseconds between_checks{1};

} // namespace

/// Behind whatever is ready now. A turn that is due, or what `quiet` waits for, has its time until the next look.
void actor_thread::look(const std::shared_ptr<pause>& p) {
  {
    std::unique_lock lock{p->mutex};
    if (p->over)
      return;
    if (host_.is_idle() && p->quiet()) {
      p->resting = true;
      p->changed.notify_all();
      return p->changed.wait(lock, [&] { return p->over; });
    }
  }
  auto later = std::make_shared<boost::asio::steady_timer>(io_, between_checks);
  later->async_wait([this, p, later](const boost::system::error_code&) { look(p); });
}

bool actor_thread::rest(std::chrono::milliseconds at_most, std::function<bool()> quiet) {
  pause_ = std::make_shared<pause>();
  pause_->quiet = std::move(quiet);
  boost::asio::post(io_, [this, p = pause_] { look(p); });
  std::unique_lock lock{pause_->mutex};
  if (pause_->changed.wait_for(lock, at_most, [this] { return pause_->resting; }))
    return true;
  pause_->over = true;
  return false;
}

void actor_thread::go_on() {
  std::lock_guard lock{pause_->mutex};
  pause_->over = true;
  pause_->changed.notify_all();
}

void actor_thread::run_here(const std::function<void()>& job) {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    try {
      job();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

bool actor_thread::run_here(std::function<void()> job, std::chrono::milliseconds at_most) {
  auto done = std::make_shared<std::promise<void>>();
  boost::asio::post(io_, [job = std::move(job), done] {
    job();
    done->set_value();
  });
  return done->get_future().wait_for(at_most) == std::future_status::ready;
}

} // namespace troupe::actors
