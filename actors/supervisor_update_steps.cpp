// See supervisor_actor.hpp: what an update process by process does, step by step: who is asked to stop and start, what
// that has come to, and what is told of it. What changes is decided before (supervisor_update.cpp), what a group is
// between two steps by core/update_steps.hpp. Source: docs/contract/programs.md, 6. Cases: tests/update_test.py.
#include "actors/supervisor_update.hpp"

#include "actors/core/passing_stop.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace troupe::actors {

using config::plan_action;
using protocols::fault;
using protocols::rpc_value;

namespace {

/// A step that takes longer goes on by itself, and the update without it.
constexpr std::chrono::minutes longest_stop{10}, longest_start{2};

/// An operator has stopped it, though that may take its time.
bool is_being_left(const process_status& of) {
  bool is_down = of.state == protocols::process_state::stopping || of.state == protocols::process_state::stopped;
  return is_down && of.administrative_stop && of.wished == intent::unwanted;
}

/// No update starts it.
bool is_left_stopped(const process_status& of) {
  return is_stopped_by_hand(of) || (of.disabled && protocols::is_stopped(of.state));
}

} // namespace

// -- step by step --------------------------------------------------------------------------------

void supervisor_state::go_on_with_update(const update_answered& m) {
  if (!update || update->step != m.step)
    return;
  auto& u = *update;
  const auto* refused = std::get_if<protocols::rpc_fault>(&m.answer);
  if (refused && u.phase != update_phase::removing && u.phase != update_phase::adding)
    return end_update(*refused);
  if (u.phase == update_phase::reading)
    return plan_update();
  const auto* results = std::get_if<process_results>(&m.answer);
  if (results && asks_for_ends()) {
    u.results = *results;
    return look_at_update(); // somebody else may have asked for it first: that is waited for, too
  }
  if (u.phase == update_phase::removing || u.phase == update_phase::adding)
    note_group(refused);
  else
    note_step(*results);
  go_on_with_update();
}

/// What is asked for is that processes end.
bool supervisor_state::asks_for_ends() const {
  return update->phase == update_phase::stopping ||
         (update->phase == update_phase::restarting_stop && update->rollout == 0);
}

/// Something has changed somewhere: are all stopped by now that are waited for?
void supervisor_state::look_at_update() {
  if (!update || !asks_for_ends())
    return;
  auto& u = *update;
  for (auto process : u.asked)
    if (auto status = use->board.find(process); status && is_stopped(process) && !status->ending)
      if (u.ended.insert(process).second) // whoever starts it again
        tell_end_of(*status);
  if (!u.results)
    return;
  process_results ended;
  for (auto process : u.asked) {
    auto status = use->board.find(process);
    if (!status)
      continue;
    process_result one{status->who->options->name.str(), status->who->group.str(), static_cast<int>(fault::success),
                       ""};
    bool is_over = u.ended.contains(process);
    for (const auto& result : *u.results)
      if (!is_over && result.name == one.name && result.group == one.group &&
          result.status != static_cast<int>(fault::success))
        one = result;
    if (!is_over && one.status == static_cast<int>(fault::success))
      return;
    ended.push_back(std::move(one));
  }
  u.results.reset();
  note_step(ended);
  go_on_with_update();
}

void supervisor_state::note_step(const process_results& results) {
  switch (update->phase) {
  case update_phase::stopping:
    return note_ends(results, "stopped");
  case update_phase::retiring:
    note_ends(results, "removed");
    return redefine_groups();
  case update_phase::restarting_stop:
    if (update->rollout != 0)
      return note_starts(results);
    return note_ends(results, "");
  case update_phase::starting:
    return note_starts(results);
  case update_phase::reading:
  case update_phase::removing:
  case update_phase::adding:
    return;
  }
}

