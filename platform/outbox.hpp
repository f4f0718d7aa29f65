// A pipe that bytes for a child's stdin are in while they are on their way there, so that after a death of ours it can
// be told how much of them has arrived: all are put in, then the kernel moves them. Must not know what the bytes mean,
// nor who holds the pipe. linux/outbox.cpp; posix/ has none. Source: docs/contract/survival.md, 4.5. Cases:
// tests/platform/outbox_test.cpp, tests/survive_test.py.
#pragma once

#include "platform/unique_fd.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::platform {

/// How far what was sent last has got; in memory that outlives us.
enum class outbox_stage : std::uint32_t {
  empty = 0,   ///< nothing has been put in yet
  filling = 1, ///< some of it may be in
  moving = 2,  ///< all was put in: what is not in it any more has arrived
  past = 3,    ///< it goes, or went, another way: nothing tells how much has arrived
};

class outbox {
public:
  /// `stage` outlives it. Both ends empty: no pipe was to be had, and all goes past it.
  explicit outbox(std::atomic<std::uint32_t>& stage);
  /// Of the worker before this one: its ends of the pipe.
  outbox(std::atomic<std::uint32_t>& stage, unique_fd out, unique_fd in);

  int out_fd() const { return out_.get(); }
  int in_fd() const { return in_.get(); }

  /// All of `bytes`. False: they are more than it holds, and none is in it.
  bool fill(std::string_view bytes);
  enum class moved { all, some, closed }; ///< `some`: there is no room for more; `closed`: nobody reads there
  moved move_to(int pipe);
  std::size_t left() const { return left_; } ///< bytes that are in it
  /// Out of it again; they go another way.
  std::string take_back();
  void go_past();     ///< bytes are about to be written without it
  void all_arrived(); ///< they have been
  /// Its ends of the pipe, for another one.
  std::pair<unique_fd, unique_fd> give_up() { return {std::move(out_), std::move(in_)}; }
  outbox_stage stage() const { return static_cast<outbox_stage>(stage_.load(std::memory_order_acquire)); }

private:
  void set(outbox_stage now) { stage_.store(static_cast<std::uint32_t>(now), std::memory_order_release); }

  std::atomic<std::uint32_t>& stage_;
  unique_fd out_, in_;
  [[maybe_unused]] std::size_t capacity_ = 0; ///< where it is known
  std::size_t left_ = 0;
};

/// What a send that was under way when we died has come to. Pure.
enum class send_outcome {
  not_sent, ///< not a byte has arrived
  sent,     ///< what has not arrived is in the outbox
  unknown,
};
/// `under_way`: nobody had said that it was done. `left`: bytes in the outbox.
send_outcome outcome_of_send(outbox_stage stage, std::size_t left, bool under_way);

} // namespace troupe::platform
