// A log file that is appended to, rotated by size, reopened by name and never gives up on a full disk.
// Must not know processes, levels or time stamps. Source: the lifecycle specification, 5.2 to 5.4.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::platform {

class rotating_file {
public:
  /// `max_bytes` <= 0: never rotated. `backups` <= 0: truncated instead. Files that cannot seek are never rotated.
  rotating_file(std::string path, std::int64_t max_bytes, std::int64_t backups);

  /// Opens for append, mode 0666 & ~umask, close-on-exec. 0, or errno. A pipe behind the name (ESPIPE, ENXIO rules of
  /// 5.2) is opened for plain writing.
  int open();
  bool is_open() const;

  /// Writes all of `bytes`, then rotates if the size is reached. 0, or the errno of what could not be written: a full
  /// disk loses the bytes it has no room for and is tried again with the next write. Never throws, never blocks for
  /// longer than the disk does. A pipe that stays full for a moment (EAGAIN) counts as a loss, too.
  int write(std::string_view bytes);

  int reopen(); ///< close and open again by name. 0, or errno
  int clear();  ///< remove (regular files only, ENOENT ignored) and create anew. 0, or errno
  std::uint64_t lost() const { return lost_; } ///< bytes that could not be written, since open
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

private:
  int rotate();
  bool wait_for_room();

  std::string path_;
  std::int64_t max_bytes_;
  std::int64_t backups_;
  unique_fd fd_;
  std::int64_t size_ = 0;
  std::uint64_t lost_ = 0;
  bool regular_ = true;
  bool stalled_ = false; ///< not regular, and it was full at the last write
};

} // namespace troupe::platform
