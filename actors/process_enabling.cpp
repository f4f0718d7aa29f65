// See process_actor.hpp: it is disabled, or enabled again: remembered first, so that it is known whatever becomes of
// us. Must not decide what follows (core/process_enabling.cpp does). Source: docs/contract/programs.md, 11.
#include "actors/process_actor.hpp"

#include "actors/core/control.hpp"

#include <memory>
#include <utility>

namespace troupe::actors {

void process_state_of_actor::change_enabling(const process_task& task) {
  bool disabled = task.what == verb::disable;
  if (use->remembered) {
    auto shown = full_name(cell->group, cell->options->name);
    if (disabled)
      use->remembered->disable(shown, task.until);
    else if (!task.over)
      use->remembered->enable(shown);
  }
  apply(event::disabling{disabled, task.until});
  const auto& record = cell->record;
  bool ends = use->remembered && record.disabled_until != 0;
  if (ends && (!use->disabled_until || use->disabled_until->ring_by(record.disabled_until) != 0))
    self->send(use->supervisor.get(), disabling_over{}); // it looks now and then
  starts_once_stopped = task.over && record.state == process_state::stopping;
  bool stays = !task.over || !cell->options->autostart || retired || record.state == process_state::unknown ||
               !protocols::is_stopped(record.state);
  bool as_it_was = cell->options->starts_as_last() && record.wished == intent::unwanted;
  if (!stays && !as_it_was)
    apply(event::start_requested{start_reason::autostart});
}

/// After whoever waits for the stop has been answered.
void process_state_of_actor::start_late() {
  bool starts = std::exchange(starts_once_stopped, false);
  if (!starts || !protocols::is_stopped(cell->record.state))
    return;
  auto nobody = std::make_shared<reply_promise<process_outcome>>([](const process_outcome&) {}, process_outcome{});
  self->send(process_actor{self}, process_request{{.what = verb::enable, .over = true}, {}, std::move(nobody)});
}

/// `now`: as the record is going to have it.
void process_state_of_actor::note_wish(intent now) {
  if (now != cell->record.wished && use->remembered)
    use->remembered->note_wish(full_name(cell->group, cell->options->name), now);
}

} // namespace troupe::actors
