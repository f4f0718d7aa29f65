// See supervisor_actor.hpp: an update process by process, and a program's other number of processes: one at a time, and
// what is to be done. What changes is decided by config/plan.hpp; it is done in supervisor_update_steps.cpp. Must not
// read files. Source: docs/contract/programs.md, 6. Cases:
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
  auto& waiting = record->waiting_updates;
  if (record->rests)
    return (*call.answer)(upgraded_amid(false));
  if (update && waiting.size() >= most_waiting)
    return (*call.answer)(make_fault(fault::failed, "too many updates wait already"));
  if (update)
    return waiting.push_back(call);
  update = std::make_shared<open_update>(open_update{.call = call, .wish = call.request.wish});
  record->update_under_way = call;
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
  end_telling(answer);
  auto over = std::exchange(update, nullptr);
  record->update_under_way.reset();
  (*over->call.answer)(std::move(answer));
  self->send(supervisor_actor{self}, update_overdue{0}); // whoever still waits from an interrupted one
  begin_next_update();
}

/// Not now: whoever has ended the one before is not through yet.
void supervisor_state::begin_next_update() {
  auto& waiting = record->waiting_updates;
  if (waiting.empty())
    return;
  self->send(supervisor_actor{self}, waiting.front());
  waiting.pop_front();
}

/// One that is watched has its number as soon as it does anything.
void answer_updates_before_rest(supervisor_record& record) {
  record.rests = true;
  for (const auto& call : std::exchange(record.waiting_updates, {}))
    (*call.answer)(upgraded_amid(false));
  const auto& call = record.update_under_way;
  if (!call)
    return;
  auto refused = upgraded_amid(!call->request.wish->watched);
  if (!call->request.wish->watched)
    for (const auto& [id, r] : record.rollouts)
      if (r.update && r.state == rollout_state::running)
        refused = upgraded_amid_rolling(id);
  (*call->answer)(refused);
}

void supervisor_state::say(const std::string& whom, const std::string& what, const process_result* failure) {
  rpc_value::structure step{{"name", whom}, {"what", what}};
  if (failure) {
    step.emplace_back("status", std::int64_t{failure->status});
    step.emplace_back("description", failure->description);
  }
  if (update->told)
    update->told->steps.emplace_back(step);
  update->steps.emplace_back(std::move(step));
  answer_update_watchers();
}

// -- what is to be done --------------------------------------------------------------------------

/// The files have been read.
void supervisor_state::plan_update() {
  auto& u = *update;
  u.target = *use->board.loaded();
  for (const auto& group : u.wish->groups)
    if (!sees_group(u.wish->choice, group, {active_groups(), u.target}))
      return end_update(make_fault(fault::bad_name, group));
  bool scales = u.wish->what != update_wish::kind::apply;
  if (auto refused = scales ? plan_scale() : std::nullopt)
    return end_update(*refused);
  u.plan = plan_of(*u.wish, u.target);
  if (u.wish->plan_id && *u.wish->plan_id != plan_id_of(u.plan, u.target))
    return end_update(make_fault(fault::failed, "the plan is out of date"));
  auto refused = forbidden_row();
  if (!refused)
    refused = rolls_already();
  if (refused)
    return end_update(*refused);
  begin_telling();
  if (scales)
    note_scale();
  std::erase_if(u.plan, [](auto& row) { return row.action == plan_action::keep; });
  redefine_groups();
  for (const auto& row : u.plan)
    if (row.action == plan_action::live || row.action == plan_action::next)
      say(shown_name(row), "changed");
  u.phase = update_phase::stopping;
  auto ends = processes_for({plan_action::stop, plan_action::regroup});
  std::erase_if(ends, [this](auto process) { return is_stopped(process); });
  if (scales)
    std::reverse(ends.begin(), ends.end()); // the highest number first
  u.ends = ends;
  auto anew = processes_for({plan_action::regroup});
  std::erase_if(anew, [this](auto process) { return is_stopped(process); });
  start_in_any_case(anew);
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

/// A rolling restart of ours would meet another one: better before anything is done.
std::optional<protocols::rpc_fault> supervisor_state::rolls_already() const {
  const auto& u = *update;
  if (!u.wish->rolling)
    return {};
  if (u.wish->by_process == false)
    return make_fault(fault::failed, "rolling goes with mode process only");
  for (const auto& row : u.plan)
    for (const auto& [id, other] : record->rollouts)
      if (row.action == plan_action::restart && other.state == rollout_state::running &&
          std::any_of(other.groups.begin(), other.groups.end(), [&](auto& part) { return part.name == row.group; }))
        return make_fault(fault::failed, "a rolling restart of " + row.group + " is under way");
  return {};
}

/// The target are the groups as they are, but for the number of processes of one program. Why not, if it may not be.
std::optional<protocols::rpc_fault> supervisor_state::plan_scale() {
  auto& u = *update;
  const auto& program = u.wish->program;
  auto unknown = make_fault(fault::bad_name, program);
  auto found = read_scales.find(program);
  if (found == read_scales.end())
    return unknown;
  auto loaded = std::exchange(u.target, active_groups());
  bool in_service = false, seen = false, may = true;
  for (auto& group : u.target) {
    auto fresh = find_group(loaded, group->name.view());
    for (const auto& section : {"program:" + program, "fcgi-program:" + program}) {
      for (const auto* of : {group.get(), fresh.get()})
        for (const auto& process : of ? of->processes : std::vector<config::process_options_ptr>()) {
          if (process->section.view() != section)
            continue;
          in_service = true;
          auto verdict =
            u.wish->choice ? u.wish->choice->judge(group->name.view(), *process) : protocols::verdict::allow;
          seen = seen || verdict != protocols::verdict::hide;
          may = may && verdict == protocols::verdict::allow;
        }
      u.from += static_cast<std::int64_t>(members_of({group}, section));
      if (fresh)
        group = scaled_group(*group, *fresh, section);
      u.to += static_cast<std::int64_t>(members_of({group}, section));
    }
  }
  if (u.wish->choice && !seen)
    return unknown;
  if (!may)
    return not_permitted(u.wish->choice->user, config::word_of(u.wish->choice->needed), program);
  if (!found->second.numbered)
    return make_fault(fault::failed, "process_name has no %(process_num)s");
  bool is_there = in_service || std::any_of(u.target.begin(), u.target.end(), [&](auto& group) {
                    return group->name.view() == program; // scaled to none
                  });
  return is_there ? std::nullopt : std::optional(unknown);
}

/// It is remembered; and one more of those that run runs, too.
void supervisor_state::note_scale() {
  auto& u = *update;
  auto configured = read_scales.at(u.wish->program).configured;
  if (u.wish->what == update_wish::kind::scale && u.wish->count != configured)
    record->table.scales[u.wish->program] = {u.wish->count, configured};
  else
    record->table.scales.erase(u.wish->program);
  if (use->remembered)
    use->remembered->set_scales(record->table.scales);
  auto all = use->board.all();
  bool runs = std::any_of(all.begin(), all.end(), [&](const auto& status) {
    return is_of(status->who->options->section.view(), u.wish->program) && !protocols::is_stopped(status->state);
  });
  for (auto& row : u.plan)
    if (row.action == plan_action::add && runs)
      row.action = plan_action::start;
}

} // namespace troupe::actors
