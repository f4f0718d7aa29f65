// See child_io.hpp. One buffer a thread serves all children: a chunk is read and written before the next read.
#include "actors/child_io.hpp"

#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/main_log.hpp"
#include "protocols/strip_ansi.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include <cerrno>
#include <csignal>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace troupe::actors {

namespace asio = boost::asio;
using config::log_level;

namespace {

constexpr std::size_t read_size = 131072; // at most so much per event, as Supervisor
constexpr int reads_per_turn = 4;         // then the other children get theirs

struct channel {
  channel(asio::io_context& io, child_channel from, bool is_stderr_)
      : pipe(io, from.pipe.release()), file(std::move(from.file)), is_stderr(is_stderr_) {}
  asio::posix::stream_descriptor pipe;
  std::optional<platform::rotating_file> file;
  bool is_stderr;
  int reported_error = 0; ///< of the last write: each kind of trouble is reported once
};

struct child {
  explicit child(child_streams& from)
      : process(from.process), pid(from.pid), options(std::move(from.options)), group(std::move(from.group)),
        in(std::move(from.in)) {}
  std::uint64_t process;
  int pid;
  config::process_options_ptr options;
  std::string group;
  platform::unique_fd in;
  std::mutex mutex; ///< of the channels: the I/O thread pumps, the reaper drains and closes
  std::array<std::unique_ptr<channel>, 2> channels;
};

} // namespace

struct child_io::impl {
  impl(platform::main_log& l, settings s) : log(l), set(std::move(s)) {}

  using child_ptr = std::shared_ptr<child>;

  void attach(child_streams streams) {
    auto c = std::make_shared<child>(streams);
    std::lock_guard lock{c->mutex};
    if (streams.out.pipe)
      c->channels[0] = std::make_unique<channel>(io, std::move(streams.out), false);
    if (streams.err.pipe)
      c->channels[1] = std::make_unique<channel>(io, std::move(streams.err), true);
    {
      std::lock_guard children_lock{mutex};
      children[c->process] = c;
    }
    for (std::size_t i = 0; i < c->channels.size(); ++i)
      if (c->channels[i])
        watch(c, i);
  }

