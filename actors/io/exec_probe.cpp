// See exec_probe.hpp.
#include "actors/io/exec_probe.hpp"

#include "actors/core/process_fsm.hpp"
#include "actors/io/late_answer.hpp"
#include "platform/descriptors.hpp"

#include <algorithm>
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

constexpr auto reading_pause = std::chrono::milliseconds{10}; // of what nobody wants to know
constexpr std::size_t most_output = 4096;                     // that is kept
constexpr std::size_t read_size = 4096;
constexpr int last_reads = 16; // of what it left in the pipe: a grandchild may write for ever

} // namespace

/// Of one child, on any thread: nobody may signal it once it has ended, and it may be unwanted before it has a pid.
struct exec_probe::child {
  static constexpr int unknown = 0;
  static constexpr int unwanted = -1;
  static constexpr int ended = -2;
  std::atomic<int> pid{unknown};
  late_answer<std::string> refusal; ///< why it cannot be made

  int prepare(helper_child& what, const probe_order& order, const plan_maker& make_plan) {
    try {
      auto made = make_plan(order);
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

std::string lines_with_name(std::string_view output, std::string_view name) {
  std::string lines;
  while (!output.empty()) {
    auto end = output.find('\n');
    lines.append(name).append(": ").append(output.substr(0, end)) += '\n';
    output.remove_prefix(end == output.npos ? output.size() : end + 1);
  }
  return lines;
}

exec_probe::exec_probe(probe_means_ptr means, probe_order order, probe_told told)
    : probe_run(std::move(means), std::move(order), std::move(told)), pipe_(means_->io) {}

void exec_probe::look() {
  make();
  if (pipe_.is_open())
    await_output();
}

void exec_probe::make() {
  auto what = std::make_shared<helper_child>();
  platform::unique_fd ours;
  if (int error = platform::make_pipe(ours, what->stdio[1]))
    return fail(system_text(error));
  what->stdio[0].reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!what->stdio[0])
    return fail(system_text(errno));
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK); // a new pipe has no other flag
  pipe_.assign(ours.get());
  (void)ours.release(); // pipe_'s from here on

  auto made = std::make_shared<child>();
  what->user = order_.who->options->uid;
  what->prepare = [made, order = order_, make_plan = means_->make_plan](helper_child& it) {
    return made->prepare(it, order, make_plan);
  };
  auto not_made = from_elsewhere([this](int error) {
    if (auto why = child_->refusal.wait(std::chrono::milliseconds{0}))
      fail(*why);
    else // what has been given up looks for its file, or waits for a name service
      fail(error == ETIMEDOUT ? "its command cannot be reached" : system_text(error));
  });
  auto spawned = [made, not_made, door = means_->door, signal = means_->helpers.signal](int pid, int error) {
    int before = child::unknown;
    if (pid <= 0)
      door->post([not_made, error]() mutable { not_made(error); });
    else if (!made->pid.compare_exchange_strong(before, pid))
      signal(pid, SIGKILL); // unwanted
  };
  auto ended = from_elsewhere([this](int wait_status) { note_exit(wait_status); });
  auto exited = [made, ended, door = means_->door](int wait_status) {
    made->pid = child::ended;
    door->post([ended, wait_status]() mutable { ended(wait_status); });
  };
  child_ = made;
  means_->helpers.spawn(std::move(what), std::move(spawned), std::move(exited));
}

void exec_probe::await_output() {
  pipe_.async_wait(asio::posix::stream_descriptor::wait_read,
                   contained([this](const boost::system::error_code& failed) {
                     if (failed || read_some() == reading::over)
                       return;
                     if (output_.size() < most_output)
                       return await_output();
                     auto pause = std::make_shared<asio::steady_timer>(means_->io, reading_pause);
                     pause->async_wait(contained([this, pause](const boost::system::error_code&) { await_output(); }));
                   }));
}

exec_probe::reading exec_probe::read_some() {
  char buffer[read_size];
  auto n = ::read(pipe_.native_handle(), buffer, sizeof buffer);
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? reading::nothing_now : reading::over;
  if (n == 0)
    return reading::over;
  output_.append(buffer, std::min(static_cast<std::size_t>(n), most_output - output_.size()));
  return reading::more;
}

void exec_probe::note_exit(int wait_status) {
  for (int i = 0; i < last_reads && read_some() == reading::more; ++i) {
  }
  if (wait_status == 0)
    answer({true, {}});
  else
    fail(wait_status_text(wait_status));
}

void exec_probe::conclude(const probe_result& result) {
  if (result.ok || output_.empty())
    return;
  try {
    means_->say(order_.who, lines_with_name(output_, order_.name));
  } catch (const std::exception&) { // what it has said is lost, its answer is not
  }
}

void exec_probe::let_go() noexcept {
  boost::system::error_code ignored;
  pipe_.close(ignored);
  if (child_)
    kill();
}

void exec_probe::kill() noexcept {
  int pid = child_->pid.exchange(child::unwanted);
  if (pid <= 0)
    return;
  try {
    means_->helpers.signal(pid, SIGKILL);
  } catch (const std::exception&) { // no memory for the message: it ends when it likes
  }
}

} // namespace troupe::actors
