// What clients ask of the supervisor, see supervisor_actor.hpp. Must not decide who waits or is refused for the
// daemon's sake (group_table.cpp does), nor carry out anything on processes: their groups do.
#include "actors/carry.hpp"
#include "actors/extensions/plugins.hpp"
#include "actors/supervisor_actor.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;

namespace {

/// What a group says once its members have been asked. A group that dies before is no group without members.
process_answer answer_of_group(const std::shared_ptr<gathering>& all, std::size_t rank, const std::string& name) {
  return gathering::add(all, rank, name, name);
}

/// Some of its processes.
bool concerns(const member_choice& choice, const config::group_options& group) {
  auto allowed = [&](auto& process) { return choice.judge(group.name.view(), *process) == protocols::verdict::allow; };
  return std::any_of(group.processes.begin(), group.processes.end(), allowed);
}

/// As the group is now: it may be another one than the client's side saw.
bool allows_all(const control_request& request, const config::group_options& group) {
  const auto* choice = request.task.choice.get();
  return !choice || std::all_of(group.processes.begin(), group.processes.end(), [&](auto& process) {
    return choice->judge(group.name.view(), *process) == protocols::verdict::allow;
  });
}

} // namespace

void supervisor_state::control(const control_call& call) {
  switch (admit(record->table)) {
  case admission::hold_back:
    return record->held.push_back(call);
  case admission::refuse:
    return (*call.answer)(make_fault(fault::shutdown_state));
  case admission::carry_out:
    break;
  }
  switch (call.request.what) {
  case control_request::kind::processes:
    return control_processes(call);
  case control_request::kind::add_group:
    return add_loaded_group(call);
  case control_request::kind::remove_group:
    return ask_to_remove(call);
  case control_request::kind::reload:
    if (call.request.wish && call.request.wish->what != update_wish::kind::plan)
      return begin_update(call);
    return read_configuration(call);
  case control_request::kind::shutdown:
  case control_request::kind::restart:
    return end_daemon(call);
  case control_request::kind::begin_rollout:
  case control_request::kind::see_rollout:
  case control_request::kind::abort_rollout:
    return control_rollout(call);
  case control_request::kind::see_update:
    return see_update(call);
  }
}

void supervisor_state::end_daemon(const control_call& call) {
  record->end_asked = call.answer;
  refresh_all();
  if (call.request.what == control_request::kind::shutdown)
    apply(group_event::of_the_daemon{daemon_event::shutdown_requested{}});
  else
    apply(group_event::of_the_daemon{daemon_event::restart_requested{}});
}

void supervisor_state::control_processes(const control_call& call) {
  const auto& request = call.request;
  if (request.task.goes_on && request.of != control_request::scope::one)
    return go_on_with_many(call);
  if (request.of == control_request::scope::all)
    return control_many(call, request_order(record->table));
  if (request.of == control_request::scope::some)
    return control_some(call);
  const auto* group = record->table.find(request.group);
  if (!group)
    return (*call.answer)(make_fault(fault::bad_name, request.name));
  if (request.of == control_request::scope::group)
    return control_many(call, {group->id});
  const auto& members = group->members;
  auto member = std::find_if(members.begin(), members.end(), [&](auto& m) { return m.name == request.process; });
  if (member == members.end())
    return (*call.answer)(make_fault(fault::bad_name, request.name));
  if (const auto& choice = request.task.choice) { // whoever has got the name since the client's side looked
    const auto& options =
      *record->groups.at(group->id).cell->processes[static_cast<std::size_t>(member - members.begin())]->options;
    auto verdict = choice->judge(request.group, options);
    if (verdict == protocols::verdict::hide)
      return (*call.answer)(make_fault(fault::bad_name, request.name));
    if (verdict == protocols::verdict::deny)
      return (*call.answer)(not_permitted(choice->user, config::word_of(choice->needed), request.name));
  }
  auto deliver = [answer = call.answer](const process_outcome& outcome) {
    if (outcome.ok())
      (*answer)(std::monostate{});
    else
      (*answer)(protocols::rpc_fault{outcome.status, outcome.text});
  };
  auto lost = process_outcome::of(make_fault(fault::failed, request.name));
  self->send(actor_of(group->id),
             group_request{request.task, static_cast<std::size_t>(member - members.begin()), request.name,
                           std::make_shared<reply_promise<process_outcome>>(deliver, lost), nullptr});
}

