// The last reports of each process, within bounds, and how it was when it ran well last: by name, so that both outlive
// an update, and the book itself a restart of the daemon within its process. Any thread. Must not gather facts or know
// who may read them. Source: docs/contract/deaths.md, 1. Cases: tests/core/death_book_test.cpp.
#pragma once

#include "config/options.hpp"
#include "protocols/death_report.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

using death_report_ptr = std::shared_ptr<const protocols::death_report>;

/// How often something happened within the last hour, by the minute.
struct hour_count {
  int add(std::int64_t second); ///< at that time; how often, this one included

  std::array<std::uint16_t, 60> minutes{};
  std::int64_t last = 0; ///< minute
};

class death_book {
public:
  static constexpr std::size_t most_of_one = 8;
  static constexpr std::size_t most_bytes_each = 4096;
  static constexpr std::size_t most_bytes = std::size_t{4} << 20;
  static constexpr std::size_t most_names = 10'000; ///< of processes; the one that was heard of longest ago goes

  /// How a process was when it ran well.
  struct good_life {
    std::int64_t since = 0; ///< microseconds since the epoch
    config::process_options_ptr options;
    protocols::program_file program;
    std::int64_t configuration = 0;
  };

  using text = config::shared_text; ///< those of the process's options are held once
  void ran_well(const text& group, const text& process, good_life how);
  std::optional<good_life> good(const text& group, const text& process) const;
  /// An end at that time (seconds since the epoch): how many there were within the hour.
  int count_end(const text& group, const text& process, std::int64_t second);
  void add(death_report_ptr report); ///< of at most `most_bytes_each`
  /// Newest first.
  std::vector<death_report_ptr> of(const text& group, const text& process) const;

  /// What there is of one process.
  struct page {
    std::string group, process;
    std::vector<death_report_ptr> reports; ///< oldest first
    std::optional<good_life> good;
    std::optional<hour_count> ends;
  };
  /// All of it, for another binary; heard of longest ago first.
  std::vector<page> pages() const;
  /// Into a book that is empty. `configurations`: how often one had been read.
  void put_back(std::vector<page> pages, std::int64_t configurations);

  void configuration_read();
  std::int64_t configuration() const; ///< how often one has been read

private:
  using key = std::pair<text, text>;
  struct process {
    std::vector<death_report_ptr> reports; ///< oldest first; few: an empty deque would take half a kilobyte
    std::optional<good_life> good;
    std::unique_ptr<hour_count> ends;
    std::list<const key*>::iterator heard_of;
  };
  process& at(const text& group, const text& name);
  void forget(std::map<key, process>::iterator one);
  void drop_oldest(process& of);

  mutable std::mutex mutex_;
  std::map<key, process> processes_;
  std::list<const key*> heard_of_;                                 ///< longest ago first
  std::deque<std::weak_ptr<const protocols::death_report>> order_; ///< of all reports, oldest first
  std::size_t tidy_at_ = 64;
  std::size_t bytes_ = 0;
  std::int64_t configuration_ = 0;
};

} // namespace troupe::actors
