// The shell around daemon_fsm: owns the groups, hands them their turn, passes on what clients ask for, tells main when
// it is over.
// Rebuilds a group actor that died. Must not decide the order of anything (daemon_fsm.cpp does). Source: design, 3.
#pragma once

#include "actors/configuration_reader.hpp"
#include "actors/daemon_fsm.hpp"
#include "actors/group_actor.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <deque>
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace troupe::actors {

/// The groups' actors, in activation order; shared so that a test can end one.
using group_handles = std::shared_ptr<std::vector<group_actor>>;

/// What the supervisor needs of the program around it.
struct supervisor_settings {
  std::vector<group_cell_ptr> cells; ///< in activation order
  std::function<void(daemon_end)> finished;
  std::function<void()> running; ///< whatever starts by itself has been spawned, or has failed to; may be empty
  configuration_reader::loader load;
  std::string childlogdir;
  std::string identifier;
  std::chrono::milliseconds load_limit = std::chrono::seconds{10};
};

struct supervisor_state {
  static inline const char* name = "supervisor";

  struct position {
    std::size_t group = 0;
    std::size_t member = 0;
  };
  hosted<supervisor_actor>* self = nullptr;
  services* use = nullptr;
  std::vector<group_cell_ptr> cells;
  std::vector<process_handles> processes; ///< of each group
  group_handles groups;
  std::vector<group_view> views;
  std::unordered_map<std::uint64_t, position> positions; ///< by process
  daemon_record record;
  std::size_t next_to_evaluate = 0; ///< groups start in order, each once the one before it has asked for its spawns
  bool evaluating = false;          ///< the one before next_to_evaluate has not answered yet
  std::unordered_set<std::uint64_t> being_spawned; ///< until set.running was called: processes without a pid yet
  std::uint64_t progress = 0;                      ///< of the boot: answers that have come
  std::uint64_t progress_seen = 0;
  std::deque<std::size_t> to_stop; ///< groups; the first one is handing its members their turns
  int deaths = 0;                  ///< of its actor, meanwhile
  supervisor_settings set;
  kept_logs kept;                      ///< of groups that were removed
  std::optional<std::string> removing; ///< this group's members are being asked whether they are stopped
  std::deque<control_call> held;       ///< meanwhile
  configuration_reader reader;
  control_answer_to end_asked; ///< by this client: shutdown or restart

  void add_group(group_cell_ptr cell);
  void spawn_group(std::size_t index);
  void start();
  void evaluate_next();
  bool is_being_spawned(std::uint64_t process) const;
  void await_spawns();
  void let_clients_in();
  void hurry_boot();
  void tell_next();
  void note_told();
  void note(const group_changed& change);
  void refresh_views();
  void refresh_view(std::size_t group);
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
  void read_configuration(const control_call& call);
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

supervisor_actor::behavior_type run_supervisor(hosted_pointer<supervisor_actor, supervisor_state> self, services* use,
                                               supervisor_settings settings, group_handles groups);

} // namespace troupe::actors
