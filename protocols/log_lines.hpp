// What a process writes, as lines of its log: a time stamp and a prefix before each, or an object of JSON for each.
// Lines are given out whole, however they arrive. Must not read a clock, write anything or know files.
// Source: docs/configuration.md, "Lines".
#pragma once

#include "config/options.hpp"
#include "protocols/time_stamp.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe::protocols {

/// Whose lines these are.
struct line_source {
  std::string process;
  std::string group;
  std::string channel; ///< stdout or stderr
  int pid = 0;
};

class line_formatter {
public:
  /// A line longer than this is given out in pieces.
  static constexpr std::size_t longest_line = 65536;

  line_formatter(const config::line_options& options, const line_source& source);

  /// Appends to `out` the lines that `bytes` complete; their time is that of their first byte. What begins a line is
  /// kept. However the bytes are split among calls, the same comes out.
  void feed(std::string_view bytes, wall_time now, std::string& out);
  /// The channel has ended: appends what was kept, as a line.
  void flush(std::string& out);

  /// Of the line that has begun, for a formatter elsewhere that goes on with it.
  struct state {
    std::string head;
    std::string kept;
    bool continued = false;
  };
  state now() const { return {head_, kept_, continued_}; }
  void go_on(state from);

private:
  void begin_line(wall_time now);
  void put(std::string_view piece, bool ends, std::string& out);
  void put_too_long(std::string& out);

  std::optional<time_stamp> stamp_;
  std::string prefix_;
  bool json_;
  std::string source_;     ///< of an object: from the end of the time's text to the beginning of the line's
  std::string head_;       ///< of the line that has begun
  std::string kept_;       ///< its bytes, not given out yet
  bool continued_ = false; ///< a part of it has been given out
};

/// One record of the main log as an object in a line of its own.
std::string json_record(wall_time when, config::log_level level, std::string_view text, int pid);

} // namespace troupe::protocols
