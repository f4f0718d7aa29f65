// Writes the reports of ends that nobody asked for: gathers, on a thread of the lowest priority that there is once
// something has ended so, what the kernel and the logs tell, and puts it into the book. Whoever restarts the process
// does not wait for it. Must not judge (protocols/oom_verdict.hpp) or decide what an end is (actors/core/life_end.hpp).
// No CAF, no Asio. Source: docs/contract/deaths.md. Cases: tests/io/death_desk_test.cpp.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/core/death_book.hpp"
#include "actors/io/work_crew.hpp"
#include "platform/cgroup_memory.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace troupe::actors {

/// What the thread of the actors knows of an end at once.
struct death_case {
  std::uint64_t id = 0; ///< of the event's detail; 0: nobody waits for it
  process_identity_ptr who;
  life_marks_ptr marks; ///< null: there was no life
  protocols::death_report known;
  std::size_t lines = 0; ///< of each channel
};

class death_desk {
public:
  struct settings {
    std::shared_ptr<death_book> book = std::make_shared<death_book>();
    std::shared_ptr<const platform::cgroup_memory> memory = std::make_shared<platform::cgroup_memory>();
    std::int64_t lines = 20; ///< of programs that do not say
    /// Told of each report when it is there, with the number of its case, on the desk's thread. Must not block.
    std::function<void(std::uint64_t id, const death_report_ptr& report)> told = nullptr;
    std::function<void(const std::string&)> failed = nullptr; ///< a report could not be written, and why
  };
  explicit death_desk(settings s);
  ~death_desk(); ///< nobody is told from then on
  death_desk(const death_desk&) = delete;
  death_desk& operator=(const death_desk&) = delete;

  /// Last lines in the reports of that process; 0: none are written.
  std::size_t lines_of(const config::process_options& options) const;
  /// Any thread. What is more than waits at a time is left out.
  void report(death_case what);
  /// Any thread: it has entered RUNNING.
  void ran_well(const process_identity& who, std::int64_t since);
  /// Until all reports are written, or so long. Any thread but its own.
  void settle(std::chrono::milliseconds at_most) const;
  const std::shared_ptr<death_book>& book() const;

private:
  static constexpr std::chrono::seconds longest_job{1};
  struct shared;
  std::shared_ptr<shared> state_; ///< its jobs hold it, too
  work_crew crew_;
};

/// Of a file that a program is about to be started from.
protocols::program_file program_at(const std::string& path);

} // namespace troupe::actors
