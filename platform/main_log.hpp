// The daemon's own log: records with a time stamp and a level, to a rotating file or syslog, and a copy to stdout.
// Safe to call from every thread. Must not know actors or processes. Source: docs/contract/configuration.md, 7.4.
#pragma once

#include "config/options.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::platform {

class backup_compressor;

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
    backup_compressor* compressor = nullptr; ///< for `files`; outlives the log. Null: they do not matter
    renderer render;                         ///< empty: the form that write() names
  };
  explicit main_log(settings s);
  ~main_log();
  main_log(const main_log&) = delete;
  main_log& operator=(const main_log&) = delete;

  int open(); ///< 0, or errno of the file
  /// `YYYY-MM-DD HH:MM:SS,mmm LEVL text` LF, or what `render` says, if the level is high enough. Never throws, never
  /// fails loudly. One record is one line, whoever chose the words of `text`: from INFO on its control characters are
  /// escaped. Below, copies of what a child wrote keep their form.
  void write(config::log_level level, std::string_view text);
  bool wants(config::log_level level) const;
  int reopen();
  int clear();
  const std::string& path() const;
  int fd() const; ///< of the file that is open now; -1: there is none

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace troupe::platform
