// See supervisor_actor.hpp: what clients ask for about rolling restarts, and what they see of one: the processes that
// they may see. Must not stop or start anybody (supervisor_rollouts.cpp does). Source: docs/contract/programs.md, 7 and
// 15.2.
#include "actors/supervisor_actor.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::right;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;

namespace {

constexpr std::chrono::seconds longest_watch{5}; ///< then whoever waits for more is answered all the same

/// So that a page of it is not as long as all of it.
std::size_t first_step(const rollout_request& asked, std::size_t there_are) {
  auto since = std::max<std::int64_t>(asked.since.value_or(0), 0);
  return std::min(static_cast<std::size_t>(since), there_are);
}

} // namespace

void supervisor_state::control_rollout(const control_call& call) {
  switch (call.request.what) {
  case control_request::kind::begin_rollout:
    (*call.answer)(begin_rollout_for(call));
    return answer_watchers();
  case control_request::kind::abort_rollout:
    return (*call.answer)(abort_rollout_for(call));
  default:
    break;
  }
  if (auto answer = seen_rollout(call, false))
    return (*call.answer)(*std::move(answer));
  auto until = std::chrono::steady_clock::now() + longest_watch;
  rollout_watchers.push_back({call, until});
  remind_of_rollouts(until);
}

/// Whoever owns the processes asks again whether they are the caller's to restart.
control_answer supervisor_state::begin_rollout_for(const control_call& call) {
  std::vector<std::uint64_t> members;
  for (auto process : call.request.members) {
    auto found = record->table.positions.find(process);
    if (found == record->table.positions.end())
      continue;
    const auto& group = record->table.groups[found->second.group];
    const auto& options = *record->groups.at(group.id).cell->processes[found->second.member]->options;
    auto shown = full_name(group.name, options.name);
    const auto& choice = call.request.task.choice;
    auto verdict = choice ? choice->judge(group.name, options) : protocols::verdict::allow;
    if (verdict == protocols::verdict::hide)
      return make_fault(fault::bad_name, shown);
    if (verdict == protocols::verdict::deny)
      return not_permitted(choice->user, config::word_of(choice->needed), shown);
    members.push_back(process);
  }
  auto note_named = [&named = call.request.rollout->named](rollout& r) {
    for (auto& m : r.members)
      m.named = named.contains(m.process);
  };
  auto begun = begin_rollout(members, call.request.rollout->flags, note_named);
  if (auto* refused = std::get_if<protocols::rpc_fault>(&begun))
    return std::move(*refused);
  forget_rollouts();
  return rpc_value(std::get<std::int64_t>(begun));
}

control_answer supervisor_state::abort_rollout_for(const control_call& call) {
  const auto* found = rollout_of(call);
  auto shown = std::to_string(call.request.rollout->id);
  if (!found)
    return make_fault(fault::bad_name, shown);
  for (const auto& m : found->members)
    if (record->table.positions.contains(m.process) && !sees(call.request.reader, m.process, right::restart)) {
      const auto& choice = call.request.task.choice;
      return not_permitted(choice ? choice->user : std::string(), config::word_of(right::restart), shown);
    }
  auto& r = record->rollouts.at(found->id);
  if (r.state != rollout_state::running)
    return make_fault(fault::failed, "rolling restart " + shown + " is over");
  abort(r);
  advance_rollouts();
  return std::monostate{};
}

// -- what is seen of one -------------------------------------------------------------------------

/// A process that is gone is seen by whoever sees everything.
bool supervisor_state::sees(const held_rights_ptr& who, std::uint64_t process, right needed) const {
  if (!who || who->unlimited())
    return true;
  auto found = record->table.positions.find(process);
  if (found == record->table.positions.end())
    return false;
  const auto& group = record->table.groups[found->second.group];
  const auto& cell = *record->groups.at(group.id).cell->processes[found->second.member];
  return protocols::has(who->over(group.name.view(), *cell.options).rights, needed);
}

