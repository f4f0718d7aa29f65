// The shell around group_table: owns the groups' actors, hands them what the table decides, passes on what clients ask
// for, tells main when it is over. Rebuilds a group actor that died; what it knows itself is in a record that outlives
// it. Must not decide the order of anything (group_table.cpp, daemon_fsm.cpp and reload_fsm.cpp do).
#pragma once

#include "actors/configuration_reader.hpp"
#include "actors/core/group_fate.hpp"
#include "actors/core/group_table.hpp"
#include "actors/core/reload_fsm.hpp"
#include "actors/core/rollout.hpp"
#include "actors/core/stop_turns.hpp"
#include "actors/group_actor.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "config/plan.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

namespace troupe::actors {

/// What the supervisor needs of the program around it.
struct supervisor_settings {
  std::vector<group_cell_ptr> cells; ///< in activation order
  std::function<void(daemon_end, int status)> finished;
  std::function<void()> running; ///< whatever starts by itself has been spawned, or has failed to; may be empty
  configuration_reader::loader load;
  std::string childlogdir;
  std::string identifier;
  bool updates_processes = false; ///< unless a client says otherwise: process by process, not group by group
  std::chrono::milliseconds load_limit = std::chrono::seconds{10};
  /// The board has another state of the daemon, a level of priorities begins in its stop, or somebody has asked for the
  /// stop once more. May be empty.
  std::function<void()> ending;
};

/// Signals on their way from main: they are not lost with an actor.
class signal_queue {
public:
  void push(int signo) {
    std::lock_guard lock{mutex_};
    waiting_.push_back(signo);
  }
  std::optional<int> pop() {
    std::lock_guard lock{mutex_};
    if (waiting_.empty())
      return {};
    int first = waiting_.front();
    waiting_.pop_front();
    return first;
  }

private:
  std::mutex mutex_;
  std::deque<int> waiting_;
};

/// What there is to know of the groups and the daemon, whichever actor knows it.
struct supervisor_record {
  explicit supervisor_record(supervisor_settings s) : set(std::move(s)) {}

  struct managed_group {
    group_cell_ptr cell;
    process_handles processes = std::make_shared<member_handles>();
    group_actor actor;
    fate_book fate;
  };
  supervisor_settings set;
  signal_queue signals;
  group_table table;
  std::unordered_map<std::uint64_t, managed_group> groups; ///< by id
  bool filled = false;                                     ///< with the groups of the settings
  /// Groups and table are those of the daemon before this one, which nobody has shown or woken yet; and what was read
  /// last.
  loaded_groups goes_on_with;
  std::atomic<bool> start_asked{false};
  kept_logs kept;                      ///< of groups that were removed
  std::optional<control_call> removal; ///< by this client; and until it is decided
  std::deque<control_call> held;       ///< these wait
  control_answer_to end_asked;         ///< by this client: shutdown or restart
  /// What clients wait for that another binary could answer, by the numbers of the requests; and, in that one, what was
  /// known of them before.
  std::map<std::uint64_t, std::weak_ptr<gathering>> gatherings;
  std::map<std::uint64_t, std::vector<gathering::entry>> known_before;
  // Rolling restarts, by their numbers: all that are under way, and the last ones that are over.
  std::map<std::int64_t, rollout> rollouts;
  std::int64_t last_rollout = 0;
  std::map<std::int64_t, std::function<void(const rollout&)>> rollouts_done; ///< who is told when they are over
  // Updates: who waits for the one that is under way, who has asked for that, and whether any may begin.
  std::optional<control_call> update_under_way;
  std::deque<control_call> waiting_updates;
  bool rests = false; ///< another binary is about to follow
};

/// Another binary is about to follow: whoever waits for an update is told what becomes of it.
void answer_updates_before_rest(supervisor_record& record);

struct supervisor_state {
  static inline const char* name = "supervisor";

  hosted<supervisor_actor>* self = nullptr;
  services* use = nullptr;
  std::shared_ptr<supervisor_record> record;

  // Who depends on whom; null: nobody.
  program_graph_ptr programs;
  /// A stop of several at once, where some have to wait for those that depend on them.
  struct open_stop {
    struct entry {
      std::size_t place = 0; ///< in the order in which they are asked where it is their turn
      std::string shown;
      process_answer answer;
    };
    process_task task;
    std::set<std::uint64_t> all;           ///< who is not done with
    std::map<std::uint64_t, entry> left{}; ///< who has not been asked yet
    stop_turns turns{};
  };
  std::list<open_stop> open_stops;
  std::set<std::uint64_t> ending;      ///< processes, in the daemon's stop: of groups whose turn has come
  std::optional<stop_turns> end_turns; ///< of those, and of whoever depends on them

