// A log file that is appended to, rotated by size, reopened by name and never gives up on a full disk.
// Must not know processes, levels or time stamps. Source: docs/contract/lifecycle.md, 5.2 to 5.4.
#pragma once

#include "platform/file_policy.hpp"
#include "platform/log_path.hpp"
#include "platform/unique_fd.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::platform {

struct batch_record;

class rotating_file {
public:
  /// `max_bytes` <= 0: never rotated. `backups` <= 0: truncated instead. Only regular files are rotated or removed; a
  /// link (`/dev/stdout`, say) stays, and so does what this process itself has as stdin, stdout or stderr behind one.
  rotating_file(std::string path, std::int64_t max_bytes, std::int64_t backups);
  /// Before open(): for a file with options of its own.
  void take_care(std::unique_ptr<file_policy> policy) { policy_ = std::move(policy); }

  /// At any time: the numbers that it was made with, and its care.
  void limit(std::int64_t max_bytes, std::int64_t backups, std::unique_ptr<file_policy> policy);

  /// Before open(): nobody but us may read it (mode 0600), and it must be no link.
  void keep_private() { private_ = true; }

  /// Opens for append, mode 0666 & ~umask, close-on-exec. 0, or errno; ELOOP, EMLINK: refusal_of() says why
  /// (log_path.hpp). A pipe behind the name (ESPIPE, ENXIO rules of 5.2) is opened for plain writing.
  int open();
  bool is_open() const;
  bool is_regular() const { return regular_; } ///< what is open

  /// Writes all of `bytes`, then rotates if the size is reached. 0, or the errno of what could not be written: a full
  /// disk loses the bytes it has no room for and is tried again with the next write. Never throws, never blocks for
  /// longer than the disk does. A pipe that stays full for a moment (EAGAIN) counts as a loss, too.
  int write(std::string_view bytes);
  /// The same without waiting: what was written is taken off the front of `bytes`. EAGAIN: a pipe or terminal has no
  /// room for the rest. Nothing counts as lost. `batch` (or null): what `bytes` are the rest of; told of each write,
  /// and done before the file is rotated.
  int write_some(std::string_view& bytes, batch_record* batch = nullptr);

  /// Opens again by name. 0, or errno: the old file is kept then, and the name tried again with the next writes.
  int reopen();
  int clear(); ///< remove (regular files only, ENOENT ignored) and create anew. 0, or errno
  std::uint64_t lost() const { return lost_; }           ///< bytes that write() could not write
  int rotation_error() const { return rotation_error_; } ///< errno of the last rotation, while that did not work
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

private:
  int open_anew(int flags);
  int create(int flags, mode_t mode);
  void take(int fd);
  bool rotation_due() const;
  bool has_its_name() const;
  int rotate();
  int back_up(const rotation_names& names) const;
  void shift(const place& stem) const;
  bool wait_for_room();
  ssize_t write_piece(std::string_view bytes);

  std::string path_;
  std::int64_t max_bytes_;
  std::int64_t backups_;
  unique_fd fd_;
  std::unique_ptr<file_policy> policy_; ///< null: nothing beyond the two numbers above
  std::int64_t rotate_at_;              ///< bytes; beyond max_bytes after a rotation that did not work
  std::uint64_t lost_ = 0;
  int rotation_error_ = 0;
  bool private_ = false;
  bool regular_ = true;
  bool ours_ = true;     ///< a regular file that may be rotated and removed
  bool astray_ = false;  ///< what is open does not have the name any more: that could not be opened
  bool stalled_ = false; ///< not regular, and it was full at the last write
  /// Handed to this process (stdout), and others may use it: not ours to make non-blocking. So many bytes find room at
  /// once where poll(2) says there is some; 0: it is ours.
  std::size_t borrowed_piece_ = 0;
  bool is_socket_ = false;
};

} // namespace troupe::platform
