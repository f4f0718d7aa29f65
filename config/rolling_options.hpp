// How several of a kind are restarted one after the other, and how one is told to read its files again: plain data; the
// defaults are what Supervisor does. Must not restart or signal anybody (actors/core decides). Source:
// docs/contract/programs.md, 7.
#pragma once

#include "config/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::config {

/// So many, or such a share of those that are concerned.
struct batch_size {
  std::int64_t count = 1; ///< 0: the share counts
  double share = 0;       ///< 0 to 1
  bool operator==(const batch_size&) const = default;
};

/// What is awaited of one that was started before it is the next one's turn.
enum class rolling_wait : std::uint8_t { running, ready, healthy };

/// Unset: the usual. A group's are those of its members that do not say.
struct rolling_options {
  std::optional<bool> rolls; ///< restartmode: what a plain restart of several does
  std::optional<batch_size> batch;
  std::optional<std::chrono::milliseconds> pause;
  std::optional<rolling_wait> wait;
  std::optional<std::int64_t> maxfail;
  std::optional<std::chrono::milliseconds> timeout; ///< 0: for ever; unset: what a start may take
  bool operator==(const rolling_options&) const = default;
};

struct reload_options {
  std::optional<int> signo;                  ///< unset: HUP
  shared_text command;                       ///< argv as text, in place of the signal; empty: none
  std::chrono::milliseconds timeout{30'000}; ///< 0: none
  bool operator==(const reload_options&) const = default;
};

} // namespace troupe::config
