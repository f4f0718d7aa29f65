// The history as a file: an SQLite database behind six calls (open, write, read, read_states, trim, copy_to),
// crash-safe and locked for ourselves, its bounds kept by whoever calls trim(). One thread at a time; each call may
// take as long as the disk takes. Must not know what a record says, nor what to do about trouble (actors/io/history.cpp
// does). Source: docs/contract/history.md, 7.1 and 7.3. Cases: tests/platform/history_file_test.cpp.
#pragma once

#include "config/history_options.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct sqlite3;

namespace troupe::platform {

struct history_row {
  std::int64_t id = 0; ///< from 1, never twice
  std::int64_t at = 0; ///< microseconds since the epoch
  config::history_kind kind = config::history_kind::state;
  std::string name; ///< `group:process`; empty: of the daemon
  std::string who;
  std::int64_t serial = 0; ///< of an event; 0: none
  std::string what;        ///< JSON
};

/// Why a call did nothing.
struct history_failure {
  enum class kind : std::uint8_t {
    none,
    no_library,
    in_use,    ///< by another daemon
    newer,     ///< a later version has made it
    damaged,   ///< or not ours
    refused,   ///< not safe to be written there
    full,      ///< the disk
    read_only, ///< likewise
    overdue,   ///< it took too long, or was interrupted
    other,
  } is = kind::none;
  std::string why; ///< words; empty: none
  explicit operator bool() const { return is != kind::none; }
};

/// Which records; all that is said has to hold.
struct history_question {
  std::vector<std::string> names; ///< none: whoever they are about
  /// Of the names that nobody asked for; empty: all.
  std::function<bool(const std::string& name)> shown;
  config::history_bits kinds = config::every_history_kind;
  std::optional<std::int64_t> since, until; ///< microseconds since the epoch
  std::int64_t after = 0;                   ///< ids above this, the lowest first; 0: the newest first
  std::size_t limit = 50;
};

class history_file {
public:
  /// `interrupt`: set by another thread, ends what is being read.
  history_file(std::string path, bool full_sync, const std::atomic<bool>* interrupt = nullptr);
  ~history_file(); ///< closes
  history_file(const history_file&) = delete;
  history_file& operator=(const history_file&) = delete;

  using row_teller = std::function<bool(history_row row)>; ///< false: no more

  history_failure open(); ///< makes it where it is not there
  bool is_open() const { return base_ != nullptr; }
  void close();
  /// Of all records that were ever written; 0: none.
  std::int64_t last_id() const { return last_id_; }

  /// All or nothing; a record whose id is there already is not written again.
  history_failure write(std::span<const history_row> rows);
  /// By descending ids, or, with `after`, by ascending ones.
  history_failure read(const history_question& what, const row_teller& tell);
  /// Of each name its newest change of state at that moment.
  history_failure read_states(std::int64_t at, const row_teller& tell);
  /// Removes some of what is older than `oldest`, or beyond `max_bytes` (0: no bound). `more`: there is more to do.
  history_failure trim(std::int64_t max_bytes, std::int64_t oldest, bool& more);
  /// A whole copy, in a new file for its owner alone.
  history_failure copy_to(const std::string& path);

  /// How long a read may take.
  static constexpr std::chrono::seconds read_limit{3};

private:
  struct statement;
  struct transaction;
  history_failure prepare_file() const;
  history_failure set_up();
  history_failure make_tables();
  history_failure fail(int code) const;
  history_failure run(const std::string& sql);
  history_failure number(const std::string& sql, std::int64_t& into);
  history_failure is_ours(bool& empty);
  std::string query_of(const history_question& what, std::size_t names);
  void limit_reads(bool on);

  const std::string path_;
  const bool full_sync_;
  const std::atomic<bool>* const interrupt_;
  ::sqlite3* base_ = nullptr;
  std::int64_t last_id_ = 0;
  std::chrono::steady_clock::time_point deadline_{};
};

/// Who but root and ourselves can make files in the folder of `path`; empty: nobody.
std::string history_intruder(const std::string& path);

/// Renames a file that is damaged or not ours to `F.bad-TIME`, with what belongs to it. The new name; empty: errno says
/// why not.
std::string set_history_aside(const std::string& path, std::int64_t now);

} // namespace troupe::platform
