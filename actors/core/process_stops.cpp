// See process_machine.hpp: how a child is brought to its end, and what it leaves behind. Must not look who is left, or
// signal: whoever does is asked, and answers. Source: docs/contract/lifecycle.md, 1.3 (T10 to T12);
// docs/contract/programs.md, 5 and 16. Cases: tests/core/process_stops_test.cpp.
#include "actors/core/process_machine.hpp"

#include "actors/core/passing_stop.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace troupe::actors {

using config::kill_reach;
using config::log_level;
using std::chrono::seconds;
using enum process_state;

namespace {

constexpr seconds between_kills{1};  ///< at least: an uninterruptible child would keep us spinning
constexpr seconds until_given_up{2}; ///< from SIGKILL to what is left behind

std::string number_of(std::int64_t processes) {
  return std::to_string(processes) + (processes == 1 ? " process" : " processes");
}

} // namespace

/// Of the stop that waits for the spawn to be answered.
stop_cause process_machine::pending_cause() const {
  if (p.stop_is_final)
    return stop_cause::shutdown;
  auto asked = p.stage ? p.stage->cause : stop_cause::none;
  return asked == stop_cause::update || asked == stop_cause::by_itself ? asked : stop_cause::operators;
}

/// By an operator, where whoever has stopped it was about to start it: it stays, and is his.
void process_machine::stop_what_passes() {
  bool of_group = p.state == stopping && p.why == start_reason::group && !p.administrative_stop;
  if (!is_passing(p) && !of_group)
    return;
  p.administrative_stop = true;
  p.why = start_reason::none;
  if (p.stage)
    p.stage->cause = stop_cause::operators;
  effects.emplace_back(effect::tell{});
}

// -- its signals ---------------------------------------------------------------------------------

void process_machine::begin_stop(stop_cause cause) { // T10
  p.killing = true;
  p.administrative_stop = true;
  bool was_signalled = is_failing();
  drop_reload("the process was stopped");
  end_checks();
  end_command(command_kind::poststart);
  p.waiting_for = {};
  const auto& hooks = options.hooks();
  bool is_asked = !hooks.prestop.command.empty() || !options.stops().command.empty();
  if (is_asked || !hooks.poststop.command.empty())
    p.stage.make().cause = cause;
  if (was_signalled) // since it was not ready: its time goes on
    return enter(stopping, p.pid);
  if (!is_asked)
    return begin_ladder();
  enter(stopping, p.pid);
  go_on_stopping(command_kind::none);
}

void process_machine::begin_ladder() {
  auto first = rung_of(options, 0);
  p.waiting_for = {};
  if (p.stage) {
    p.stage->commanded = false;
    p.stage->rung = 0;
  }
  bool is_kill = first->signo == SIGKILL && options.stops().reach != kill_reach::as_ever;
  if (!is_kill)
    log_kill(first->signo, options.stopasgroup);
  enter(stopping, p.pid);
  if (is_kill)
    send_sigkill();
  else
    effects.emplace_back(effect::kill{first->signo, options.stopasgroup, true});
  arm(at.now + first->time);
}

/// Once more, or for the first time where it is not STOPPING.
void process_machine::begin_stop_signal() {
  auto present = rung_of(options, p.stage ? p.stage->rung : 0);
  if (present)
    send(present->signo);
  else
    send_sigkill();
}

/// Its time is over.
void process_machine::next_signal() {
  if (p.stage && p.stage->commanded) {
    if (!runs(command_kind::stopcommand)) // it has done well, and yet the process lives
      return begin_ladder();
    auto time = options.stops().commandtimeout.value_or(
      std::chrono::duration_cast<std::chrono::milliseconds>(stop_wait(options)));
    end_command();
    return command_failed(command_kind::stopcommand, "timed out after " + seconds_text(time));
  }
  const auto& ladder = options.stops().ladder;
  auto next = ladder.empty() ? std::nullopt : rung_of(options, p.stage.make().rung + 1);
  if (!next)
    return resend_stop_signal();
  ++p.stage->rung;
  send(next->signo);
  arm(at.now + next->time);
}

