// See supervisor_actor.hpp: the restarts of an update process by process as a rolling restart, which goes on with the
// new definitions when the update is cut off. Must not decide whose turn it is (core/rollout.cpp does). Source:
// docs/contract/programs.md, 6 and 7. Cases: tests/update_rolling_test.py.
#include "actors/supervisor_update.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace troupe::actors {

using protocols::fault;

namespace {

constexpr int well = static_cast<int>(fault::success);

process_result meanwhile(const rollout_member& m) {
  return {m.name, m.group, static_cast<int>(fault::already_started), "it was started by somebody else"};
}

/// Of a step that is told. Who was started by somebody else in between has his old definition.
process_result result_of(const rollout_member& m, const rollout_step& step) {
  if (step.starts && step.status == well && m.becomes)
    return meanwhile(m);
  return {m.name, m.group, step.status, step.text};
}

bool is_told(const rollout_step& step) { return step.starts || step.status != well; }

} // namespace

/// One batch after the other; each has its new definition once it is stopped.
void supervisor_state::roll_for_update(const std::vector<std::uint64_t>& whom) {
  update->asked = whom;
  update->said.clear();
  auto answer = answer_to_update();
  auto over = [answer](const rollout& r) { // whoever the supervisor is by then
    process_results results;
    for (const auto& m : r.members) {
      if (m.is == rollout_member::place::passes)
        continue; // that has been told
      process_result one{m.name, m.group, static_cast<int>(fault::failed), "not restarted"};
      for (const auto& known : r.steps)
        if (known.process == m.process && is_told(known))
          one = result_of(m, known);
      results.push_back(std::move(one));
    }
    (*answer)(std::move(results));
  };
  auto prepare = [this](rollout& r) {
    update->rollout = r.id;
    r.update = update->number;
    for (auto& m : r.members)
      if (auto target = find_group(update->target, m.group))
        for (const auto& process : target->processes)
          if (process->name.view() == m.name)
            m.becomes = process;
  };
  auto begun = begin_rollout(whom, *update->wish->rolling, prepare, over);
  if (const auto* refused = std::get_if<protocols::rpc_fault>(&begun))
    (*answer)(*refused);
}

/// A rolling restart of ours has come further.
void supervisor_state::tell_rolled(const rollout& r) {
  if (!update || update->rollout != r.id || update->phase != update_phase::restarting_stop)
    return;
  for (; update->told_rolled < r.steps.size(); ++update->told_rolled) {
    const auto& step = r.steps[update->told_rolled];
    if (!is_told(step))
      continue;
    for (const auto& m : r.members)
      if (m.process == step.process)
        note_starts({result_of(m, step)});
  }
}

/// Somebody has stopped or disabled it, or it has ended, or it is gone: it has its new definition with its next start.
void supervisor_state::tell_passed(const rollout& r) {
  if (!update || update->rollout != r.id || update->phase != update_phase::restarting_stop)
    return;
  for (const auto& m : r.members) {
    bool passes = m.is == rollout_member::place::passes && use->board.find(m.process);
    if (!passes || !update->said.insert({m.group, m.name}).second)
      continue;
    auto failure = meanwhile(m);
    say(full_name(m.group, m.name), m.becomes ? "failed" : "changed", m.becomes ? &failure : nullptr);
  }
}

// -- their definitions ---------------------------------------------------------------------------

/// They are stopped, and about to start. Whoever runs again by then stays as he was.
void supervisor_state::define_anew(rollout& r, const std::vector<std::uint64_t>& whom) {
  std::vector<rollout_member*> ready;
  for (auto& m : r.members)
    if (m.becomes && std::find(whom.begin(), whom.end(), m.process) != whom.end() && is_stopped(m.process))
      ready.push_back(&m);
  define(ready);
}

/// Those without a turn use it next time.
void supervisor_state::define_the_passed(rollout& r) {
  std::vector<rollout_member*> passed;
  for (auto& m : r.members)
    if (auto status = m.becomes && m.is == rollout_member::place::passes ? use->board.find(m.process) : nullptr;
        status && (status->disabled || protocols::is_stopped(status->state)))
      passed.push_back(&m);
  define(passed);
}

void supervisor_state::define(const std::vector<rollout_member*>& whom) {
  std::map<std::uint64_t, std::shared_ptr<config::group_options>> groups;
  for (auto* m : whom) {
    auto becomes = std::exchange(m->becomes, nullptr);
    auto found = record->table.positions.find(m->process);
    if (found == record->table.positions.end())
      continue;
    auto id = record->table.groups[found->second.group].id;
    auto& now = groups[id];
    if (!now)
      now = std::make_shared<config::group_options>(*record->groups.at(id).cell->options);
    now->processes[found->second.member] = std::move(becomes);
  }
  for (const auto& [id, options] : groups)
    redefine_group(id, options);
  if (groups.empty())
    return;
  make_programs();
  use->keep_image();
}

/// Another update has given it a newer one.
void supervisor_state::forget_definition(std::uint64_t process) {
  for (auto& [id, r] : record->rollouts)
    for (auto& m : r.members)
      if (m.process == process)
        m.becomes.reset();
}

} // namespace troupe::actors
