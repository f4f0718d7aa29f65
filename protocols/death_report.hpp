// Why a process ended, as far as it can be told: the facts, and how they look as text, as a value (JSON, XML-RPC) and
// in an event. What programs wrote is made harmless when it is taken in, so that no reader has to. Must not gather
// anything or read a clock. Source: docs/contract/deaths.md. Cases: tests/protocols/death_report_test.cpp.
#pragma once

#include "platform/child_end.hpp"
#include "protocols/oom_verdict.hpp"
#include "protocols/process_state.hpp"
#include "protocols/xmlrpc.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

/// The end of one output channel.
struct death_tail {
  std::vector<std::string> lines; ///< the last ones, fit for a terminal
  std::int64_t total = 0;         ///< lines there were, or so many at least
  bool whole = true;              ///< `total` is all of them
  bool of_log = true;             ///< else of what was kept in memory
  std::string problem;            ///< why it could not be read; empty: it could
};

/// The last `most` lines of `bytes`. `whole`: nothing came before them.
death_tail tail_of(std::string_view bytes, std::size_t most, bool whole);

/// The file that a program was started from.
struct program_file {
  config::shared_text path;
  std::uint64_t inode = 0;
  std::int64_t modified = 0; ///< seconds since the epoch
  std::int64_t size = 0;
  bool operator==(const program_file&) const = default;
};

/// What is not as it was when the process ran well last.
struct death_changes {
  std::int64_t since = 0;               ///< microseconds since the epoch: when that life began
  std::vector<std::string> options;     ///< by name
  std::vector<std::string> environment; ///< variables, by name
  std::optional<program_file> program;  ///< as it is now
  std::int64_t configuration_then = 0;  ///< how often it had been read
  std::int64_t configuration_now = 0;
};

struct death_report {
  std::string name;  ///< of the process
  std::string group; ///< of its group
  std::uint64_t life = 0;
  int pid = 0;
  std::int64_t at = 0;            ///< microseconds since the epoch
  double seconds = 0;             ///< it lived
  std::optional<int> wait_status; ///< nothing: it could not even be made
  std::string spawn_error;        ///< why not
  bool by_us = false;             ///< we have sent it a signal not long before
  process_state state = process_state::exited;
  int tried = 0; ///< the start that failed; 0: it had run well
  int tries = 0; ///< starts before it is given up; 0: it never is
  int ends = 1;  ///< within the last hour, this one included
  oom_verdict memory = oom_verdict::unknown;
  std::string cgroup;                ///< empty: there is no counter
  std::optional<std::int64_t> limit; ///< bytes
  std::optional<std::int64_t> kills_before, kills_after;
  std::optional<platform::child_usage> used;
  std::optional<death_changes> changed; ///< nothing: it never ran well before
  std::optional<death_tail> out;        ///< nothing: there is no such channel
  std::optional<death_tail> err;
  std::string core; ///< its path, or `|` and who takes it; empty: none
};

/// What a reader may see of it besides the facts of its end.
struct death_view {
  bool out = true;     ///< what it wrote to stdout
  bool err = true;     ///< and to stderr
  bool changed = true; ///< what its options are called
};

/// "exit status 3", "killed by SIGSEGV (core dumped)"
std::string end_text(int wait_status);

/// Lines with two blanks in front, a line feed between them.
std::string death_text(const death_report& report, const death_view& shown = {});
rpc_value death_value(const death_report& report, const death_view& shown = {});
/// Behind the body of an event: keys, a line feed, and the report as JSON. `whole` off: it is not there yet.
std::string death_detail(const death_report& report, bool whole);

/// About how many bytes of memory it takes.
std::size_t memory_of(const death_report& report);
/// Takes lines off until it takes no more than that.
void shorten(death_report& report, std::size_t most);

} // namespace troupe::protocols
