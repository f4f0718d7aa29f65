// What group_table has decided, done: the effects of the supervisor, see supervisor_actor.hpp. Must not decide
// anything.
#include "actors/carry.hpp"
#include "actors/event_listener_actor.hpp"
#include "actors/supervisor_actor.hpp"

#include <caf/send.hpp>

#include <csignal>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;

namespace {

constexpr std::chrono::seconds boot_patience{1};

} // namespace

void supervisor_state::apply(const group_happening& happened) {
  bool stopping = record->table.daemon.stopping;
  auto batch = record->table.daemon.batch;
  auto effects = step(record->table, happened, std::chrono::steady_clock::now());
  if (stopping && batch != record->table.daemon.batch) // of the first one set_state tells
    tell_ending();
  for (const auto& e : effects)
    std::visit([this](const auto& what) { carry_out(what); }, e);
}

void supervisor_state::tell_ending() const {
  if (record->set.ending)
    record->set.ending();
}

void supervisor_state::carry_out(const group_effect::evaluate& e) { self->send(actor_of(e.group), evaluate_group{}); }

void supervisor_state::carry_out(const group_effect::remind_of_start&) {
  self->remind(std::chrono::steady_clock::now() + boot_patience, boot_overdue{});
}

void supervisor_state::carry_out(const group_effect::let_clients_in&) { record->set.running(); }

void supervisor_state::carry_out(const group_effect::stop& e) {
  if (programs)
    stop_in_order(e.group);
  else
    self->send(actor_of(e.group), stop_group{});
}

void supervisor_state::carry_out(const group_effect::ask_members& e) {
  auto collected = std::make_shared<reply_promise<control_answer>>(
    [me = supervisor_actor{self}, id = e.group](control_answer answers) {
      caf::anon_send(me, group_asked{id, std::move(answers)});
    },
    control_answer{process_results{}});
  auto all = std::make_shared<gathering>(collected);
  const auto& group = record->groups.at(e.group);
  self->send(group.actor, group_request{{.what = verb::retire},
                                        {},
                                        {},
                                        gathering::add(all, 0, group.cell->options->name, group.cell->options->name),
                                        all});
}

void supervisor_state::carry_out(const group_effect::keep& e) { self->send(actor_of(e.group), keep_group{}); }

void supervisor_state::carry_out(const group_effect::drop& e) {
  auto group = std::move(record->groups.extract(e.group.id).mapped());
  for (const auto& process : group.cell->processes)
    keep_logs(record->kept, *process);
  self->demonitor(group.actor.address());
  self->send_exit(group.actor, caf::exit_reason::user_shutdown);
  use->board.remove_group(e.group.name);
  if (use->pools)
    use->pools->remove(e.group.name); // so that it does not see its own removal
  use->events.publish(protocols::process_group_event(protocols::event_type::process_group_removed, e.group.name));
  if (use->history)
    tell_group(*use->history, "removed", e.group.name);
  make_programs();
  keep_removed(*record, *use, e.group.id, *group.cell);
}

void supervisor_state::carry_out(const group_effect::end_removal& e) {
  if (auto asked = std::exchange(record->removal, std::nullopt)) {
    if (!e.refused)
      (*asked->answer)(std::monostate{});
    else
      (*asked->answer)(*e.refused == fault::shutdown_state ? make_fault(fault::shutdown_state)
                                                           : make_fault(*e.refused, asked->request.name));
  }
  for (const auto& call : std::exchange(record->held, {}))
    control(call);
  advance_rollouts();
}

void supervisor_state::carry_out(const group_effect::publish& e) {
  if (e.not_to)
    use->events.close_pool(record->table.find(*e.not_to)->name);
  use->events.publish(protocols::supervisor_state_event(e.type));
}

/// Whoever asked for it is answered once everybody sees it, and before anything stops.
void supervisor_state::carry_out(const daemon_effect::set_state& e) {
  if (use->keeper && e.to != protocols::daemon_state::running)
    use->keeper->set_ending(e.to == protocols::daemon_state::restarting ? SIGHUP : SIGTERM);
  use->board.set_daemon(e.to);
  if (e.to != protocols::daemon_state::running)
    end_rollouts();
  tell_ending();
  if (auto asker = std::exchange(record->end_asked, nullptr))
    (*asker)(std::monostate{});
}

void supervisor_state::carry_out(const daemon_effect::arm_timer& e) { self->remind(e.at, supervisor_timer{}); }

void supervisor_state::carry_out(const daemon_effect::reopen_logs&) {
  use->log.reopen();
  use->io.reopen_logs();
  if (use->reopen_audit)
    use->reopen_audit();
}

void supervisor_state::carry_out(const daemon_effect::log& e) { use->log.write(e.level, e.text); }

void supervisor_state::carry_out(const daemon_effect::finish& e) { record->set.finished(e.how, e.status); }

} // namespace troupe::actors
