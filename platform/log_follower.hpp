// Reads a log file as it grows: across rotation, removal, truncation and clearing. Where the file went is found by its
// inode among its own backups, so that no rotated file is skipped.
// Must not wait or watch (who calls it does). Source: docs/contract/http.md, 8.2.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace troupe::platform {

class log_follower {
public:
  /// None: there is no such file, or writers of logs would not open it. What has no contents, /dev/null or a FIFO,
  /// is an empty file.
  static std::optional<log_follower> open(std::string path, std::int64_t backups, std::int64_t last_bytes);

  /// Appends at most `most` bytes that were not read yet; false: there are none now.
  bool read(std::string& into, std::size_t most);
  std::int64_t modified() const; ///< of the file that is read now, seconds since the epoch

private:
  explicit log_follower(std::string path, std::int64_t backups) : path_(std::move(path)), backups_(backups) {}
  std::size_t read_here(std::string& into, std::size_t most);
  bool move_on();
  std::string next_file() const;

  std::string path_;
  std::int64_t backups_;
  unique_fd fd_; ///< empty: of what has no contents
  ino_t inode_ = 0;
  std::int64_t modified_ = 0; ///< then
  std::int64_t offset_ = 0;
};

} // namespace troupe::platform
