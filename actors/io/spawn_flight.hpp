// One spawn under way, between the reaper that asked for it and the thread that makes the child: neither waits for the
// other. Must not include CAF or Asio, or know what becomes of the result.
#pragma once

#include "actors/io/helper_child.hpp"
#include "actors/io/spawner.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace troupe::actors {

/// Whether a spawn goes on to make its child or is given up before: whichever is decided first holds.
class spawn_decision {
public:
  bool go() { return decide(state::going); } ///< by the thread that is about to make the child
  bool given_up() const { return state_ == state::given_up; }
  bool give_up() { return decide(state::given_up); } ///< by the reaper; false: there is a child, or will be at once

private:
  enum class state { open, going, given_up };
  bool decide(state to) {
    auto from = state::open;
    return state_.compare_exchange_strong(from, to) || from == to;
  }
  std::atomic<state> state_{state::open};
};

struct spawn_flight {
  process_cell_ptr cell;                ///< null: a helper
  std::shared_ptr<helper_child> helper; ///< null: a process
  using clock = std::chrono::steady_clock;
  /// Whose doing it is if it hangs; none: the daemon's own user's.
  std::optional<std::int64_t> user() const {
    if (cell)
      return cell->options->uid;
    if (helper->prepare) // which may be at the plan
      return helper->user;
    return helper->plan.run_as ? std::optional<std::int64_t>(helper->plan.run_as->uid) : std::nullopt;
  }
  clock::time_point asked = clock::now();
  std::atomic<clock::time_point> begun{clock::time_point::max()}; ///< when its turn came

  std::atomic<bool> taken{false}; ///< out of the queue it was put into, by its thread or by the reaper
  spawn_decision decision;
  std::uint64_t spawn_id = 0; ///< see announced_child
  std::uint32_t life = 0;     ///< of the slot, where there is a keeper
  std::optional<std::uint32_t> helper_slot;
  std::atomic<int> own_pid{0};
  const std::atomic<int>* registered_pid = nullptr;
  /// Of the child, from before it runs; 0: not yet.
  int pid() const { return registered_pid ? *registered_pid : own_pid; }
  std::atomic<bool> done{false}; ///< what follows is written
  std::variant<std::monostate, spawned_child, std::string> process;
  platform::spawn_outcome helper_outcome;
};

} // namespace troupe::actors
