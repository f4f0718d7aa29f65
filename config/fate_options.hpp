// What the end of a program means for others: plain data; the defaults are what Supervisor does. Must not decide
// (actors/core does). Source: docs/contract/programs.md, 8.
#pragma once

#include <cstdint>
#include <optional>

namespace troupe::config {

/// Whether its end ends the daemon.
struct essential_options {
  bool essential = false;
  bool on_exit = true; ///< it is EXITED, and no restart follows
  bool on_fatal = true;
  bool on_unhealthy = false;
  std::optional<int> exitcode; ///< of the daemon; unset: that of the program
  bool operator==(const essential_options&) const = default;
};

/// What becomes of a group one of whose members has failed.
enum class group_fate : std::uint8_t { none, stop, restart };

} // namespace troupe::config
