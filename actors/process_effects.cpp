// What process_fsm has decided, done: the effects of a process, see process_actor.hpp. Must not decide anything.
#include "actors/process_actor.hpp"

#include "actors/core/life_end.hpp"

#include <caf/send.hpp>

#include <utility>

namespace troupe::actors {

void process_state_of_actor::carry_out(const effect::spawn&) {
  self->send(use->reaper.get(), spawn_request{cell, process_actor{self}});
}

void process_state_of_actor::carry_out(const effect::kill& e) {
  self->send<caf::message_priority::high>(use->reaper.get(),
                                          signal_request{cell->id, cell->record.pid, e.signo, e.to_group, e.stopping});
}

void process_state_of_actor::carry_out(const effect::arm_timer& e) { // a new epoch outdates the timer before it
  self->host().set_alarm(cell->id, e.at, self->address(), caf::make_message(process_timer{++timer_epoch}));
}

void process_state_of_actor::carry_out(const effect::cancel_timer&) { ++timer_epoch; }

void process_state_of_actor::carry_out(const effect::emit& e) {
  if (cell->options->listener && e.from == process_state::running)
    use->events.set_running(cell->id, false); // it does not hear of its own end
  auto event =
    protocols::process_state_event(cell->options->name, cell->group, e.from, e.to, e.tries, e.pid, e.expected);
  if (about_end != 0 && tells_of_end(e))
    event.about = about_end;
  use->events.publish(std::move(event), being_told);
}

void process_state_of_actor::carry_out(const effect::look_at_dependencies& e) { look_due = e.pull_in; }

void process_state_of_actor::carry_out(const effect::return_event&) { use->events.ended(cell->id); }

void process_state_of_actor::carry_out(const effect::log& e) { use->log.write(e.level, e.text); }

} // namespace troupe::actors
