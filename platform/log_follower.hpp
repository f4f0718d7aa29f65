// Reads a log file as it grows: across rotation, removal, truncation and clearing. Where the file went is found by its
// inode among its own backups, so that no rotated file is skipped; of one without backups whoever empties it keeps what
// was not read yet (log_readers.hpp). Must not wait or watch (who calls it does). Source: docs/contract/http.md, 8.2.
#pragma once

#include "platform/log_readers.hpp"
#include "platform/unique_fd.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

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
  /// A file that he reads, and where. Whoever empties it reads from the same descriptor meanwhile.
  struct held_file {
    explicit held_file(unique_fd file, std::int64_t offset)
        : fd(std::move(file)), place(fd ? take_log_place(fd.get(), offset) : std::make_shared<log_reader_place>()) {}
    ~held_file() {
      std::lock_guard lock(place->mutex);
      place->fd = -1;
    }
    held_file(const held_file&) = delete;
    held_file& operator=(const held_file&) = delete;
    unique_fd fd; ///< empty: of what has no contents
    std::shared_ptr<log_reader_place> place;
  };

  explicit log_follower(std::string path, std::int64_t backups) : path_(std::move(path)), backups_(backups) {}
  std::size_t read_here(std::string& into, std::size_t most);
  bool was_emptied();
  bool move_on();
  std::string next_file() const;

  std::string path_;
  std::int64_t backups_;
  std::unique_ptr<held_file> file_;
  ino_t inode_ = 0;
  std::int64_t modified_ = 0; ///< then
};

} // namespace troupe::platform
