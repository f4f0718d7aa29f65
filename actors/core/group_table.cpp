// See group_table.hpp.
#include "actors/core/group_table.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

namespace {

using protocols::fault;

constexpr int most_deaths = 3; ///< of a group's actor that is told to stop, before the next one's turn

struct machine {
  group_table& t;
  std::vector<group_action>& effects;
  std::chrono::steady_clock::time_point now;

  // -- the start ---------------------------------------------------------------------------------

  void operator()(group_event::started e) {
    t.started = true;
    t.doors_shut = e.keep_doors_shut;
    publish(protocols::event_type::supervisor_state_change_running, {});
    if (t.doors_shut)
      effects.emplace_back(group_effect::remind_of_start{});
    evaluate_next();
    let_clients_in();
  }

  void operator()(group_event::added) {
    if (t.started && !t.evaluating)
      evaluate_next();
  }

  void operator()(const group_event::evaluated& e) {
    if (!t.evaluating)
      return;
    if (t.doors_shut) {
      ++t.progress;
      t.being_spawned.insert(e.being_spawned.begin(), e.being_spawned.end());
    }
    evaluate_next();
    let_clients_in();
  }

  /// A spawn that hangs (a dead file system) must not keep the doors shut.
  void operator()(group_event::start_overdue) {
    if (!t.doors_shut)
      return;
    if (std::exchange(t.progress_seen, t.progress) == t.progress)
      return open_doors();
    effects.emplace_back(group_effect::remind_of_start{});
  }

  void evaluate_next() {
    t.evaluating = t.next_to_evaluate < t.groups.size();
    if (t.evaluating)
      effects.emplace_back(group_effect::evaluate{t.groups[t.next_to_evaluate++].id});
  }

  void let_clients_in() {
    if (t.doors_shut && !t.evaluating && t.being_spawned.empty())
      open_doors();
  }

  void open_doors() {
    t.doors_shut = false;
    effects.emplace_back(group_effect::let_clients_in{});
  }

  // -- what processes and groups report ----------------------------------------------------------

  void operator()(group_event::changed e) {
    auto found = t.positions.find(e.process);
    if (found == t.positions.end())
      return;
    auto at = found->second;
    t.groups[at.group].members[at.member].state = e.state;
    run(daemon_event::group_changed{at.group, at.member});
    if (!t.doors_shut)
      return;
    ++t.progress;
    if (!e.being_spawned)
      t.being_spawned.erase(e.process);
    let_clients_in();
  }

  void operator()(group_event::told e) {
    if (t.to_stop.empty() || t.to_stop.front() != e.group)
      return;
    t.to_stop.pop_front();
    tell_next();
  }

  /// What it was asked for may have gone with it, and so may its reports.
  void operator()(group_event::died e) {
    auto index = index_of(e.group);
    if (!index)
      return;
    if (t.evaluating && *index + 1 == t.next_to_evaluate)
      effects.emplace_back(group_effect::evaluate{e.group});
    if (!t.to_stop.empty() && t.to_stop.front() == e.group) {
      if (++t.deaths < most_deaths) {
        effects.emplace_back(group_effect::stop{e.group});
      } else { // the next one's turn; the daemon's stop comes back to this one
        t.to_stop.pop_front();
        tell_next();
      }
    }
    note_members(*index);
  }

  void operator()(group_event::rebuilt) {
    if (t.evaluating)
      effects.emplace_back(group_effect::evaluate{t.groups[t.next_to_evaluate - 1].id});
    else if (t.started)
      evaluate_next();
    if (t.doors_shut)
      effects.emplace_back(group_effect::remind_of_start{});
    if (!t.to_stop.empty())
      effects.emplace_back(group_effect::stop{t.to_stop.front()});
    if (auto group = std::exchange(t.removing, std::nullopt)) {
      effects.emplace_back(group_effect::keep{*group});
      effects.emplace_back(group_effect::end_removal{fault::failed});
    }
    run(daemon_event::rebuilt{});
    for (std::size_t i = 0; i < t.groups.size(); ++i)
      note_members(i);
    run(daemon_event::timer_fired{});
  }

  void note_members(std::size_t group) {
    for (std::size_t m = 0; m < t.groups[group].members.size(); ++m)
      run(daemon_event::group_changed{group, m});
  }

  // -- removal: in two steps, as a start that is on its way to a member must not be overtaken ----

  void operator()(group_event::removal_asked e) {
    if (t.removing || !index_of(e.group))
      return;
    t.removing = e.group;
    effects.emplace_back(group_effect::ask_members{e.group});
  }

