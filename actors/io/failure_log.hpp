// What handlers throw, in the log: should the next ones throw, too, neither log nor processor drown in it. Any thread.
// Must not decide what becomes of whoever threw.
#pragma once

#include <chrono>
#include <exception>
#include <mutex>
#include <string>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class failure_log {
public:
  /// `whose`: as in "a handler of the children's I/O".
  failure_log(platform::main_log& log, std::string whose) : log_(log), whose_(std::move(whose)) {}

  /// A handler has thrown. Its thread goes on, after a moment where there are many.
  void write(const std::exception_ptr& failure) noexcept;

private:
  platform::main_log& log_;
  std::string whose_;
  std::mutex mutex_; ///< of these two
  std::chrono::steady_clock::time_point written_at_{};
  int unsaid_ = 0; ///< since then
};

} // namespace troupe::actors
