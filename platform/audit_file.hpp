// Where the lines of an audit trail go: a file of its own that only its owner reads, rotated by size, or the system
// log. A line is in it whole or not at all. Safe to call from any thread. Must not know what a line says. Source:
// docs/contract/access.md, 7.1. Cases: tests/platform/audit_file_test.cpp.
#pragma once

#include "platform/rotating_file.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::platform {

class audit_file {
public:
  struct settings {
    std::string path; ///< or exactly "syslog"
    std::int64_t max_bytes = 0;
    std::int64_t backups = 0;
    std::string syslog_name; ///< ident for syslog: base name of the program
  };
  explicit audit_file(settings s);

  int open(); ///< 0, or errno; ELOOP also where the name is a link
  /// With its newline. 0, or errno: then nothing of it is there. Waits for no longer than the disk takes.
  int write(std::string_view line);
  /// The next line is the first of a file.
  bool is_empty();
  int reopen(); ///< 0, or errno: the old file is kept
  const std::string& path() const { return set_.path; }

  /// The last whole line of the file, or, where that has none, of its newest backup; empty: there is none.
  std::string last_line() const;

private:
  bool take_back(std::int64_t size); ///< what is behind the first `size` bytes

  const settings set_;
  std::mutex mutex_;
  std::optional<rotating_file> file_; ///< none: syslog
  bool torn_ = false;                 ///< the file ends in the middle of a line, which could not be taken back
};

} // namespace troupe::platform
