// See child_io.hpp: the loop, and who waits for whom. Reading is child_reading's, writing child_input's. A log on a
// disk that does not answer holds up its own children only: whatever takes a child's lock or writes to a log does so
// aside (relay.hpp), without the loop's turn.
#include "actors/io/child_io.hpp"

#include "actors/io/carried_children.hpp"
#include "actors/io/child_input.hpp"
#include "actors/io/child_logs.hpp"
#include "actors/io/child_reading.hpp"
#include "actors/io/failure_log.hpp"
#include "actors/io/helper_writer.hpp"
#include "actors/io/other_watches.hpp"
#include "actors/io/relay.hpp"
#include "actors/io/stalled_logs.hpp"
#include "platform/main_log.hpp"
#include "platform/pipe_watch.hpp"
#include "platform/timed_lock.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <cerrno>
#include <fcntl.h>

namespace troupe::actors {

namespace asio = boost::asio;
using config::log_level;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_input = std::size_t{16} << 20; // that may wait for one child to read
// A listener that asks for event after event, but reads none, gets no more than that.
constexpr std::size_t most_events = std::size_t{32} << 20;

// So long the reaper waits for last words if a disk holds them up: long enough for the loop to be handed over.
constexpr auto patience = 150ms;

} // namespace

struct child_io::impl : std::enable_shared_from_this<child_io::impl> {
  impl(platform::main_log& l, settings s) : log(l), set(std::move(s)) { await_pipes(); }

  using child = pipes::child;
  using channel = pipes::channel;
  using child_ptr = pipes::child_ptr;
  using next = pipes::child_reading::next;

  void attach(child_streams streams, carried_child* before = nullptr) {
    auto c = std::make_shared<child>(streams);
    std::vector<std::shared_ptr<platform::shared_log>> opened_again;
    for (auto& file : {streams.out.file, streams.err.file})
      if (file && file->stalled())
        opened_again.push_back(file);
    std::lock_guard lock{c->mutex};
    c->channels = {pipes::make_channel(log, set, *c, streams.out, false, streams.notes),
                   pipes::make_channel(log, set, *c, streams.err, true, streams.notes)};
    if (set.notes && c->who->slot != no_slot)
      c->life = set.life_of(c->who->slot);
    if (before) {
      pipes::take_up(c, *before, input);
      reading.note_all(*c);
    }
    {
      std::lock_guard children_lock{mutex};
      children[c->who->id] = c;
    }
    if (reading.speaks_to_pool(*c) && !before)
      set.listeners->opened(c->who->id);
    reading.consume_again(*c, {&streams.out.again, &streams.err.again});
    for (std::size_t i = 0; i < c->channels.size(); ++i)
      if (auto& ch = c->channels[i])
        pipes::tell_unwatched(log, *c, i, watched_pipes.add(ch->pipe.get(), key_of(*c, i)));
    for (auto& file : opened_again)
      look_again(file);
    for (auto& ch : c->channels)
      if (ch && (before || ch->stalled) && ch->output.stalled())
        wait_for_room(ch->output.file());
  }

  /// Whoever pumps has the child's lock, and looks at `left` once he has it.
  bool rest(std::chrono::milliseconds at_most) {
    left.resting = true;
    input.rest(true);
    return pipes::come_to_rest(all(), at_most);
  }

  void go_on() {
    left.resting = false;
    input.rest(false);
    for (auto& c : all())
      input.go_on(c);
    for (auto key : left.take())
      resume(key);
  }

  static std::uint64_t key_of(const child& c, std::size_t channel) { return c.who->id * 2 + channel; }