void process_machine::resend_stop_signal() { // T12
  log(log_level::warn, "killing " + config::quoted(options.name) + " (" + std::to_string(p.pid) + ") with SIGKILL");
  if (p.stage)
    p.stage->rung = options.stops().ladder.size();
  send_sigkill();
  arm(at.now + std::max<clock::duration>(stop_wait(options), between_kills));
}

void process_machine::send(int signo) {
  if (signo == SIGKILL && options.stops().reach != kill_reach::as_ever)
    return send_sigkill();
  log_kill(signo, options.stopasgroup);
  effects.emplace_back(effect::kill{signo, options.stopasgroup, true});
}

/// To whom killmode says.
void process_machine::send_sigkill() {
  auto reach = options.stops().reach;
  bool to_group = reach == kill_reach::group || (reach == kill_reach::as_ever && options.killasgroup);
  if (p.stage || sweeps(options))
    p.stage.make().was_killed = true;
  bool looks = sweeps(options) && !to_group && !p.stage->kill_follows; // else that look has not come back in time
  if (looks) {                                                         // as long as it lives, its descendants are known
    p.stage->ended_pid = p.pid;
    p.stage->kill_follows = true;
    return sweep(SIGKILL);
  }
  if (p.stage)
    p.stage->kill_follows = false;
  log_kill(SIGKILL, to_group);
  effects.emplace_back(effect::kill{SIGKILL, to_group, true});
}

void process_machine::log_kill(int signo, bool to_group) {
  log(log_level::debug, "killing " + options.name + " (pid " + std::to_string(p.pid) + ")" +
                          (to_group ? " process group" : "") + " with signal " + config::signal_name(signo));
}

// -- SIGKILL at once -----------------------------------------------------------------------------

void process_machine::operator()(event::kill_requested) {
  note_stop_asked(false);
  switch (p.state) {
  case starting:
    if (p.pid != 0)
      return begin_kill();
    if (!waits_by_itself(p))
      p.stage.make().kill_pending = true;
    return stop(stop_cause::operators);
  case running:
    return begin_kill();
  case stopping:
    stop(stop_cause::operators); // it is not wanted back
    return kill_now();
  case stopped:
  case backoff:
  case exited:
  case fatal:
  case unknown:
    stop(stop_cause::operators);
    if (is_after_end())
      kill_now();
    return;
  }
}

void process_machine::begin_kill() {
  p.killing = p.administrative_stop = true;
  drop_reload("the process was stopped");
  end_checks();
  end_command();
  p.waiting_for = {};
  p.stage.make().cause = stop_cause::kill;
  p.stage->kill_pending = false;
  enter(stopping, p.pid);
  kill_now();
}

void process_machine::kill_now() {
  if (p.pid != 0) {
    end_command();
    p.waiting_for = {};
    p.stage.make().commanded = false;
    resend_stop_signal();
    return arm(at.now + between_kills);
  }
  if (p.stage && p.stage->runs != command_kind::none) {
    auto what = p.stage->runs;
    end_command();
    p.waiting_for = {};
    return command_failed(what, "failed (killed)");
  }
  if (is_after_end() && p.stage->after == after_end::sweep && !p.stage->swept_hard)
    go_on_sweeping();
}

// -- its end -------------------------------------------------------------------------------------

void process_machine::end_stop(const std::string& text, int wait_status, int pid) { // T11
  p.pid = 0;
  p.killing = false;
  p.exitstatus = exit_code(wait_status);
  p.waiting_for = {};
  disarm();
  enter(stopped, pid);
  log_end(is_expected(options, wait_status) ? log_level::info : log_level::warn, "stopped: " + text + ")");
  if (std::exchange(p.restart_pending, false) && at.daemon == daemon_state::running)
    start(p.why);
}

bool process_machine::has_after_end() const {
  return sweeps(options) || !options.hooks().poststop.command.empty() || runs(command_kind::prestop);
}

/// What those are told who run after it.
void process_machine::note_end(int wait_status, int pid) {
  if (!has_after_end())
    return;
  auto& stage = p.stage.make();
  stage.ended_pid = pid;
  stage.wait_status = wait_status;
  stage.expected = is_expected(options, wait_status);
  stage.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(at.now - p.started_at);
}

