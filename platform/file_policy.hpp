// What a rotating file does for options of its own: mode and owner of what it creates, and backups that may be
// compressed. A file without such options has none of this. Must not write or decide when to rotate.
// Source: docs/configuration.md, "Log files".
#pragma once

#include "config/options.hpp"
#include "platform/backup_compressor.hpp"
#include "platform/safe_path.hpp"

#include <cstdint>
#include <mutex>
#include <string>

namespace troupe::platform {

class file_policy {
public:
  /// `compressor` outlives this. `empty_is_new`: the file was made for us, and nobody has written to it (AUTO logs).
  file_policy(const config::log_file_options& options, backup_compressor& compressor, bool empty_is_new);

  /// open_log_path(); a file that did not exist gets its mode and owner, or else `mode`. What cannot be given is
  /// reported, and no failure.
  int open(const std::string& path, int flags, mode_t mode);
  void holds(int fd); ///< `fd` is the file that is written to now

  // -- around one rotation; `stem`: the name of the backups up to their numbers, in a folder that is held ------

  [[nodiscard]] std::unique_lock<std::mutex> hold_names(int folder);
  /// F.i to F.i+1 and, where backups are compressed, F.i.gz to F.i+1.gz; a number that is taken over loses what it had
  /// in either form.
  void shift(const place& stem, std::int64_t backups) const;
  void replaced(const place& stem) const; ///< the first backup is new: an older compressed one goes
  void rotated(const std::string& stem, std::int64_t backups); ///< by path

private:
  void settle(int fd, const std::string& path);

  config::log_file_options options_;
  backup_compressor& compressor_;
  bool empty_is_new_;
  backup_compressor::lease lease_;
};

} // namespace troupe::platform
