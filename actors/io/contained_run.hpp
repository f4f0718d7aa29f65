// Something under way on a loop - a probe, a helper child - that has one end: nothing comes of its handlers after that,
// and what they throw before is its end. All on the loop's thread. Must not know what is under way.
// Cases: tests/io/probe_desk_test.cpp, tests/io/exec_probe_test.cpp.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace troupe::actors {

class contained_run : public std::enable_shared_from_this<contained_run> {
public:
  contained_run() = default;
  virtual ~contained_run() = default;
  contained_run(const contained_run&) = delete;
  contained_run& operator=(const contained_run&) = delete;

protected:
  virtual bool is_over() const noexcept = 0;
  virtual void note_failure(const std::exception_ptr& met) = 0; ///< of a handler: the end

  /// A handler of ours: nothing once it is over; what it throws is the end.
  template <class Work>
  auto contained(Work work) {
    return
      [self = shared_from_this(), work = std::move(work)](auto&&... what) mutable { self->attempt(work, what...); };
  }
  /// Likewise, for what others hold on to: they are not to be the last to have us.
  template <class Work>
  auto from_elsewhere(Work work) {
    return [weak = weak_from_this(), work = std::move(work)](auto&&... what) mutable {
      if (auto self = weak.lock())
        self->attempt(work, what...);
    };
  }
  template <class Work, class... What>
  void attempt(Work& work, What&... what) {
    if (is_over())
      return;
    try {
      work(what...);
    } catch (...) {
      if (is_over())
        throw; // whoever was told has thrown it
      note_failure(std::current_exception());
    }
  }
};

/// What an exception says, in words for whoever waits.
std::string failure_text(const std::exception_ptr& met) noexcept;
/// strerror(3), on any thread.
std::string system_text(int error);

} // namespace troupe::actors
