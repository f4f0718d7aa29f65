// See supervisor_actor.hpp: an update as it is watched: each step is told when it is done, to whoever has asked for the
// update and looks at it again and again; and starts of it that wait for nothing that comes hold up nobody. Must not
// stop or start anybody (supervisor_update_steps.cpp does). Source: docs/contract/programs.md, 6. Cases:
// tests/update_watch_test.py.
#include "actors/supervisor_update.hpp"

#include "actors/io/program_facts.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;

namespace {

constexpr std::chrono::seconds longest_update_watch{5}; ///< then whoever waits for more is answered all the same
constexpr std::chrono::seconds look_again{1};
constexpr std::size_t most_told = 20; ///< updates that are over

/// So that whoever watches one of a daemon before this one does not see another.
std::int64_t first_update_number() {
  using namespace std::chrono;
  constexpr std::int64_t a_million = 1'000'000, of_one_daemon = 1'000;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count() % a_million * of_one_daemon + 1;
}

std::string asker_of(const member_choice_ptr& choice) { return choice ? choice->user : std::string(); }

} // namespace

// -- each by itself ------------------------------------------------------------------------------

/// `answer`, and what it says goes to the update, too.
process_answer supervisor_state::answer_for_update(std::uint64_t step, std::uint64_t process,
                                                   process_answer answer) const {
  auto deliver = [me = supervisor_actor{self}, step, process, answer](process_outcome outcome) {
    if (!outcome.absent)
      caf::anon_send(me, update_member_answered{step, process, outcome.status, outcome.text});
    (*answer)(std::move(outcome));
  };
  return std::make_shared<reply_promise<process_outcome>>(
    std::move(deliver), process_outcome::of(make_fault(fault::failed, "an actor has died meanwhile")));
}

void supervisor_state::note_update_member(const update_member_answered& m) {
  if (!update || update->step != m.step)
    return;
  auto& u = *update;
  u.waited_for.erase(m.process);
  auto status = use->board.find(m.process);
  if (u.phase != update_phase::starting || u.wish->what != update_wish::kind::apply || !status)
    return;
  note_starts({{status->who->options->name.str(), status->who->group.str(), m.status, m.text}});
}

/// Starts that are waited for, and for whose sake nothing is under way: the update goes on without them once they have
/// been seen so twice.
void supervisor_state::look_at_held() {
  if (!update || update->phase != update_phase::starting || update->waited_for.empty())
    return;
  auto& u = *update;
  auto now = std::chrono::steady_clock::now();
  if (now < u.look_at_held_at)
    return;
  u.look_at_held_at = now + look_again;
  auto known = programs ? facts_by(*programs, use->board) : facts_of_node();
  bool in_vain = programs && std::all_of(u.waited_for.begin(), u.waited_for.end(), [&](auto process) {
                   auto status = use->board.find(process);
                   auto node = programs->node_of(process);
                   bool is_passed_over = !status || status->state == process_state::stopped;
                   bool waits = status && status->is_held && node && is_stuck(programs->graph, *node, known, false);
                   return is_passed_over || waits;
                 });
  bool again = std::exchange(u.seen_stuck, in_vain);
  if (in_vain && again)
    return end_update_step(u.step);
  self->remind(u.look_at_held_at, update_due{});
}

/// A process has stopped, in a step that has processes stopped. Of a scale that is told in order, and at its end.
void supervisor_state::tell_end_of(const process_status& status) {
  auto& u = *update;
  if (u.phase != update_phase::stopping || u.wish->what != update_wish::kind::apply || !stays(status.who->group.str()))
    return;
  u.said.insert({status.who->group.str(), status.who->options->name.str()});
  say(full_name(status.who->group, status.who->options->name), "stopped");
}

// -- told ----------------------------------------------------------------------------------------

/// It is known what is to be done: whoever wants to watch has his number.
void supervisor_state::begin_telling() {
  auto& u = *update;
  if (!u.wish->watched)
    return;
  auto id = told_updates.empty() ? first_update_number() : told_updates.rbegin()->first + 1;
  u.number = id;
  u.told = told_updates[id] = std::make_shared<told_update>(told_update{.user = asker_of(u.wish->choice)});
  if (told_updates.size() > most_told)
    told_updates.erase(told_updates.begin());
  (*u.call.answer)(rpc_value(rpc_value::structure{{"update", id}}));
}

void supervisor_state::end_telling(const control_answer& answer) {
  if (!update->told)
    return;
  update->told->over = true;
  if (const auto* refused = std::get_if<protocols::rpc_fault>(&answer))
    update->told->refused = *refused;
  answer_update_watchers();
}

void supervisor_state::see_update(const control_call& call) {
  if (auto answer = seen_update(call, false))
    return (*call.answer)(*std::move(answer));
  auto until = std::chrono::steady_clock::now() + longest_update_watch;
  update_watchers.push_back({call, until});
  self->remind(until, update_due{});
}

/// Nothing is known of it; but its rolling restart may have gone on.
control_answer supervisor_state::answer_for_cut_off(const control_call& call) const {
  auto id = call.request.wish->id;
  for (const auto& [number, r] : record->rollouts)
    if (id > 0 && r.update == id && !told_updates.contains(id) &&
        std::any_of(r.members.begin(), r.members.end(), [&](auto& m) { return sees(call.request.reader, m.process); }))
      return make_fault(fault::failed,
                        "the update was cut off: another supervisord has taken over; its rolling restart " +
                          std::to_string(number) + (r.state == rollout_state::running ? " goes on" : " is over"));
  return make_fault(fault::bad_name, std::to_string(id));
}

/// Nothing: there is no more to be told than the caller knows. `late`: he has waited for long enough.
std::optional<control_answer> supervisor_state::seen_update(const control_call& call, bool late) const {
  const auto& asked = *call.request.wish;
  auto found = told_updates.find(asked.id);
  bool is_his = found != told_updates.end() && (!asked.choice || found->second->user == asked.choice->user);
  if (!is_his)
    return answer_for_cut_off(call);
  const auto& told = *found->second;
  auto begin = std::min(static_cast<std::size_t>(std::max<std::int64_t>(asked.since, 0)), told.steps.size());
  if (begin == told.steps.size() && !told.over && !late)
    return {};
  rpc_value::array more(told.steps.begin() + static_cast<std::ptrdiff_t>(begin), told.steps.end());
  rpc_value::structure shown{{"id", asked.id},
                             {"state", !told.over     ? "running"
                                       : told.refused ? "failed"
                                                      : "done"},
                             {"steps", std::move(more)},
                             {"next", static_cast<std::int64_t>(told.steps.size())}};
  if (told.refused)
    shown.emplace_back("complaint", told.refused->text);
  return rpc_value(std::move(shown));
}

void supervisor_state::answer_update_watchers() {
  auto now = std::chrono::steady_clock::now();
  update_watchers.remove_if([&](update_watcher& watcher) {
    auto answer = seen_update(watcher.call, now >= watcher.until);
    if (answer)
      (*watcher.call.answer)(*std::move(answer));
    return answer.has_value();
  });
}

void supervisor_state::look_at_due_updates() {
  answer_update_watchers();
  look_at_held();
}

} // namespace troupe::actors
