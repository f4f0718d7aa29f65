// The Asio thread beside the actors: moves what children write from their pipes into their logs.
// Bytes never travel through a mailbox. Must not decide about processes; the reaper attaches and finishes, on its own
// thread: each child has a lock, so that neither waits for the other's wake-up.
// Source: design, 4 and 6; lifecycle specification, 5.
#pragma once

#include "config/options.hpp"
#include "platform/rotating_file.hpp"
#include "platform/unique_fd.hpp"
#include "protocols/events.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

/// One output channel of a child on the daemon's side.
struct child_channel {
  platform::unique_fd pipe;                    ///< read end, non-blocking; empty: the channel does not exist
  std::optional<platform::rotating_file> file; ///< open; none: no log
};

/// Everything the I/O thread needs of one spawned child.
struct child_streams {
  std::uint64_t process = 0; ///< process_cell::id
  int pid = 0;
  config::process_options_ptr options;
  std::string group;
  platform::unique_fd in; ///< write end of its stdin
  child_channel out;
  child_channel err;
};

class child_io {
public:
  struct settings {
    bool strip_ansi = false;
    std::string syslog_ident; ///< base name of the program
    /// Called on the I/O thread, or by finish(), with PROCESS_LOG events of channels that have them enabled.
    std::function<void(protocols::event)> publish;
  };
  child_io(platform::main_log& log, settings s);
  ~child_io(); ///< stops
  child_io(const child_io&) = delete;
  child_io& operator=(const child_io&) = delete;

  void start(); ///< the thread
  void stop();  ///< ends it; pipes and files are closed

  /// Before start(). Calls `ended` on the I/O thread when SIGCHLD arrives, which every thread has blocked by now. Here
  /// and not in main: the pipes of a dying child have woken this thread already.
  void watch_children(std::function<void()> ended);
  /// Any thread. The streams of a new child; the I/O thread is not woken before there is something to read.
  void attach(child_streams streams);
  /// Any thread. Moves what is left in the pipes (not what others that hold them write later) on the caller's thread
  /// and closes everything: when this returns, the last words of the child are in its log.
  void finish(std::uint64_t process);
  /// Any thread. Closes every log and opens it again by name.
  void reopen_logs();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::actors
