// Logs of a daemon on their way to stdout: first what there is of them, then, if that is wanted, what comes. Must not
// choose logs (log_request.hpp) nor know how a line looks (log_lines.hpp). Source: docs/supervisorctl.md, "Logs".
#pragma once

#include "apps/ctl/log_lines.hpp"
#include "apps/ctl/session.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::ctl {

class log_reader {
public:
  /// `ours`: the daemon has /api/v1.
  log_reader(session& s, const logs_request& wanted, bool ours);

  /// What there is of these logs.
  void show(const std::vector<log_source>& sources);
  /// The same, and what comes, also of who comes later. Until Ctrl-C, or until the daemon goes.
  void follow(const std::vector<log_source>& sources, process_feed known);

private:
  using clock = std::chrono::steady_clock;
  struct open_log {
    log_source source;
    line_splitter splitter;
    last_lines held;
    std::int64_t bytes = 0;     ///< that came
    clock::time_point heard;    ///< when something came last
    clock::time_point answered; ///< when the daemon began to
    bool begun = false;         ///< the daemon has answered
    bool served = false;        ///< it has, at some time
    bool live = false;          ///< what comes is shown at once
    bool over = false;
    std::string tail = {};  ///< the last bytes that came
    std::string again = {}; ///< what came of a stream that follows one that broke off
    bool resumes = false;   ///< it is not known yet where that goes on
  };

  void open(const log_source& source, std::optional<std::int64_t> bytes, bool follows);
  void take(const stream_piece& piece);
  void refused(open_log& log, const stream_piece& piece);
  static bool is_quiet(const open_log& log);
  bool is_settled(const open_log& log) const;
  bool is_over() const;
  bool is_unsettled() const;
  void follow_to_end();
  void settle();
  void print(const log_source& source, const log_piece& piece, bool is_new);
  void end_of(open_log& log);
  void feed(open_log& log, std::string_view bytes);
  void resume_quiet_ones();
  void resume(open_log& log);
  bool is_back();
  void open_again();
  void tell_end();
  std::vector<std::deque<log_piece>> history();
  void read_all(const std::vector<log_source>& sources, std::optional<std::int64_t> bytes);
  bool wants_more(std::int64_t bytes) const;
  protocols::rpc_response read_old(const log_source& source, std::int64_t bytes);
  void show_old(const std::vector<log_source>& sources);
  void note_changes(const stream_piece& piece);

  session& s_;
  const logs_request& wanted_;
  const bool ours_;
  log_writer writer_;
  std::unique_ptr<stream_set> streams_;
  std::map<std::size_t, open_log> logs_; ///< by the number of their stream
  std::optional<std::size_t> events_;    ///< the stream of those
  process_feed feed_;
  event_reader reader_;
  std::int64_t asked_ = 0; ///< bytes of each log
  bool settled_ = false;
  enum class absence { none, no_socket, refuses, silent } absence_ = absence::none; ///< the daemon, as last seen
  bool is_news_ = false;                                                            ///< the feed has changed
};

} // namespace troupe::ctl
