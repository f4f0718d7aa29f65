// Processes that are not, or no longer, our children: held by a descriptor, so that a pid cannot become another's, and
// asked how they ended. For a worker whose keeper is gone. Must not signal. linux/stranger.cpp; posix/ knows none.
// Source: docs/contract/survival.md, 5.3. Cases: tests/platform/stranger_test.cpp, tests/keeper_test.py.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace troupe::platform {

/// Now, by the clock of `spawned_at`: µs, CLOCK_BOOTTIME. 0: there is no such clock.
std::uint64_t since_boot();

/// When who has this pid now began, by the same clock; 0: nobody has it, or who had it has ended.
std::uint64_t running_since(pid_t pid);

/// Whether a process that began at `started` is the one that was to be spawned at `spawned_at`, and not another one
/// that has its pid by now. The clock of `started` ticks each 10 ms; on a busy machine a spawn waits for its turn.
constexpr bool is_the_same(std::uint64_t started, std::uint64_t spawned_at) {
  constexpr std::uint64_t earliest = 20'000, latest = 500'000; // µs
  return started != 0 && started + earliest >= spawned_at && started <= spawned_at + latest;
}

/// Readable once it has ended (poll), hung up once it was reaped. Empty: it is gone, or is_the_same() says that it is
/// another.
unique_fd hold_stranger(pid_t pid, std::uint64_t spawned_at);
bool has_ended(const unique_fd& stranger); ///< who is held

/// What `pid` executes is the file that `program` is now.
bool executes(pid_t pid, const char* program);

/// As waitpid(2) says it, of one that has ended. Nothing: the system does not tell: once it was reaped, before Linux
/// 6.15; until then, of some other users' processes.
std::optional<int> end_of_stranger(int pidfd, pid_t pid);

} // namespace troupe::platform