  void watch_children(std::function<void()> callback) {
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGCHLD);
    ended = std::move(callback);
    sigchld.emplace(io, ::signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK));
    await_sigchld();
  }

  void await_sigchld() {
    sigchld->async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& failed) {
      if (failed)
        return;
      signalfd_siginfo info;
      while (::read(sigchld->native_handle(), &info, sizeof info) > 0) {
      }
      ended();
      await_sigchld();
    });
  }

  /// With the child's lock held.
  void watch(const child_ptr& c, std::size_t i) {
    c->channels[i]->pipe.async_wait(asio::posix::stream_descriptor::wait_read,
                                    [this, c, i](const boost::system::error_code& failed) {
                                      if (failed)
                                        return;
                                      std::lock_guard lock{c->mutex};
                                      if (c->channels[i] && pump(*c, i))
                                        watch(c, i);
                                    });
  }

  /// False: the channel has ended and is closed.
  bool pump(child& c, std::size_t i) {
    for (int turn = 0; turn < reads_per_turn; ++turn) {
      auto n = read_once(*c.channels[i], buffer);
      if (n < 0)
        return true; // nothing more for now
      if (n == 0) {
        close(c, i);
        return false;
      }
      consume(c, *c.channels[i], {buffer.data(), static_cast<std::size_t>(n)});
      if (static_cast<std::size_t>(n) < read_size / 2)
        return true;
    }
    return true;
  }

  /// Bytes read; 0 at the end of the channel, -1 where there is nothing to read.
  static ssize_t read_once(channel& ch, std::vector<char>& buffer) {
    for (;;) {
      auto n = ::read(ch.pipe.native_handle(), buffer.data(), buffer.size());
      if (n >= 0)
        return n;
      if (errno == EAGAIN)
        return -1;
      if (errno != EINTR)
        return 0;
    }
  }

  void close(child& c, std::size_t i) {
    if (log.wants(log_level::debug))
      log.write(log_level::debug, "fd " + std::to_string(c.channels[i]->pipe.native_handle()) +
                                    " closed, stopped monitoring " + channel_name(*c.channels[i]) + " of " +
                                    c.options->name);
    boost::system::error_code ignored;
    c.channels[i]->pipe.close(ignored);
    c.channels[i].reset();
  }

  static const char* channel_name(const channel& ch) { return ch.is_stderr ? "stderr" : "stdout"; }

  void consume(child& c, channel& ch, std::string_view bytes) {
    const auto& options = ch.is_stderr ? c.options->err : c.options->out;
    std::string stripped;
    if (set.strip_ansi) {
      stripped = protocols::strip_ansi(bytes);
      bytes = stripped;
    }
    if (ch.file)
      report(c, ch, ch.file->write(bytes));
    if (options.syslog)
      to_syslog(c, bytes);
    if (log.wants(log_level::debug))
      log.write(log_level::debug,
                config::quoted(c.options->name) + ' ' + channel_name(ch) + " output:\n" + config::decoded(bytes));
    if (options.events_enabled && set.publish)
      set.publish(protocols::process_log_event(ch.is_stderr, c.options->name, c.group, c.pid, bytes));
  }

  /// A log that cannot be written is said once, and once more when it works again; the child never notices.
  void report(const child& c, channel& ch, int error) {
    if (error == ch.reported_error)
      return;
    auto lost = ch.file->lost();
    if (error != 0)
      log.write(log_level::error, "could not write " + std::string(channel_name(ch)) + " log " +
                                    config::quoted(ch.file->path()) + " of " + c.options->name + ": " +
                                    config::errno_name(error));
    else
      log.write(log_level::warn, std::string(channel_name(ch)) + " log " + config::quoted(ch.file->path()) + " of " +
                                   c.options->name + " is written again; " + std::to_string(lost) + " bytes were lost");
    ch.reported_error = error;
  }

  void to_syslog(const child& c, std::string_view bytes) {
    while (!bytes.empty() && bytes.back() == '\n')
      bytes.remove_suffix(1);
    for (;;) {
      auto end = bytes.find('\n');
      platform::log_syslog(set.syslog_ident, c.options->name + ' ' + std::string(bytes.substr(0, end)));
      if (end == std::string_view::npos)
        return;
      bytes.remove_prefix(end + 1);
    }
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
    std::lock_guard lock{c->mutex};
    for (auto& ch : c->channels)
      if (ch) {
        drain(*c, *ch);
        ch.reset();
      }
  }

  /// What is in the pipe at this moment: a grandchild that goes on writing must not hold up the exit.
  void drain(child& c, channel& ch) {
    int waiting = 0;
    if (::ioctl(ch.pipe.native_handle(), FIONREAD, &waiting) != 0 || waiting == 0)
      return;
    std::vector<char> chunk(std::min<std::size_t>(read_size, static_cast<std::size_t>(waiting)));
    while (waiting > 0) {
      auto n = read_once(ch, chunk);
      if (n <= 0)
        return;
      consume(c, ch, {chunk.data(), static_cast<std::size_t>(n)});
      waiting -= static_cast<int>(n);
    }
  }

  std::vector<child_ptr> all() {
    std::lock_guard lock{mutex};
    std::vector<child_ptr> copies;
    for (auto& [id, c] : children)
      copies.push_back(c);
    return copies;
  }

  void reopen_logs() {
    for (auto& c : all()) {
      std::lock_guard lock{c->mutex};
      for (auto& ch : c->channels)
        if (ch && ch->file)
          if (int error = ch->file->reopen(); error != 0)
            report(*c, *ch, error);
    }
  }

  /// Also ends the waits, whose handlers keep the children alive.
  void close_all() {
    for (auto& c : all()) {
      std::lock_guard lock{c->mutex};
      for (auto& ch : c->channels)
        ch.reset();
    }
    std::lock_guard lock{mutex};
    children.clear();
    asio::post(io, [this] { sigchld.reset(); });
  }

  platform::main_log& log;
  settings set;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::optional<asio::posix::stream_descriptor> sigchld;
  std::function<void()> ended;
  std::mutex mutex; ///< of the map
  std::unordered_map<std::uint64_t, child_ptr> children;
  std::vector<char> buffer = std::vector<char>(read_size);
  std::thread thread;
};

child_io::child_io(platform::main_log& log, settings s) : impl_(std::make_unique<impl>(log, std::move(s))) {}

child_io::~child_io() { stop(); }

void child_io::stop() {
  if (!impl_->thread.joinable())
    return;
  impl_->close_all();
  impl_->work.reset();
  impl_->thread.join();
}

void child_io::start() {
  impl_->thread = std::thread([i = impl_.get()] { i->io.run(); });
}

void child_io::watch_children(std::function<void()> ended) { impl_->watch_children(std::move(ended)); }

void child_io::attach(child_streams streams) { impl_->attach(std::move(streams)); }

void child_io::finish(std::uint64_t process) { impl_->finish(process); }

void child_io::reopen_logs() {
  asio::post(impl_->io, [i = impl_.get()] { i->reopen_logs(); });
}

} // namespace troupe::actors