  void await_pipes() {
    pipes_ready.async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& failed) {
      if (failed)
        return;
      auto turn = loop.turn();
      std::array<std::uint64_t, 64> room;
      auto keys = watched_pipes.take(room);
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
    asio::post(io, [this, key] {
      auto turn = loop.turn();
      ready.push_back(key);
      serve_ready(std::move(turn));
    });
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
      relay::soon_aside aside{loop};
      std::unique_lock lock{c->mutex, std::try_to_lock};
      if (!lock) {
        aside.step();
        lock.lock();
      }
      auto& ch = c->channels[key % 2];
      if (ch && left.resting) {
        left.add(key);
      } else if (ch) {
        try {
          then = reading.pump(*c, key % 2, aside);
        } catch (...) { // what was read is lost; the child is not
          failures.write(std::current_exception());
        }
        if (then == next::wait)
          watched_pipes.arm(ch->pipe.get(), key);
        else if (then == next::stall)
          full = ch->output.file();
        else if (then == next::close)
          close(*c, key % 2, aside);
      }
    }
    turn.lock();
    if (then == next::pause)
      pause_for(key);
    else if (then == next::stall)
      stalled.wait(full, key);
  }

  void pause_for(std::uint64_t key) {
    pausing.push_back(key);
    if (pausing.size() > 1)
      return;
    pause_over.expires_after(pipes::reading_pause);
    pause_over.async_wait([this](const boost::system::error_code& failed) {
      if (failed)
        return;
      auto turn = loop.turn();
      ready.insert(ready.end(), pausing.begin(), pausing.end());
      pausing.clear();
      serve_ready(std::move(turn));
    });
  }

  void close(child& c, std::size_t i, relay::soon_aside& aside) {
    auto& ch = *c.channels[i];
    if (!ch.output.ends_quietly() || log.wants(log_level::debug))
      aside.step();
    ch.output.finish();
    pipes::tell_closed(log, c, i);
    drop(c.channels[i]);
  }

  void drop(std::unique_ptr<channel>& ch) {
    if (!ch)
      return;
    reading.forget(*ch);
    watched_pipes.leave(ch->pipe.get());
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
    if (reading.speaks_to_pool(*c))
      set.listeners->ending(process);
    // A child that left nothing behind costs nobody a wake-up. The loop, which sees the end of its pipes, may have it.
    if (auto lock = platform::lock_soon(c->mutex); lock && pipes::child_reading::said_all(*c))
      drain(*c);
    else {
      if (lock)
        lock.unlock();
      loop.do_aside(
        [this, c] {
          std::lock_guard at_work{c->mutex};
          drain(*c);
        },
        patience);
    }
    input.close(*c);
  }

  void drain(child& c) {
    for (std::size_t i = 0; i < c.channels.size(); ++i)
      if (c.channels[i]) {
        reading.drain(c, i);
        if (c.channels[i]->output.stalled())
          wait_for_room(c.channels[i]->output.file());
        drop(c.channels[i]);
      }
  }

  /// Last words that a full disk did not take.
  void wait_for_room(std::shared_ptr<platform::shared_log> full) {
    asio::post(io, [this, full = std::move(full)] {
      auto turn = loop.turn();
      if (full->stalled())
        stalled.wait(full, {});
    });
  }

  child_ptr find(std::uint64_t process) {
    std::lock_guard lock{mutex};
    auto found = children.find(process);
    return found == children.end() ? nullptr : found->second;
  }

  cleared_logs clear_logs(std::uint64_t process, const std::string& stdout_path, const std::string& stderr_path) {
    auto worst = std::make_shared<std::atomic<int>>(0);
    auto job = [=, this, c = find(process)] {
      *worst = pipes::clear_logs(c, {stdout_path, stderr_path}, [this](auto& file) { look_again(file); });
    };
    auto over = loop.start_aside(job).share();
    return [worst, over](auto until) {
      return over.wait_until(until) == std::future_status::ready ? worst->load() : ETIMEDOUT;
    };
  }

  std::vector<child_ptr> all() {
    std::lock_guard lock{mutex};
    std::vector<child_ptr> copies;
    for (auto& [id, c] : children)
      copies.push_back(c);
    return copies;
  }

  void reopen_logs() {
    pipes::reopen_logs(all(), io, loop, [this](auto& file) { look_again(file); });
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
      input.close(*c);
    }
    std::lock_guard lock{mutex};
    children.clear();
    asio::post(io, [this] {
      auto turn = loop.turn();
      others.close();
      pipes_ready.close();
      pause_over.cancel();
      stalled.close();
    });
  }

  platform::main_log& log;
  settings set;
  asio::io_context io{2}; ///< more than 1: what a handler posts is there for another thread
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::mutex mutex; ///< of the children
  std::unordered_map<std::uint64_t, child_ptr> children;
  pipes::left_channels left;
  pipes::child_reading reading{set};
  pipes::child_input input{io, log, set.hold_input};
  platform::pipe_watch watched_pipes;
  asio::posix::stream_descriptor pipes_ready{io, ::fcntl(watched_pipes.fd(), F_DUPFD_CLOEXEC, 3)};
  failure_log failures{log, "a handler of the children's I/O"};
  relay loop{io, [this](std::exception_ptr failure) { failures.write(failure); }, [this] { serve_ready(loop.turn()); }};
  other_watches others{io, loop};
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
  impl_->others.add(std::move(fd), std::move(readable));
}

void child_io::attach(child_streams streams) { impl_->attach(std::move(streams)); }
void child_io::attach(child_streams streams, carried_child state) { impl_->attach(std::move(streams), &state); }
bool child_io::rest(std::chrono::milliseconds at_most) { return impl_->rest(at_most); }
void child_io::go_on() { impl_->go_on(); }
std::vector<carried_child> child_io::carry() { return pipes::carry(impl_->all()); }
void child_io::finish(std::uint64_t process) { impl_->finish(process); }
std::shared_ptr<helper_log> child_io::log_of_helper(process_identity_ptr who, log_opener open) {
  auto* i = impl_.get();
  auto room = [i](auto& file) { i->wait_for_room(file); };
  auto child = [i, process = who->id] { return i->find(process); };
  return pipes::make_helper_log({i->log, std::move(who), std::move(open), child, room}, i->loop, impl_);
}
void child_io::redress(process_identity_ptr now, channel_opener open) {
  if (auto c = impl_->find(now->id))
    pipes::redress(c, std::move(now), std::move(open), {impl_->log, impl_->io, impl_->loop});
}

child_io::input child_io::write_input(std::uint64_t process, std::string_view bytes) {
  auto c = impl_->find(process);
  return c ? impl_->input.write(c, bytes, most_input, false) : input::closed;
}

bool child_io::write_event(std::uint64_t process, std::string_view bytes,
                           const std::shared_ptr<platform::outbox>& through) {
  auto c = impl_->find(process);
  return c && impl_->input.write(c, bytes, most_events, true, through) == input::taken;
}

cleared_logs child_io::clear_logs(std::uint64_t process, const std::string& stdout_path,
                                  const std::string& stderr_path) {
  return impl_->clear_logs(process, stdout_path, stderr_path);
}

void child_io::reopen_logs() {
  asio::post(impl_->io, [i = impl_.get()] { i->reopen_logs(); });
}

} // namespace troupe::actors
