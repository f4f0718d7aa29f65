// See child_io.hpp. One buffer serves all children: what is read is written before the next read. A log on a disk that
// does not answer holds up its own children only: whatever takes a child's lock or writes to a log does so aside
// (relay.hpp), without the loop's turn.
#include "actors/io/child_io.hpp"

#include "actors/io/contained.hpp"
#include "actors/io/relay.hpp"
#include "actors/io/stalled_logs.hpp"
#include "config/text.hpp"
#include "platform/descriptors.hpp"
#include "platform/log_path.hpp"
#include "platform/main_log.hpp"
#include "platform/pipe_watch.hpp"
#include "platform/timed_lock.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include <cerrno>
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::actors {

namespace asio = boost::asio;
using config::log_level;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t read_size = 131072;                 // at most so much per event, as Supervisor
constexpr int reads_per_turn = 4;                         // then the other children get theirs
constexpr std::size_t most_input = std::size_t{16} << 20; // that may wait for one child to read
// A listener that asks for event after event, but reads none, gets no more than that.
constexpr std::size_t most_events = std::size_t{32} << 20;

// So long the reaper waits for last words, and a client for an empty log, if a disk holds them up: long enough for the
// loop to be handed over.
constexpr auto patience = 150ms;

// A child that writes little pieces quickly is read after a pause, many pieces at a time; the first is never kept
// waiting, and the pipe holds what comes in the pause.
constexpr auto pause = 300us;
constexpr std::size_t little = 4096;     // bytes of a read
constexpr std::size_t no_longer = 57344; // so much in one pause: read on without

// The pipe of a child that fills it grows, so that the child writes on while we do. The total is bounded: beyond
// fs.pipe-user-pages-soft all new pipes of an ordinary user shrink.
constexpr std::size_t full_pipe =
  65536 - PIPE_BUF + 1;            // bytes, in a pipe as it is made, where a write may have to wait
constexpr int wide_pipe = 1 << 20; // bytes
constexpr int most_wide_pipes = 16;

using time_point = std::chrono::steady_clock::time_point;

struct channel {
  platform::unique_fd pipe;
  child_output output;
  time_point last_little{}; ///< when a read gave little; none: the last gave more
  bool paused = false;      ///< is read after a pause
  bool wide = false;        ///< counts as a wide pipe
};

struct child {
  explicit child(child_streams& from)
      : process(from.process), pid(from.pid), options(std::move(from.options)), in(std::move(from.in)),
        counters(std::move(from.counters)) {}
  ~child() { unwatch_input(); }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void unwatch_input() {
    if (in_watch)
      in_watch->release(); // not closed: it is `in`
    in_watch.reset();
  }

  std::uint64_t process;
  int pid;
  config::process_options_ptr options;
  std::timed_mutex mutex; ///< of the channels: the I/O thread pumps, the reaper drains and closes
  std::array<std::unique_ptr<channel>, 2> channels;
  std::mutex in_mutex;    ///< of what follows: anybody writes input, also while a listener's channel is pumped
  platform::unique_fd in; ///< its stdin; not watched, so that its end wakes nobody
  std::unique_ptr<asio::posix::stream_descriptor> in_watch; ///< of `in`, while `input` waits for room
  std::string input;
  process_counters_ptr counters;
};

} // namespace

struct child_io::impl : std::enable_shared_from_this<child_io::impl> {
  impl(platform::main_log& l, settings s) : log(l), set(std::move(s)) { await_pipes(); }

  using child_ptr = std::shared_ptr<child>;

  void attach(child_streams streams) {
    auto c = std::make_shared<child>(streams);
    std::vector<std::shared_ptr<platform::shared_log>> opened_again;
    for (auto& file : {streams.out.file, streams.err.file})
      if (file && file->stalled())
        opened_again.push_back(file);
    std::lock_guard lock{c->mutex};
    auto make = [&](child_channel& from, bool is_stderr) {
      if (from.pipe)
        c->channels[is_stderr] = std::make_unique<channel>(channel{
          std::move(from.pipe),
          {log, set, {c->options, streams.group, c->pid, is_stderr}, std::move(from.file), std::move(from.lines)}});
    };
    make(streams.out, false);
    make(streams.err, true);
    {
      std::lock_guard children_lock{mutex};
      children[c->process] = c;
    }
    if (speaks_to_pool(*c))
      set.listeners->opened(c->process);
    for (std::size_t i = 0; i < c->channels.size(); ++i)
      if (auto& ch = c->channels[i])
        if (int error = pipes.add(ch->pipe.get(), key_of(*c, i)); error != 0)
          log.write(log_level::error, "could not watch " + std::string(ch->output.channel()) + " of " +
                                        c->options->name + ": " + config::errno_name(error));
    for (auto& file : opened_again)
      look_again(file);
  }