  /// An answer that is missing is no yes: its actor died.
  void operator()(group_event::removal_answered e) {
    if (!t.removing)
      return;
    auto id = *std::exchange(t.removing, std::nullopt);
    auto index = *index_of(id);
    std::optional<fault> refused;
    if (t.daemon.state != protocols::daemon_state::running) {
      refused = fault::shutdown_state;
    } else if (e.stopped != t.groups[index].members.size()) {
      refused = e.running > 0 ? fault::still_running : fault::failed;
      effects.emplace_back(group_effect::keep{id});
    } else {
      remove(index);
    }
    effects.emplace_back(group_effect::end_removal{refused});
  }

  void remove(std::size_t index) {
    auto at = t.groups.begin() + static_cast<std::ptrdiff_t>(index);
    effects.emplace_back(group_effect::drop{std::move(*at)});
    t.groups.erase(at);
    t.positions.clear();
    for (std::size_t g = 0; g < t.groups.size(); ++g)
      for (std::size_t m = 0; m < t.groups[g].members.size(); ++m)
        t.positions[t.groups[g].members[m].process] = {g, m};
    if (index >= t.next_to_evaluate)
      return;
    --t.next_to_evaluate;
    if (t.evaluating && index == t.next_to_evaluate)
      evaluate_next(); // it will not answer any more
  }

  // -- the daemon's own life ---------------------------------------------------------------------

  void operator()(const group_event::of_the_daemon& e) { run(e.what); }

  void run(const daemon_happening& happened) {
    auto [after, actions] = step(t.daemon, happened, t.groups, now);
    t.daemon = std::move(after);
    for (auto& action : actions)
      std::visit([this](auto& what) { pass_on(what); }, action);
  }

  void pass_on(daemon_effect::stop_group e) {
    t.to_stop.push_back(t.groups[e.group].id);
    if (t.to_stop.size() == 1)
      tell_next();
  }

  void pass_on(daemon_effect::publish e) {
    publish(e.type, e.not_to ? std::optional(t.groups[*e.not_to].id) : std::nullopt);
  }

  template <class Other>
  void pass_on(Other& e) {
    effects.emplace_back(std::move(e));
  }

  void tell_next() {
    t.deaths = 0;
    if (!t.to_stop.empty())
      effects.emplace_back(group_effect::stop{t.to_stop.front()});
  }

  // -- helpers -----------------------------------------------------------------------------------

  void publish(protocols::event_type type, std::optional<std::uint64_t> not_to) {
    effects.emplace_back(group_effect::publish{type, not_to});
  }

  std::optional<std::size_t> index_of(std::uint64_t id) const {
    for (std::size_t i = 0; i < t.groups.size(); ++i)
      if (t.groups[i].id == id)
        return i;
    return {};
  }
};

template <class Wanted>
const group_view* find_if(const std::vector<group_view>& groups, Wanted wanted) {
  auto found = std::find_if(groups.begin(), groups.end(), wanted);
  return found == groups.end() ? nullptr : &*found;
}

} // namespace

const group_view* group_table::find(std::string_view name) const {
  return find_if(groups, [&](const auto& group) { return group.name == name; });
}

const group_view* group_table::find(std::uint64_t id) const {
  return find_if(groups, [&](const auto& group) { return group.id == id; });
}

std::uint64_t add_group(group_table& table, group_view group) {
  group.id = table.next_id++;
  for (std::size_t m = 0; m < group.members.size(); ++m)
    table.positions[group.members[m].process] = {table.groups.size(), m};
  table.groups.push_back(std::move(group));
  return table.groups.back().id;
}

void redefine_group(group_table& table, std::uint64_t id, group_view view) {
  auto found = std::find_if(table.groups.begin(), table.groups.end(), [id](auto& group) { return group.id == id; });
  if (found == table.groups.end())
    return;
  view.id = id;
  auto place = static_cast<std::size_t>(found - table.groups.begin());
  std::unordered_set<std::uint64_t> stays;
  for (std::size_t m = 0; m < view.members.size(); ++m) {
    table.positions[view.members[m].process] = {place, m};
    stays.insert(view.members[m].process);
  }
  for (const auto& member : found->members)
    if (!stays.contains(member.process)) {
      table.positions.erase(member.process);
      table.being_spawned.erase(member.process);
    }
  *found = std::move(view);
}

admission admit(const group_table& table) {
  if (table.removing)
    return admission::hold_back;
  return table.daemon.state == protocols::daemon_state::running ? admission::carry_out : admission::refuse;
}

std::vector<group_action> step(group_table& table, const group_happening& happened,
                               std::chrono::steady_clock::time_point now) {
  std::vector<group_action> effects;
  std::visit(machine{table, effects, now}, happened);
  return effects;
}

std::vector<std::uint64_t> request_order(const group_table& table) {
  std::vector<std::int64_t> priorities;
  for (const auto& group : table.groups)
    priorities.push_back(group.priority);
  std::vector<std::uint64_t> ids;
  for (auto i : request_order(priorities))
    ids.push_back(table.groups[i].id);
  return ids;
}

} // namespace troupe::actors
