// See pipe_watch.hpp. The thread polls what is armed; what it finds is no longer armed and waits to be taken.
#include "platform/pipe_watch.hpp"

#include "platform/posix/quiet_thread.hpp"
#include "platform/posix/self_pipe.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include <poll.h>

namespace troupe::platform {

struct pipe_watch::state {
  state() : thread(quiet_thread([this] { run(); })) {}

  ~state() {
    {
      std::lock_guard lock{mutex};
      stopping = true;
    }
    changed.tell();
    thread.join();
  }

  void run() {
    std::vector<pollfd> all;
    std::vector<std::uint64_t> which;
    for (;;) {
      try {
        if (!list(all, which))
          return;
        if (::poll(all.data(), static_cast<nfds_t>(all.size()), -1) > 0)
          report(all, which);
      } catch (const std::bad_alloc&) { // the next round finds the same
        ::poll(nullptr, 0, 100);
      }
    }
  }

  /// False: it is over. `which`: their arming, in the order of `all`.
  bool list(std::vector<pollfd>& all, std::vector<std::uint64_t>& which) {
    std::lock_guard lock{mutex};
    all.assign(1, {changed.fd(), POLLIN, 0});
    which.assign(1, 0);
    for (const auto& [pipe, it] : armed) {
      all.push_back({pipe, POLLIN, 0});
      which.push_back(it.number);
    }
    return !stopping;
  }

  void report(const std::vector<pollfd>& all, const std::vector<std::uint64_t>& which) {
    if (all.front().revents != 0)
      changed.take();
    std::lock_guard lock{mutex};
    for (std::size_t i = 1; i < all.size(); ++i) {
      auto found = all[i].revents != 0 ? armed.find(all[i].fd) : armed.end();
      if (found == armed.end() || found->second.number != which[i])
        continue; // silent, or it has left meanwhile: the number may be another pipe's by now
      if ((all[i].revents & POLLNVAL) == 0)
        ready.push_back(found->second.key);
      armed.erase(found);
    }
    if (!ready.empty())
      told.tell();
  }

  void arm(int pipe, std::uint64_t key) {
    {
      std::lock_guard lock{mutex};
      armed[pipe] = {key, ++armings};
    }
    changed.tell();
  }

  self_pipe told{"cannot watch pipes"};
  self_pipe changed{"cannot watch pipes"}; ///< what is armed
  std::mutex mutex;                        ///< of what follows
  struct arming {
    std::uint64_t key = 0;
    std::uint64_t number = 0; ///< no other has it
  };
  std::map<int, arming> armed;
  std::uint64_t armings = 0;
  std::deque<std::uint64_t> ready;
  bool stopping = false;
  std::thread thread;
};

pipe_watch::pipe_watch() : state_(std::make_unique<state>()) {}

pipe_watch::~pipe_watch() = default;

int pipe_watch::fd() const { return state_->told.fd(); }

int pipe_watch::add(int pipe, std::uint64_t key) {
  if (::fcntl(pipe, F_GETFD) < 0)
    return errno;
  state_->arm(pipe, key);
  return 0;
}

void pipe_watch::arm(int pipe, std::uint64_t key) { state_->arm(pipe, key); }

/// A poll that is under way holds the pipe open until it is woken.
void pipe_watch::leave(int pipe) {
  {
    std::lock_guard lock{state_->mutex};
    if (state_->armed.erase(pipe) == 0)
      return;
  }
  state_->changed.tell();
}

std::span<std::uint64_t> pipe_watch::take(std::span<std::uint64_t> room) {
  std::lock_guard lock{state_->mutex};
  auto& ready = state_->ready;
  auto count = std::min(room.size(), ready.size());
  std::copy_n(ready.begin(), count, room.begin());
  ready.erase(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(count));
  if (ready.empty())
    state_->told.take();
  return room.first(count);
}

} // namespace troupe::platform