/// The next phase that has something to ask for.
void supervisor_state::go_on_with_update() {
  auto& u = *update;
  for (;;)
    switch (u.phase) {
    case update_phase::reading:
      return;
    case update_phase::stopping:
      note_stopped_by_hand();
      u.phase = update_phase::retiring;
      if (auto gone = processes_for({plan_action::stop}, true); !gone.empty())
        return ask_for_update(verb::retire, gone);
      break;
    case update_phase::retiring:
      u.phase = update_phase::removing;
      for (const auto& row : u.plan)
        if ((row.action == plan_action::regroup || !knows_group(u.target, row.group)) &&
            record->table.find(row.group) && has_ended(row.group) && (u.groups.empty() || u.groups.back() != row.group))
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
        return stop_to_restart(runs);
      break;
    case update_phase::restarting_stop:
      u.phase = update_phase::adding; // before anybody is waited for who may need them
      if (u.rollout == 0)
        redefine_the_stopped();
      for (const auto& group : changed_groups(u.plan))
        if (!record->table.find(group) && knows_group(u.target, group))
          u.groups.push_back(group);
      break;
    case update_phase::adding:
      if (!u.groups.empty())
        return ask_for_group();
      u.phase = update_phase::starting;
      for (const auto& row : u.plan)
        if (row.action == plan_action::add && stays(row.group) && !u.added.contains(row.group))
          say(shown_name(row), "added");
      if (auto starts = u.rollout == 0 ? processes_for({plan_action::restart, plan_action::start})
                                       : processes_for({plan_action::start});
          !leave_out_the_stopped(starts).empty())
        return ask_for_update(verb::start, starts);
      break;
    case update_phase::starting:
      return finish_update();
    }
}

/// All is done: groups are told of.
void supervisor_state::finish_update() {
  auto& u = *update;
  std::erase_if(record->table.to_start, [&u](auto process) { return u.to_start.contains(process); });
  use->keep_image();
  for (const auto& group : changed_groups(u.plan))
    if (record->table.find(group) && stays(group) && !u.added.contains(group))
      say(group, "updated process group");
  for (const auto& group : changed_groups(u.plan))
    if (u.added.contains(group))
      say(group, "added process group");
  end_update(rpc_value(rpc_value::structure{{"from", u.from}, {"to", u.to}, {"steps", rpc_value(std::move(u.steps))}}));
}

/// Who runs again, because somebody else has started him, is as he was.
void supervisor_state::redefine_the_stopped() {
  for (auto process : processes_for({plan_action::restart}))
    if (auto status = use->board.find(process); status && !protocols::is_stopped(status->state)) {
      process_result meanwhile{status->who->options->name.str(), status->who->group.str(),
                               static_cast<int>(fault::already_started), "it was started by somebody else"};
      update->kept.insert({meanwhile.group, meanwhile.name});
      say(full_name(meanwhile.group, meanwhile.name), "failed", &meanwhile);
    }
  redefine_groups();
}

/// Whom an operator has stopped or disabled meanwhile stays so, and has new options next time; or in another group.
std::vector<std::uint64_t>& supervisor_state::leave_out_the_stopped(std::vector<std::uint64_t>& starts) {
  std::erase_if(starts, [this](auto process) {
    auto status = use->board.find(process);
    bool has_moved = status && !status->started_once && is_left_by_hand(*status->who->options);
    bool is_left = status && (has_moved || is_left_stopped(*status));
    if (is_left)
      say(full_name(status->who->group, status->who->options->name), has_moved ? "added" : "changed");
    return is_left;
  });
  return starts;
}

void supervisor_state::stop_to_restart(const std::vector<std::uint64_t>& whom) {
  start_in_any_case(whom);
  ask_for_update(verb::stop, whom);
}

/// Whatever becomes of us and of this update. Others may be there from one that was interrupted.
void supervisor_state::start_in_any_case(const std::vector<std::uint64_t>& whom) {
  auto& all = record->table.to_start;
  for (auto process : whom)
    if (update->to_start.insert(process).second && std::find(all.begin(), all.end(), process) == all.end())
      all.push_back(process);
  if (!whom.empty())
    use->keep_image();
}

