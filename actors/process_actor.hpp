// The shell around process_fsm: asks the reaper to spawn and signal, keeps the timer, publishes what changed.
// Must not decide anything (process_fsm.cpp does), fork, or touch pipes.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/io/child_notes.hpp"
#include "actors/io/command_desk.hpp"
#include "actors/io/descriptor_watch.hpp"
#include "actors/io/late_answer.hpp"
#include "actors/io/probe_desk.hpp"
#include "actors/io/sweep_desk.hpp"
#include "actors/services.hpp"

#include <list>
#include <memory>
#include <span>
#include <vector>

namespace troupe::actors {

struct process_state_of_actor {
  static inline const char* name = "process";

  hosted<process_actor>* self = nullptr;
  services* use = nullptr;
  process_cell_ptr cell;
  group_actor group;
  std::uint64_t timer_epoch = 0;
  std::uint64_t reaper_known = 0; ///< its generation
  bool retired = false;           ///< its group is about to be removed: nothing starts by itself any more
  bool held_start = false;        ///< and something would have
  bool spawn_waiting = false;     ///< at the reaper's: for its turn, or what a daemon before this one has left of it
  std::optional<bool> look_due;   ///< at its dependencies, once the step is over; true: and have those started it needs
  bool starts_once_stopped = false;   ///< it was enabled by itself while it was being stopped
  bool first_spawn = false;           ///< asked for in its group's turn: the group is told when it has been answered
  std::uint64_t about_end = 0;        ///< number of the report that events of this step belong to; 0: none
  noted_effect being_told;            ///< the effect that is carried out now, where that is noted
  std::unique_ptr<death_case> untold; ///< an end that is reported once the spawn after it has been answered

  /// A start or stop that is not decided yet.
  struct waiting {
    process_task task;
    std::string shown;
    process_answer answer;
    bool deferred = false;
  };
  /// What clients have asked for and have no answer to. Most processes are never asked anything.
  struct open_requests {
    std::vector<waiting> waiters;
    std::list<process_answer> signals;                        ///< in the order of the reaper's answers
    std::vector<process_request> early_signals;               ///< for a child that is being spawned
    bool reporting = false;                                   ///< stop_report_due is on its way
    std::shared_ptr<late_answer<platform::resolved>> looking; ///< at the command, for the last start that was asked for
  };
  std::unique_ptr<open_requests> open; ///< null: none

  /// What looks at its child: of few processes.
  struct open_checks {
    std::unique_ptr<probe> probing;
    child_notes_ptr notes; ///< that are watched
    std::unique_ptr<descriptor_watch> ready, notify;
    std::optional<time_point> warned_at; ///< of a message that is not its own
  };
  std::unique_ptr<open_checks> checks; ///< null: nothing does

  std::unique_ptr<running_command> command;   ///< beside its own; null: none
  std::unique_ptr<running_command> reloading; ///< likewise its reloadcommand
  std::unique_ptr<sweep> behind;              ///< of what its child has left; null: nobody looks

  static std::span<const handler_row<process_state_of_actor>> handlers();
  void request(const process_request& asked);
  platform::resolved look_at_command();
  void carry_out_request(const process_request& asked);
  void change_enabling(const process_task& task);
  void note_wish(intent now);
  void start_late();
  open_requests& opened();
  void settle();
  void report_stop();
  bool is_unspawned() const;    ///< STARTING, and nobody has said yet whether there is a child
  bool spawn_under_way() const; ///< and it is not known to wait
  void note_signal(const signal_answered& answered);
  void evaluate();
  void ring(std::uint64_t epoch);
  void keep();
  void tell_state();
  void redefine(const process_cell_ptr& now);
  void begin_effect(std::uint32_t number);
  void end_effect();
  bool tell_the_untold();
  void catch_up(bool lost);
  void look_for_another_reaper();
  void let_spawn_wait(const std::string& for_what);
  void withdraw_spawn_that_waits();
  void look_at_dependencies(bool pull_in, const dependency_changed& change = {});
  void ask_for_others(const program_graph& programs, const std::vector<std::size_t>& needed, start_cause because);
  void note_refused_start(const process_task& task, const std::string& text);
  bool is_wanted_for_others(start_cause because) const;
  void end_spawn(const process_event& how);
  void prepare();
  void watch_notes();
  void take_notes();
  void drop_notes();
  void take_ready_note();
  void take_datagrams();
  void warn_of_message(const std::string& what);
  open_checks& opened_checks();
  void end_probe();
  void on_exit(const caf::error& reason);
  void failed(const std::exception_ptr& failure) const {
    log_failure(use->log, "process " + cell->options->name, failure);
  }
  /// `at`: when it happened, if not now.
  void apply(const process_event& happened, const std::optional<platform::child_usage>& used = {},
             const std::optional<time_point>& at = {});
  std::optional<death_case> case_of(const process_event& happened, const std::vector<process_effect>& effects,
                                    const moment& at) const;
  void tell_change_from(process_state before, bool was_ending);
  void promise_detail(const death_case& of);
  void take_turn(const process_event& happened); ///< and tell the group
  void carry_out(const effect::spawn&);
  void carry_out(const effect::kill&);
  void carry_out(const effect::arm_timer&);
  void carry_out(const effect::cancel_timer&);
  void carry_out(const effect::emit&);
  void carry_out(const effect::look_at_dependencies&);
  void carry_out(const effect::return_event&);
  void carry_out(const effect::probe&);
  void carry_out(const effect::end_probe&);
  void carry_out(const effect::tell&);
  void carry_out(const effect::emit_health&);
  void carry_out(const effect::run& e);
  void carry_out(const effect::end_run&);
  void carry_out(const effect::sweep& e);
  void carry_out(const effect::end_sweep&);
  void carry_out(const effect::emit_notice& e);
  void carry_out(const effect::tell_failure&);
  void carry_out(const effect::end_daemon& e);
  void carry_out(const effect::log&);
  void carry_out(const effect::reload& e);
  void carry_out(const effect::end_reload&);
};

/// `rebuilt`: the cell's last actor died; ask the reaper what it missed.
void run_process(hosted_pointer<process_actor, process_state_of_actor> self, services* use, process_cell_ptr cell,
                 group_actor group, bool rebuilt);

} // namespace troupe::actors
