// What the thread of the history does with its file: opens it, writes pieces of the ring, keeps the bounds, and knows
// what to do about trouble. On that thread only. Must not wait, nor know the ring (history.cpp does). Source:
// docs/contract/history.md, 7.3.
#pragma once

#include "actors/io/history_ring.hpp"
#include "config/options.hpp"
#include "platform/history_file.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe::actors {

class history_writing {
public:
  using clock = std::chrono::steady_clock;
  using sayer = std::function<void(config::log_level, const std::string&)>;
  history_writing(config::history_options options, sayer say, const std::atomic<bool>& interrupt)
      : options_(std::move(options)), say_(std::move(say)), file_(options_.file, options_.full_sync, &interrupt) {}

  /// Of the ring's piece what is not written yet. False: it could not be; `behind`: how many wait besides.
  bool write(const history_ring::piece& of, std::uint64_t behind, std::int64_t now);
  /// Another try is worth it from then on.
  clock::time_point retry_at() const { return retry_at_; }
  bool ready() const { return clock::now() >= retry_at_; }
  /// The file, open if that can be had now.
  platform::history_file& file(std::int64_t now);
  const platform::history_failure& trouble() const { return trouble_; } ///< of the last try
  void close() { file_.close(); }

private:
  bool open(std::uint64_t waiting, std::int64_t now);
  bool trim(std::int64_t now);
  bool good(const platform::history_failure& failure, std::uint64_t waiting, std::int64_t now);
  std::vector<platform::history_row> rows_of(const history_ring::piece& of) const;

  const config::history_options options_;
  const sayer say_;
  platform::history_file file_;
  platform::history_failure trouble_;
  clock::time_point retry_at_{};
  bool was_open_ = false;
  std::int64_t base_ = 0;       ///< number + base: id
  std::uint64_t attempted_ = 0; ///< the highest number that was given to the file
  std::uint64_t written_ = 0;   ///< the highest number that it has taken
  std::size_t since_trim_ = 0;  ///< records
  std::size_t bytes_since_trim_ = 0;
  int set_aside_ = 0;
};

} // namespace troupe::actors
