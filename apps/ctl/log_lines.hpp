// Bytes of logs into lines, and how lines of several logs look beside each other. Pure; must not read or print. Source:
// docs/supervisorctl.md, "Logs".
#pragma once

#include "apps/ctl/log_request.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::ctl {

/// A line, or a part of one that is very long.
struct log_piece {
  std::string text;
  bool begins = true; ///< else it goes on with the piece before it
  bool ends = true;   ///< else the next piece of the log goes on with it
};

/// Of one log.
class line_splitter {
public:
  /// What is whole by now, in order.
  std::vector<log_piece> feed(std::string_view bytes);
  /// What is left at the end of the log.
  std::optional<log_piece> rest();

private:
  log_piece cut(std::string text, bool ends);

  std::string line_;
  bool begins_ = true;
};

/// A log is read again from some bytes before its end on: what of it comes after `tail`, which was read last. Nothing:
/// `tail` is not there any more.
std::optional<std::string_view> after_tail(std::string_view again, std::string_view tail);

/// The last lines of a log, as they come.
class last_lines {
public:
  explicit last_lines(std::optional<std::size_t> most) : most_(most) {}
  void add(log_piece piece);
  /// The first line has lost its beginning, unless it has gone already.
  void drop_cut_line();
  bool is_short() const { return !dropped_; } ///< more could be held
  std::deque<log_piece> take() { return std::exchange(pieces_, {}); }

private:
  void drop_first();

  std::optional<std::size_t> most_;
  std::deque<log_piece> pieces_;
  std::size_t lines_ = 0;
  bool dropped_ = false;
};

/// When a line says it was written: at its front, or as `time`, `ts` or `timestamp` of a JSON object. Microseconds
/// since the epoch.
std::optional<std::int64_t> time_of_line(std::string_view line);

/// What is as old as `since` or younger. Lines without a time belong to the one before. Nothing: none has a time.
std::optional<std::deque<log_piece>> lines_since(std::deque<log_piece> pieces, std::int64_t since);

/// A piece and the number of its log.
using numbered_piece = std::pair<std::size_t, log_piece>;
/// By time where every log that has lines has times in them, else log after log.
std::vector<numbered_piece> merged(std::vector<std::deque<log_piece>> logs);

/// How pieces are shown, where the one before ended decides about line feeds.
class log_writer {
public:
  struct look {
    bool prefix = true;
    bool color = false;
    bool for_terminal = false;
    bool json = false;
    bool timestamps = false;
  };
  explicit log_writer(look how) : how_(how) {}

  void make_room_for(const log_source& source); ///< of its name
  /// `time`: of its arrival, as text; empty: unknown.
  std::string text_of(const log_source& source, const log_piece& piece, std::string_view time);
  /// What ends a line that has none yet.
  std::string finish();

private:
  std::string prefix_of(const log_source& source, std::string_view time) const;
  std::string json_of(const log_source& source, const log_piece& piece, std::string_view time) const;

  look how_;
  std::size_t width_ = 0;
  std::optional<log_source> unfinished_; ///< whose piece was the last one, and did not end its line
};

} // namespace troupe::ctl
