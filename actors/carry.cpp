// See carry.hpp.
#include "actors/carry.hpp"

#include "actors/io/half_batches.hpp"
#include "actors/io/note_making.hpp"
#include "config/text.hpp"
#include "platform/stranger.hpp"

#include <algorithm>
#include <csignal>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace troupe::actors {

using config::log_level;

namespace {

carried_group carry(std::uint64_t id, const group_cell& cell) {
  carried_group group{id, cell.options, {}};
  for (const auto& process : cell.processes) {
    const auto* notes = process->notes.get();
    group.processes.push_back({process->id, process->record, process->stdout_path, process->stderr_path,
                               process->counters().stdout_bytes, process->counters().stderr_bytes, process->slot,
                               process->handled_life, notes ? notes->ready.get() : -1,
                               notes ? notes->notify.socket.get() : -1});
  }
  return group;
}

/// Whatever of it was under way, or may have happened meanwhile, needs its actor.
bool has_to_look(const process_record& record) {
  return record.pid != 0 || record.deadline || record.stop_pending || is_ending(record) ||
         !protocols::is_stopped(record.state);
}

process_cell_ptr make_cell(carried_process& from, const config::group_options& group, std::size_t member,
                           keeper_desk* keeper) {
  auto cell = std::make_shared<process_cell>();
  cell->id = from.id;
  cell->options = group.processes[member];
  cell->group = group.name;
  cell->stdout_path = from.stdout_path;
  cell->stderr_path = from.stderr_path;
  cell->counters().stdout_bytes = from.stdout_bytes;
  cell->counters().stderr_bytes = from.stderr_bytes;
  bool awaits = from.record.check && from.record.check->awaits_ready;
  cell->notes = take_up_notes(*cell->options, from.ready, from.notify, awaits);
  cell->record = std::move(from.record);
  if (keeper && from.slot != no_slot)
    keeper->assign(*cell, from.slot);
  cell->handled_life = from.handled_life;
  cell->goes_on = has_to_look(cell->record) || (keeper && keeper->has_untold(cell->id));
  return cell;
}

/// Where a report begins that may have to be written of it; by the options that are active.
void carry_deaths(carried_runtime& into, const death_book& book,
                  const std::unordered_map<std::uint64_t, process_cell_ptr>& cells) {
  for (auto& child : into.children)
    if (auto found = cells.find(child.process); found != cells.end())
      child.marks = carry(found->second->life().now());
  std::map<std::pair<std::string_view, std::string_view>, const config::process_options*> active;
  for (const auto& [id, cell] : cells)
    active[{cell->group.view(), cell->options->name.view()}] = cell->options.get();
  for (auto& page : book.pages()) {
    auto found = active.find({page.group, page.process});
    bool same = page.good && found != active.end() && found->second == page.good->options.get();
    if (same)
      page.good->options = nullptr;
    into.deaths.push_back({std::move(page), same});
  }
  into.configurations = book.configuration();
}

/// Who runs has run well since, which the parcel of a worker that died may be too old for.
void know_who_runs(death_desk& deaths, const std::unordered_map<std::uint64_t, process_cell_ptr>& cells) {
  for (const auto& [id, cell] : cells)
    if (auto since = cell->record.laststart; cell->record.state == protocols::process_state::running)
      if (auto good = deaths.book()->good(cell->group, cell->options->name); !good || good->since < since)
        deaths.ran_well(*cell, since);
}

void take_up_deaths(carried_runtime& from, death_desk& deaths,
                    const std::unordered_map<std::uint64_t, process_cell_ptr>& cells) {
  std::map<std::pair<std::string_view, std::string_view>, config::process_options_ptr> active;
  for (const auto& [id, cell] : cells)
    active[{cell->group.view(), cell->options->name.view()}] = cell->options;
  std::vector<death_book::page> pages;
  for (auto& [page, good_as_active] : from.deaths) {
    auto found = active.find({page.group, page.process});
    if (page.good && good_as_active && found != active.end())
      page.good->options = found->second;
    if (page.good && !page.good->options)
      page.good.reset();
    pages.push_back(std::move(page));
  }
  deaths.book()->put_back(std::move(pages), from.configurations);
  know_who_runs(deaths, cells);
}

/// Records say more: those of a worker that died are newer.
void take_up_remembered(carried_runtime& from, const services& use,
                        const std::unordered_map<std::uint64_t, process_cell_ptr>& cells) {
  if (!use.remembered)
    return;
  use.remembered->add(std::move(from.remembered), [](std::string_view) { return true; });
  for (const auto& [id, cell] : cells)
    use.remembered->learn(full_name(cell->group, cell->options->name), cell->record);
}

/// Of a worker that died; a parcel has all of it already.
finished_batches finish_half_batches(const std::unordered_map<std::uint64_t, process_cell_ptr>& cells,
                                     const services& use) {
  if (!use.keeper || !use.keeper->room())
    return {};
  if (!use.keeper->after_a_death) {
    use.keeper->room()->left_behind();
    return {};
  }
  std::unordered_map<std::uint32_t, const process_cell*> by_slot;
  for (const auto& [id, cell] : cells)
    by_slot[cell->slot] = cell.get();
  auto log_of = [&](std::uint32_t slot, std::uint32_t channel) -> std::optional<log_names> {
    auto found = by_slot.find(slot);
    if (found == by_slot.end())
      return {};
    const auto& cell = *found->second;
    const auto& path = channel == channel_number(0) ? cell.stdout_path : cell.stderr_path;
    const auto& options = channel == channel_number(0) ? cell.options->out : cell.options->err;
    return path.view().empty() ? std::nullopt : std::optional(log_names{path.str(), options.logfile_backups});
  };
  return finish_half_batches(*use.keeper->room(), log_of);
}

/// Those of a channel that are not in what was noted of it.
std::vector<half_batch> unnoted_batches(std::vector<half_batch>& from, std::uint32_t slot, std::size_t channel,
                                        const keeper_desk* keeper) {
  auto taken = take_half_batches(from, slot, channel_number(channel));
  if (taken.empty() || !keeper || !keeper->notes())
    return taken;
  if (auto noted = keeper->notes()->load(slot, channel, keeper->life_of(slot)))
    std::erase_if(taken, [&](const auto& batch) { return batch.place.record().number == noted->batch; });
  return taken;
}

std::unordered_map<std::uint64_t, process_cell_ptr> cells_of(const supervisor_record& groups) {
  std::unordered_map<std::uint64_t, process_cell_ptr> cells;
  for (const auto& [id, group] : groups.groups)
    for (const auto& process : group.cell->processes)
      cells[process->id] = process;
  return cells;
}

/// Those of which the daemon that died has left what they were at.
std::unordered_set<std::uint64_t> known_listeners(const carried_runtime& from) {
  std::unordered_set<std::uint64_t> known;
  for (const auto& pool : from.pools)
    for (const auto& group : from.groups)
      for (std::size_t i = 0; group.options->name == pool.name && i < pool.members.size(); ++i)
        if (i < group.processes.size() && !pool.members[i].lost)
          known.insert(group.processes[i].id);
  return known;
}

void take_up_rollouts(carried_runtime& from, supervisor_record& groups) {
  for (auto& one : from.rollouts)
    groups.rollouts.emplace(one.id, std::move(one));
  groups.last_rollout = from.last_rollout;
}

/// Those whose ends the keeper does not see: as the daemon before this one has held them, or anew.
void take_up_strangers(const carried_runtime& from, reaper_record& children, const keeper_desk& keeper) {
  for (const auto& [pid, fd] : from.strangers)
    children.strangers[pid].reset(fd);
  for (const auto& [pid, child] : children.children) {
    auto slot = child.cell ? child.cell->slot : keeper.slot_of_helper(pid);
    if (slot != no_slot && keeper.is_stranger(slot) && !keeper.has_ended(slot) && !children.strangers.contains(pid))
      children.strangers[pid] = keeper.hold_child(slot);
  }
}

/// Whoever spoke to them is gone, and runs them once more.
void end_helpers(const carried_runtime& from, const reaper_record& children) {
  for (int pid : from.helpers)
    if (auto stranger = children.strangers.find(pid);
        stranger == children.strangers.end() || (stranger->second && !platform::has_ended(stranger->second)))
      ::kill(-pid, SIGKILL);
}

loaded_groups join_loaded(carried_runtime& from) {
  auto loaded = std::move(from.loaded);
  for (const auto& name : from.loaded_is_active) {
    auto active =
      std::find_if(from.groups.begin(), from.groups.end(), [&](auto& g) { return g.options->name == name; });
    if (active != from.groups.end())
      loaded.push_back(active->options);
  }
  auto before = [](const auto& a, const auto& b) {
    return std::pair(a->priority, a->name.view()) < std::pair(b->priority, b->name.view());
  };
  std::sort(loaded.begin(), loaded.end(), before);
  return std::make_shared<const std::vector<config::group_options_ptr>>(std::move(loaded));
}

void fill_positions(group_table& table) {
  for (std::size_t g = 0; g < table.groups.size(); ++g)
    for (std::size_t m = 0; m < table.groups[g].members.size(); ++m)
      table.positions[table.groups[g].members[m].process] = {g, m};
}

void note_all(keeper_desk& keeper, const std::unordered_map<std::uint64_t, process_cell_ptr>& cells) {
  for (const auto& [id, cell] : cells)
    if (!keeper.has_untold(id)) // else what is there says more
      keeper.note(*cell);
}

} // namespace

