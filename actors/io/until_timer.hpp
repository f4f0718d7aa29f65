// The clock behind `disable --until`: tells on an Asio thread when a second of the wall clock has come, or when
// somebody has set that clock. There is a descriptor only once somebody is disabled for a time; idle, nothing wakes up.
// Must not know who is enabled then. Source: docs/contract/programs.md, 11. Cases: tests/io/state_writer_test.cpp.
#pragma once

#include "actors/io/descriptor_watch.hpp"
#include "platform/wall_timer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace troupe::actors {

class until_timer {
public:
  until_timer(boost::asio::io_context& io, std::function<void()> due) : io_(io), due_(std::move(due)) {}

  /// Seconds since the epoch; nothing: not at all. On the thread that runs `io`. 0, or errno: then nobody is told, and
  /// the caller has to look for himself.
  int ring_at(std::optional<std::int64_t> second);
  /// By that second, or before, as it was asked already. Likewise.
  int ring_by(std::int64_t second);

private:
  boost::asio::io_context& io_;
  std::function<void()> due_;
  std::unique_ptr<platform::wall_timer> timer_; ///< null: nobody has asked yet
  platform::unique_fd watched_;
  std::unique_ptr<descriptor_watch> watch_;
  std::optional<std::int64_t> rings_at_; ///< nothing: not at all
};

} // namespace troupe::actors
