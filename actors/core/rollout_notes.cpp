// See rollout.hpp: what has happened to its members, and what is said of it.
#include "actors/core/rollout_steps.hpp"

#include "actors/core/restart_policy.hpp"
#include "actors/core/stop_ladder.hpp"
#include "protocols/faults.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::process_state;
using std::chrono::milliseconds;
using place = rollout_member::place;
using time_point = rollout::time_point;

namespace {

bool is(int status, fault code) { return status == static_cast<int>(code); }

rollout_member* member_of(rollout& r, std::uint64_t process) {
  auto found = std::find_if(r.members.begin(), r.members.end(), [&](auto& m) { return m.process == process; });
  return found == r.members.end() ? nullptr : &*found;
}

} // namespace

void finish_step(rollout& r, rollout_member& m, bool starts, place to, fault code, std::string text) {
  r.steps.push_back({m.process, starts, static_cast<int>(code), std::move(text)});
  m.is = to;
  m.due.reset();
  m.repeat.reset();
  if (to == place::failed)
    ++r.failures;
}

// -- what has happened ---------------------------------------------------------------------------

void note_answer(rollout& r, std::uint64_t process, const rollout_step& answer) {
  auto* m = member_of(r, process);
  if (!m || m->is != (answer.starts ? place::starts : place::stops))
    return;
  m->repeat.reset();
  bool went_well = is(answer.status, fault::success);
  if (!answer.starts && (went_well || is(answer.status, fault::not_running)))
    return finish_step(r, *m, false, place::stopped, fault::success, {});
  bool was_stopped = is(answer.status, fault::abnormal_termination); // by whom, its state says
  if (answer.starts && (went_well || was_stopped || is(answer.status, fault::already_started))) {
    m->answered = true;
    return;
  }
  if (answer.starts && is(answer.status, fault::not_running)) { // an operator has stopped it meanwhile
    m->is = place::passes;
    return;
  }
  finish_step(r, *m, answer.starts, place::failed, static_cast<fault>(answer.status), answer.text);
}

void note_lost(rollout& r, std::uint64_t process, time_point now) {
  auto* m = member_of(r, process);
  if (m && (m->is == place::stops || m->is == place::starts))
    m->repeat = now + between_looks;
}

void note_state(rollout& r, std::uint64_t process, process_state state) {
  auto* m = member_of(r, process);
  if (!m || m->is != place::starts || !m->answered)
    return;
  m->has_run = m->has_run || state == process_state::running;
  m->has_failed = m->has_failed || state == process_state::backoff || state == process_state::fatal;
}

void note_rebuilt(rollout& r, time_point now) {
  for (auto& m : r.members)
    if (m.is == place::stops || (m.is == place::starts && !m.answered))
      m.repeat = now;
}

void abort(rollout& r) { r.is_to_end = true; }

void end_at_once(rollout& r) {
  if (r.state == rollout_state::running)
    r.state = rollout_state::aborted;
}

// -- what is said of it --------------------------------------------------------------------------

std::vector<const rollout_member*> not_restarted(const rollout& r) {
  std::vector<const rollout_member*> left;
  for (const auto& m : r.members)
    if (m.is == place::waits || m.is == place::stops || m.is == place::stopped)
      left.push_back(&m);
  return left;
}

std::string name_of(const rollout& r) {
  std::string name;
  for (const auto& group : r.groups)
    name += (name.empty() ? "" : ", ") + group.name;
  return name;
}

std::string complaint_of(const rollout& r) {
  auto what = "rolling restart of " + name_of(r);
  switch (r.state) {
  case rollout_state::running:
  case rollout_state::done:
    return {};
  case rollout_state::failed:
    if (r.failures == 0) // operators have stopped the others
      return what + " stopped: no other one is in service";
    return what + " stopped after " + std::to_string(r.failures) + (r.failures == 1 ? " failure" : " failures");
  case rollout_state::aborted:
    break;
  }
  return what + " was aborted";
}

milliseconds usual_time(const config::process_options& options) {
  constexpr std::chrono::seconds to_spare{10};
  const auto& ready = options.ready();
  auto time = std::chrono::duration_cast<milliseconds>(ladder_time(options)) + to_spare;
  time += std::clamp(std::chrono::seconds{options.startsecs}, std::chrono::seconds{0}, std::chrono::seconds{86400});
  return ready.form ? time + ready.timeout : time;
}

milliseconds stop_time(const config::process_options& options) {
  const auto& hooks = options.hooks();
  const auto& stops = options.stops();
  auto time = usual_time(options) + stops.sweeptime;
  for (const auto* hook : {&hooks.prestop, &hooks.poststop}) {
    if (hook->command.empty())
      continue;
    if (hook->timeout.count() == 0)
      return milliseconds{0};
    time += hook->timeout;
  }
  if (!stops.command.empty())
    time += stops.commandtimeout.value_or(std::chrono::duration_cast<milliseconds>(stop_wait(options)));
  return time;
}

} // namespace troupe::actors
