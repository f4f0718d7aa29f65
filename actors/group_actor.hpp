// The processes of one group: spawns their actors, hands down what is asked of all, reports what changed.
// Rebuilds a process actor that died, from its cell. Must not decide when a process runs (process_fsm.cpp does).
// Source: docs/contract/lifecycle.md, 3.6 and 4.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <list>
#include <span>

namespace troupe::actors {

/// The members' actors, in the order of a cell's processes; outlives the group's actor, so that a rebuilt one finds
/// them again.
struct member_handles {
  group_cell_ptr of; ///< null: nobody has been made yet
  std::vector<process_actor> actors;
};
using process_handles = std::shared_ptr<member_handles>;

struct group_state {
  static inline const char* name = "group";

  hosted<group_actor>* self = nullptr;
  services* use = nullptr;
  group_cell_ptr cell;
  supervisor_actor supervisor;
  process_handles processes;

  /// What is asked of members one after the other, so that spawns and signals leave in this order.
  struct turn {
    std::size_t member = 0;
    bool stop = false;
    int deaths = 0; ///< of the member's actor, in this turn
  };
  std::list<turn> turns;   ///< empty, a deque takes 576 bytes
  bool evaluating = false; ///< the supervisor waits for group_evaluated
  bool stopping = false;   ///< the supervisor waits for group_told

  void spawn_process(std::size_t index, bool rebuilt);
  void adopt_processes();
  void arrange();
  void redefine(const group_cell_ptr& now);
  void on_exit(const caf::error& reason);
  void failed(const std::exception_ptr& failure) const {
    log_failure(use->log, "group " + cell->options->name, failure);
  }
  void evaluate();
  void stop_all();
  void stop(const std::vector<std::size_t>& members);
  void pass_on(const dependency_changed& change);
  void next_turn();
  void end_turn(std::uint64_t process);
  static std::span<const handler_row<group_state>> handlers();
  void request(const group_request& asked);
  void look_for_reaper_in_all();
  void report(const process_changed& change);
  void on_down(const caf::down_msg& down);
};

void run_group(hosted_pointer<group_actor, group_state> self, services* use, group_cell_ptr cell,
               process_handles processes, supervisor_actor supervisor);

} // namespace troupe::actors
