// See process_machine.hpp: the commands of a program that are run before its child is made, once it is ready, before
// it is stopped, to stop it, and after its end. Must not run them: whoever does is asked, and answers. Source:
// docs/contract/programs.md, 5, 9 and 16. Cases: tests/core/process_hooks_test.cpp.
#include "actors/core/process_machine.hpp"
#include "actors/core/readiness.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include <sys/wait.h>

namespace troupe::actors {

using config::log_level;
using std::chrono::milliseconds;
using enum process_state;

std::string_view to_string(command_kind of) {
  switch (of) {
  case command_kind::none:
    break;
  case command_kind::prestart:
    return "prestart";
  case command_kind::poststart:
    return "poststart";
  case command_kind::prestop:
    return "prestop";
  case command_kind::stopcommand:
    return "stopcommand";
  case command_kind::poststop:
    return "poststop";
  }
  return {};
}

namespace {

/// Null: of stopcommand, which is none.
const config::hook* hook_of(const config::process_options& options, command_kind what) {
  const auto& hooks = options.hooks();
  switch (what) {
  case command_kind::prestart:
    return &hooks.prestart;
  case command_kind::poststart:
    return &hooks.poststart;
  case command_kind::prestop:
    return &hooks.prestop;
  case command_kind::poststop:
    return &hooks.poststop;
  case command_kind::none:
  case command_kind::stopcommand:
    break;
  }
  return nullptr;
}

bool has(const config::process_options& options, command_kind what) {
  const auto* hook = hook_of(options, what);
  return !(hook ? hook->command : options.stops().command).empty();
}

/// TERM
std::string short_signal(int signo) {
  auto name = config::signal_name(signo);
  return name.starts_with("SIG") ? name.substr(3) : name;
}

bool is_clean(int signo) { return signo == SIGTERM || signo == SIGHUP || signo == SIGINT || signo == SIGPIPE; }

/// As systemd's services have it.
std::string_view service_result(const stage_record& stage, bool was_unhealthy) {
  auto status = stage.wait_status;
  if (was_unhealthy)
    return "watchdog";
  if (stage.overdue || (stage.was_killed && stage.cause != stop_cause::kill))
    return "timeout";
  if (WIFEXITED(status))
    return WEXITSTATUS(status) == 0 || stage.expected ? "success" : "exit-code";
  if (!WIFSIGNALED(status))
    return {};
  bool was_asked = stage.cause != stop_cause::none && stage.cause != stop_cause::kill;
  if (stage.expected || (was_asked && is_clean(WTERMSIG(status))))
    return "success";
  return WCOREDUMP(status) ? "core-dump" : "signal";
}

std::string_view reason_of(stop_cause cause, start_reason why) {
  switch (cause) {
  case stop_cause::none:
    break;
  case stop_cause::operators:
    return "stop";
  case stop_cause::kill:
    return "kill";
  case stop_cause::shutdown:
    return "shutdown";
  case stop_cause::by_itself:
  case stop_cause::update:
    return to_string(why);
  }
  return {};
}

} // namespace

// -- begun and ended -----------------------------------------------------------------------------

void process_machine::run(command_kind what) {
  auto& stage = p.stage.make();
  stage.runs = what;
  stage.due.reset();
  if (const auto* hook = hook_of(options, what); hook && hook->timeout.count() > 0)
    stage.due = at.now + hook->timeout;
  if (p.state == starting && stage.start_waits)
    p.waiting_for = left_text();
  else if (p.state == starting || p.state == stopping)
    p.waiting_for = std::string(to_string(what)) + " runs";
  auto pid = p.pid != 0 ? p.pid : what == command_kind::prestart ? 0 : stage.ended_pid;
  effects.emplace_back(effect::run{what, ++stage.command, pid, variables_of(what)});
  rearm();
}

/// Its actor is another one than before: who ran for that, or looked, is not heard of again.
void process_machine::run_again() {
  if (!p.stage)
    return;
  if (p.stage->runs != command_kind::none)
    run(p.stage->runs);
  if (p.stage->after == after_end::sweep)
    sweep(p.stage->swept_hard ? SIGKILL : SIGTERM);
}

void process_machine::end_command() {
  if (!p.stage || p.stage->runs == command_kind::none)
    return;
  p.stage->runs = command_kind::none;
  p.stage->due.reset();
  effects.emplace_back(effect::end_run{});
}

void process_machine::end_command(command_kind what) {
  if (runs(what))
    end_command();
}

void process_machine::operator()(const event::command_ended& e) {
  if (!p.stage || p.stage->runs == command_kind::none || p.stage->command != e.number)
    return;
  auto what = std::exchange(p.stage->runs, command_kind::none);
  p.stage->due.reset();
  if (p.state == starting || p.state == stopping)
    p.waiting_for = {};
  rearm();
  if (e.ok)
    return go_on_after(what, {});
  command_failed(what, "failed (" + e.text + ")");
}

/// `how`: behind its name.
void process_machine::command_failed(command_kind what, const std::string& how) {
  auto name = to_string(what);
  log(log_level::warn, std::string(name) + " of " + options.name + " " + how);
  if (hook_of(options, what))
    effects.emplace_back(effect::emit_notice{name, p.pid != 0 ? p.pid : p.stage->ended_pid, how});
  go_on_after(what, std::string(name) + " " + how);
}

/// `failure`: what is said of it; empty: it has done well.
void process_machine::go_on_after(command_kind what, const std::string& failure) {
  const auto* hook = hook_of(options, what);
  bool aborts = !failure.empty() && hook && hook->aborts;
  switch (what) {
  case command_kind::prestart:
    return aborts ? fail_spawn(failure) : spawn_prepared();
  case command_kind::poststart:
    return aborts ? fail_child(failure) : enter_running(up_text());
  case command_kind::prestop:
    return is_after_end() ? go_on_after_end() : go_on_stopping(what);
  case command_kind::stopcommand:
    if (!failure.empty())
      begin_ladder();
    return; // else it has its time
  case command_kind::poststop:
    p.stage->vetoed = aborts;
    if (aborts && (p.state == backoff || (p.state == starting && is_by_itself(p.why))))
      p.spawnerr = failure;
    return go_on_after_end();
  case command_kind::none:
    return;
  }
}

// -- what comes next -----------------------------------------------------------------------------

/// Its turn has come.
void process_machine::operator()(event::turn_given) {
  if (p.state != starting || p.pid != 0)
    return;
  if (std::exchange(p.stop_pending, false)) {
    p.laststop = at.wall;
    return end_hold();
  }
  if (p.hold.returning)
    return hold_again();
  if (has(options, command_kind::prestart))
    return run(command_kind::prestart);
  spawn_prepared();
}

void process_machine::spawn_prepared() {
  p.waiting_for = {};
  p.started_at = at.now;
  p.laststart = at.wall;
  make_spawn_id();
  p.stage.make().prepared = true;
  effects.emplace_back(effect::spawn{});
}

/// It is ready, or has lasted for long enough.
void process_machine::be_up() {
  if (!has(options, command_kind::poststart))
    return enter_running(up_text());
  p.deadline.reset();
  p.stage.make().ready_at = at.now;
  p.check.make().has_lasted = at.now > lasts_from();
  if (p.check->has_lasted)
    effects.emplace_back(effect::tell{});
  run(command_kind::poststart);
}

std::string process_machine::up_text() const {
  const auto& form = options.ready().form;
  if (!form)
    return "process has stayed up for > than " + std::to_string(options.oneshot() ? 0 : options.startsecs) +
           " seconds (startsecs)";
  auto since = (p.stage && p.stage->ready_at ? *p.stage->ready_at : at.now) - p.started_at;
  return "ready (" + form.shown + ") after " + seconds_text(to_tenths(since));
}

/// STOPPING, and `done` is over.
void process_machine::go_on_stopping(command_kind done) {
  if (done == command_kind::none && has(options, command_kind::prestop))
    return run(command_kind::prestop);
  if (!has(options, command_kind::stopcommand))
    return begin_ladder();
  p.stage.make().commanded = true;
  auto timeout = options.stops().commandtimeout;
  p.deadline = at.now + (timeout ? clock::duration{*timeout} : stop_wait(options));
  run(command_kind::stopcommand);
}

// -- its time ------------------------------------------------------------------------------------

/// True: nothing else is due now.
bool process_machine::stage_is_due() {
  if (!p.stage || (p.deadline && at.now >= *p.deadline))
    return false;
  const auto& stage = *p.stage;
  if (stage.due && at.now >= *stage.due) {
    auto what = stage.runs;
    const auto* hook = hook_of(options, what);
    end_command();
    if (p.state == starting || p.state == stopping)
      p.waiting_for = {};
    rearm();
    command_failed(what, "timed out after " + seconds_text(hook ? hook->timeout : milliseconds{0}));
    return true;
  }
  if (stage.next && at.now >= *stage.next) {
    go_on_sweeping();
    return true;
  }
  if (p.check || (!stage.due && !stage.next))
    return false;
  rearm();
  return true;
}

/// For another start: what is still to be done after the last child goes on.
void process_machine::renew_stage() {
  if (!p.stage)
    return;
  auto old = std::move(*p.stage);
  p.stage.reset();
  if (old.after != after_end::nothing) {
    p.stage.make() = std::move(old);
    p.stage->restart_waits = false;
    return;
  }
  if (old.command == 0 && old.look == 0)
    return;
  p.stage.make().command = old.command; // answers to those before may be on their way
  p.stage->look = old.look;
}

/// Of the next child: what its descendants are known by.
void process_machine::make_spawn_id() {
  if (!marks_spawns(options))
    return;
  auto id = chance_of(at.name ^ static_cast<std::uint64_t>(at.wall), p.spawns + 1);
  p.stage.make().spawn_id = std::max<std::uint64_t>(id, 1);
}

std::vector<std::string> process_machine::variables_of(command_kind what) const {
  const auto& stage = *p.stage;
  bool starts = what == command_kind::prestart || what == command_kind::poststart;
  auto reason = starts ? to_string(p.why) : reason_of(stage.cause, p.why);
  std::vector<std::string> all{"SUPERVISOR_HOOK=" + std::string(to_string(what)),
                               "SUPERVISOR_REASON=" + std::string(reason),
                               "SUPERVISOR_TRIES=" + std::to_string(p.backoff)};
  if (what != command_kind::poststop)
    return all;
  auto status = stage.wait_status;
  bool exited = WIFEXITED(status);
  bool signalled = WIFSIGNALED(status);
  auto code = exited ? std::to_string(WEXITSTATUS(status)) : std::string();
  auto signal = signalled ? short_signal(WTERMSIG(status)) : std::string();
  bool was_unhealthy = stage.cause == stop_cause::by_itself && p.why == start_reason::health &&
                       options.health().form.what == config::check_form::kind::notify;
  all.push_back("SUPERVISOR_EXIT_CODE=" + code);
  all.push_back("SUPERVISOR_EXIT_SIGNAL=" + signal);
  all.push_back(std::string("SUPERVISOR_EXPECTED=") + (stage.expected ? "1" : "0"));
  all.push_back("SUPERVISOR_UPTIME=" +
                std::to_string(std::chrono::duration_cast<std::chrono::seconds>(stage.uptime).count()));
  all.push_back(std::string("EXIT_CODE=") + (exited              ? "exited"
                                             : !signalled        ? ""
                                             : WCOREDUMP(status) ? "dumped"
                                                                 : "killed"));
  all.push_back("EXIT_STATUS=" + code + signal);
  all.push_back("SERVICE_RESULT=" + std::string(service_result(stage, was_unhealthy)));
  return all;
}

} // namespace troupe::actors
