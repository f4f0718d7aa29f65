// The shell around daemon_fsm: owns the groups, hands them their turn, tells main when it is over.
// Rebuilds a group actor that died. Must not decide the order of anything (daemon_fsm.cpp does). Source: design, 3.
#pragma once

#include "actors/daemon_fsm.hpp"
#include "actors/group_actor.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <functional>
#include <unordered_map>

namespace troupe::actors {

/// The groups' actors, in activation order; shared so that a test can end one.
using group_handles = std::shared_ptr<std::vector<group_actor>>;

struct supervisor_state {
  static inline const char* name = "supervisor";

  struct position {
    std::size_t group = 0;
    std::size_t member = 0;
  };
  supervisor_actor::pointer self = nullptr;
  services* use = nullptr;
  std::vector<group_cell_ptr> cells;
  std::vector<process_handles> processes; ///< of each group
  group_handles groups;
  std::vector<group_view> views;
  std::unordered_map<std::uint64_t, position> positions; ///< by process
  daemon_record record;
  std::size_t next_to_evaluate = 0; ///< groups start in order, each once the one before it has asked for its spawns
  std::function<void(daemon_end)> finished;

  void add_group(group_cell_ptr cell);
  void spawn_group(std::size_t index);
  void start();
  void evaluate_next();
  void note(const group_changed& change);
  void refresh_views();
  void on_down(const caf::down_msg& down);
  void end_all(const caf::error& reason);
  void publish(protocols::event event);

  void apply(const daemon_happening& happened);
  void carry_out(const daemon_effect::set_mood&);
  void carry_out(const daemon_effect::publish&);
  void carry_out(const daemon_effect::stop_group&);
  void carry_out(const daemon_effect::arm_timer&);
  void carry_out(const daemon_effect::reopen_logs&);
  void carry_out(const daemon_effect::log&);
  void carry_out(const daemon_effect::finish&);
};

supervisor_actor::behavior_type run_supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, services* use,
                                               std::vector<group_cell_ptr> cells,
                                               std::function<void(daemon_end)> finished, group_handles groups);

} // namespace troupe::actors
