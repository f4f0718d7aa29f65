// See process_actor.hpp: what is done around the child, as process_fsm has decided: its spawn has its turn, commands
// beside its own are run, what it leaves behind is looked for and signalled. Must not decide when
// (core/process_hooks.cpp and core/process_stops.cpp do). Source: docs/contract/programs.md, 5 and 9. Cases:
// tests/stopping_test.py.
#include "actors/process_actor.hpp"

#include "protocols/events.hpp"
#include "protocols/utf8.hpp"

#include <caf/send.hpp>

#include <utility>

namespace troupe::actors {

namespace {

/// Of whole characters.
std::string beginning_of(const std::string& text) {
  constexpr std::size_t most = 256;
  auto begin = text.substr(0, most);
  if (text.size() > most)
    begin.resize(begin.size() - protocols::cut_character(begin));
  return begin;
}

} // namespace

/// Clients that asked for the start and do not want to wait have their answer.
void process_state_of_actor::let_spawn_wait(const std::string& for_what) {
  spawn_waiting = true;
  if (!for_what.empty())
    apply(event::spawn_held{for_what});
  tell_state(); // clients need not wait for it to be let in
  if (open)
    std::erase_if(open->waiters, [](waiting& w) {
      bool answered = w.task.what == verb::start && !w.task.wait;
      if (answered)
        (*w.answer)(process_outcome{});
      return answered;
    });
  withdraw_spawn_that_waits();
}

/// What it waits for is not ours to stop with it: a stop need not wait, too.
void process_state_of_actor::withdraw_spawn_that_waits() {
  if (spawn_waiting && (cell->record.stop_pending || cell->record.hold.returning) && is_unspawned())
    self->send(use->reaper.get(), withdraw_spawn{cell->id});
}

/// Its spawn is to be asked for again, once prestart has been run.
void process_state_of_actor::prepare() {
  spawn_waiting = false;
  if (is_unspawned())
    apply(event::turn_given{});
  if (std::exchange(first_spawn, false))
    tell_state();
}

/// The spawn has been answered.
void process_state_of_actor::end_spawn(const process_event& how) {
  spawn_waiting = false;
  if (is_unspawned()) // else a rebuilt actor hears of the child it knows
    apply(how);
  if (std::exchange(first_spawn, false))
    tell_state();
}

void process_state_of_actor::carry_out(const effect::run& e) {
  const auto& options = *cell->options;
  const auto& hooks = options.hooks();
  const auto& text = e.what == command_kind::prestart    ? hooks.prestart.command
                     : e.what == command_kind::poststart ? hooks.poststart.command
                     : e.what == command_kind::prestop   ? hooks.prestop.command
                     : e.what == command_kind::poststop  ? hooks.poststop.command
                                                         : options.stops().command;
  command_order order{
    .who = cell, .command = text.str(), .name = std::string(to_string(e.what)), .pid = e.pid, .variables = e.variables};
  auto answer = [me = self->address(), number = e.number](const command_result& result) {
    if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(me))
      caf::anon_send(caf::actor_cast<process_actor>(whom),
                     command_answered{number, result.ok, beginning_of(result.text)});
  };
  command = use->commands->begin(std::move(order), std::move(answer));
}

void process_state_of_actor::carry_out(const effect::end_run&) { command = nullptr; }

void process_state_of_actor::carry_out(const effect::reload& e) {
  command_order order{.who = cell,
                      .command = cell->options->reloads().command.str(),
                      .name = "reloadcommand",
                      .pid = e.pid,
                      .variables = {"SUPERVISOR_HOOK=reloadcommand"}};
  auto answer = [me = self->address(), number = e.number](const command_result& result) {
    if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(me))
      caf::anon_send(caf::actor_cast<process_actor>(whom),
                     command_answered{number, result.ok, beginning_of(result.text), true});
  };
  reloading = use->commands->begin(std::move(order), std::move(answer));
}

void process_state_of_actor::carry_out(const effect::end_reload&) { reloading = nullptr; }

void process_state_of_actor::carry_out(const effect::sweep& e) {
  auto reach = cell->options->stops().reach;
  if (reach == config::kill_reach::cgroup)
    reach = config::kill_reach::tree;
  auto answer = [me = self->address(), number = e.number](const left_behind& left) {
    if (auto whom = caf::actor_cast<caf::strong_actor_ptr>(me))
      caf::anon_send(caf::actor_cast<process_actor>(whom), sweep_answered{number, left.count, left.names});
  };
  sweep_order order{
    .reach = reach, .leader = e.pid, .spawn_id = e.id, .leader_lives = e.pid != 0 && e.pid == cell->record.pid};
  behind = use->sweeps->begin(order, std::move(answer));
  behind->signal(e.signo);
}

void process_state_of_actor::carry_out(const effect::end_sweep&) { behind = nullptr; }

void process_state_of_actor::carry_out(const effect::emit_notice& e) {
  use->events.publish(protocols::process_notice_event(cell->options->name, cell->group, e.pid, e.hook, e.text),
                      being_told);
}

void process_state_of_actor::carry_out(const effect::tell_failure&) {
  self->send(use->supervisor.get(), member_failed{cell->id});
}

void process_state_of_actor::carry_out(const effect::end_daemon& e) {
  self->send(use->supervisor.get(), essential_ended{e.status, e.text});
}

} // namespace troupe::actors