carried_runtime carry_image(const supervisor_record& groups, const services& use) {
  carried_runtime all;
  std::unordered_map<const config::group_options*, std::string> active;
  for (const auto& view : groups.table.groups) {
    const auto& cell = *groups.groups.at(view.id).cell;
    active[cell.options.get()] = cell.options->name;
    all.groups.push_back(carry(view.id, cell));
  }
  if (auto loaded = use.board.loaded())
    for (const auto& group : *loaded) {
      if (auto found = active.find(group.get()); found != active.end())
        all.loaded_is_active.push_back(found->second);
      else
        all.loaded.push_back(group);
    }
  all.table = groups.table;
  all.kept = groups.kept;
  for (const auto& [id, one] : groups.rollouts)
    all.rollouts.push_back(one);
  all.last_rollout = groups.last_rollout;
  all.last_process_id = last_process_id();
  all.sockets = use.means->sockets.carry();
  if (use.remembered)
    all.remembered = use.remembered->all();
  return all;
}

namespace {

void keep(carried_change change, const supervisor_record& groups, const services& use) {
  change.next_id = groups.table.next_id;
  change.last_process_id = last_process_id();
  if (!use.keep_change(change))
    use.keep_image();
}

} // namespace

void keep_added(const supervisor_record& groups, const services& use, std::uint64_t group) {
  const auto* view = groups.table.find(group);
  if (!use.keep_change || !view)
    return use.keep_image();
  const auto& cell = *groups.groups.at(group).cell;
  carried_change change{carry(group, cell), *view};
  if (auto loaded = use.board.loaded())
    change.is_loaded = std::find(loaded->begin(), loaded->end(), cell.options) != loaded->end();
  keep(std::move(change), groups, use);
}

