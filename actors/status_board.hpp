// The one thing that is shared, not sent: what every process is doing right now, and the daemon's mood.
// Writers are the process actors (own slot) and the supervisor (mood); readers never wait in a mailbox.
// Must not decide anything. Source: design, 3.
#pragma once

#include "actors/cells.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace troupe::actors {

/// A copy of one moment of one process.
struct process_status {
  config::process_options_ptr options;
  std::string group;
  std::string stdout_path; ///< empty: no log
  std::string stderr_path;
  process_state state = process_state::stopped;
  int pid = 0;
  std::int64_t laststart = 0; ///< wall clock, microseconds since the epoch; 0: never
  std::int64_t laststop = 0;
  std::optional<int> exitstatus;
  std::string spawnerr;
  std::int64_t backoff = 0;
  std::uint64_t spawns = 0;
};
using process_status_ptr = std::shared_ptr<const process_status>;

class status_board {
public:
  void publish(const process_cell& cell);
  void remove(std::uint64_t process);
  /// Null for a process that never published or was removed.
  process_status_ptr find(std::uint64_t process) const;

  mood daemon() const { return mood_.load(); }
  void set_daemon(mood m) { mood_.store(m); }

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, process_status_ptr> slots_;
  std::atomic<mood> mood_{mood::running};
};

} // namespace troupe::actors
