// See supervisor_actor.hpp.
#include "actors/supervisor_actor.hpp"

namespace troupe::actors {

using config::log_level;

void supervisor_state::add_group(group_cell_ptr cell) {
  auto index = cells.size();
  group_view view{cell->options->name, cell->options->priority, {}};
  for (std::size_t i = 0; i < cell->processes.size(); ++i) {
    view.members.push_back({cell->processes[i]->options->name, cell->processes[i]->record.state});
    positions[cell->processes[i]->id] = {index, i};
  }
  views.push_back(std::move(view));
  cells.push_back(std::move(cell));
  processes.push_back(std::make_shared<std::vector<process_actor>>());
  groups->emplace_back();
  spawn_group(index);
  publish(protocols::process_group_event(protocols::event_type::process_group_added, cells[index]->options->name));
}

void supervisor_state::spawn_group(std::size_t index) {
  (*groups)[index] =
    self->spawn<caf::monitored>(run_group, use, cells[index], processes[index], supervisor_actor{self});
}

void supervisor_state::start() {
  publish(protocols::supervisor_state_event(protocols::event_type::supervisor_state_change_running));
  evaluate_next();
}

void supervisor_state::evaluate_next() {
  if (next_to_evaluate < groups->size())
    self->send((*groups)[next_to_evaluate++], evaluate_group{});
}

void supervisor_state::note(const group_changed& change) {
  auto found = positions.find(change.process);
  if (found == positions.end())
    return;
  views[found->second.group].members[found->second.member].state = change.state;
  apply(daemon_event::group_changed{found->second.group, found->second.member});
}

void supervisor_state::on_down(const caf::down_msg& down) {
  for (std::size_t i = 0; i < groups->size(); ++i)
    if ((*groups)[i].address() == down.source) {
      use->log.write(log_level::critical,
                     "the actor of group " + views[i].name + " died and is rebuilt from its record");
      spawn_group(i);
      if (i + 1 == next_to_evaluate) // it may have died in its turn: evaluating twice does no harm
        self->send((*groups)[i], evaluate_group{});
    }
}

void supervisor_state::end_all(const caf::error& reason) {
  for (auto& group : *groups) {
    self->demonitor(group.address());
    self->send_exit(group, reason);
  }
  self->quit(reason);
}

void supervisor_state::publish(protocols::event event) {
  self->send(use->events, publish_event{static_cast<int>(event.type), std::move(event.body)});
}

/// The board is ahead of the reports on their way here: what was started a moment ago must not be left behind.
void supervisor_state::refresh_views() {
  for (std::size_t g = 0; g < cells.size(); ++g)
    for (std::size_t m = 0; m < cells[g]->processes.size(); ++m)
      if (auto status = use->board.find(cells[g]->processes[m]->id))
        views[g].members[m].state = status->state;
}

void supervisor_state::apply(const daemon_happening& happened) {
  auto [after, effects] = step(record, happened, views, self->home_system().clock().now());
  record = std::move(after);
  for (const auto& e : effects)
    std::visit([this](const auto& what) { carry_out(what); }, e);
}

void supervisor_state::carry_out(const daemon_effect::set_mood& e) { use->board.set_daemon(e.to); }

void supervisor_state::carry_out(const daemon_effect::publish& e) {
  publish(protocols::supervisor_state_event(e.type));
}

void supervisor_state::carry_out(const daemon_effect::stop_group& e) { self->send((*groups)[e.group], stop_group{}); }

void supervisor_state::carry_out(const daemon_effect::arm_timer& e) {
  self->scheduled_send(supervisor_actor{self}, e.at, supervisor_timer{});
}

void supervisor_state::carry_out(const daemon_effect::reopen_logs&) {
  use->log.reopen();
  use->io.reopen_logs();
}

void supervisor_state::carry_out(const daemon_effect::log& e) { use->log.write(e.level, e.text); }

void supervisor_state::carry_out(const daemon_effect::finish& e) { finished(e.how); }

supervisor_actor::behavior_type run_supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, services* use,
                                               std::vector<group_cell_ptr> cells,
                                               std::function<void(daemon_end)> finished, group_handles groups) {
  guard(self, use->log, "supervisor");
  auto& st = self->state;
  st.self = self;
  st.use = use;
  st.finished = std::move(finished);
  st.groups = std::move(groups);
  self->set_down_handler([&st](const caf::down_msg& m) { st.on_down(m); });
  self->set_exit_handler([&st](caf::exit_msg& m) { st.end_all(m.reason); });
  for (auto& cell : cells)
    st.add_group(std::move(cell));
  return {
    [&st](boot) { st.start(); },
    [&st](signal_arrived m) {
      if (!st.record.stopping)
        st.refresh_views();
      st.apply(daemon_event::signal{m.signo});
    },
    [&st](const group_changed& m) { st.note(m); },
    [&st](group_evaluated) { st.evaluate_next(); },
    [&st](supervisor_timer) { st.apply(daemon_event::timer_fired{}); },
  };
}

} // namespace troupe::actors
