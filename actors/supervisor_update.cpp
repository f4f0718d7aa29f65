// See supervisor_actor.hpp: an update process by process, and a program's other number of processes, step by step. What
// changes is decided by config/plan.hpp, what a group is between two steps by core/update_steps.hpp; processes are
// stopped and started as for a client. Must not read files. Source: docs/contract/programs.md, 6. Cases:
// tests/update_test.py.
#include "actors/supervisor_update.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace troupe::actors {

using config::plan_action;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;

namespace {

/// A step that takes longer goes on by itself, and the update without it.
constexpr std::chrono::minutes longest_step{10};

bool is_of(std::string_view section, std::string_view program) {
  auto colon = section.find(':');
  return colon != section.npos && section.substr(colon + 1) == program && !section.starts_with("eventlistener:");
}

} // namespace

// -- one at a time -------------------------------------------------------------------------------

void supervisor_state::begin_update(const control_call& call) {
  const auto& asked = *call.request.wish;
  if (asked.what == update_wish::kind::scale && (asked.count < 0 || asked.count > most_scaled))
    return (*call.answer)(make_fault(fault::failed, "bad number of processes"));
  constexpr std::size_t most_waiting = 100;
  if (update && waiting_updates.size() >= most_waiting)
    return (*call.answer)(make_fault(fault::failed, "too many updates wait already"));
  if (update)
    return waiting_updates.push_back(call);
  update = std::make_shared<open_update>(open_update{.call = call, .wish = call.request.wish});
  reloaders.emplace(++last_reloader, reload_asker{answer_to_update(), call.request.reader, call.request.wish});
  apply(reload_event::asked{last_reloader});
}

control_answer_to supervisor_state::answer_to_update() {
  update->step = ++last_update_step;
  return std::make_shared<reply_promise<control_answer>>(
    [me = supervisor_actor{self}, step = update->step](control_answer answer) {
      caf::anon_send(me, update_answered{step, std::move(answer)});
    },
    control_answer{make_fault(fault::failed, "an actor has died meanwhile")});
}

void supervisor_state::end_update(control_answer answer) {
  auto over = std::exchange(update, nullptr);
  (*over->call.answer)(std::move(answer));
  if (waiting_updates.empty())
    return;
  auto next = std::move(waiting_updates.front());
  waiting_updates.pop_front();
  control(next);
}

void supervisor_state::say(const std::string& whom, const std::string& what, const process_result* failure) {
  rpc_value::structure step{{"name", whom}, {"what", what}};
  if (failure) {
    step.emplace_back("status", std::int64_t{failure->status});
    step.emplace_back("description", failure->description);
  }
  update->steps.emplace_back(std::move(step));
}

// -- what is to be done --------------------------------------------------------------------------

/// The files have been read.
void supervisor_state::plan_update() {
  auto& u = *update;
  const auto loaded = use->board.loaded();
  for (const auto& group : u.wish->groups)
    if (!knows_group(active_groups(), group) && !knows_group(*loaded, group))
      return end_update(make_fault(fault::bad_name, group));
  u.target = *loaded;
  if (u.wish->what != update_wish::kind::apply) {
    plan_scale();
    if (!update)
      return;
  }
  u.plan = plan_of(*u.wish, u.target);
  if (u.wish->plan_id && *u.wish->plan_id != plan_id_of(u.plan, u.target))
    return end_update(make_fault(fault::failed, "the plan is out of date"));
  if (auto refused = forbidden_row())
    return end_update(*refused);
  if (u.wish->what != update_wish::kind::apply) { // one more of those that run runs, too
    auto all = use->board.all();
    bool runs = std::any_of(all.begin(), all.end(), [&](const auto& status) {
      return is_of(status->who->options->section.view(), u.wish->program) && !protocols::is_stopped(status->state);
    });
    for (auto& row : u.plan)
      if (row.action == plan_action::add && runs)
        row.action = plan_action::start;
  }
  std::erase_if(u.plan, [](auto& row) { return row.action == plan_action::keep; });
  redefine_groups();
  for (const auto& row : u.plan)
    if (row.action == plan_action::live || row.action == plan_action::next)
      say(shown_name(row), "changed");
  u.phase = update_phase::stopping;
  auto ends = processes_for({plan_action::stop, plan_action::regroup});
  std::erase_if(ends, [this](auto process) { return is_stopped(process); });
  if (u.wish->what != update_wish::kind::apply)
    std::reverse(ends.begin(), ends.end()); // the highest number first
  if (ends.empty())
    go_on_with_update();
  else
    ask_for_update(verb::stop, ends);
}