void process_machine::begin_after_end() {
  if (!has_after_end())
    return;
  auto& stage = p.stage.make();
  stage.vetoed = stage.commanded = stage.kill_follows = false;
  stage.after = after_end::swept;
  if (sweeps(options)) {
    stage.after = after_end::sweep;
    stage.swept_hard = stage.was_killed; // whoever was in reach was meant
    stage.left = 0;
    stage.left_names.clear();
    stage.next = at.now + (stage.swept_hard ? clock::duration{until_given_up} : options.stops().sweeptime);
    sweep(stage.swept_hard ? SIGKILL : SIGTERM);
    rearm();
  }
  go_on_after_end();
}

/// First nobody may be left behind, and prestop be over; then poststop runs.
void process_machine::go_on_after_end() {
  auto& stage = *p.stage;
  if (stage.after == after_end::sweep || stage.runs != command_kind::none)
    return;
  if (stage.after == after_end::swept && !options.hooks().poststop.command.empty()) {
    stage.after = after_end::poststop;
    return run(command_kind::poststop);
  }
  end_after_end();
}

void process_machine::end_after_end() {
  auto& stage = *p.stage;
  stage.after = after_end::nothing;
  bool start_waits = std::exchange(stage.start_waits, false);
  bool restart_waits = std::exchange(stage.restart_waits, false);
  rearm();
  if (p.state == stopping) {
    if (stage.vetoed)
      p.restart_pending = false;
    return end_stop(options.name + " (" + wait_status_text(stage.wait_status), stage.wait_status, stage.ended_pid);
  }
  bool refused = stage.vetoed && (p.state == backoff || (p.state == starting && is_by_itself(p.why)));
  if (refused)
    return give_up(p.spawnerr);
  if (start_waits && p.state == starting) {
    renew_stage(); // nothing of the last life is needed any more
    return begin_start();
  }
  if (restart_waits && p.state == exited && at.daemon == daemon_state::running && wants_restart())
    restart_after_exit(stage.has_failed);
  if (restart_waits)
    look_at_end();
}

// -- what it leaves behind -----------------------------------------------------------------------

void process_machine::sweep(int signo) {
  auto& stage = *p.stage;
  effects.emplace_back(effect::sweep{++stage.look, signo, stage.ended_pid, stage.spawn_id});
}

void process_machine::operator()(const event::swept& e) {
  if (p.stage && p.stage->kill_follows && p.stage->look == e.number && p.pid != 0) {
    p.stage->kill_follows = false;
    log_kill(SIGKILL, false);
    effects.emplace_back(effect::kill{SIGKILL, false, true});
    return;
  }
  if (!is_after_end() || p.stage->after != after_end::sweep || p.stage->look != e.number)
    return;
  p.stage->left = e.left;
  p.stage->left_names = e.names;
  if (e.left == 0)
    return end_sweep();
  if (p.state == stopping || (p.state == starting && p.stage->start_waits))
    p.waiting_for = left_text();
}

/// From SIGTERM to SIGKILL, and then no further.
void process_machine::go_on_sweeping() {
  auto& stage = *p.stage;
  if (!std::exchange(stage.swept_hard, true)) {
    stage.next = at.now + until_given_up;
    sweep(SIGKILL);
    return rearm();
  }
  if (stage.left > 0) {
    auto text = "left " + number_of(stage.left) + " behind" +
                (stage.left_names.empty() ? "" : ": " + config::one_line(stage.left_names));
    log(log_level::warn, options.name + " " + text);
    effects.emplace_back(effect::emit_notice{{}, stage.ended_pid, text});
  }
  end_sweep();
}

void process_machine::end_sweep() {
  auto& stage = *p.stage;
  effects.emplace_back(effect::end_sweep{});
  stage.next.reset();
  stage.after = after_end::swept;
  if (p.state == stopping || (p.state == starting && stage.start_waits))
    p.waiting_for = left_text();
  rearm();
  go_on_after_end();
}

/// The description of who waits for what comes after an end.
std::string process_machine::left_text() const {
  const auto& stage = *p.stage;
  if (stage.after == after_end::sweep)
    return stage.left > 0 ? "waiting for " + std::to_string(stage.left) +
                              (stage.left == 1 ? " left process" : " left processes") + " to end"
                          : "waiting for left processes to end";
  if (p.state == stopping)
    return stage.runs == command_kind::none ? std::string() : std::string(to_string(stage.runs)) + " runs";
  return "waiting for poststop";
}

} // namespace troupe::actors