/// A supervisor before this one was in the middle of an update: once they are stopped, they are started.
void supervisor_state::go_on_with_restarts() {
  if (update || record->table.to_start.empty())
    return;
  std::vector<std::uint64_t> stopped;
  for (auto process : record->table.to_start)
    if (auto status = use->board.find(process);
        status && protocols::is_stopped(status->state) && !is_stopped_by_hand(*status))
      stopped.push_back(process);
  if (std::erase_if(record->table.to_start, [this](auto process) { return is_stopped(process); }) == 0)
    return;
  use->keep_image();
  if (stopped.empty()) // somebody has stopped them himself meanwhile
    return;
  auto nobody = std::make_shared<reply_promise<control_answer>>([](const control_answer&) {}, control_answer{});
  process_task task{.what = verb::start, .reason = start_reason::update};
  control({{.of = control_request::scope::some, .members = stopped, .task = std::move(task)}, std::move(nobody)});
}

/// All of the group.
bool supervisor_state::has_ended(const std::string& group) const {
  return std::none_of(update->kept.begin(), update->kept.end(), [&](auto& names) { return names.first == group; });
}

/// Those in service with such a row, in the order of the plan. `of_groups_that_stay`: only those.
std::vector<std::uint64_t> supervisor_state::processes_for(std::initializer_list<plan_action> what,
                                                           bool of_groups_that_stay) const {
  std::vector<std::uint64_t> found;
  for (const auto& row : update->plan) {
    if (update->added.contains(row.group) || std::find(what.begin(), what.end(), row.action) == what.end() ||
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
  update->ended.clear();
  update->said.clear();
  update->waited_for = {whom.begin(), whom.end()};
  update->seen_stuck = false;
  update->look_at_held_at = {};
  auto answer = answer_to_update();
  request.update_step = update->step;
  control({std::move(request), std::move(answer)});
  if (!update)
    return;
  self->remind(std::chrono::steady_clock::now() + (what == verb::start ? longest_start : longest_stop),
               update_overdue{update->step});
  look_at_held();
}

/// Those that are not where they should be by now have failed. Where no update is under way, one has just ended.
void supervisor_state::end_update_step(std::uint64_t step) {
  if (!update || update->step != step)
    return go_on_with_restarts();
  bool starts = update->phase == update_phase::starting;
  process_results results;
  for (auto process : update->asked)
    if (auto status = use->board.find(process)) {
      if (starts && is_left_stopped(*status))
        continue;
      bool done = starts ? status->state == process_state::running : is_stopped(process);
      bool is_held = starts && status->is_held; // as a start is answered by whoever waits in vain
      auto failed = is_held ? fault::spawn_error : fault::failed;
      results.push_back({status->who->options->name.str(), status->who->group.str(),
                         static_cast<int>(done ? fault::success : failed),
                         is_held  ? status->waiting_for.str()
                         : starts ? "not started after 2 minutes"
                                  : "not stopped after 10 minutes"});
    }
  update->results.reset();
  note_step(results);
  go_on_with_update();
}

/// The first one of the list is removed; one that is made anew, or is new, is added.
void supervisor_state::ask_for_group() {
  note_stopped_by_hand();
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
  } else if (u.phase == update_phase::adding) {
    u.added.insert(group); // and is told in the end
  } else {
    say(group, is_wanted ? "updated process group" : "removed process group");
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
    if (!what.empty() && !of_group && !u.said.contains({result->group, result->name}))
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

/// Each is told once. Whom an operator stops while it starts has not failed.
void supervisor_state::note_starts(const process_results& results) {
  for (const auto* result : in_order(results)) {
    if (!update->said.insert({result->group, result->name}).second)
      continue;
    bool well = result->status == static_cast<int>(fault::success);
    bool again = std::any_of(update->plan.begin(), update->plan.end(), [&](auto& row) {
      return row.action == plan_action::restart && row.group == result->group && row.process == result->name;
    });
    auto status = use->board.find(result->group, result->name);
    bool left = !well && status && is_being_left(*status);
    say(full_name(result->group, result->name),
        left    ? "changed"
        : !well ? "failed"
        : again ? "restarted"
                : "started",
        well || left ? nullptr : result);
  }
}

} // namespace troupe::actors
