// See supervisor_actor.hpp: rolling restarts. Who is asked to stop and start, and by what roads: those of any other
// request. Must not decide whose turn it is or what has failed (core/rollout.cpp does), nor what is shown of it
// (supervisor_rollout_calls.cpp). Source: docs/contract/programs.md, 7. Cases: tests/rolling_test.py.
#include "actors/core/passing_stop.hpp"
#include "actors/supervisor_actor.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace troupe::actors {

using config::log_level;
using protocols::fault;
using protocols::make_fault;

namespace {

constexpr std::size_t most_kept = 16; ///< that are over

/// Of the group; nothing: it is not concerned.
bool rolls_anyway(const group_cell& cell, const std::set<std::uint64_t>& members, const status_board& board) {
  std::size_t rolling = 0;
  for (const auto& process : cell.processes) {
    auto status = members.contains(process->id) ? board.find(process->id) : nullptr;
    if (status && protocols::is_running(status->state) && process->options->rolling().rolls.value_or(false))
      ++rolling;
  }
  return rolling > 1;
}

rollout_member member_of(const process_cell& cell, const rollout_flags& flags) {
  const auto& asked = cell.options->rolling();
  rollout_member m;
  m.process = cell.id;
  m.group = cell.group.str();
  m.name = cell.options->name.str();
  m.wait = flags.wait ? *flags.wait : asked.wait.value_or(config::rolling_wait::ready);
  m.up_within = flags.timeout ? *flags.timeout : asked.timeout.value_or(usual_time(*cell.options));
  m.stopped_within = stop_time(*cell.options);
  return m;
}

std::string left_text(const rollout& r) {
  std::string text;
  for (const auto* m : not_restarted(r))
    text += (text.empty() ? ", not restarted: " : " ") + full_name(m->group, m->name);
  return text;
}

} // namespace

/// Groups have come or gone: is any plain restart a rolling one? Clients are told, and ask then.
void supervisor_state::note_who_rolls() const {
  auto rolls = [](auto& process) { return process->options->rolling().rolls.value_or(false); };
  auto any = [&](auto& group) {
    const auto& processes = group.second.cell->processes;
    return std::any_of(processes.begin(), processes.end(), rolls);
  };
  use->board.set_may_roll(std::any_of(record->groups.begin(), record->groups.end(), any));
}

// -- its beginning -------------------------------------------------------------------------------

/// In the order of the table; one of several options counts as the first one has it. Nothing: nobody is concerned.
std::optional<rollout> supervisor_state::made_rollout(const std::vector<std::uint64_t>& members,
                                                      const rollout_flags& flags) const {
  std::set<std::uint64_t> named(members.begin(), members.end());
  rollout r;
  r.all = flags.all;
  r.promises = true;
  config::rolling_options usual;
  for (const auto& view : record->table.groups) {
    const auto& cell = *record->groups.at(view.id).cell;
    if (flags.configured && !rolls_anyway(cell, named, use->board))
      continue;
    auto before = r.members.size();
    for (const auto& process : cell.processes) {
      bool is_meant =
        named.contains(process->id) && (!flags.configured || process->options->rolling().rolls.value_or(false));
      if (!is_meant)
        continue;
      if (r.members.empty())
        usual = process->options->rolling();
      r.members.push_back(member_of(*process, flags));
      r.promises = r.promises && process->options->socket;
    }
    if (r.members.size() > before)
      r.groups.push_back({view.name.str()});
  }
  if (r.members.empty())
    return {};
  r.batch = flags.batch ? *flags.batch : usual.batch.value_or(config::batch_size{});
  r.pause = flags.pause ? *flags.pause : usual.pause.value_or(std::chrono::milliseconds{0});
  r.maxfail = flags.maxfail ? *flags.maxfail : usual.maxfail.value_or(0);
  return r;
}

