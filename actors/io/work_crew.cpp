// See work_crew.hpp.
#include "actors/io/work_crew.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

namespace troupe::actors {

struct work_crew::impl : std::enable_shared_from_this<impl> {
  mutable std::mutex mutex;
  std::condition_variable more; ///< jobs, or another turn
  std::condition_variable idle;
  std::deque<std::function<void()>> jobs;
  std::thread worker;   ///< whose turn it is
  std::size_t turn = 0; ///< of which worker; those of an earlier turn were left behind
  bool busy = false;    ///< that worker is at a job, since `begun`
  clock::time_point begun;
  std::size_t hanging = 0; ///< left behind and not back yet
  bool over = false;

  bool exhausted() const { return hanging >= most_hanging; }

  /// With the lock held.
  void next_worker() {
    std::thread next([self = shared_from_this(), mine = turn + 1] { self->work(mine); });
    if (worker.joinable())
      worker.detach(); // it holds on to this for as long as it needs
    worker = std::move(next);
    ++turn;
    busy = false;
  }

  void work(std::size_t mine) {
    std::unique_lock lock{mutex};
    for (;;) {
      more.wait(lock, [&] { return over || turn != mine || !jobs.empty(); });
      if (over || turn != mine)
        return;
      auto job = std::move(jobs.front());
      jobs.pop_front();
      busy = true;
      begun = clock::now();
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
      if (turn != mine) {
        --hanging;
        return;
      }
      busy = false;
      if (over)
        idle.notify_all();
    }
  }
};

work_crew::work_crew() : impl_(std::make_shared<impl>()) {}

work_crew::~work_crew() {
  std::thread last;
  bool ended = false;
  {
    std::unique_lock lock{impl_->mutex};
    impl_->over = true;
    impl_->jobs.clear();
    last = std::move(impl_->worker);
    impl_->more.notify_all();
    if (!last.joinable())
      return;
    ended = impl_->idle.wait_for(lock, std::chrono::seconds{1}, [&] { return !impl_->busy; });
  }
  if (last.joinable())
    ended ? last.join() : last.detach();
}

bool work_crew::post(std::function<void()> job) {
  {
    std::lock_guard lock{impl_->mutex};
    if (impl_->over || (impl_->exhausted() && impl_->busy))
      return false;
    if (!impl_->worker.joinable())
      impl_->next_worker();
    impl_->jobs.push_back(std::move(job));
  }
  impl_->more.notify_one();
  return true;
}

void work_crew::relieve(clock::duration limit) noexcept try {
  {
    std::lock_guard lock{impl_->mutex};
    if (!impl_->busy || impl_->exhausted() || clock::now() - impl_->begun < limit)
      return;
    impl_->next_worker();
    ++impl_->hanging;
  }
  impl_->more.notify_all();
} catch (const std::exception&) { // no room for a thread: whoever watches will ask again
}

void work_crew::abandon() {
  std::deque<std::function<void()>> dropped; // destroyed without the lock
  std::lock_guard lock{impl_->mutex};
  impl_->over = true;
  std::swap(dropped, impl_->jobs);
  if (impl_->worker.joinable())
    impl_->worker.detach();
  impl_->more.notify_all();
}

std::size_t work_crew::hanging() const {
  std::lock_guard lock{impl_->mutex};
  return impl_->hanging;
}

bool work_crew::exhausted() const {
  std::lock_guard lock{impl_->mutex};
  return impl_->exhausted() && impl_->busy;
}

} // namespace troupe::actors