  // The configuration, read again. Whoever waits is answered by the end of the answers where the actor dies.
  configuration_reader reader;
  reload_table reloads;
  struct reload_asker {
    control_answer_to answer;
    held_rights_ptr held;                    ///< null: everything
    std::shared_ptr<const update_wish> wish; ///< null: what has changed is told
    bool may_all() const { return !held || held->unlimited(); }
  };
  std::unordered_map<std::uint64_t, reload_asker> reloaders; ///< who waits, by number
  std::uint64_t last_reloader = 0;
  configuration_reader::outcome last_read = config::fault("");            ///< while its effects are carried out
  std::map<std::string, config::scaled_program, std::less<>> read_scales; ///< of it
  bool adopts = true; ///< what is read; false: somebody only wants to see what it would come to

  // An update process by process, or a scale: one at a time, see supervisor_update.cpp.
  struct open_update;
  std::shared_ptr<open_update> update; ///< null: there is none
  std::uint64_t last_update_step = 0;
  // What is told of updates while they are under way, and for a while afterwards; see supervisor_update_watch.cpp.
  struct told_update;
  std::map<std::int64_t, std::shared_ptr<told_update>> told_updates; ///< by number
  struct update_watcher {
    control_call call;
    time_point until;
  };
  std::list<update_watcher> update_watchers;

  // Whoever waits for more to be known of a rolling restart.
  struct rollout_watcher {
    control_call call;
    time_point until;
  };
  std::list<rollout_watcher> rollout_watchers;
  std::optional<time_point> rollout_alarm; ///< of the earliest reminder

  void fill();
  void start();
  void take_over();
  void go_on();
  void show_group(std::uint64_t id);
  std::uint64_t add_group(group_cell_ptr cell); ///< its id
  void spawn_group(std::uint64_t id);
  group_actor actor_of(std::uint64_t group) const;
  bool is_being_spawned(std::uint64_t process) const;
  void note_evaluated();
  void note_told();
  void refresh_all();
  void on_down(const caf::down_msg& down);
  void on_exit(const caf::error& reason);
  void failed(const std::exception_ptr& failure) const { log_failure(use->log, "supervisor", failure); }
  void take_signals();
  void tell_ending() const;

