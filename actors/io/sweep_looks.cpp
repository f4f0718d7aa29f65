// See sweep_run.hpp: the queue.
#include "actors/io/sweep_run.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_watched = 256;
/// Twice at the same environment: it hangs.
constexpr std::chrono::milliseconds between_glances = 500ms;
constexpr std::chrono::milliseconds before_another_try = 100ms;
constexpr pid_t nobody_but_finished = -1;

} // namespace

sweep_looks::sweep_looks(boost::asio::io_context& io, work_crew& crew)
    : io_(io), door_(std::make_shared<loop_door>(io)), looks_(std::make_shared<slow_looks>(io, door_, crew)),
      watch_timer_(io), later_timer_(io) {}

void sweep_looks::close() {
  watch_timer_.cancel();
  later_timer_.cancel();
  looks_->close();
  door_->close();
}

void sweep_looks::want(const std::weak_ptr<sweep_run>& run) {
  wanting_.push_back(run);
  if (!under_way_)
    post_begin();
}

void sweep_looks::post_begin() {
  if (posted_)
    return;
  boost::asio::post(io_, [weak = weak_from_this()] {
    if (auto us = weak.lock())
      us->begin();
  });
  posted_ = true;
}

std::shared_ptr<sweep_batch> sweep_looks::gather() {
  auto batch = std::make_shared<sweep_batch>();
  looked_for_.clear();
  for (const auto& weak : std::exchange(wanting_, {}))
    if (auto run = weak.lock()) {
      run->give(batch->items.emplace_back());
      looked_for_.push_back(weak);
    }
  batch->room = most_watched - std::min(held, most_watched);
  batch->unread = unread_;
  return batch;
}

void sweep_looks::begin() {
  posted_ = false;
  auto batch = gather();
  if (batch->items.empty())
    return;
  auto one = std::make_shared<slow_look>();
  one->what = "sweep " + std::to_string(++number_); // one that hangs holds up no other
  one->work = [batch, weak = weak_from_this()]() -> std::function<void()> {
    look(*batch);
    return [batch, weak] {
      if (auto us = weak.lock())
        us->take(batch);
    };
  };
  one->refused = [weak = weak_from_this()](const std::string&) {
    if (auto us = weak.lock())
      us->try_later();
  };
  look_ = one;
  under_way_ = batch;
  watch({});
  looks_->ask(one); // which may let go of look_
}

/// Each run is told on its own turn of the loop: what one throws is not the others' loss.
void sweep_looks::take(const std::shared_ptr<sweep_batch>& batch) {
  if (batch != under_way_) {
    std::erase(unread_, batch->hung);
    return;
  }
  if (batch->failed)
    return try_later();
  under_way_.reset();
  look_.reset();
  watch_timer_.cancel();
  for (auto& item : batch->items)
    boost::asio::post(io_, [batch, &item] {
      if (auto run = item.run.lock())
        run->take(item);
    });
  if (!wanting_.empty())
    post_begin();
}

/// Nobody looks for these now.
void sweep_looks::put_back() {
  under_way_.reset();
  look_.reset();
  watch_timer_.cancel();
  for (const auto& weak : std::exchange(looked_for_, {}))
    if (auto run = weak.lock())
      run->take_back();
}

void sweep_looks::try_later() {
  posted_ = true; // no sooner
  put_back();
  later_timer_.expires_after(before_another_try);
  later_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    auto us = weak.lock();
    if (us && !cancelled)
      us->begin();
  });
}

/// `seen`: whose environment was being read at the last glance.
void sweep_looks::watch(std::optional<pid_t> seen) {
  watch_timer_.expires_after(between_glances);
  watch_timer_.async_wait([weak = weak_from_this(), seen](const boost::system::error_code& cancelled) {
    auto us = weak.lock();
    if (!us || cancelled || !us->under_way_)
      return;
    auto& batch = *us->under_way_;
    pid_t now = batch.finished ? nobody_but_finished : batch.reading.load();
    if (now == 0 || now != seen)
      return us->watch(now);
    batch.given_up = true;
    batch.hung = now;
    us->unread_.push_back(now);
    us->put_back();
  });
}

} // namespace troupe::actors
