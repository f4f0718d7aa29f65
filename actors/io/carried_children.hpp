// What the children of this daemon hand to the binary that follows it, and take up there: pipes, and what has been
// begun on them. Must not read or write a pipe, nor stop who does (child_io rests).
#pragma once

#include "actors/core/carried.hpp"
#include "actors/io/child_input.hpp"
#include "actors/io/child_pipes.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace troupe::actors::pipes {

/// Channels that have something to say while nothing is read. Any thread.
class left_channels {
public:
  std::atomic<bool> resting{false};
  void add(std::uint64_t key) {
    std::lock_guard lock{mutex_};
    keys_.push_back(key);
  }
  std::vector<std::uint64_t> take() {
    std::lock_guard lock{mutex_};
    return std::exchange(keys_, {});
  }

private:
  std::mutex mutex_; ///< of the keys
  std::vector<std::uint64_t> keys_;
};

/// Once nobody begins anything with them: waits for who is at it. False: somebody is still, after `at_most`.
bool come_to_rest(const std::vector<child_ptr>& children, std::chrono::milliseconds at_most);

std::vector<carried_child> carry(const std::vector<child_ptr>& children);

/// `c` has its channels by now, and its lock is held.
void take_up(const child_ptr& c, carried_child& before, child_input& input);

} // namespace troupe::actors::pipes