std::variant<protocols::rpc_fault, std::int64_t>
supervisor_state::begin_rollout(const std::vector<std::uint64_t>& members, const rollout_flags& flags,
                                const std::function<void(rollout&)>& prepare,
                                std::function<void(const rollout&)> done) {
  auto made = made_rollout(members, flags);
  if (!made)
    return std::int64_t{0};
  for (const auto& [id, other] : record->rollouts)
    for (const auto& group : other.groups)
      if (other.state == rollout_state::running &&
          std::any_of(made->groups.begin(), made->groups.end(), [&](auto& g) { return g.name == group.name; }))
        return make_fault(fault::failed, "a rolling restart of " + group.name + " is under way");
  made->id = ++record->last_rollout;
  prepare(*made);
  begin(*made, rollout_facts());
  auto count = made->members.size();
  use->log.write(log_level::info, "rolling restart " + std::to_string(made->id) + " of " + name_of(*made) + ": " +
                                    std::to_string(count) + (count == 1 ? " process" : " processes"));
  auto id = made->id;
  if (done)
    record->rollouts_done.emplace(id, std::move(done));
  advance_rollout(record->rollouts.emplace(id, *std::move(made)).first->second);
  return id;
}

// -- as far as it goes ---------------------------------------------------------------------------

rollout_world supervisor_state::rollout_facts() const {
  rollout_world world;
  world.look_at = [this](std::uint64_t process) -> member_facts {
    auto status = record->table.positions.contains(process) ? use->board.find(process) : nullptr;
    if (!status) // of one that nobody has ever started there is none
      return {.exists = record->table.positions.contains(process)};
    const auto& check = status->check;
    bool is_looked_after = static_cast<bool>(status->who->options->health().form);
    return {.exists = true,
            .state = status->state,
            .has_lasted = check && check->has_lasted,
            .is_healthy = !is_looked_after || (check && check->health == health_state::healthy),
            .spawns = status->spawns,
            .disabled = status->disabled,
            .stopped_by_hand = is_stopped_by_hand(*status)};
  };
  world.others_in_service = [this, look_at = world.look_at](const rollout& of, std::string_view whose) {
    const auto* group = record->table.find(whose);
    if (!group)
      return std::size_t{0};
    std::set<std::uint64_t> parts;
    for (const auto& m : of.members)
      parts.insert(m.process);
    return static_cast<std::size_t>(std::count_if(group->members.begin(), group->members.end(), [&](auto& m) {
      return !parts.contains(m.process) && is_in_service(look_at(m.process));
    }));
  };
  return world;
}

/// While a group is being removed nothing may be started: it goes on when that is decided.
void supervisor_state::advance_rollouts() {
  for (auto& [id, r] : record->rollouts)
    if (r.state == rollout_state::running)
      advance_rollout(r);
  forget_rollouts();
  answer_watchers();
}

void supervisor_state::advance_rollout(rollout& r) {
  if (admit(record->table) != admission::carry_out)
    return;
  auto before = std::pair(r.at, r.steps.size());
  auto to_do = advance(r, rollout_facts(), std::chrono::steady_clock::now());
  tell_rolled(r);
  if (r.state != rollout_state::running) {
    define_the_passed(r);
    tell_passed(r);
    finish_rollout(r);
  }
  if (before != std::pair(r.at, r.steps.size()) || r.state != rollout_state::running)
    use->keep_image();
  for (const auto& one : to_do)
    std::visit([&](const auto& what) { carry_out(r, what); }, one);
}

void supervisor_state::finish_rollout(rollout& r) {
  auto who = "rolling restart " + std::to_string(r.id) + " of " + name_of(r);
  if (auto complaint = complaint_of(r); complaint.empty())
    use->log.write(log_level::info, who + " is done");
  else
    use->log.write(log_level::warn, complaint + left_text(r));
  if (auto told = record->rollouts_done.extract(r.id); !told.empty())
    told.mapped()(r);
  for (auto& m : r.members)
    m.becomes.reset();
}

/// Only the last ones are kept.
void supervisor_state::forget_rollouts() {
  auto is_over = [](auto& one) { return one.second.state != rollout_state::running; };
  auto& all = record->rollouts;
  auto over = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_over));
  for (; over > most_kept; --over)
    all.erase(std::find_if(all.begin(), all.end(), is_over));
}