  static std::uint64_t key_of(const child& c, std::size_t channel) { return c.process * 2 + channel; }
  bool speaks_to_pool(const child& c) const { return c.options->listener && set.listeners; }

  struct watched {
    asio::posix::stream_descriptor fd;
    std::function<void()> readable;
  };

  void watch(platform::unique_fd fd, std::function<void()> readable) {
    auto w = std::make_shared<watched>(watched{{io, fd.release()}, std::move(readable)});
    {
      std::lock_guard lock{mutex};
      others.push_back(w);
    }
    await(w);
  }

  void await(const std::shared_ptr<watched>& w) {
    w->fd.async_wait(asio::posix::stream_descriptor::wait_read, [this, w](const boost::system::error_code& failed) {
      if (failed || !w->fd.is_open())
        return;
      struct onward { // also behind a callback that throws
        impl& of;
        const std::shared_ptr<watched>& what;
        ~onward() { of.await(what); }
      } then{*this, w};
      {
        relay::aside aside{loop};
        w->readable();
      }
      loop.leave_if_relieved();
    });
  }

  void await_pipes() {
    pipes_ready.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& failed) {
      if (failed)
        return;
      auto turn = loop.turn();
      std::array<std::uint64_t, 64> room;
      auto keys = pipes.take(room);
      await_pipes(); // not behind a log that holds us up
      ready.insert(ready.end(), keys.begin(), keys.end());
      serve_ready(std::move(turn));
    });
  }

  /// What one thread leaves behind another one takes up.
  void serve_ready(std::unique_lock<std::mutex> turn) {
    while (!ready.empty() && !loop.relieved()) {
      auto key = ready.front();
      ready.pop_front();
      serve(key, turn);
    }
    turn.unlock();
    loop.leave_if_relieved();
  }

  void resume(std::uint64_t key) {
    ready.push_back(key);
    asio::post(io, [this] { serve_ready(loop.turn()); });
  }

  /// A channel that has something to say, or had: a child that was started again has the same keys.
  void serve(std::uint64_t key, std::unique_lock<std::mutex>& turn) {
    auto c = find(key / 2);
    if (!c)
      return;
    turn.unlock();
    auto then = next::wait;
    std::shared_ptr<platform::shared_log> full;
    {
      relay::aside aside{loop};
      std::lock_guard lock{c->mutex};
      auto& ch = c->channels[key % 2];
      if (ch) {
        try {
          then = pump(*c, key % 2);
        } catch (...) { // what was read is lost; the child is not
          failed(std::current_exception());
        }
        if (then == next::wait)
          pipes.arm(ch->pipe.get(), key);
        else if (then == next::stall)
          full = ch->output.file();
        else if (then == next::close)
          close(*c, key % 2);
      }
    }
    turn.lock();
    if (then == next::pause)
      pause_for(key);
    else if (then == next::stall)
      stalled.wait(full, key);
  }

  enum class next { wait, pause, stall, close };
  next pump(child& c, std::size_t i) {
    static thread_local std::vector<char> buffer(read_size);
    auto& ch = *c.channels[i];
    bool paused = std::exchange(ch.paused, false);
    for (int turn = 0; turn < reads_per_turn; ++turn) {
      auto n = read_once(ch.pipe.get(), buffer);
      if (n <= 0)
        return n < 0 ? next::wait : next::close;
      auto size = static_cast<std::size_t>(n);
      consume(c, i, {buffer.data(), size});
      if (ch.output.stalled())
        return next::stall;
      if (size >= full_pipe)
        widen(ch);
      if (size < read_size / 2) {
        ch.paused = pays_to_pause(ch, paused, size);
        return ch.paused ? next::pause : next::wait;
      }
      ch.last_little = {};
    }
    return next::wait;
  }

  /// A pool has the bytes of its listeners as they came.
  void consume(child& c, std::size_t i, std::string_view bytes) {
    if (c.counters)
      (i == 0 ? c.counters->stdout_bytes : c.counters->stderr_bytes) += bytes.size();
    c.channels[i]->output.consume(bytes);
    if (i == 0 && speaks_to_pool(c))
      set.listeners->said(c.process, bytes);
  }

  /// The next bytes will have come before a pause is over: a little twice in the time of one, and nothing large in
  /// between. A pause in a flood would only fill the pipe with memory that has left the caches.
  static bool pays_to_pause(channel& ch, bool paused, std::size_t size) {
    if (!ch.output.plain()) // whose reads can be told apart
      return false;
    if (paused)
      return size < no_longer;
    auto now = std::chrono::steady_clock::now();
    auto before = std::exchange(ch.last_little, size < little ? now : time_point{});
    return size < little && now - before < pause;
  }

  void widen(channel& ch) {
    if (ch.wide || wide_pipes >= most_wide_pipes)
      return;
    ch.wide = true;
    ++wide_pipes;
    platform::widen_pipe(ch.pipe.get(), wide_pipe);
  }

  void pause_for(std::uint64_t key) {
    pausing.push_back(key);
    if (pausing.size() > 1)
      return;
    pause_over.expires_after(pause);
    pause_over.async_wait([this](const boost::system::error_code& failed) {
      if (failed)
        return;
      auto turn = loop.turn();
      ready.insert(ready.end(), pausing.begin(), pausing.end());
      pausing.clear();
      serve_ready(std::move(turn));
    });
  }

  /// Bytes read; 0 at the end of the channel, -1 where there is nothing to read.
  static ssize_t read_once(int pipe, std::vector<char>& buffer) {
    for (;;) {
      auto n = ::read(pipe, buffer.data(), buffer.size());
      if (n >= 0)
        return n;
      if (errno == EAGAIN)
        return -1;
      if (errno != EINTR)
        return 0;
    }
  }

  void close(child& c, std::size_t i) {
    auto& ch = *c.channels[i];
    ch.output.finish();
    if (log.wants(log_level::debug))
      log.write(log_level::debug, "fd " + std::to_string(ch.pipe.get()) + " closed, stopped monitoring " +
                                    ch.output.channel() + " of " + c.options->name);
    drop(c.channels[i]);
  }

  void drop(std::unique_ptr<channel>& ch) {
    if (!ch)
      return;
    if (ch->wide)
      --wide_pipes;
    pipes.leave(ch->pipe.get());
    ch.reset();
  }

  /// Any thread: `file` has been opened again.
  void look_again(const std::shared_ptr<platform::shared_log>& file) {
    asio::post(io, [this, file] {
      auto turn = loop.turn();
      stalled.look_again(file, turn);
      turn.unlock();
      loop.leave_if_relieved();
    });
  }

  /// A handler has thrown. The thread goes on; should the next ones throw, too, neither log nor processor drown in it.
  void failed(const std::exception_ptr& failure) noexcept {
    try {
      auto now = std::chrono::steady_clock::now();
      std::unique_lock lock{failures_mutex};
      if (now - failed_at < 1s) {
        bool many = ++failures > 10;
        lock.unlock();
        if (many)
          std::this_thread::sleep_for(50ms);
        return;
      }
      failed_at = now;
      auto unsaid = std::exchange(failures, 0);
      lock.unlock();
      log.write(log_level::critical, "a handler of the children's I/O failed: " + words_of(failure) +
                                       (unsaid > 0 ? " (and " + std::to_string(unsaid) + " more before)" : ""));
    } catch (...) { // no memory even for this
    }
  }

  /// Any thread. Does `job` on the loop, where a disk may hold it up; false: it is under way still.
  bool on_loop(std::function<void()> job) {
    if (!loop.running()) {
      job();
      return true;
    }
    auto done = std::make_shared<std::promise<void>>();
    auto over = done->get_future();
    asio::post(io, [this, done, job = std::move(job)] {
      {
        relay::aside aside{loop};
        try {
          job();
        } catch (...) {
          failed(std::current_exception());
        }
      }
      done->set_value();
      loop.leave_if_relieved();
    });
    return over.wait_for(patience) == std::future_status::ready;
  }

  void finish(std::uint64_t process) {
    child_ptr c;
    {
      std::lock_guard lock{mutex};
      auto found = children.find(process);
      if (found == children.end())
        return;
      c = std::move(found->second);
      children.erase(found);
    }
    if (speaks_to_pool(*c))
      set.listeners->ending(process);
    // A child that left nothing behind costs nobody a wake-up.
    if (std::unique_lock lock{c->mutex, std::try_to_lock}; lock && said_all(*c))
      drain(*c);
    else {
      if (lock)
        lock.unlock();
      on_loop([this, c] {
        std::lock_guard at_work{c->mutex};
        drain(*c);
      });
    }
    std::lock_guard lock{c->in_mutex};
    close_input(*c);
  }

  static int waiting_in(const channel& ch) {
    int waiting = 0;
    return ::ioctl(ch.pipe.get(), FIONREAD, &waiting) == 0 ? waiting : 0;
  }

  static bool said_all(const child& c) {
    return std::all_of(c.channels.begin(), c.channels.end(),
                       [](auto& ch) { return !ch || (ch->output.ends_quietly() && waiting_in(*ch) == 0); });
  }

  void drain(child& c) {
    for (std::size_t i = 0; i < c.channels.size(); ++i)
      if (c.channels[i]) {
        drain(c, i);
        drop(c.channels[i]);
      }
  }

  static void close_input(child& c) {
    c.unwatch_input();
    c.in.reset();
    c.input.clear();
  }

  child_ptr find(std::uint64_t process) {
    std::lock_guard lock{mutex};
    auto found = children.find(process);
    return found == children.end() ? nullptr : found->second;
  }

  /// `whole`: too much is waiting already, or else all of `bytes` has room.
  input write_input(std::uint64_t process, std::string_view bytes, std::size_t most, bool whole) {
    auto c = find(process);
    if (!c)
      return input::closed;
    std::lock_guard lock{c->in_mutex};
    if (!c->in)
      return input::closed;
    if (!c->input.empty()) { // behind what waits already
      if (c->input.size() + (whole ? 0 : bytes.size()) > most)
        return input::full;
      c->input += bytes;
      return input::taken;
    }
    if (!put(*c, bytes))
      return input::closed;
    if (bytes.empty())
      return input::taken;
    c->input = bytes;
    c->in_watch = std::make_unique<asio::posix::stream_descriptor>(io, c->in.get());
    await_room(c);
    return input::taken;
  }

  /// As much of `bytes` as the pipe takes, off its front. False: the child has closed its end, and so have we now.
  bool put(child& c, std::string_view& bytes) {
    while (!bytes.empty()) {
      auto n = ::write(c.in.get(), bytes.data(), bytes.size());
      if (n >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {
        break;
      } else if (errno != EINTR) {
        log.write(log_level::debug,
                  "fd " + std::to_string(c.in.get()) + " closed, stopped monitoring stdin of " + c.options->name);
        close_input(c);
        return false;
      }
    }
    return true;
  }

  /// With the lock of the input held.
  void await_room(const child_ptr& c) {
    c->in_watch->async_wait(asio::posix::stream_descriptor::wait_write,
                            [this, c](const boost::system::error_code& failed) {
                              std::lock_guard lock{c->in_mutex};
                              if (failed || !c->in_watch)
                                return;
                              std::string_view rest = c->input;
                              if (!put(*c, rest))
                                return;
                              c->input.erase(0, c->input.size() - rest.size());
                              if (!c->input.empty())
                                await_room(c);
                              else
                                c->unwatch_input();
                            });
  }

  int clear_logs(std::uint64_t process, const std::string& stdout_path, const std::string& stderr_path) {
    auto worst = std::make_shared<std::atomic<int>>(0);
    bool done = on_loop([=, this, c = find(process)] { *worst = clear_now(c, {stdout_path, stderr_path}); });
    return done ? worst->load() : ETIMEDOUT;
  }

  int clear_now(const child_ptr& c, const std::array<std::string, 2>& paths) {
    auto clear_open = [&](std::size_t i) -> std::optional<int> {
      if (!c)
        return {};
      std::lock_guard lock{c->mutex};
      auto& ch = c->channels[i];
      if (!ch || !ch->output.file())
        return {};
      int error = ch->output.clear();
      if (ch->output.stalled())
        look_again(ch->output.file());
      return error;
    };
    int worst = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      auto error = clear_open(i);
      if (!error && !paths[i].empty())
        error = platform::truncate_log(paths[i]);
      worst = worst != 0 ? worst : error.value_or(0);
    }
    return worst;
  }

  /// What is in the pipe at this moment: a grandchild that goes on writing must not hold up the exit.
  void drain(child& c, std::size_t i) {
    auto& ch = *c.channels[i];
    int waiting = waiting_in(ch);
    std::vector<char> chunk(std::min<std::size_t>(read_size, static_cast<std::size_t>(waiting)));
    while (waiting > 0) {
      auto n = read_once(ch.pipe.get(), chunk);
      if (n <= 0)
        break;
      consume(c, i, {chunk.data(), static_cast<std::size_t>(n)});
      waiting -= static_cast<int>(n);
    }
    ch.output.finish();
    if (ch.output.stalled())
      asio::post(io, [this, full = ch.output.file()] {
        auto turn = loop.turn();
        if (full->stalled())
          stalled.wait(full, {});
      });
  }

  std::vector<child_ptr> all() {
    std::lock_guard lock{mutex};
    std::vector<child_ptr> copies;
    for (auto& [id, c] : children)
      copies.push_back(c);
    return copies;
  }

  struct reopening { ///< logs, in the course of one request
    std::mutex mutex;
    std::set<std::shared_ptr<platform::shared_log>> logs;
    bool first(const std::shared_ptr<platform::shared_log>& file) {
      std::lock_guard lock{mutex};
      return logs.insert(file).second;
    }
  };

  /// One by one: a disk that holds one up leaves the others to the next thread.
  void reopen_logs() {
    auto done = std::make_shared<reopening>();
    for (auto& c : all())
      asio::post(io, [this, c, done] {
        {
          relay::aside aside{loop};
          std::lock_guard lock{c->mutex};
          for (auto& ch : c->channels)
            if (ch && ch->output.file() && done->first(ch->output.file())) {
              ch->output.reopen();
              if (ch->output.stalled())
                look_again(ch->output.file());
            }
        }
        loop.leave_if_relieved();
      });
  }

  /// Also ends the waits.
  void close_all() {
    auto most = patience;
    for (auto& c : all()) {
      if (auto lock = platform::lock_within(c->mutex, most))
        for (auto& ch : c->channels) {
          if (ch)
            ch->output.finish();
          drop(ch);
        }
      else
        most = 0ms; // a disk has it
      std::lock_guard lock{c->in_mutex};
      close_input(*c);
    }
    std::lock_guard lock{mutex};
    children.clear();
    asio::post(io, [this, w = std::exchange(others, {})] {
      auto turn = loop.turn();
      for (auto& other : w)
        other->fd.close();
      pipes_ready.close();
      pause_over.cancel();
      stalled.close();
    });
  }

  platform::main_log& log;
  settings set;
  asio::io_context io{2}; ///< more than 1: what a handler posts is there for another thread
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::mutex mutex; ///< of these two
  std::unordered_map<std::uint64_t, child_ptr> children;
  std::vector<std::shared_ptr<watched>> others; ///< descriptors that are no child's
  std::atomic<int> wide_pipes{0};
  platform::pipe_watch pipes;
  asio::posix::stream_descriptor pipes_ready{io, ::fcntl(pipes.fd(), F_DUPFD_CLOEXEC, 3)};
  std::mutex failures_mutex; ///< of these two
  std::chrono::steady_clock::time_point failed_at{};
  int failures = 0; ///< since then
  relay loop{io, [this](std::exception_ptr failure) { failed(failure); }, [this] { serve_ready(loop.turn()); }};
  // What follows is the loop's own: touched with its turn.
  asio::steady_timer pause_over{io};
  std::vector<std::uint64_t> pausing; ///< channels that are read when pause_over is
  std::deque<std::uint64_t> ready;    ///< channels that are read now
  stalled_logs stalled{io, loop, log, [this](std::uint64_t key) { resume(key); }};
};

