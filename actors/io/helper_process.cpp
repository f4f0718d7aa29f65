// See helper_process.hpp.
#include "actors/io/helper_process.hpp"

#include "actors/core/process_fsm.hpp"
#include "actors/io/late_answer.hpp"
#include "platform/descriptors.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <new>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

namespace asio = boost::asio;

namespace {

constexpr auto reading_pause = std::chrono::milliseconds{10}; // lest who floods its pipe has the loop
constexpr std::size_t read_without_pause = 4096;              // bytes, at its beginning
constexpr int last_reads = 16;

} // namespace

/// On any thread: nobody may signal it once it has ended, and it may be unwanted before it has a pid.
struct helper_process::child {
  static constexpr int unknown = 0;
  static constexpr int unwanted = -1;
  static constexpr int ended = -2;
  std::atomic<int> pid{unknown};
  late_answer<std::string> refusal; ///< why it cannot be made

  int prepare(helper_child& what, const helper_planner& make_plan) {
    try {
      auto made = make_plan();
      if (auto* text = std::get_if<std::string>(&made)) {
        refusal.give(std::move(*text));
        return ECANCELED;
      }
      what.plan = std::get<platform::spawn_plan>(std::move(made));
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    } catch (const std::exception& e) {
      refusal.give(e.what());
      return ECANCELED;
    }
    int out = what.stdio[1].get();
    what.plan.stdio[0] = what.stdio[0].get();
    what.plan.stdio[1] = out;
    what.plan.stdio[2] = out;
    if (what.plan.run_as) // a pipe can be opened by name (/dev/stdout) by its owner only
      (void)!::fchown(out, what.plan.run_as->uid, static_cast<gid_t>(-1));
    return 0;
  }
};

helper_process::helper_process(asio::io_context& io, std::shared_ptr<loop_door> door, helper_doors doors,
                               helper_order order, helper_listener listener)
    : door_(std::move(door)), doors_(std::move(doors)), order_(std::move(order)), listener_(std::move(listener)),
      pipe_(io), pause_(io) {}

void helper_process::start() {
  auto begin = [this] {
    make();
    if (pipe_.is_open())
      await_output();
  };
  attempt(begin);
}

void helper_process::make() {
  auto what = std::make_shared<helper_child>();
  platform::unique_fd ours;
  if (int error = platform::make_pipe(ours, what->stdio[1]))
    return end(false, system_text(error));
  what->stdio[0].reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!what->stdio[0])
    return end(false, system_text(errno));
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK); // a new pipe has no other flag
  pipe_.assign(ours.get());
  (void)ours.release(); // pipe_'s from here on

  auto made = std::make_shared<child>();
  what->user = order_.user;
  what->prepare = [made, make_plan = order_.make_plan](helper_child& it) { return made->prepare(it, make_plan); };
  auto not_made = from_elsewhere([this](int error) {
    if (auto why = child_->refusal.wait(std::chrono::milliseconds{0}))
      end(false, std::move(*why));
    else // what has been given up looks for its file, or waits for a name service
      end(false, error == ETIMEDOUT ? "its command cannot be reached" : system_text(error));
  });
  auto spawned = [made, not_made, door = door_, signal = doors_.signal](int pid, int error) {
    int before = child::unknown;
    if (pid <= 0)
      door->post([not_made, error]() mutable { not_made(error); });
    else if (!made->pid.compare_exchange_strong(before, pid))
      signal(pid, SIGKILL); // unwanted
  };
  auto ended = from_elsewhere([this](int wait_status) { note_exit(wait_status); });
  auto exited = [made, ended, door = door_](int wait_status) {
    made->pid = child::ended;
    door->post([ended, wait_status]() mutable { ended(wait_status); });
  };
  child_ = made;
  doors_.spawn(std::move(what), std::move(spawned), std::move(exited));
}

void helper_process::await_output() {
  pipe_.async_wait(asio::posix::stream_descriptor::wait_read,
                   contained([this](const boost::system::error_code& failed) {
                     if (failed)
                       return;
                     if (listener_.may_read && !listener_.may_read())
                       return pause();
                     if (read_some() == reading::over || over_)
                       return;
                     if (read_ < read_without_pause)
                       return await_output();
                     pause();
                   }));
}

void helper_process::pause() {
  pause_.expires_after(reading_pause);
  pause_.async_wait(contained([this](const boost::system::error_code&) { await_output(); }));
}

helper_process::reading helper_process::read_some() {
  std::array<char, most_read> buffer; // NOLINT: what is not read into stays as it is
  auto n = ::read(pipe_.native_handle(), buffer.data(), std::min(order_.read_size, buffer.size()));
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? reading::nothing_now : reading::over;
  if (n == 0)
    return reading::over;
  auto size = static_cast<std::size_t>(n);
  read_ += size;
  listener_.output({buffer.data(), size});
  return reading::more;
}

void helper_process::read_rest() {
  auto most = read_ + most_read; // a pipe holds no more
  for (int i = 0; i < last_reads && read_ < most && pipe_.is_open() && read_some() == reading::more; ++i) {
  }
}

void helper_process::note_exit(int wait_status) {
  read_rest();
  if (over_)
    return;
  if (wait_status == 0)
    end(true, {});
  else
    end(false, wait_status_text(wait_status));
}

void helper_process::end(bool ok, std::string text) {
  if (std::exchange(over_, true))
    return;
  let_go();
  listener_.over(ok, std::move(text));
}

void helper_process::drop() noexcept {
  if (!std::exchange(over_, true))
    let_go();
}

void helper_process::let_go() noexcept {
  pause_.cancel();
  boost::system::error_code ignored;
  pipe_.close(ignored);
  int pid = child_ ? child_->pid.exchange(child::unwanted) : child::unknown;
  if (pid <= 0)
    return;
  try {
    doors_.signal(pid, SIGKILL);
  } catch (const std::exception&) { // no memory for the message: it ends when it likes
  }
}

} // namespace troupe::actors
