// One look for all sweeps that want one: who is in reach of each, signalled as it asks, looked for again until nothing
// new is found. Runs on a thread of the crew and may hang; all that it touches is in here. Must not know of the loop.
// Source: docs/contract/programs.md, 5. Cases: tests/io/sweep_desk_test.cpp.
#pragma once

#include "platform/left_processes.hpp"
#include "platform/unique_fd.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace troupe::actors {

class sweep_run;

struct sweep_item {
  std::weak_ptr<sweep_run> run;
  platform::left_reach reach;
  std::shared_ptr<const platform::unique_fd> leader; ///< empty: it was gone before
  std::vector<int> signals;                          ///< each is sent once to each that is found
  std::set<platform::process_key> known;             ///< and not new
  std::set<platform::process_key> watched;           ///< of whom no descriptor is wanted
  // what came of it; `left` before, if it is known: what the last walk has found
  std::vector<platform::left_process> left;
  std::vector<std::pair<platform::process_key, platform::unique_fd>> held;
  bool changed = false; ///< there were not enough quiet walks, or somebody has gone since
  int quiet = 0;        ///< walks in a row that have found the same
};

struct sweep_batch {
  std::vector<sweep_item> items;
  std::size_t room = 0; ///< for so many descriptors
  std::vector<pid_t> unread;
  bool failed = false; ///< there was no memory
  pid_t hung = 0;      ///< the loop's: whose environment this has been given up for
  // Shared with the loop meanwhile:
  std::atomic<pid_t> reading{0}; ///< whose environment; 0: nobody's
  std::atomic<bool> finished{false};
  std::atomic<bool> given_up{false}; ///< nobody waits: no more walks
};

void look(sweep_batch& batch) noexcept;

} // namespace troupe::actors
