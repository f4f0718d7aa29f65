// See supervisor_actor.hpp: groups that go on with other members, or other options of theirs, while an update process
// by process is under way. Who stays keeps his number, his record and his child. Must not decide who stays
// (core/update_steps.hpp does), stop or start anybody. Source: docs/contract/programs.md, 6. Cases:
// tests/update_test.py.
#include "actors/core/passing_stop.hpp"
#include "actors/supervisor_update.hpp"

#include <unordered_map>
#include <utility>

namespace troupe::actors {

using config::plan_action;

/// What can go on with its new definition has it; what is to be restarted has it once it is stopped.
void supervisor_state::redefine_groups() {
  auto& u = *update;
  for (const auto& group : changed_groups(u.plan)) {
    const auto* view = record->table.find(group);
    auto target = find_group(u.target, group);
    if (!view || !target || !stays(group))
      continue;
    std::set<std::string> as_they_are, gone;
    if (u.phase < update_phase::adding)
      as_they_are = members_for(u.plan, group, plan_action::restart);
    for (const auto& [of, process] : u.kept)
      if (of == group)
        as_they_are.insert(process);
    for (const auto& [of, process] : u.gone)
      if (of == group)
        gone.insert(process);
    redefine_group(view->id, group_between(*record->groups.at(view->id).cell->options, *target, as_they_are, gone));
  }
  make_programs();
  use->keep_image();
}

void supervisor_state::redefine_group(std::uint64_t id, const config::group_options_ptr& options) {
  auto& group = record->groups.at(id);
  auto now = std::make_shared<group_cell>();
  now->options = options;
  std::unordered_map<std::string_view, process_cell_ptr> before;
  for (const auto& process : group.cell->processes)
    before.emplace(process->options->name.view(), process);
  const auto& set = record->set;
  for (const auto& process : options->processes) {
    auto known = before.extract(process->name.view());
    if (!known.empty() && known.mapped()->options == process) {
      now->processes.push_back(std::move(known.mapped()));
      continue;
    }
    auto made = known.empty() ? make_process_cell(process, options->name, set.childlogdir, set.identifier, record->kept)
                              : with_options(known.mapped(), process, set.childlogdir, set.identifier);
    if (!made) // an AUTO log cannot be made
      return use->log.write(config::log_level::error, options->name + " is not updated: " + made.error().what);
    if (known.empty() && use->keeper)
      use->keeper->assign(**made);
    if (known.empty())
      recall(**made);
    else
      forget_definition((*made)->id);
    now->processes.push_back(*std::move(made));
  }
  for (const auto& [gone, process] : before)
    keep_logs(record->kept, *process);
  group_view view{options->name, options->priority, {}, options->kind == config::group_kind::eventlistener};
  for (const auto& process : now->processes)
    view.members.push_back({process->options->name, process->record.state, process->id});
  use->board.redefine_group(*now);
  actors::redefine_group(record->table, id, std::move(view));
  group.cell = now;
  self->send(group.actor, group_redefined{now});
}

// -- and an operator who stops them meanwhile ---------------------------------------------------

/// Those that leave their group, or whose group is made anew, and that an operator has stopped since it began.
void supervisor_state::note_stopped_by_hand() {
  for (auto process : update->ends)
    if (auto status = use->board.find(process); status && is_stopped_by_hand(*status))
      update->by_hand.insert({status->who->options->section.str(), status->who->options->name.str()});
}

/// It, or the one that was it in another group, has been stopped by an operator while this update goes on.
bool supervisor_state::is_left_by_hand(const config::process_options& options) const {
  return update && update->by_hand.contains({options.section.str(), options.name.str()});
}

} // namespace troupe::actors
