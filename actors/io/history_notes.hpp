// What of the daemon's life becomes a record of the history, in which words: states, ends, calls, the configuration,
// the daemon itself. Any thread; nothing here waits. Must not keep anything (history.cpp does). Source:
// docs/contract/history.md, 7.2. Cases: tests/io/history_test.cpp.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/io/history.hpp"
#include "config/diff.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

/// A process as it was before a step.
struct life_before {
  int pid = 0;
  std::int64_t start = 0; ///< wall clock, microseconds
};
/// The changes of state among the effects of a step, and the ends that nobody asked for.
void tell_changes(history_keeper& to, const process_cell& after, const std::vector<process_effect>& effects,
                  const life_before& before, std::int64_t now) noexcept;

void tell_start(history_keeper& to, std::string_view version, const std::string& file, std::size_t groups) noexcept;
void tell_stop(history_keeper& to, std::string_view reason) noexcept;
/// Another binary has taken over.
void tell_upgrade(history_keeper& to, std::string_view from, std::string_view version, std::int64_t ms) noexcept;
/// Our worker died, and another one goes on: `ms` later.
void tell_crash(history_keeper& to, const std::string& how, std::int64_t ms) noexcept;
/// The configuration was read again.
void tell_reread(history_keeper& to, const config::reload_diff& difference) noexcept;
/// A group was put into service, or taken out.
void tell_group(history_keeper& to, std::string_view event, const std::string& group) noexcept;

} // namespace troupe::actors
