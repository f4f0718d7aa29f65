// The shell around daemon_fsm: owns the groups, hands them their turn, passes on what clients ask for, tells main when
// it is over.
// Rebuilds a group actor that died. Must not decide the order of anything (daemon_fsm.cpp does). Source: design, 3.
#pragma once

#include "actors/daemon_fsm.hpp"
#include "actors/group_actor.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <deque>
#include <functional>
#include <thread>
#include <unordered_map>

namespace troupe::actors {

/// The groups' actors, in activation order; shared so that a test can end one.
using group_handles = std::shared_ptr<std::vector<group_actor>>;

/// What the supervisor needs of the program around it.
struct supervisor_settings {
  std::vector<group_cell_ptr> cells; ///< in activation order
  std::function<void(daemon_end)> finished;
  std::function<void()> running; ///< every group is there and SUPERVISOR_STATE_CHANGE_RUNNING published; may be empty
  /// Reads the configuration again; called on a thread of its own, which it may block.
  std::function<config::result<std::shared_ptr<const config::configuration>>()> load;
  std::string childlogdir;
  std::string identifier;
};

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
  bool evaluating = false;          ///< the one before next_to_evaluate has not answered yet
  supervisor_settings set;
  std::optional<std::string> removing;         ///< this group's members are being asked whether they are stopped
  std::deque<control_call> held;               ///< meanwhile
  bool reading = false;                        ///< of the configuration, on its thread
  std::jthread reader;                         ///< that thread; it has ended, or is about to, unless `reading`
  control_answer_to end_asked;                 ///< by this client: shutdown or restart
  std::vector<control_answer_to> reload_asked; ///< since that began: they need a reading of their own

  void add_group(group_cell_ptr cell);
  void spawn_group(std::size_t index);
  void start();
  void evaluate_next();
  void note(const group_changed& change);
  void refresh_views();
  void on_down(const caf::down_msg& down);
  void end_all(const caf::error& reason);
  void publish(protocols::event event);

  void control(const control_call& call);
  void control_processes(const control_call& call);
  void control_many(const control_call& call, const std::vector<std::size_t>& which);
  void add_loaded_group(const control_call& call);
  void ask_to_remove(const control_call& call);
  void finish_removal(const group_asked& asked);
  void remove_group(std::size_t index);
  void read_configuration();
  void note_loaded(const configuration_loaded& loaded);
  control_answer compare_loaded(const config::result<std::shared_ptr<const config::configuration>>& what);
  std::optional<std::size_t> find_group(std::string_view name) const;

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
                                               supervisor_settings settings, group_handles groups);

} // namespace troupe::actors
