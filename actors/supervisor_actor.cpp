// See supervisor_actor.hpp: the actor and its groups. What clients ask for is in supervisor_control.cpp, reading the
// configuration again in supervisor_reload.cpp, what the table decides is carried out in supervisor_effects.cpp.
#include "actors/supervisor_actor.hpp"

#include "actors/event_listener_actor.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/io/steadfast.hpp"
#include "actors/kept_alive.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

/// One that has ended is not done with while something is left to do after it.
protocols::process_state state_of(protocols::process_state state, bool ending) {
  return ending && protocols::is_stopped(state) ? protocols::process_state::stopping : state;
}

bool asks_for_end(int signo) { return signo == SIGTERM || signo == SIGINT || signo == SIGQUIT; }

} // namespace

/// Before the start.
void supervisor_state::fill() {
  record->filled = true;
  if (use->remembered)
    record->table.scales = use->remembered->scales();
  std::vector<config::group_options_ptr> loaded;
  for (auto& cell : std::exchange(record->set.cells, {})) {
    loaded.push_back(cell->options);
    add_group(cell);
  }
  use->board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>(std::move(loaded)));
  make_programs();
  use->keep_image();
}

void supervisor_state::start() {
  if (record->start_asked && !record->table.started)
    apply(group_event::started{static_cast<bool>(record->set.running)});
}

/// The supervisor before this one has failed: what was under way may be lost with it.
void supervisor_state::take_over() {
  for (auto& [id, group] : record->groups) {
    self->monitor(group.actor); // one that died in between is reported at once
    self->send(group.actor, supervisor_replaced{supervisor_actor{self}});
  }
  refresh_all();
  make_programs();
  apply(group_event::rebuilt{});
  go_on_with_rollouts();
  go_on_with_restarts();
  record->update_under_way.reset(); // it has gone with that one
  begin_next_update();
}

/// The daemon before this one was another binary: whatever was under way there is done again.
void supervisor_state::go_on() {
  record->filled = true;
  for (const auto& view : record->table.groups)
    show_group(view.id);
  use->board.set_loaded(std::exchange(record->goes_on_with, nullptr));
  use->keep_image();
  make_programs();
  for (const auto& view : record->table.groups)
    spawn_group(view.id);
  apply(group_event::rebuilt{});
  go_on_with_rollouts();
  go_on_with_restarts();
}

/// Its processes are visible, its pool hands out what waits.
void supervisor_state::show_group(std::uint64_t id) {
  const auto& cell = record->groups.at(id).cell;
  use->board.add_group(*cell);
  for (const auto& process : cell->processes)
    if (process->record.started_once || process->record.state != protocols::process_state::stopped)
      use->board.publish(process);
  auto handler = result_handler_of(*cell->options);
  if (!handler)
    use->log.write(log_level::critical, handler.error().what);
  if (use->pools)
    use->pools->add(*cell, handler ? *std::move(handler) : nullptr);
}

std::uint64_t supervisor_state::add_group(group_cell_ptr cell) {
  const auto& options = *cell->options;
  recall(*cell);
  if (use->keeper)
    for (const auto& process : cell->processes)
      use->keeper->assign(*process);
  group_view view{options.name, options.priority, {}, options.kind == config::group_kind::eventlistener};
  for (const auto& process : cell->processes)
    view.members.push_back({process->options->name, process->record.state, process->id});
  use->board.add_group(*cell);
  auto id = actors::add_group(record->table, std::move(view));
  record->groups[id].cell = cell;
  spawn_group(id);
  auto handler = result_handler_of(options); // looked at before anything was added
  if (!handler)
    use->log.write(log_level::critical, handler.error().what);
  if (use->pools)
    use->pools->add(*cell, handler ? *std::move(handler) : nullptr); // so that it receives its own ADDED event
  use->events.publish(protocols::process_group_event(protocols::event_type::process_group_added, options.name));
  return id;
}

void supervisor_state::spawn_group(std::uint64_t id) {
  auto& group = record->groups.at(id);
  group.actor = self->spawn<caf::monitored>(run_group, use, group.cell, group.processes, supervisor_actor{self});
}

group_actor supervisor_state::actor_of(std::uint64_t group) const { return record->groups.at(group).actor; }

bool supervisor_state::is_being_spawned(std::uint64_t process) const {
  auto status = use->board.find(process);
  return status && status->state == protocols::process_state::starting && status->pid == 0 &&
         status->waiting_for.empty(); // its turn may come much later
}

/// The group whose turn it is has asked for its spawns: which of them are not answered yet?
void supervisor_state::note_evaluated() {
  group_event::evaluated answer;
  const auto& table = record->table;
  if (table.doors_shut && table.next_to_evaluate > 0)
    for (const auto& member : table.groups[table.next_to_evaluate - 1].members)
      if (is_being_spawned(member.process))
        answer.being_spawned.push_back(member.process);
  apply(answer);
}

