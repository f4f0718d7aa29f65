// Threads for work that may hang on somebody else's doing: an exec, a file system, a name service. One thread works at
// a time, in order; whoever watches sends for the next when it has been at one job for too long, and the thread left
// behind ends with that job. Must not know what the work is. Cases: tests/io/work_crew_test.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace troupe::actors {

class work_crew {
public:
  using clock = std::chrono::steady_clock;

  /// So many threads may hang at the same time.
  static constexpr std::size_t most_hanging = 32;

  /// The first thread is made with the first job.
  work_crew();
  /// What has not begun is dropped; a job under way has a second to end, then it is left behind: so a job must hold on
  /// to what it touches.
  ~work_crew();
  work_crew(const work_crew&) = delete;
  work_crew& operator=(const work_crew&) = delete;

  /// Runs `job` after those before it. It must not throw. False, and it is dropped: too many threads hang. Throws
  /// std::system_error where no thread can be made.
  bool post(std::function<void()> job);
  /// Leaves the thread at work behind if it has been at its job for `limit` or longer, so that the others' turn comes;
  /// unless no other thread can be made now.
  void relieve(clock::duration limit) noexcept;
  /// As the end, but waits for nobody: a job under way is left behind.
  void abandon();
  std::size_t hanging() const; ///< threads that were left behind and are not back yet
  /// Too many threads hang for another to be left behind.
  bool exhausted() const;

private:
  struct impl;
  std::shared_ptr<impl> impl_; ///< shared with threads that were left behind
};

} // namespace troupe::actors
