// What an update process by process would do: which processes are new, gone, restarted, or go on with other options,
// and because of what. Two configurations and what the processes are doing come in, rows come out. Must not read files,
// ask a process or start anything (the supervisor's update does). Source: docs/contract/programs.md, 6. Cases:
// tests/config/plan_test.cpp.
#pragma once

#include "config/options.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::config {

struct option_row; // schema.hpp

/// In the order of the summary.
enum class plan_action { start, add, restart, next, live, stop, regroup, keep };
std::string_view to_string(plan_action what);

/// What a process is at, as far as a plan asks.
enum class plan_state {
  running, ///< or starting, or stopping to start again
  failed,  ///< BACKOFF or FATAL: a new definition is another chance
  at_rest, ///< stopped by somebody, or EXITED: what is new waits for its next start
};

struct plan_row {
  std::string group;
  std::string process;
  plan_action action = plan_action::keep;
  std::vector<std::string>
    reasons; ///< `new`, `removed`, or options in the order of the table: `KEY OLD -> NEW`, or KEY
  bool operator==(const plan_row&) const = default;
};

using plan_states = std::function<plan_state(std::string_view group, std::string_view process)>;

/// In the order in which status would show the processes after it: groups as they were activated, then new ones.
/// `of`: only these groups; empty: all.
std::vector<plan_row> make_plan(const std::vector<group_options_ptr>& active,
                                const std::vector<group_options_ptr>& loaded, const plan_states& state_of,
                                const std::vector<std::string>& of = {});

/// The same where a group with any change is made anew as a whole.
std::vector<plan_row> by_group(std::vector<plan_row> plan, const std::vector<group_options_ptr>& active,
                               const std::vector<group_options_ptr>& loaded);

/// `1 start, 2 restart, 9 keep`; empty where there is nothing but `keep`.
std::string summary_of(const std::vector<plan_row>& plan);

/// What a plan shows of one option: numbers, times and words; empty: nothing but its name.
std::string plan_text(const option_row& row, const process_options& of);

/// What differs between two processes, as a plan says it, and the most that any of it takes.
struct option_difference {
  std::vector<std::string> reasons;
  plan_action takes = plan_action::keep; ///< keep, live, next or restart
};
option_difference difference_of(const process_options& active, const process_options& loaded);

} // namespace troupe::config