/// The one that is asked for; the last one that may be seen. Null: there is none.
const rollout* supervisor_state::rollout_of(const control_call& call) const {
  auto is_seen = [&](const rollout& r) {
    return std::any_of(r.members.begin(), r.members.end(),
                       [&](auto& m) { return sees(call.request.reader, m.process); });
  };
  auto wanted = call.request.rollout->id;
  for (auto one = record->rollouts.rbegin(); one != record->rollouts.rend(); ++one)
    if ((wanted == 0 || one->first == wanted) && is_seen(one->second))
      return &one->second;
  return nullptr;
}

/// Nothing: there is no more to be told than the caller knows. `late`: he has waited for long enough.
std::optional<control_answer> supervisor_state::seen_rollout(const control_call& call, bool late) const {
  const auto& asked = *call.request.rollout;
  const auto* found = rollout_of(call);
  if (!found && asked.id == 0)
    return control_answer{rpc_value(rpc_value::structure{{"id", std::int64_t{0}}})};
  if (!found)
    return control_answer{make_fault(fault::bad_name, std::to_string(asked.id))};
  auto seen = std::count_if(found->steps.begin(), found->steps.end(),
                            [&](auto& step) { return sees(call.request.reader, step.process); });
  bool has_news = !asked.since || seen > *asked.since || found->state != rollout_state::running;
  if (!has_news && !late)
    return {};
  return control_answer{shown_rollout(*found, call)};
}

rpc_value supervisor_state::shown_rollout(const rollout& r, const control_call& call) const {
  const auto& asked = *call.request.rollout;
  const auto& who = call.request.reader;
  auto name_of_process = [&](std::uint64_t process) {
    auto m = std::find_if(r.members.begin(), r.members.end(), [&](auto& one) { return one.process == process; });
    return full_name(m->group, m->name);
  };
  rpc_value::array groups, names, steps, left, under_way;
  for (const auto& group : r.groups)
    if (std::any_of(r.members.begin(), r.members.end(),
                    [&](auto& m) { return m.group == group.name && sees(who, m.process); }))
      groups.emplace_back(group.name);
  std::vector<const rollout_step*> seen;
  for (const auto& step : r.steps)
    if (sees(who, step.process))
      seen.push_back(&step);
  for (auto i = first_step(asked, seen.size()); i < seen.size(); ++i) {
    const auto& step = *seen[i];
    bool went_well = step.status == static_cast<int>(fault::success);
    steps.emplace_back(rpc_value::structure{{"name", name_of_process(step.process)},
                                            {"what", std::string(step.starts ? "started" : "stopped")},
                                            {"status", std::int64_t{step.status}},
                                            {"text", went_well ? std::string("OK") : step.text}});
  }
  if (asked.since.value_or(0) <= 0)
    for (const auto& m : r.members)
      if (sees(who, m.process))
        names.emplace_back(full_name(m.group, m.name));
  if (r.state != rollout_state::running)
    for (const auto* m : not_restarted(r))
      if (sees(who, m->process))
        left.emplace_back(full_name(m->group, m->name));
  rpc_value::structure shown{{"id", r.id},
                             {"groups", std::move(groups)},
                             {"names", std::move(names)},
                             {"state", std::string(to_string(r.state))},
                             {"steps", std::move(steps)},
                             {"next", static_cast<std::int64_t>(seen.size())},
                             {"failures", r.failures},
                             {"not_restarted", std::move(left)},
                             {"complaint", complaint_of(r)},
                             {"promises", r.promises}};
  if (asked.id != 0)
    return rpc_value(std::move(shown));
  for (const auto& [id, other] : record->rollouts)
    if (other.state == rollout_state::running &&
        std::any_of(other.members.begin(), other.members.end(), [&](auto& m) { return sees(who, m.process); }))
      under_way.emplace_back(id);
  shown.emplace_back("under_way", std::move(under_way));
  return rpc_value(std::move(shown));
}

void supervisor_state::answer_watchers() {
  auto now = std::chrono::steady_clock::now();
  rollout_watchers.remove_if([&](rollout_watcher& watcher) {
    auto answer = seen_rollout(watcher.call, now >= watcher.until);
    if (answer)
      (*watcher.call.answer)(*std::move(answer));
    return answer.has_value();
  });
  for (const auto& watcher : rollout_watchers)
    remind_of_rollouts(watcher.until);
}

} // namespace troupe::actors
