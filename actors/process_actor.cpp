// See process_actor.hpp.
#include "actors/process_actor.hpp"

#include <chrono>

namespace troupe::actors {

namespace {

std::int64_t wall_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

void process_state_of_actor::apply(const process_event& happened) {
  auto before = cell->record.state;
  auto [after, effects] = step(*cell->options, cell->record, happened, // a copy: a throw must leave the record whole
                               {self->home_system().clock().now(), wall_now(), use->board.daemon()});
  cell->record = std::move(after);
  use->board.publish(*cell);
  for (const auto& e : effects)
    std::visit([this](const auto& what) { carry_out(what); }, e);
  if (cell->record.state != before)
    self->send(group, process_changed{cell->id, cell->record.state});
}

void process_state_of_actor::take_turn(const process_event& happened) {
  apply(happened);
  self->send(group, turn_taken{cell->id});
}

void process_state_of_actor::carry_out(const effect::spawn&) {
  self->send(use->reaper, spawn_request{cell, process_actor{self}});
}

void process_state_of_actor::carry_out(const effect::kill& e) {
  self->send<caf::message_priority::high>(use->reaper,
                                          signal_request{cell->id, cell->record.pid, e.signo, e.to_group, e.stopping});
}

void process_state_of_actor::carry_out(const effect::arm_timer& e) { // a new epoch outdates the timer before it
  self->send(use->timer, alarm_request{e.at, ++timer_epoch, process_actor{self}});
}

void process_state_of_actor::carry_out(const effect::cancel_timer&) { ++timer_epoch; }

void process_state_of_actor::carry_out(const effect::emit& e) {
  auto event =
    protocols::process_state_event(cell->options->name, cell->group, e.from, e.to, e.tries, e.pid, e.expected);
  self->send(use->events, publish_event{static_cast<int>(event.type), std::move(event.body)});
}

void process_state_of_actor::carry_out(const effect::log& e) { use->log.write(e.level, e.text); }

process_actor::behavior_type run_process(process_actor::stateful_pointer<process_state_of_actor> self, services* use,
                                         process_cell_ptr cell, group_actor group, bool rebuilt) {
  guard(self, use->log, "process " + cell->options->name);
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.cell = std::move(cell);
  st.group = std::move(group);
  if (rebuilt) {
    if (st.cell->record.pid != 0 || st.cell->record.state == process_state::starting)
      self->send(use->reaper, adopt_request{st.cell, process_actor{self}});
    if (st.cell->record.deadline)
      st.carry_out(effect::arm_timer{*st.cell->record.deadline});
  }
  return {
    [&st](evaluate_process) { st.take_turn(event::evaluate{}); },
    [&st](stop_process m) {
      if (m.final)
        st.take_turn(event::daemon_stop_requested{});
      else
        st.take_turn(event::stop_requested{});
    },
    [&st](const group_replaced& m) { st.group = m.group; },
    [&st](child_spawned m) {
      if (st.cell->record.pid == 0) // else a rebuilt actor hears of the child it knows
        st.apply(event::spawned{m.pid});
    },
    [&st](const child_not_spawned& m) {
      if (st.cell->record.pid == 0 && st.cell->record.state == process_state::starting)
        st.apply(event::spawn_failed{m.text});
    },
    [&st](child_exited m) {
      if (st.cell->record.pid == m.pid)
        st.apply(event::exited{m.wait_status});
      st.self->send(st.use->reaper, exit_handled{st.cell->id, m.pid});
    },
    [&st](signal_failed m) {
      if (st.cell->record.pid == m.pid)
        st.apply(event::kill_failed{m.error, m.signo, m.stopping});
    },
    [&st](process_timer m) {
      if (m.epoch == st.timer_epoch)
        st.apply(event::timer_fired{});
    },
  };
}

} // namespace troupe::actors