void supervisor_state::remind_of_rollouts(time_point at) {
  if (rollout_alarm && *rollout_alarm <= at)
    return;
  rollout_alarm = at;
  self->remind(at, rollout_due{});
}

// -- what is asked of its members ----------------------------------------------------------------

process_answer supervisor_state::answer_for_rollout(const rollout& r, std::uint64_t process, bool starts) const {
  rollout_answered lost{r.id, process, starts, 0, {}};
  process_outcome nothing{.status = 0, .text = {}};
  auto deliver = [me = supervisor_actor{self}, lost](const process_outcome& outcome) {
    auto answer = lost;
    answer.status = outcome.absent ? static_cast<int>(fault::not_running) : outcome.status;
    answer.text = outcome.text;
    caf::anon_send(me, answer);
  };
  return std::make_shared<reply_promise<process_outcome>>(std::move(deliver), std::move(nothing));
}

/// As any stop of several at once: whoever depends on others goes first.
void supervisor_state::carry_out(rollout& r, const rollout_action::stop& e) {
  open_stop stop{.task = {.what = verb::stop, .wait = true, .rolls = true}, .all = {}};
  for (auto process : e.whom) {
    auto found = record->table.positions.find(process);
    if (found == record->table.positions.end())
      continue;
    const auto& group = record->table.groups[found->second.group];
    auto place = stop.left.size();
    stop.left.emplace(process, open_stop::entry{place, full_name(group.name, group.members[found->second.member].name),
                                                answer_for_rollout(r, process, false)});
  }
  begin_stop(std::move(stop));
}

void supervisor_state::carry_out(rollout& r, const rollout_action::start& e) {
  define_anew(r, e.whom);
  for (auto process : e.whom) {
    bool is_second_half =
      std::any_of(r.steps.begin(), r.steps.end(), [&](auto& step) { return step.process == process; });
    process_task task{.what = verb::start, .rolls = true}; // of one that was at rest it is all that is asked for
    task.reason = is_second_half ? start_reason::rolling : start_reason::none;
    auto found = record->table.positions.find(process);
    if (found == record->table.positions.end())
      continue;
    const auto& group = record->table.groups[found->second.group];
    self->send(actor_of(group.id), group_request{task, found->second.member,
                                                 full_name(group.name, group.members[found->second.member].name),
                                                 answer_for_rollout(r, process, true), nullptr});
  }
}

void supervisor_state::carry_out(rollout&, const rollout_action::look& e) { remind_of_rollouts(e.at); }

// -- what has happened ---------------------------------------------------------------------------

void supervisor_state::note_rollout_answer(const rollout_answered& m) {
  auto found = record->rollouts.find(m.id);
  if (found == record->rollouts.end())
    return;
  auto status = use->board.find(m.process);
  bool stops_still = !m.starts && status && status->state == process_state::stopping; // for whoever asked before
  if (m.status == 0 || stops_still)
    note_lost(found->second, m.process, std::chrono::steady_clock::now());
  else
    note_answer(found->second, m.process, {m.process, m.starts, m.status, m.text});
  advance_rollouts();
}

void supervisor_state::note_for_rollouts(const group_changed& changed) {
  bool any = false;
  for (auto& [id, r] : record->rollouts)
    if (r.state == rollout_state::running) {
      note_state(r, changed.process, changed.state);
      any = true;
    }
  if (any)
    advance_rollouts();
}

/// What the supervisor before this one has asked for may be lost, in this daemon or in another binary.
void supervisor_state::go_on_with_rollouts() {
  for (auto& [id, r] : record->rollouts)
    if (r.state == rollout_state::running)
      note_rebuilt(r, std::chrono::steady_clock::now());
  advance_rollouts();
}

/// The daemon stops, or begins anew.
void supervisor_state::end_rollouts() {
  for (auto& [id, r] : record->rollouts)
    if (r.state == rollout_state::running) {
      end_at_once(r);
      finish_rollout(r);
    }
  answer_watchers();
}

} // namespace troupe::actors