  void control(const control_call& call);
  void control_processes(const control_call& call);
  void control_many(const control_call& call, const std::vector<std::uint64_t>& which);
  void note(std::uint64_t number, const std::shared_ptr<gathering>& all);
  void go_on_with_many(const control_call& call);
  void make_programs();
  void wake_dependents(const group_changed& changed);
  void wake(std::uint64_t process, const dependency_changed& change);
  void start_for_others(const pull_in& whom);
  void share_fate(const member_failed& of);
  bool is_stopped(std::uint64_t process) const;
  void control_some(const control_call& call);
  void ask_in_order(const control_call& call, const std::vector<std::uint64_t>& groups,
                    const std::set<std::uint64_t>* only = nullptr);
  void recall(const group_cell& cell) const;
  void recall(process_cell& process) const;
  void look_at_disabled();
  void begin_stop(open_stop stop);
  void fill_turns(open_stop& stop) const;
  void ask(open_stop& stop, std::vector<std::uint64_t> whom);
  void go_on_with_stops(const group_changed& changed);
  void stop_in_order(std::uint64_t group);
  void tell_who_may_end(std::optional<std::uint64_t> group);
  /// Of processes that there are, in the order of the table; `prepare` sees it before it begins; `done` is told, once,
  /// maybe before this returns. The number of the rolling restart, 0 where `configured` leaves nobody, or why there is
  /// none.
  std::variant<protocols::rpc_fault, std::int64_t> begin_rollout(const std::vector<std::uint64_t>& members,
                                                                 const rollout_flags& flags,
                                                                 const std::function<void(rollout&)>& prepare,
                                                                 std::function<void(const rollout&)> done = {});
  void control_rollout(const control_call& call);
  control_answer begin_rollout_for(const control_call& call);
  control_answer abort_rollout_for(const control_call& call);
  std::optional<control_answer> seen_rollout(const control_call& call, bool late) const;
  protocols::rpc_value shown_rollout(const rollout& r, const control_call& call) const;
  const rollout* rollout_of(const control_call& call) const;
  bool sees(const held_rights_ptr& who, std::uint64_t process, config::right needed = config::right::status) const;
  std::optional<rollout> made_rollout(const std::vector<std::uint64_t>& members, const rollout_flags& flags) const;
  rollout_world rollout_facts() const;
  void advance_rollouts();
  void advance_rollout(rollout& r);
  void finish_rollout(rollout& r);
  void forget_rollouts();
  void answer_watchers();
  void remind_of_rollouts(time_point at);
  void carry_out(rollout& r, const rollout_action::stop& e);
  void carry_out(rollout& r, const rollout_action::start& e);
  void carry_out(rollout& r, const rollout_action::look& e);
  process_answer answer_for_rollout(const rollout& r, std::uint64_t process, bool starts) const;
  void note_rollout_answer(const rollout_answered& m);
  void note_for_rollouts(const group_changed& changed);
  void go_on_with_rollouts();
  void end_rollouts();
  void note_who_rolls() const;
  void add_loaded_group(const control_call& call);
  void ask_to_remove(const control_call& call);
  void finish_removal(const group_asked& asked);
  void end_daemon(const control_call& call);
  void read_configuration(const control_call& call);
  void note_loaded(const configuration_loaded& loaded);
  std::vector<config::group_options_ptr> active_groups() const;
  void answer_all(const reload_askers& whom, const control_answer& answer);
  void answer_error(const reload_askers& whom);
  void adopt_access();
  std::vector<config::plan_row> plan_of(const update_wish& wish,
                                        const std::vector<config::group_options_ptr>& loaded) const;
  control_answer answer_of_plan(const reload_asker& asker) const;
  config::scale_book wanted_scales() const;
  void forget_scales();
  void begin_update(const control_call& call);
  void go_on_with_update(const update_answered& m);
  void plan_update();
  std::optional<protocols::rpc_fault> forbidden_row();
  void end_update_step(std::uint64_t step);
  std::optional<protocols::rpc_fault> plan_scale();
  void go_on_with_update();
  void end_update(control_answer answer);
  void begin_next_update();
  void say(const std::string& whom, const std::string& what, const process_result* failure = nullptr);
  std::vector<std::uint64_t> processes_for(std::initializer_list<config::plan_action> what,
                                           bool of_groups_that_stay = false) const;
  void ask_for_update(verb what, const std::vector<std::uint64_t>& whom);
  process_answer answer_for_update(std::uint64_t step, std::uint64_t process, process_answer answer) const;
  void note_update_member(const update_member_answered& m);
  void look_at_held();
  void tell_end_of(const process_status& status);
  void tell_rolled(const rollout& r);
  void begin_telling();
  void end_telling(const control_answer& answer);
  void see_update(const control_call& call);
  std::optional<control_answer> seen_update(const control_call& call, bool late) const;
  void answer_update_watchers();
  void look_at_due_updates();
  void ask_for_group();
  void roll_for_update(const std::vector<std::uint64_t>& whom);
  void define_anew(rollout& r, const std::vector<std::uint64_t>& whom);
  void define_the_passed(rollout& r);
  void define(const std::vector<rollout_member*>& whom);
  void forget_definition(std::uint64_t process);
  void tell_passed(const rollout& r);
  control_answer answer_for_cut_off(const control_call& call) const;
  void note_group(const protocols::rpc_fault* refused);
  std::vector<const process_result*> in_order(const process_results& results) const;
  void note_ends(const process_results& results, const std::string& what);
  void note_starts(const process_results& results);
  void note_step(const process_results& results);
  bool asks_for_ends() const;
  void look_at_update();
  void finish_update();
  void redefine_the_stopped();
  std::vector<std::uint64_t>& leave_out_the_stopped(std::vector<std::uint64_t>& starts);
  void stop_to_restart(const std::vector<std::uint64_t>& whom);
  void start_in_any_case(const std::vector<std::uint64_t>& whom);
  void go_on_with_restarts();
  bool has_ended(const std::string& group) const;
  std::optional<protocols::rpc_fault> rolls_already() const;
  void note_scale();
  bool stays(const std::string& group) const;
  void redefine_groups();
  void redefine_group(std::uint64_t id, const config::group_options_ptr& options);
  control_answer_to answer_to_update();
  void note_stopped_by_hand();
  bool is_left_by_hand(const config::process_options& options) const;
  config::reload_diff visible_part(const config::reload_diff& whole, const held_rights& held) const;

  void apply(const reload_happening& happened);
  void carry_out(const reload_effect::begin&);
  void carry_out(const reload_effect::refuse&);
  void carry_out(const reload_effect::adopt&);
  void carry_out(const reload_effect::answer&);

  void apply(const group_happening& happened);
  void carry_out(const group_effect::evaluate&);
  void carry_out(const group_effect::remind_of_start&);
  void carry_out(const group_effect::let_clients_in&);
  void carry_out(const group_effect::stop&);
  void carry_out(const group_effect::ask_members&);
  void carry_out(const group_effect::keep&);
  void carry_out(const group_effect::drop&);
  void carry_out(const group_effect::end_removal&);
  void carry_out(const group_effect::publish&);
  void carry_out(const daemon_effect::set_state&);
  void carry_out(const daemon_effect::arm_timer&);
  void carry_out(const daemon_effect::reopen_logs&);
  void carry_out(const daemon_effect::log&);
  void carry_out(const daemon_effect::finish&);
};

/// `record`: as it was made, or what a supervisor that failed has left.
supervisor_actor::behavior_type run_supervisor(hosted_pointer<supervisor_actor, supervisor_state> self, services* use,
                                               std::shared_ptr<supervisor_record> record);

} // namespace troupe::actors
