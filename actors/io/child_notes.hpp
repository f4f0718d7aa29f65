// What a child can say of itself beside its output: a descriptor of its own, a datagram socket, a line that somebody
// looks for. Between who makes the child, who reads its output and its process. Must not read (the process does) or
// decide what it means. Source: docs/contract/programs.md, 3.
#pragma once

#include "actors/io/line_watch.hpp"
#include "platform/notify_inbox.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe::actors {

class child_notes {
public:
  child_notes() = default;
  ~child_notes() { platform::close_notify_inbox(notify); }
  child_notes(const child_notes&) = delete;
  child_notes& operator=(const child_notes&) = delete;

  platform::unique_fd ready; ///< read end, non-blocking; empty: it has none
  platform::notify_inbox notify;
  line_pattern_ptr line; ///< null: none is looked for

  /// Any thread, as what follows. The line has come.
  void note_line() {
    has_line_ = true;
    std::lock_guard lock{mutex_};
    if (told_)
      told_();
  }
  bool has_line() const { return has_line_; }
  /// Whom to tell of it; he must not block. Empty: nobody.
  void tell(std::function<void()> whom) {
    std::lock_guard lock{mutex_};
    told_ = std::move(whom);
    if (told_ && has_line_)
      told_();
  }

private:
  std::atomic<bool> has_line_{false};
  std::mutex mutex_; ///< of what follows
  std::function<void()> told_;
};
using child_notes_ptr = std::shared_ptr<child_notes>;

} // namespace troupe::actors
