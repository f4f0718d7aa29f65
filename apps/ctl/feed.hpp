// What GET /api/v1/events tells, taken in as it comes: the processes as they are, and what is known of them beyond
// XML-RPC. Must not ask, nor print. Source: docs/web.md, "Events".
#pragma once

#include "apps/ctl/processes.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// text/event-stream, cut anywhere, into events.
class event_reader {
public:
  using on_event = std::function<void(std::string_view name, std::string_view data)>;
  explicit event_reader(on_event tell) : tell_(std::move(tell)) {}
  void feed(std::string_view bytes);

private:
  void take_line(std::string_view line);

  on_event tell_;
  std::string line_; ///< has no end yet
  std::string name_;
  std::string data_;
};

/// What a daemon of ours tells of a process besides; nothing: unknown.
struct process_facts {
  std::optional<double> cpu;          ///< per cent of a core
  std::optional<std::int64_t> memory; ///< bytes
  std::optional<std::int64_t> restarts;
  std::string last_end; ///< `exit status 1`, `terminated by SIGKILL`; empty: it has not ended yet
  double start = 0;     ///< seconds since the epoch; 0: never
  double stop = 0;
  bool has_stdout = false;
  bool has_stderr = false;
};
process_facts to_facts(const protocols::rpc_value& row);

/// By the name `group:process`.
using facts_book = std::map<std::string, process_facts, std::less<>>;
std::string key_of(const process_row& row);
const process_facts* facts_of(const facts_book& book, const process_row& row);

class process_feed {
public:
  /// True: something that is shown has changed.
  bool take(std::string_view event, std::string_view data);

  bool has_status() const { return has_status_; } ///< else nothing has come yet
  bool has_usage() const { return has_usage_; }
  /// In the order of `status`.
  std::vector<process_row> rows() const;
  facts_book facts() const;
  double now() const { return now_; } ///< by the daemon's clock, when the last event came

private:
  struct told_process {
    process_row row;
    process_facts facts;
  };
  void take_row(const protocols::rpc_value& row);
  bool take_usage(const protocols::rpc_value& all);

  std::map<std::int64_t, told_process> all_; ///< by its id
  bool has_status_ = false;
  bool has_usage_ = false;
  double now_ = 0;
};

} // namespace troupe::ctl
