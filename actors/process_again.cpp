// See process_actor.hpp: what an actor does that was rebuilt, or whose daemon died: it says and does what the one
// before had left undone, once; or that goes on with other options. Must not decide what that is (process_fsm.cpp
// does). Source: docs/contract/survival.md, 4.3 and 4.7. Cases: tests/survive_test.py, tests/survive_events_test.py,
// tests/update_test.py.
#include "actors/io/spawner.hpp"
#include "actors/process_actor.hpp"

#include <utility>

namespace troupe::actors {

/// Once we are killed behind it, it is not carried out again.
void process_state_of_actor::begin_effect(std::uint32_t number) {
  if (use->keeper)
    being_told = use->keeper->effect_of(*cell, number);
}

void process_state_of_actor::end_effect() {
  if (use->keeper)
    use->keeper->told(*cell, being_told.told);
  being_told = {};
}

/// The worker that died had noted a step: what has not been said of it is said now. What has to be done is done anew.
/// Whether a signal is among that.
bool process_state_of_actor::tell_the_untold() {
  auto left = use->keeper ? use->keeper->take_untold(cell->id) : std::nullopt;
  if (!left)
    return false;
  bool kills = false;
  auto effects = step(*cell->options, left->before, left->step.happened, left->step.at).effects;
  for (std::size_t i = left->told; i < effects.size(); ++i) {
    kills = kills || std::holds_alternative<effect::kill>(effects[i]);
    begin_effect(static_cast<std::uint32_t>(i) + 1);
    if (const auto* record = std::get_if<effect::log>(&effects[i]))
      carry_out(*record);
    else if (const auto* change = std::get_if<effect::emit>(&effects[i]))
      carry_out(*change);
    else if (const auto* health = std::get_if<effect::emit_health>(&effects[i]))
      carry_out(*health);
    else if (const auto* notice = std::get_if<effect::emit_notice>(&effects[i]))
      carry_out(*notice);
    end_effect();
  }
  return kills;
}

/// This actor or the reaper's was rebuilt: whatever was on its way may be lost.
/// `lost`: a signal may be, too.
void process_state_of_actor::catch_up(bool lost) {
  if (cell->record.pid != 0 || (is_unspawned() && !waits_by_itself(cell->record)))
    self->send(use->reaper.get(), adopt_request{cell, process_actor{self}});
  bool sent = use->keeper ? use->keeper->stop_sent(cell->slot) : use->succeeds;
  apply(event::rebuilt{.stop_sent = sent && !lost});
}

/// The same process, with other options: what the one cell has, the other takes over.
void process_state_of_actor::redefine(const process_cell_ptr& now) {
  if (now == cell)
    return;
  now->record = cell->record;
  now->handled_life = cell->handled_life;
  now->notes = cell->notes;
  auto before = std::exchange(cell, now)->options;
  self->send(use->reaper.get(), cell_replaced{cell});
  if (cell->record.pid != 0)
    use->io.redress(cell,
                    [means = use->means](const process_identity& who, bool is_stderr, int pid, child_channel& into) {
                      return open_channel_log(who, means->settings, is_stderr, pid, into);
                    });
  apply(event::options_replaced{std::move(before)});
}

void process_state_of_actor::look_for_another_reaper() {
  if (std::exchange(reaper_known, use->reaper.generation()) == use->reaper.generation())
    return;
  auto lost = process_outcome::of(protocols::make_fault(protocols::fault::failed, cell->options->name));
  if (open)
    for (const auto& answer : std::exchange(open->signals, {}))
      (*answer)(lost);
  catch_up(true);
}

} // namespace troupe::actors
