// The processes there are as nodes of the dependency graph: those in service, and those of the configuration that is
// loaded but not in service. A value, made anew whenever groups come or go; never changed. Must not ask what a process
// does (facts_of is given its status). Source: docs/contract/programs.md, 1.
#pragma once

#include "actors/core/cells.hpp"
#include "actors/core/dependency_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::actors {

struct program_graph {
  struct node {
    std::uint64_t process = 0; ///< 0: not in service
    config::process_options_ptr options;
    config::shared_text group;
    bool ordered = false; ///< its group stops one priority after the other
    std::string shown;    ///< `group:process`
  };
  dependency_graph graph;
  std::vector<node> nodes; ///< by priority of groups, then of processes
  std::unordered_map<std::uint64_t, std::size_t> by_process;

  std::optional<std::size_t> node_of(std::uint64_t process) const;
  std::optional<std::size_t> node_of(std::string_view group, std::string_view process) const;
};
using program_graph_ptr = std::shared_ptr<const program_graph>;

/// Null: nobody depends on anybody, and no group has an order of its own.
program_graph_ptr make_program_graph(const std::vector<group_cell_ptr>& in_service,
                                     const std::vector<config::group_options_ptr>& loaded);

/// Of `set`: who may be stopped now: nobody of it that depends on him still runs, and nobody of a higher priority of a
/// group that stops in order. Never nobody, where somebody still runs.
std::vector<std::size_t> may_stop_now(const program_graph& programs, const std::vector<std::size_t>& set,
                                      const std::function<bool(std::size_t)>& is_stopped);

/// Of whoever is started because of somebody who is started so.
start_cause cause_of(start_reason why);

/// A copy of one moment of one process, for its facts.
struct process_moment {
  process_state state = process_state::stopped;
  int pid = 0;
  bool started_once = false;
  std::optional<int> last_end;
  bool starts_again = false; ///< EXITED: a restart is to come; BACKOFF: before long, as far as can be seen
  bool has_lasted = false;   ///< STARTING: its child is older than startsecs
  bool disabled = false;
  bool unwanted = false;   ///< by an operator's stop
  bool is_held = false;    ///< by what it depends on
  bool is_passing = false; ///< STOPPED: by an update, or a rolling restart, which is about to start it
};
process_state state_at(dependency_facts::stage at);
/// `now`: nothing, it is not in service.
dependency_facts facts_of(const program_graph::node& node, const std::optional<process_moment>& now);

} // namespace troupe::actors
