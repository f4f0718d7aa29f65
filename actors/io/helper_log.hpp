// What one helper says on its way into a log, in order: whoever says it never waits for a disk, and one write at a time
// is under way. Must not know which log that is, or what lines look like. Any thread.
// Source: docs/contract/programs.md, 0.3. Cases: tests/io/helper_log_test.cpp.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe::actors {

class helper_log : public std::enable_shared_from_this<helper_log> {
public:
  using doer = std::function<void(std::function<void()>)>;
  using writer = std::function<void(const std::string& lines)>;

  /// `aside` does what may hang, some time, where it holds up nobody; or never. `write` is called from there.
  helper_log(doer aside, writer write) : aside_(std::move(aside)), write_(std::move(write)) {}

  /// Whole lines. Throws std::bad_alloc: they are lost.
  void say(const std::string& lines);
  std::size_t waiting() const; ///< bytes that are not written yet

private:
  void ask();
  void write_some();

  const doer aside_;
  const writer write_;
  mutable std::mutex mutex_; ///< of what follows
  std::string lines_;
  std::size_t under_way_ = 0; ///< bytes, out of `lines_` by now
  bool asked_ = false;        ///< somebody writes, or will
};

} // namespace troupe::actors