void supervisor_state::control_many(const control_call& call, const std::vector<std::uint64_t>& which) {
  if (programs && call.request.task.what == verb::stop)
    return ask_in_order(call, which);
  auto all = std::make_shared<gathering>(call.answer);
  note(call.request.number, all);
  auto task = call.request.task;
  task.one_of_many = true;
  for (std::size_t rank = 0; rank < which.size(); ++rank) {
    const auto& group = record->groups.at(which[rank]);
    if (task.choice && !concerns(*task.choice, *group.cell->options))
      continue; // not even that it has died is told
    self->send(group.actor,
               group_request{task, {}, {}, answer_of_group(all, rank, group.cell->options->name), all, rank});
  }
}

void supervisor_state::note(std::uint64_t number, const std::shared_ptr<gathering>& all) {
  std::erase_if(record->gatherings, [](const auto& one) { return one.second.expired(); });
  if (number != 0)
    record->gatherings[number] = all;
}

/// The binary before this one has asked the members; those that had not answered are waited for again. In a stop some
/// may not have been asked yet, since others go first.
void supervisor_state::go_on_with_many(const control_call& call) {
  auto known = record->known_before.extract(call.request.number);
  auto entries = known.empty() ? std::vector<gathering::entry>() : std::move(known.mapped());
  auto waits = entries; // a copy: answers may come at once
  auto all = std::make_shared<gathering>(call.answer, std::move(entries));
  note(call.request.number, all);
  auto task = call.request.task;
  task.one_of_many = true;
  open_stop stop{.task = task, .all = {}};
  stop.task.goes_on = false;
  for (std::size_t place = 0; place < waits.size(); ++place) {
    if (waits[place].decided)
      continue;
    const auto& of = waits[place].result;
    auto answer = gathering::again(all, place);
    const auto* group = record->table.find(of.group);
    if (!group)
      continue;
    auto member =
      std::find_if(group->members.begin(), group->members.end(), [&](auto& m) { return m.name == of.name; });
    if (member == group->members.end())
      continue;
    auto shown = full_name(of.group, of.name);
    auto status = use->board.find(member->process);
    stop.all.insert(member->process);
    if (task.what == verb::stop && status && protocols::is_running(status->state))
      stop.left.emplace(member->process, open_stop::entry{place, std::move(shown), std::move(answer)});
    else
      self->send(actor_of(group->id), group_request{task, static_cast<std::size_t>(member - group->members.begin()),
                                                    std::move(shown), std::move(answer), nullptr});
  }
  if (!stop.left.empty())
    begin_stop(std::move(stop));
}

void supervisor_state::add_loaded_group(const control_call& call) {
  const auto& who = call.request.name;
  auto found = addable(*use->board.loaded(), record->table, who);
  if (auto* refused = std::get_if<fault>(&found))
    return (*call.answer)(make_fault(*refused, who));
  auto options = std::get<config::group_options_ptr>(std::move(found));
  if (!allows_all(call.request, *options))
    return (*call.answer)(not_permitted(call.request.task.choice->user, config::word_of(config::right::update), who));
  if (auto probed = use->means->sockets.probe(*options); !probed)
    return (*call.answer)(make_fault(fault::failed, probed.error().what));
  if (auto handler = result_handler_of(*options); !handler)
    return (*call.answer)(make_fault(fault::failed, handler.error().what));
  auto made = make_cells({options}, record->set.childlogdir, record->set.identifier, record->kept);
  if (!made)
    return (*call.answer)(make_fault(fault::failed, made.error().what));
  auto id = add_group(made->front());
  make_programs();
  keep_added(*record, *use, id);
  if (use->history)
    tell_group(*use->history, "added", who);
  (*call.answer)(std::monostate{});
  apply(group_event::added{});
}

void supervisor_state::ask_to_remove(const control_call& call) {
  const auto* group = record->table.find(call.request.name);
  if (!group)
    return (*call.answer)(make_fault(fault::bad_name, call.request.name));
  if (!allows_all(call.request, *record->groups.at(group->id).cell->options))
    return (*call.answer)(
      not_permitted(call.request.task.choice->user, config::word_of(config::right::update), call.request.name));
  record->removal = call;
  apply(group_event::removal_asked{group->id});
}

void supervisor_state::finish_removal(const group_asked& asked) {
  if (record->table.removing != asked.group)
    return;
  const auto& results = std::get<process_results>(asked.answers);
  auto count = [&results](fault of) {
    return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [of](auto& r) { return r.status == static_cast<int>(of); }));
  };
  apply(group_event::removal_answered{count(fault::success), count(fault::still_running)});
}

} // namespace troupe::actors
