// What `logs` is asked for: its words, and which logs of which processes they mean. Must not ask a daemon, nor print.
// Source: docs/supervisorctl.md, "Logs".
#pragma once

#include "apps/ctl/feed.hpp"
#include "config/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::ctl {

struct logs_request {
  std::vector<std::string> names; ///< none: all processes
  bool follow = false;
  std::optional<std::size_t> lines = 10; ///< of each log; nothing: all
  std::optional<std::int64_t> since;     ///< microseconds since the epoch
  bool from_stdout = true;
  bool from_stderr = true;
  bool prefix = true;
  bool timestamps = false;
};
/// `now`: microseconds since the epoch. The error is for usage_error.
config::result<logs_request> to_logs_request(const std::vector<std::string>& words, std::int64_t now);

struct log_source {
  std::string name; ///< as shown; `supervisord`: the daemon's own
  std::string full; ///< group:process; empty: the daemon's own
  bool is_stderr = false;
  bool operator==(const log_source&) const = default;
};

struct chosen_logs {
  std::vector<log_source> sources;
  std::vector<std::string> unknown; ///< a line for each word that means none
};
/// `facts`: which logs there are; empty: unknown, each process has both.
chosen_logs choose_logs(const logs_request& wanted, const std::vector<process_row>& rows, const facts_book& facts);

constexpr std::int64_t most_bytes = std::int64_t{8} << 20; ///< that a daemon of ours sends before it follows
/// Bytes to ask for, so that the lines that are wanted are most likely in them.
std::int64_t bytes_for(const logs_request& wanted);
/// `bytes`: nothing: all of it, which cannot be followed.
std::string path_of(const log_source& source, std::optional<std::int64_t> bytes, bool follow);
/// The same log where there is no /api/v1: from 1,024 bytes before its end on, without an end.
std::string old_path_of(const log_source& source);

} // namespace troupe::ctl