void keep_removed(const supervisor_record& groups, const services& use, std::uint64_t group, const group_cell& cell) {
  if (!use.keep_change)
    return use.keep_image();
  carried_change change;
  change.removed = group;
  for (const auto& process : cell.processes)
    keep_logs(change.kept, *process);
  keep(std::move(change), groups, use);
}

carried_runtime carry(const supervisor_record& groups, const reaper_record& children, std::vector<carried_child> pipes,
                      services& use) {
  auto all = carry_image(groups, use);
  auto cells = cells_of(groups);
  for (const auto& [process, exit] : children.unhandled)
    all.exits.push_back({process, exit.pid, exit.wait_status});
  for (const auto& [pid, child] : children.children)
    if (!child.cell)
      all.helpers.push_back(pid);
  for (const auto& [pid, process] : children.strangers)
    all.strangers.push_back({pid, process.get()});
  all.dying.assign(children.dying.begin(), children.dying.end());
  all.children = std::move(pipes);
  all.pools = use.events.carry();
  all.event_serial = use.events.next_serial();
  for (const auto& [number, waited_for] : groups.gatherings)
    if (auto all_of_it = waited_for.lock())
      all.gatherings.push_back({number, all_of_it->entries()});
  if (use.deaths)
    carry_deaths(all, *use.deaths->book(), cells);
  return all;
}

