// The Asio thread beside the actors: moves what children write from their pipes into their logs.
// Bytes never travel through a mailbox. Must not decide about processes, nor about bytes (child_output does); the
// reaper attaches and finishes, on its own thread: each child has a lock, so that neither waits for the other's
// wake-up. Source: docs/contract/lifecycle.md, 5.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/core/cells.hpp"
#include "actors/io/channel_notes.hpp"
#include "actors/io/child_output.hpp"
#include "actors/io/half_batches.hpp"
#include "actors/io/helper_log.hpp"
#include "config/options.hpp"
#include "platform/shared_log.hpp"
#include "platform/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::platform {
class kept_input;
class main_log;
class outbox;
} // namespace troupe::platform

namespace troupe::actors {

/// One output channel of a child on the daemon's side.
struct child_channel {
  platform::unique_fd pipe;                         ///< read end, non-blocking; empty: the channel does not exist
  std::shared_ptr<platform::shared_log> file;       ///< open; null: no log
  std::unique_ptr<protocols::line_formatter> lines; ///< null: bytes go into the log as they come
  std::shared_ptr<tail_ring> ring;                  ///< null: its last words are in the log
  std::vector<half_batch> again{};                  ///< what a worker before this one had read from it
};

/// Everything the I/O thread needs of one spawned child.
struct child_streams {
  process_identity_ptr who;
  int pid = 0;
  platform::unique_fd in; ///< write end of its stdin
  child_channel out;
  child_channel err;
  child_notes_ptr notes; ///< null: it says nothing beside them that anybody listens to
};

/// The log that helpers of `who` write while it has no child: into `file` and `lines`, as a child's. It may hang. 0, or
/// errno.
using log_opener = std::function<int(const process_identity& who, child_channel& into)>;

/// The log of one channel of a child of `who`, into `file` and `lines`. It may hang. 0, or errno.
using channel_opener = std::function<int(const process_identity& who, bool is_stderr, int pid, child_channel& into)>;

/// How clearing logs came out, once that is known: 0, or errno; ETIMEDOUT: a disk holds it up still, and it is done
/// later.
using cleared_logs = std::function<int(std::chrono::steady_clock::time_point until)>;

/// What the pools of event listeners hear of their listeners' pipes, from whichever thread reads them.
class listener_pipes {
public:
  virtual ~listener_pipes() = default;
  virtual void opened(std::uint64_t process) = 0; ///< a new child, before its first byte
  /// On stdout, as they came. `batch`: their number, by which they are known if they come again after a death of ours;
  /// 0: they will not.
  virtual void said(std::uint64_t process, std::string_view bytes, std::uint64_t batch) = 0;
  virtual void ending(std::uint64_t process) = 0; ///< it is dead; only what is left in its pipe may still be `said`
};

class child_io {
public:
  struct settings : output_settings {    ///< `publish` is called on the I/O thread, or by finish()
    listener_pipes* listeners = nullptr; ///< for the children of [eventlistener:x]; they log, but publish nothing
    /// Null: what has been read is lost if we are killed. Else the bytes of children that have a slot are not. It
    /// outlives this.
    pump_room* room = nullptr;
    /// Likewise what a channel has begun; null: that is lost. Goes with `life_of`.
    channel_notes* notes = nullptr;
    std::function<std::uint32_t(std::uint32_t slot)> life_of; ///< now
    /// What waits for the stdin of a child that has a slot, for who follows us; null: nothing any more. Any thread.
    /// Empty: it is lost with us.
    std::function<void(std::uint32_t slot, const platform::kept_input* what)> hold_input;
  };
  child_io(platform::main_log& log, settings s);
  ~child_io(); ///< stops
  child_io(const child_io&) = delete;
  child_io& operator=(const child_io&) = delete;

  void start(); ///< the thread
  void stop();  ///< ends it; pipes and files are closed

  /// Any thread. Calls `readable` on the I/O thread whenever there is something to read, until stop().
  void watch(platform::unique_fd fd, std::function<void()> readable);
  /// Any thread. The streams of a new child; the I/O thread is not woken before there is something to read.
  void attach(child_streams streams);
  /// The same for a child of the daemon before this one: `state` is what it has begun, its descriptors are in
  /// `streams`.
  void attach(child_streams streams, carried_child state);
  /// Any thread. Moves what is left in the pipes (not what others that hold them write later) and closes everything:
  /// when this returns, the last words of the child are in its log, unless a disk holds that up for too long; then they
  /// follow.
  void finish(std::uint64_t process);
  /// Any thread. Closes every log and opens it again by name.
  void reopen_logs();

  /// Any thread, never blocks. The process goes on with the options of `now`: its child's output goes where they say.
  /// `open` is called on the I/O thread.
  void redress(process_identity_ptr now, channel_opener open);

  /// Any thread, never blocks. Takes whole lines of one helper of ours, for the log of the process's stderr, or that of
  /// both, whether there is a child or not; where there is none, for the main log. `open` is called on the I/O thread.
  std::shared_ptr<helper_log> log_of_helper(process_identity_ptr who, log_opener open);

  enum class input { taken, closed, full };
  /// Any thread, never blocks. Bytes for the child's stdin, in order; what its pipe has no room for waits here.
  /// `closed`: there is no child, or it has closed its end; `full`: too much is waiting, nothing of `bytes` was taken.
  input write_input(std::uint64_t process, std::string_view bytes);
  /// Any thread, never blocks. As write_input, but there is always room for one more: who sends an event waits for its
  /// result before the next one. False: closed, or a listener that only pretends has let too many pile up.
  /// `through`: by what it can be told after a death of ours how much of it has arrived; null: nothing. Without bytes:
  /// what is left in there goes on.
  bool write_event(std::uint64_t process, std::string_view bytes,
                   const std::shared_ptr<platform::outbox>& through = nullptr);
  /// Any thread, never blocks. Empties the logs that the child writes, and otherwise the files at these paths (empty:
  /// none). Rotated backups stay.
  cleared_logs clear_logs(std::uint64_t process, const std::string& stdout_path, const std::string& stderr_path);

  /// From now on no pipe is read or written; what was under way is done. False: it is still, after `at_most`.
  bool rest(std::chrono::milliseconds at_most);
  void go_on(); ///< after a rest
  /// While it rests: all children, whose pipes stay open here.
  std::vector<carried_child> carry();

private:
  struct impl;
  std::shared_ptr<impl> impl_; ///< its threads hold it, too
};

} // namespace troupe::actors
