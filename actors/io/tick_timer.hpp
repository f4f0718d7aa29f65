// The clock behind TICK events: wakes the I/O thread at each multiple of five seconds and when somebody sets the
// system's clock, but only while somebody has subscribed. Must not decide what is due (tick_clock does).
// Source: docs/contract/lifecycle.md, 6.5.
#pragma once

#include "actors/core/daemon_fsm.hpp"
#include "platform/wall_timer.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

class child_io;

class tick_timer {
public:
  /// `publish` is called on the I/O thread.
  tick_timer(platform::main_log& log, child_io& io, std::function<void(protocols::event)> publish);

  void want(bool wanted); ///< any thread

private:
  void open();
  void arm();
  void ring();

  platform::main_log& log_;
  child_io& io_;
  std::function<void(protocols::event)> publish_;
  std::mutex mutex_;                            ///< of what follows
  std::unique_ptr<platform::wall_timer> timer_; ///< null: nobody has asked yet
  tick_clock clock_;
  bool wanted_ = false;
};

} // namespace troupe::actors
