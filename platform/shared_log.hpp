// One writer per log file, whoever names it: two channels with the same file rotate it once, for both.
// What a pipe or a terminal has no room for waits here, bounded; regular files never wait.
// Must not know processes or read pipes (child_io does). Source: docs/contract/lifecycle.md, 5.2 to 5.4.
#pragma once

#include "platform/log_places.hpp"
#include "platform/rotating_file.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace troupe::platform {

/// What there is to say about a log after a write; each kind of trouble is told once, and its end once.
struct log_trouble {
  enum class kind { none, not_written, written_again, not_rotated, rotated_again } what = kind::none;
  int error = 0;          ///< errno: not_written, not_rotated
  std::uint64_t lost = 0; ///< bytes, of the trouble that is over: written_again
};

/// Safe to call from every thread.
class shared_log {
public:
  /// `care`: for a file with options of its own, or null.
  shared_log(std::string path, std::int64_t max_bytes, std::int64_t backups,
             std::unique_ptr<file_policy> policy = nullptr);

  /// From now on, whoever opened it.
  void limit(std::int64_t max_bytes, std::int64_t backups, std::unique_ptr<file_policy> policy);
  /// By name, whether it is open already or not. 0, or errno: the file that was open stays until the name can be
  /// opened.
  int open();
  /// The same, but if a disk holds up the one who writes, not now: whoever writes next does it.
  int open_soon();
  int clear(); ///< 0, or errno
  /// Writes all of `bytes`, or keeps what there is no room for, up to most_waiting; what cannot be written is lost and
  /// counted. Never blocks for longer than the disk does. `batch` (or null): what `bytes` are the rest of; it is done
  /// afterwards, unless something waits.
  log_trouble append(std::string_view bytes, batch_record* batch = nullptr);
  /// The same for whole lines, which stay whole: on a pipe or a terminal, what fits into PIPE_BUF the kernel keeps
  /// together, whoever else writes there; what finds no room is lost line by line.
  log_trouble append_lines(std::string_view lines);
  bool stalled() const { return stalled_; } ///< something waits; whoever can should not append before it is flushed
  log_trouble flush();                      ///< writes what waits, as far as there is room
  log_trouble give_up(int error);           ///< what waits is lost
  std::string waiting() const;              ///< what there has been no room for
  unique_fd duplicate() const;              ///< of what is open, to be watched for room; empty: errno says why
  log_place end() const; ///< of the regular file that is open; nothing where there is none, or a disk holds it up
  const std::string& path() const { return path_; }

  static constexpr std::size_t most_waiting = std::size_t{4} << 20;

private:
  struct held;
  log_trouble keep_waiting(std::string_view bytes, std::size_t fits);
  log_trouble tell(int error, std::uint64_t lost);

  const std::string path_;
  std::atomic<bool> stalled_{false};
  std::atomic<bool> open_due_{false};
  mutable std::timed_mutex mutex_; ///< of what follows
  rotating_file file_;
  std::string waiting_;
  int told_error_ = 0;     ///< 0: bytes are written
  int told_rotation_ = 0;  ///< 0: it is rotated
  std::uint64_t lost_ = 0; ///< bytes, since told_error_
};

/// The logs that are open, by the file they name.
class shared_logs {
public:
  struct opened {
    std::shared_ptr<shared_log> log; ///< null on error
    int error = 0;
  };
  /// Any thread. Where two names lead to one file, its limits are those of whoever opened it first.
  opened open(const std::string& path, std::int64_t max_bytes, std::int64_t backups,
              std::unique_ptr<file_policy> policy = nullptr);
  /// The same, with these limits, whoever opened it first.
  opened open_anew(const std::string& path, std::int64_t max_bytes, std::int64_t backups,
                   std::unique_ptr<file_policy> policy = nullptr);

private:
  std::shared_ptr<shared_log> find(const std::string& name);

  std::mutex mutex_;                                                ///< not held while a file is opened
  std::unordered_map<std::string, std::weak_ptr<shared_log>> logs_; ///< by what they lead to
  std::size_t tidy_at_ = 64;                                        ///< entries; then those of closed logs go
};

} // namespace troupe::platform
