// The one actor that forks, kills and waits, so that no signal can reach a recycled pid.
// Must not decide when to start or stop anything. Source: docs/contract/lifecycle.md, 2 and 1.9.
#pragma once

#include "actors/core/start_turns.hpp"
#include "actors/interfaces.hpp"
#include "actors/io/descriptor_watch.hpp"
#include "actors/io/exit_watch.hpp"
#include "actors/io/spawn_flight.hpp"
#include "actors/services.hpp"
#include "platform/leftovers.hpp"
#include "platform/unique_fd.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace troupe::actors {

/// What there is to know of children, whichever actor knows it: outlives one that fails.
struct reaper_record {
  /// A process's: cell and owner; a helper's: the callback.
  struct child {
    process_cell_ptr cell;
    process_actor owner; ///< none: the process was removed, its child lives on
    helper_doors::exited_callback exited;
    bool to_be_adopted = false; ///< of the daemon before this one: its process is there, and has not asked for it yet
  };
  /// A spawn under way and whom to tell of it.
  struct launch {
    std::shared_ptr<spawn_flight> flight;
    child whose;
    helper_doors::spawned_callback spawned; ///< a helper's
    bool told = false;         ///< the owner knows the pid, though the child has not got as far as its exec
    platform::child_end ended; ///< with a pid: it has ended before we were told that it was made
  };
  std::unordered_map<int, child> children;     ///< by pid, helpers too
  std::unordered_map<std::uint64_t, int> pids; ///< by process
  /// By process: what the owner was told last; kept until it says it has handled the exit.
  std::unordered_map<std::uint64_t, platform::child_end> unhandled;
  /// By pid: those for whom neither we nor the keeper wait; empty: it cannot be watched any more.
  std::unordered_map<int, platform::unique_fd> strangers;
  /// How they ended nobody knows, which is not told while who takes the keeper's place would run them once more.
  std::vector<helper_doors::exited_callback> lost_helpers;
  std::deque<int> dying;                   ///< pids that a stop was sent to
  std::list<launch> launches;              ///< in the order they were asked for
  bool resting = false;                    ///< no child is made
  std::vector<spawn_request> postponed;    ///< meanwhile
  std::unordered_set<std::uint64_t> meant; ///< processes for which the daemon before this one had postponed it

  /// A program of a daemon that died whole.
  struct leftover {
    platform::leftover who;
    platform::unique_fd process; ///< empty: it could not be held yet
    std::chrono::steady_clock::time_point kill_at;
    bool killed = false;
  };
  std::map<std::uint32_t, leftover> leftovers;     ///< by slot of the register
  std::unordered_multiset<std::string> left_names; ///< of them: `group:process`, and `group:`
  std::vector<spawn_request> waiting;              ///< until those of their names are gone
  std::function<void()> when_alone;                ///< once all are; may be empty

  start_turns turns;
  bool turns_begun = false;                                 ///< what has happened before is in them
  std::unordered_map<std::uint64_t, spawn_request> in_line; ///< by process: who waits for a turn
};

struct reaper_state {
  static inline const char* name = "reaper";

  using child = reaper_record::child;
  using launch = reaper_record::launch;
  hosted<reaper_actor>* self = nullptr;
  services* use = nullptr;
  std::shared_ptr<reaper_record> record;
  bool watching = false; ///< watch_spawns is on its way
  std::optional<exit_watch> exits;
  std::optional<descriptor_watch> bell, link; ///< of the keeper, in place of `exits`
  bool keeper_lost = false;
  bool looking_at_strangers = false;                                  ///< likewise
  bool looking = false;                                               ///< look_at_keeper_again is on its way
  std::unordered_map<int, std::unique_ptr<descriptor_watch>> watches; ///< of strangers
  /// Strangers that have ended, and how long it is waited for somebody to say how.
  std::unordered_map<int, std::chrono::steady_clock::time_point> ending;
  std::unordered_map<std::uint32_t, std::unique_ptr<descriptor_watch>> leftover_watches; ///< by slot
  bool leftover_has_ended = false;                                                       ///< and a look is due
  std::optional<std::chrono::steady_clock::time_point> turns_due; ///< look_at_turns is on its way
  bool takes_orphans = false;                        ///< descendants of children that have no parent any more
  std::unordered_set<std::uint64_t> told_of_cgroups; ///< processes that cannot have one

  void failed(const std::exception_ptr& failure) const { log_failure(use->log, "reaper", failure); }

  void take_over();
  void begin(launch what);
  bool post(launch& l, bool taken);
  void set_apart(std::chrono::steady_clock::time_point now);
  void spawn(const spawn_request& request);
  void begin_spawn(const spawn_request& request);
  void take_orphans(const process_cell& of);
  void launch_spawn(const spawn_request& request);
  void begin_turns();
  bool has_turn(const spawn_request& request);
  bool is_needed(std::uint64_t process) const; ///< by others
  void look_at_turns_soon();
  void look_at_turns_at(std::chrono::steady_clock::time_point when);
  void remind_of_turns();
  void give_turns();
  void end_turn(std::uint64_t process);
  bool hand_turn_to(const process_cell_ptr& cell, const process_actor& owner);
  void finish_spawn(const std::shared_ptr<spawn_flight>& flight);
  void watch_launches();
  void tell_early(launch& l);
  void tell_spawned(launch& l, int pid);
  void tell_failure(launch& l, const std::string& text, int error);
  void keep_child(int pid, const child& whose);
  bool hand_launch_to(const process_cell_ptr& cell, const process_actor& owner);
  void adopt(const adopt_request& request);
  void signal(const signal_request& request);
  void spawn_helper(const helper_request& request);
  void signal_helper(helper_signal what);
  void forget_exit(exit_handled handled);
  bool note_early_exit(const platform::child_end& ended);
  void leave(const process_cell_ptr& cell);
  void replace_cell(const process_cell_ptr& cell);
  void end_left(const process_cell& cell, int pid, int wait_status);
  void reap_dying();
  void reap();
  void reap_register();
  std::uint32_t slot_of(int pid) const;
  bool may_be_anothers(int pid) const;
  void watch_keeper(const std::function<void()>& ended);
  void hear_keeper();
  void look_at_keeper();
  void look_at_keeper_now();
  void lose_keeper();
  void watch_strangers();
  void look_at_strangers();
  void look_at_strangers_at(std::chrono::steady_clock::time_point when);
  void end_stranger(int pid, int wait_status);
  void take_up_leftovers();
  void stop_leftover(std::uint32_t slot, reaper_record::leftover& one);
  void signal_leftover(const reaper_record::leftover& one, int signo, bool to_group) const;
  void end_leftover(std::uint32_t slot);
  void look_at_all_leftovers();
  bool has_to_wait(const process_cell& cell) const;
  bool hand_waiting_to(const process_cell_ptr& cell, const process_actor& owner);
  void begin_what_waited();
  void withdraw(withdraw_spawn what);
  bool report_exit(const platform::child_end& ended);
  void let_go_of(std::uint32_t slot, std::uint32_t life, bool helper) const;
};

/// `record`: empty, or what a reaper that failed has left.
reaper_actor::behavior_type run_reaper(hosted_pointer<reaper_actor, reaper_state> self, services* use,
                                       std::shared_ptr<reaper_record> record);

/// Children of the daemon's own, asked of whoever is the reaper then.
helper_doors doors_to_reaper(services& use);
/// Calls `then` once nothing runs any more that a daemon which died whole has left. On the actors' thread.
void after_leftovers(services& use, reaper_record& record, std::function<void()> then);

} // namespace troupe::actors
