// What a request for one process is refused with, and when one that waits is decided: pure functions of the process.
// Must not act on anything (process_actor.cpp does), include CAF or Asio.
// Source: docs/contract/http.md, 4.1, 4.3 and 4.4; lifecycle, 3.3 to 3.5. Cases: tests/core/process_requests_test.cpp.
#pragma once

#include "actors/core/control.hpp"
#include "actors/core/process_fsm.hpp"

#include <optional>
#include <string>

namespace troupe::actors {

/// Of one of many: does the request concern a process in this state at all?
bool concerns(verb what, process_state state);

/// A start of a disabled process that nobody has named by itself; or the end of a restart that an operator came into.
bool passes_over(const process_task& task, const process_record& record);

/// It is being stopped, or was, to be started again: whoever stops it is answered as of one that runs.
bool starts_again(const process_record& record);

/// The answer of a request that changes nothing, or none: it is to be carried out. `shown` is the name in faults. What
/// stands before the state (2.3 of docs/contract/lifecycle.md) is asked through `cannot_run`, and only for a start.
template <class CannotRun>
std::optional<process_outcome> refusal(const process_task& task, const process_record& record, daemon_state daemon,
                                       const std::string& shown, CannotRun&& cannot_run);

/// The same, when it is known that the program could be run.
std::optional<process_outcome> refusal(const process_task& task, const process_record& record, daemon_state daemon,
                                       const std::string& shown);

/// Of a start: why.
start_reason reason_of(const process_task& task);

/// How a start comes to its end.
struct way_up {
  bool takes_time = false; ///< it is not RUNNING at once: who does not wait is answered before
  bool oneshot = false;    ///< who waits is answered at its end
};
way_up way_up_of(const config::process_options& options);

/// What a start or stop that was carried out has come to by now; none: wait on.
std::optional<process_outcome> verdict(const process_task& task, const process_record& record, const way_up& up,
                                       const std::string& shown);

// -- details -------------------------------------------------------------------------------------

template <class CannotRun>
std::optional<process_outcome> refusal(const process_task& task, const process_record& record, daemon_state daemon,
                                       const std::string& shown, CannotRun&& cannot_run) {
  bool is_stop = task.what == verb::stop || task.what == verb::kill;
  bool is_concerned = concerns(task.what, record.state) || (is_stop && (starts_again(record) || is_ending(record)));
  if (task.one_of_many && !is_concerned)
    return process_outcome{.absent = true};
  if (passes_over(task, record))
    return process_outcome{.absent = true};
  if (task.what == verb::start && daemon == daemon_state::running)
    if (std::optional<protocols::rpc_fault> f = cannot_run())
      return process_outcome::of(*f);
  return refusal(task, record, daemon, shown);
}

} // namespace troupe::actors