child_io::child_io(platform::main_log& log, settings s) : impl_(std::make_shared<impl>(log, std::move(s))) {}

child_io::~child_io() { stop(); }

void child_io::stop() {
  if (!impl_->loop.running())
    return;
  impl_->close_all();
  impl_->work.reset();
  impl_->loop.join(2s); // what a disk still holds then is left behind
}

void child_io::start() { impl_->loop.start(impl_); }

void child_io::watch(platform::unique_fd fd, std::function<void()> readable) {
  impl_->watch(std::move(fd), std::move(readable));
}

void child_io::attach(child_streams streams) { impl_->attach(std::move(streams)); }

void child_io::finish(std::uint64_t process) { impl_->finish(process); }

child_io::input child_io::write_input(std::uint64_t process, std::string_view bytes) {
  return impl_->write_input(process, bytes, most_input, false);
}

bool child_io::write_event(std::uint64_t process, std::string_view bytes) {
  return impl_->write_input(process, bytes, most_events, true) == input::taken;
}

int child_io::clear_logs(std::uint64_t process, const std::string& stdout_path, const std::string& stderr_path) {
  return impl_->clear_logs(process, stdout_path, stderr_path);
}

void child_io::reopen_logs() {
  asio::post(impl_->io, [i = impl_.get()] { i->reopen_logs(); });
}

} // namespace troupe::actors