/// Why whoever asks may not do all that is planned. A group of which he sees nothing is not there for him, and is left
/// as it is.
std::optional<protocols::rpc_fault> supervisor_state::forbidden_row() {
  auto& u = *update;
  const auto& choice = u.wish->choice;
  if (!choice)
    return {};
  auto active = active_groups();
  std::set<std::string> seen;
  for (const auto& row : u.plan)
    if (verdict_of(*choice, row, active, u.target) != protocols::verdict::hide)
      seen.insert(row.group);
  std::erase_if(u.plan, [&](auto& row) { return !seen.contains(row.group); });
  for (const auto& row : u.plan)
    if (row.action != plan_action::keep && verdict_of(*choice, row, active, u.target) != protocols::verdict::allow)
      return not_permitted(choice->user, config::word_of(choice->needed), row.group);
  return {};
}

/// The target are the groups as they are, but for the number of processes of one program.
void supervisor_state::plan_scale() {
  auto& u = *update;
  const auto& program = u.wish->program;
  auto found = read_scales.find(program);
  if (found == read_scales.end())
    return end_update(make_fault(fault::bad_name, program));
  if (!found->second.numbered)
    return end_update(make_fault(fault::failed, "process_name has no %(process_num)s"));
  auto loaded = std::exchange(u.target, active_groups());
  for (auto& group : u.target) {
    auto fresh = find_group(loaded, group->name.view());
    for (const auto& section : {"program:" + program, "fcgi-program:" + program}) {
      u.from += static_cast<std::int64_t>(members_of({group}, section));
      if (fresh)
        group = scaled_group(*group, *fresh, section);
      u.to += static_cast<std::int64_t>(members_of({group}, section));
    }
  }
  if (u.wish->what == update_wish::kind::scale && u.wish->count != found->second.configured)
    record->table.scales[program] = {u.wish->count, found->second.configured};
  else
    record->table.scales.erase(program);
  if (use->remembered)
    use->remembered->set_scales(record->table.scales);
}

// -- step by step --------------------------------------------------------------------------------

void supervisor_state::go_on_with_update(const update_answered& m) {
  if (!update || update->step != m.step)
    return;
  const auto* refused = std::get_if<protocols::rpc_fault>(&m.answer);
  if (refused && update->phase != update_phase::removing && update->phase != update_phase::adding)
    return end_update(*refused);
  const auto* results = std::get_if<process_results>(&m.answer);
  switch (update->phase) {
  case update_phase::reading:
    return plan_update();
  case update_phase::stopping:
    note_ends(*results, "stopped");
    break;
  case update_phase::retiring:
    note_ends(*results, "removed");
    redefine_groups();
    break;
  case update_phase::removing:
  case update_phase::adding:
    note_group(refused);
    break;
  case update_phase::restarting_stop:
    if (update->rollout != 0)
      note_starts(*results, "restarted");
    else
      note_ends(*results, "");
    break;
  case update_phase::restarting_start:
    note_starts(*results, "restarted");
    break;
  case update_phase::starting:
    note_starts(*results, "started");
    break;
  }
  go_on_with_update();
}

/// The next phase that has something to ask for.
void supervisor_state::go_on_with_update() {
  auto& u = *update;
  for (;;)
    switch (u.phase) {
    case update_phase::reading:
      return;
    case update_phase::stopping:
      u.phase = update_phase::retiring;
      if (auto gone = processes_for({plan_action::stop}, true); !gone.empty())
        return ask_for_update(verb::retire, gone);
      break;
    case update_phase::retiring:
      u.phase = update_phase::removing;
      for (const auto& row : u.plan)
        if ((row.action == plan_action::regroup || !knows_group(u.target, row.group)) &&
            record->table.find(row.group) && (u.groups.empty() || u.groups.back() != row.group))
          u.groups.push_back(row.group);
      for (const auto& group : u.groups)
        say(group, "stopped");
      break;
    case update_phase::removing:
      if (!u.groups.empty())
        return ask_for_group();
      u.phase = update_phase::restarting_stop;
      if (auto runs = processes_for({plan_action::restart}); !runs.empty() && u.wish->rolling)
        return roll_for_update(runs);
      else if (!runs.empty())
        return ask_for_update(verb::stop, runs);
      break;
    case update_phase::restarting_stop:
      u.phase = update_phase::restarting_start;
      if (!u.rollout)
        redefine_groups();
      if (auto again = processes_for({plan_action::restart}); !again.empty() && !u.rollout)
        return ask_for_update(verb::start, again);
      break;
    case update_phase::restarting_start:
      u.phase = update_phase::starting;
      for (const auto& row : u.plan)
        if (row.action == plan_action::add && record->table.find(row.group))
          say(shown_name(row), "added");
      if (auto starts = processes_for({plan_action::start}); !starts.empty())
        return ask_for_update(verb::start, starts);
      break;
    case update_phase::starting:
      u.phase = update_phase::adding;
      for (const auto& group : changed_groups(u.plan))
        if (record->table.find(group))
          say(group, "updated process group");
        else if (knows_group(u.target, group))
          u.groups.push_back(group);
      break;
    case update_phase::adding:
      if (!u.groups.empty())
        return ask_for_group();
      return end_update(
        rpc_value(rpc_value::structure{{"from", u.from}, {"to", u.to}, {"steps", rpc_value(std::move(u.steps))}}));
    }
}

