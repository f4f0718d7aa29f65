// The daemon's own log: records with a time stamp and a level, to a rotating file or syslog, and a copy to stdout.
// Safe to call from every thread; nobody waits for its disk once write_apart() was called. Must not know actors or
// processes. Source: the configuration specification, 7.4.
#pragma once

#include "config/options.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::platform {

class log_keeper;

class main_log {
public:
  /// A record with its LF.
  using renderer =
    std::function<std::string(std::chrono::system_clock::time_point, config::log_level, std::string_view text)>;
  struct settings {
    std::string path; ///< or exactly "syslog"
    std::int64_t max_bytes = 0;
    std::int64_t backups = 0;
    config::log_level level = config::log_level::info;
    bool copy_to_stdout = false;
    std::string syslog_name; ///< ident for syslog: base name of the program
    config::log_file_options files;
    log_keeper* keeper = nullptr; ///< for `files`; outlives the log. Null: they do not matter
    renderer render;              ///< empty: the form that write() names
  };
  explicit main_log(settings s);
  ~main_log();
  main_log(const main_log&) = delete;
  main_log& operator=(const main_log&) = delete;

  int open(); ///< 0, or errno of the file
  /// From now on records go to the file on a thread of its own, in order, so that a disk that hangs holds up nobody; up
  /// to 1 MiB of them wait, what comes beyond is counted, and spoken of later. For after the last fork.
  void write_apart();
  /// Until what was said before is in the file, or a moment (100 ms) has passed; once one was in vain, not at all until
  /// the file takes records again.
  void settle();
  /// As long as the file takes what waits, a second for each record at most. Then nothing more is written apart.
  void finish();
  /// `YYYY-MM-DD HH:MM:SS,mmm LEVL text` LF, or what `render` says, if the level is high enough. Never throws, never
  /// fails loudly. One record is one line, whoever chose the words of `text`: from INFO on its control characters are
  /// escaped. Below, copies of what a child wrote keep their form.
  void write(config::log_level level, std::string_view text);
  bool wants(config::log_level level) const;
  int reopen(); ///< ETIMEDOUT: it will, once the disk answers; so with clear()
  int clear();
  const std::string& path() const;

private:
  struct impl;
  std::shared_ptr<impl> impl_; ///< its thread keeps it, too
};

} // namespace troupe::platform