/// The board is ahead of the reports on their way here: what was started a moment ago must not be left behind.
void supervisor_state::refresh_all() {
  for (auto& group : record->table.groups)
    for (auto& member : group.members)
      if (auto status = use->board.find(member.process))
        member.state = state_of(status->state, status->ending);
}

/// Not one that has died since: it is asked again.
void supervisor_state::note_told() {
  const auto& to_stop = record->table.to_stop;
  auto who = caf::actor_cast<caf::actor_addr>(self->current_sender());
  if (!to_stop.empty() && actor_of(to_stop.front()).address() == who)
    apply(group_event::told{to_stop.front()});
}

void supervisor_state::on_down(const caf::down_msg& down) {
  auto found = std::find_if(record->groups.begin(), record->groups.end(),
                            [&](auto& g) { return g.second.actor.address() == down.source; });
  if (found == record->groups.end())
    return;
  auto id = found->first;
  say_rebuilt(use->log, "the actor of group " + found->second.cell->options->name);
  spawn_group(id);
  refresh_all();
  apply(group_event::died{id});
}

void supervisor_state::on_exit(const caf::error& reason) {
  for (auto& [id, group] : record->groups) {
    self->demonitor(group.actor.address());
    self->send_exit(group.actor, reason);
  }
  reader.close();
  update.reset();
  self->quit(reason);
}

void supervisor_state::take_signals() {
  while (auto signo = record->signals.pop()) {
    if (!record->table.daemon.stopping)
      refresh_all();
    bool again = record->table.daemon.state == protocols::daemon_state::shutdown && asks_for_end(*signo);
    apply(group_event::of_the_daemon{daemon_event::signal{*signo}});
    if (again) // a manager counts the time from its own signal
      tell_ending();
  }
  if (use->keeper)
    use->keeper->count_signals();
}

supervisor_actor::behavior_type run_supervisor(hosted_pointer<supervisor_actor, supervisor_state> self, services* use,
                                               std::shared_ptr<supervisor_record> record) {
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.record = std::move(record);
  st.reader.open(st.record->set.load, [me = supervisor_actor{self}](configuration_reader::outcome what) {
    caf::anon_send(me, configuration_loaded{std::move(what)});
  });
  if (st.record->goes_on_with)
    st.go_on();
  else if (st.record->filled)
    st.take_over();
  else
    st.fill();
  st.start();
  st.take_signals();
  st.look_at_disabled();
  steadfast on{use->log, "the supervisor"};
  return {
    on([&st](boot) { st.start(); }),
    on([&st](signal_arrived) { st.take_signals(); }),
    on([&st](look_for_reaper) {
      for (const auto& [id, group] : st.record->groups)
        st.self->send(group.actor, look_for_reaper{});
    }),
    on([&st](const group_changed& m) {
      st.apply(group_event::changed{m.process, state_of(m.state, m.ending),
                                    st.record->table.doors_shut && st.is_being_spawned(m.process)});
      st.wake_dependents(m);
      st.note_for_rollouts(m);
      st.look_at_update();
      st.go_on_with_restarts();
    }),
    on([&st](group_evaluated) { st.note_evaluated(); }),
    on([&st](group_told) { st.note_told(); }),
    on([&st](const pull_in& m) { st.start_for_others(m); }),
    on([&st](const member_failed& m) { st.share_fate(m); }),
    on([&st](const essential_ended& m) {
      st.apply(group_event::of_the_daemon{daemon_event::essential_ended{m.status, m.text}});
    }),
    on([&st](const control_call& m) { st.control(m); }),
    on([&st](const configuration_loaded& m) { st.note_loaded(m); }),
    on([&st](const group_asked& m) { st.finish_removal(m); }),
    on([&st](const update_answered& m) { st.go_on_with_update(m); }),
    on([&st](supervisor_timer) { st.apply(group_event::of_the_daemon{daemon_event::timer_fired{}}); }),
    on([&st](boot_overdue) { st.apply(group_event::start_overdue{}); }),
    on([&st](update_overdue m) { st.end_update_step(m.step); }),
    on([&st](const update_member_answered& m) { st.note_update_member(m); }),
    on([&st](update_due) { st.look_at_due_updates(); }),
    on([&st](disabling_over) { st.look_at_disabled(); }),
    on([&st](reading_overdue m) { st.apply(reload_event::overdue{m.reading}); }),
    on([&st](const rollout_answered& m) { st.note_rollout_answer(m); }),
    on([&st](rollout_due) {
      st.rollout_alarm.reset();
      st.advance_rollouts();
    }),
  };
}

} // namespace troupe::actors