/// Those in service with such a row, in the order of the plan. `of_groups_that_stay`: only those.
std::vector<std::uint64_t> supervisor_state::processes_for(std::initializer_list<plan_action> what,
                                                           bool of_groups_that_stay) const {
  std::vector<std::uint64_t> found;
  for (const auto& row : update->plan) {
    if (std::find(what.begin(), what.end(), row.action) == what.end() ||
        update->kept.contains({row.group, row.process}))
      continue;
    if (of_groups_that_stay && !knows_group(update->target, row.group))
      continue;
    if (auto status = use->board.find(row.group, row.process))
      found.push_back(status->who->id);
  }
  return found;
}

void supervisor_state::ask_for_update(verb what, const std::vector<std::uint64_t>& whom) {
  process_task task{.what = what, .wait = true, .passing = what == verb::stop};
  task.reason = update->wish->what == update_wish::kind::apply ? start_reason::update : start_reason::scale;
  control_request request{.of = control_request::scope::some, .members = whom, .task = std::move(task)};
  update->asked = whom;
  control({std::move(request), answer_to_update()});
  if (update)
    self->remind(std::chrono::steady_clock::now() + longest_step, update_overdue{update->step});
}

/// Those that are not where they should be by now have failed.
void supervisor_state::end_update_step(std::uint64_t step) {
  if (!update || update->step != step)
    return;
  bool starts = update->phase == update_phase::restarting_start || update->phase == update_phase::starting;
  process_results results;
  for (auto process : update->asked)
    if (auto status = use->board.find(process)) {
      bool done = starts ? status->state == process_state::running : is_stopped(process);
      results.push_back({status->who->options->name.str(), status->who->group.str(),
                         static_cast<int>(done ? fault::success : fault::failed),
                         starts ? "not started after 10 minutes" : "not stopped after 10 minutes"});
    }
  go_on_with_update(update_answered{step, std::move(results)});
}

/// The first one of the list is removed; one that is made anew, or is new, is added.
void supervisor_state::ask_for_group() {
  const auto& group = update->groups.front();
  auto what = record->table.find(group) ? control_request::kind::remove_group : control_request::kind::add_group;
  control({{.what = what, .name = group}, answer_to_update()});
}

void supervisor_state::note_group(const protocols::rpc_fault* refused) {
  auto& u = *update;
  auto group = u.groups.front();
  bool is_there = record->table.find(group) != nullptr;
  bool is_wanted = knows_group(u.target, group);
  if (refused) {
    process_result failure{group, group, static_cast<int>(refused->code), refused->text};
    say(group, "failed", &failure);
  } else if (is_wanted && !is_there) {
    return; // it is made anew
  } else {
    say(group, !is_wanted                          ? "removed process group"
               : u.phase == update_phase::removing ? "updated process group"
                                                   : "added process group");
  }
  u.groups.pop_front();
}

/// What has ended as it should goes on, and is told as `what`; the rest stays as it is.
void supervisor_state::note_ends(const process_results& results, const std::string& what) {
  auto& u = *update;
  for (const auto* result : in_order(results)) {
    auto shown = full_name(result->group, result->name);
    bool of_group = u.phase == update_phase::stopping && !stays(result->group); // that is told as a whole
    if (result->status != static_cast<int>(fault::success)) {
      u.kept.insert({result->group, result->name});
      say(shown, "failed", result);
      continue;
    }
    if (!what.empty() && !of_group)
      say(shown, what);
    if (u.phase == update_phase::retiring)
      u.gone.insert({result->group, result->name});
  }
}

/// As they were asked: they answer as they like.
std::vector<const process_result*> supervisor_state::in_order(const process_results& results) const {
  std::map<std::pair<std::string_view, std::string_view>, const process_result*> known;
  for (const auto& result : results)
    known.emplace(std::pair<std::string_view, std::string_view>{result.group, result.name}, &result);
  std::vector<const process_result*> found;
  for (auto process : update->asked)
    if (auto status = use->board.find(process))
      if (auto of = known.find({status->who->group.view(), status->who->options->name.view()}); of != known.end())
        found.push_back(of->second);
  return found;
}

/// It is there afterwards, and is not made anew.
bool supervisor_state::stays(const std::string& group) const {
  bool anew = std::any_of(update->plan.begin(), update->plan.end(),
                          [&](auto& row) { return row.group == group && row.action == plan_action::regroup; });
  return !anew && knows_group(update->target, group);
}

void supervisor_state::note_starts(const process_results& results, const std::string& what) {
  for (const auto* result : in_order(results)) {
    bool well = result->status == static_cast<int>(fault::success);
    say(full_name(result->group, result->name), well ? what : "failed", well ? nullptr : result);
  }
}

} // namespace troupe::actors
