// What becomes of requests to read the configuration again: which of them share a reading, which are refused, what a
// reading means that comes late, what may be added after it. A value and a pure function of (table, what happened).
// Must not read anything, make threads, read a clock, include CAF or Asio; supervisor_reload.cpp carries out the
// effects. Source: docs/contract/http.md, 4. Cases: tests/core/reload_fsm_test.cpp.
#pragma once

#include "actors/core/group_table.hpp"
#include "config/options.hpp"
#include "protocols/faults.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace troupe::actors {

using reload_askers = std::vector<std::uint64_t>; ///< clients, by numbers that their actor gives them

struct reload_table {
  bool reading = false;  ///< a thread is at it
  bool given_up = false; ///< it takes too long: whatever comes of it is for nobody
  std::uint64_t count = 0;
  reload_askers now;  ///< who asked before the reading under way began
  reload_askers next; ///< and after: what they want to see may not be in it
};

namespace reload_event { // what happened
struct asked {
  std::uint64_t who;
};
/// There is no thread for the reading that was to begin.
struct not_begun {
  std::string why;
};
/// The reading under way came to an end; `understood`: without errors.
struct delivered {
  bool understood;
  bool shutting_down; ///< the daemon, by now
};
struct overdue {
  std::uint64_t reading;
};
} // namespace reload_event
using reload_happening =
  std::variant<reload_event::asked, reload_event::not_begun, reload_event::delivered, reload_event::overdue>;

namespace reload_effect { // what to do about it, in order
/// On a thread that nobody waits for; it is overdue after a while.
struct begin {
  std::uint64_t reading;
};
/// CANT_REREAD.
struct refuse {
  reload_askers whom;
  std::string why;
};
/// What was read takes the place of what was loaded before.
struct adopt {};
enum class answer_with { difference, errors, shutdown_state };
struct answer {
  reload_askers whom;
  answer_with what;
};
} // namespace reload_effect
using reload_action =
  std::variant<reload_effect::begin, reload_effect::refuse, reload_effect::adopt, reload_effect::answer>;

/// Total: what means nothing in this state changes nothing.
std::vector<reload_action> step(reload_table& table, const reload_happening& happened);

/// What addProcessGroup finds: the group as it was loaded last, or why it is not to be added.
std::variant<config::group_options_ptr, protocols::fault> addable(const std::vector<config::group_options_ptr>& loaded,
                                                                  const group_table& active, std::string_view name);

} // namespace troupe::actors
