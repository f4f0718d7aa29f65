// Looks after log files beside those who write them, on a niced thread of its own that exists once there is something
// to do: compresses rotated backups, and says what could not be done to a file, once.
// Must not write logs or decide when they are rotated. Source: docs/configuration.md, "Log files".
#pragma once

#include "config/options.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <sys/types.h>

namespace troupe::platform {

class backup_compressor {
public:
  backup_compressor();
  ~backup_compressor(); ///< stops
  backup_compressor(const backup_compressor&) = delete;
  backup_compressor& operator=(const backup_compressor&) = delete;

  /// `say` is called on the compressor's thread. Before this, and so before the daemon is forked, there is no thread:
  /// what comes up waits. `stop` gives up what is under way; from then on nothing is done any more.
  void start(std::function<void(config::log_level, const std::string&)> say);
  void stop();

  /// Any thread, never blocks: turns the backups F.1 to F.`backups` of `file` into F.1.gz and so on, the newest first.
  /// What cannot be compressed stays as it is until the next call. Several logs take turns of 16 MiB.
  void compress(const std::string& file, std::int64_t backups);
  /// Any thread, never blocks: says `sentence`, unless that was the last that was said `about` this.
  void report(const std::string& about, const std::string& sentence);
  void all_is_well(const std::string& about); ///< so that the same trouble is said anew

  /// While this is held, no backup in that folder changes its name but by the holder. One of many locks: a disk that
  /// does not answer holds up the rotations in its own folders.
  [[nodiscard]] std::unique_lock<std::mutex> hold_names(int folder);

  /// While it lives, somebody may still append to a file, and it is not compressed whatever its name.
  class lease {
  public:
    lease() = default;
    lease(lease&& other) noexcept;
    lease& operator=(lease&& other) noexcept;
    ~lease();

  private:
    friend class backup_compressor;
    void end();
    backup_compressor* compressor_ = nullptr;
    dev_t device_ = 0;
    ino_t inode_ = 0;
  };
  lease take_lease(int fd);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::platform
