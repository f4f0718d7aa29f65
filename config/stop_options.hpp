// How a process is stopped, and what is run around its child, where its program asks for more than one signal: plain
// data; the defaults are what Supervisor does. Must not signal or run anything (actors/core decides, actors/io does).
// Source: docs/contract/programs.md, 5 and 9.
#pragma once

#include "config/shared_text.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace troupe::config {

struct ladder_step {
  int signo = 0;
  std::optional<std::chrono::milliseconds> time; ///< until the next one; unset: stopwaitsecs
  bool operator==(const ladder_step&) const = default;
};

/// killmode: whom SIGKILL reaches, and what is stopped that the child leaves behind. as_ever: killasgroup says.
enum class kill_reach : std::uint8_t { as_ever, process, group, session, cgroup, tree };

struct stop_options {
  std::vector<ladder_step> ladder; ///< of `stopsignal`, then SIGKILL; empty: that is one signal alone
  shared_text command;             ///< argv as text; empty: none
  std::optional<std::chrono::milliseconds> commandtimeout; ///< unset: stopwaitsecs
  kill_reach reach = kill_reach::as_ever;
  std::chrono::milliseconds sweeptime{2000}; ///< from the SIGTERM to what was left behind to its SIGKILL
  bool operator==(const stop_options&) const = default;
};

struct hook {
  shared_text command;                       ///< argv as text; empty: none
  std::chrono::milliseconds timeout{30'000}; ///< 0: none
  bool aborts = false;                       ///< what becomes of the start, or the restart, where it fails
  bool operator==(const hook&) const = default;
};

struct hook_options {
  hook prestart{.command = {}, .aborts = true};
  hook poststart, prestop, poststop; ///< of prestop, `aborts` has no meaning
  bool operator==(const hook_options&) const = default;
};

} // namespace troupe::config