void postpone_spawns(reaper_record& children) {
  children.resting = true;
  children.launches.remove_if([&](auto& launch) {
    bool waits = launch.flight->cell && !launch.flight->taken.exchange(true);
    if (waits)
      children.postponed.push_back({launch.flight->cell, launch.whose.owner});
    return waits;
  });
}

void take_up(carried_runtime& from, supervisor_record& groups, reaper_record& children, services& use) {
  use.succeeds = true;
  continue_process_ids(from.last_process_id);
  groups.goes_on_with = join_loaded(from);
  groups.table = std::move(from.table);
  fill_positions(groups.table);
  groups.kept = std::move(from.kept);
  take_up_rollouts(from, groups);
  std::unordered_map<std::uint64_t, process_cell_ptr> cells;
  for (auto& group : from.groups) {
    auto cell = std::make_shared<group_cell>();
    cell->options = group.options;
    for (std::size_t i = 0; i < group.processes.size() && i < group.options->processes.size(); ++i) {
      cell->processes.push_back(make_cell(group.processes[i], *group.options, i, use.keeper));
      cells[cell->processes.back()->id] = cell->processes.back();
    }
    groups.groups[group.id].cell = std::move(cell);
  }
  if (use.keeper)
    use.keeper->free_the_rest();
  for (const auto& [id, cell] : cells)
    if (int pid = cell->record.pid; pid != 0) {
      children.children[pid] = {.cell = cell, .to_be_adopted = true};
      children.pids[id] = pid;
    } else if (cell->record.state == process_state::starting && !waits_by_itself(cell->record)) {
      children.meant.insert(id);
    }
  auto known = known_listeners(from);
  for (const auto& made : from.spawned)
    if (auto found = cells.find(made.process); found != cells.end()) {
      children.children[made.pid] = {.cell = found->second, .to_be_adopted = true};
      if (found->second->options->listener && !known.contains(made.process) &&
          !use.keeper->has_ended(found->second->slot))
        ::kill(-made.pid, SIGKILL); // what it was at is not known any more
      children.pids[made.process] = made.pid;
      children.meant.erase(made.process);
    }
  if (use.keeper) { // it tells of ends that nobody has handled
    note_all(*use.keeper, cells);
    from.exits.clear();
  }
  for (const auto& exit : from.exits) {
    children.children.erase(exit.pid);
    children.pids.erase(exit.process);
    children.unhandled[exit.process] = {exit.pid, exit.wait_status};
  }
  for (int pid : from.helpers)
    children.children[pid] = {.exited = [](int) {}};
  children.dying.assign(from.dying.begin(), from.dying.end());
  if (use.keeper)
    take_up_strangers(from, children, *use.keeper);
  end_helpers(from, children);
  use.means->sockets.go_on(std::move(from.sockets));
  for (auto& one : from.gatherings)
    groups.known_before[one.number] = std::move(one.entries);
  take_up_remembered(from, use, cells);
  if (use.deaths)
    take_up_deaths(from, *use.deaths, cells);
}

void take_up_pipes(carried_runtime& from, const supervisor_record& groups, services& use) {
  auto cells = cells_of(groups);
  auto batches = finish_half_batches(cells, use);
  for (auto& child : from.children)
    if (auto found = cells.find(child.process); found != cells.end())
      try {
        if (auto slot = found->second->slot; use.keeper && use.keeper->renewed && slot != no_slot) {
          use.keeper->arm_again(slot, {child.in, child.out ? child.out->pipe : -1, child.err ? child.err->pipe : -1});
          hold_notes(*use.keeper, slot, found->second->notes.get());
        } else if (use.keeper && slot != no_slot) {
          know_notes(*use.keeper, slot, found->second->notes.get());
        }
        auto streams = streams_of(found->second, use.means->settings, child, use.log);
        streams.notes = found->second->notes;
        streams.out.again = unnoted_batches(batches.again, found->second->slot, 0, use.keeper);
        streams.err.again = unnoted_batches(batches.again, found->second->slot, 1, use.keeper);
        use.io.attach(std::move(streams), std::move(child));
      } catch (const std::exception& e) {
        use.log.write(log_level::critical, "the output of " + found->second->options->name + " is lost: " + e.what());
      }
}

} // namespace troupe::actors
