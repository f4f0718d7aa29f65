// See wall_timer.hpp. Nobody tells of a clock that is set: while it is armed the thread looks once a second.
#include "platform/wall_timer.hpp"

#include "platform/posix/quiet_thread.hpp"
#include "platform/posix/self_pipe.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace troupe::platform {

namespace {

using namespace std::chrono_literals;
using wall = std::chrono::system_clock;
using steady = std::chrono::steady_clock;

constexpr auto look_every = 1s;
constexpr auto a_jump = 500ms; ///< of the wall clock against the other one

} // namespace

struct wall_timer::state {
  state() : thread(quiet_thread([this] { run(); })) {}

  ~state() {
    {
      std::lock_guard lock{mutex};
      stopping = true;
    }
    changed.notify_one();
    thread.join();
  }

  void run() {
    std::unique_lock lock{mutex};
    while (!stopping) {
      if (due == wall::time_point{}) {
        changed.wait(lock);
        continue;
      }
      auto wall_before = wall::now();
      auto steady_before = steady::now();
      if (wall_before < due)
        changed.wait_for(lock, std::min<wall::duration>(due - wall_before, look_every));
      auto passed = wall::now() - wall_before;
      auto jump = passed - std::chrono::duration_cast<wall::duration>(steady::now() - steady_before);
      if (due != wall::time_point{} && (wall::now() >= due || jump > a_jump || -jump > a_jump)) {
        due = {};
        told.tell();
      }
    }
  }

  self_pipe told{"cannot make a timer"};
  std::mutex mutex; ///< of what follows
  std::condition_variable changed;
  wall::time_point due{}; ///< none: it does not ring
  bool stopping = false;
  std::thread thread;
};

wall_timer::wall_timer() : state_(std::make_unique<state>()) {}

wall_timer::~wall_timer() = default;

unique_fd wall_timer::duplicate() const { return unique_fd{::fcntl(state_->told.fd(), F_DUPFD_CLOEXEC, 3)}; }

void wall_timer::ring_at(std::int64_t second) {
  {
    std::lock_guard lock{state_->mutex};
    state_->due = wall::time_point{std::chrono::seconds{second}};
  }
  state_->changed.notify_one();
}

void wall_timer::take() { state_->told.take(); }

} // namespace troupe::platform
