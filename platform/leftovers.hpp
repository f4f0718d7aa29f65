// Programs of a daemon that died whole, keeper and worker: who they are, by the register that it has left, and their
// places in the register of the daemon after it, so that whoever follows that one knows of them, too. Must not open,
// signal or wait for anything.
// Source: docs/contract/survival.md, 5.4. Cases: tests/platform/leftover_slots_test.cpp, tests/leftovers_test.py.
#pragma once

#include "platform/register_layout.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace troupe::platform {

struct leftover {
  std::string name; ///< `group:process`; `helper`: a child of the daemon's own
  pid_t pid = 0;
  int stop_signal = 0;
  std::uint16_t stop_wait = 0; ///< seconds until SIGKILL
  bool stop_to_group = false;
  bool kill_to_group = false;
  std::uint64_t spawned_at = 0; ///< µs, CLOCK_BOOTTIME
  bool operator==(const leftover&) const = default;
};

/// All of `left` that still run. `running_since`: of a pid, as stranger.hpp has it. Whatever else the register says
/// comes from a daemon that may have gone mad before it died: no number of it is used as it is.
std::vector<leftover> leftovers_in(const register_memory& left,
                                   const std::function<std::uint64_t(pid_t)>& running_since);

/// Into the register of a pair that has no slot yet.
void note_leftovers(register_memory& fresh, const std::vector<leftover>& all);
leftover leftover_of(const register_slot& slot, std::string_view name);

/// As the slots of a register have it.
std::string slot_name(std::string_view group, std::string_view process);
/// The other way round, in words of messages: `group:process`, or the name that both have.
std::string shown_name(std::string_view slot_name);

} // namespace troupe::platform
