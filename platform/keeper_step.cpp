// See keeper_step.hpp.
#include "platform/keeper_step.hpp"

#include <csignal>

namespace troupe::platform {

namespace {

using enum keeper_phase;

constexpr std::uint64_t waits[] = {0, 0, 100'000, 1'000'000, 5'000'000}; ///< µs before the 1st ... 5th

std::uint64_t wait_before(std::uint32_t death) {
  constexpr std::uint32_t last = sizeof waits / sizeof waits[0];
  return waits[(death < last ? death : last) - 1];
}

/// What a worker has taken is its own business from then on, and its successor's by its records.
void forget_taken(keeper_state& s, std::uint32_t taken) {
  std::size_t left = 0;
  for (std::size_t i = 0; i < s.kept; ++i)
    if (!s.signals[i].passed || static_cast<std::int32_t>(s.signals[i].number - taken) > 0)
      s.signals[left++] = s.signals[i];
  s.kept = left;
}

void keep_signal(keeper_state& s, const keeper_happening& e, keeper_effects& effects) {
  for (std::size_t i = 0; i < s.kept; ++i)
    if (s.signals[i].signo == e.value && !s.signals[i].passed)
      return; // pending already, as for any process; one that was heard may have been acted upon
  if (s.kept == most_kept_signals)
    return;
  s.signals[s.kept++] = {e.value, e.pid, e.uid, ++s.last_number, false};
  if (s.phase == working)
    effects.add(keeper_effect::pass_signal);
}

void on_worker_end(keeper_state& s, const keeper_happening& e, keeper_effects& effects) {
  for (std::size_t i = 0; i < s.kept; ++i)
    s.signals[i].passed = false; // it did not get to them
  if (e.bye) {
    s.phase = over;
    s.exit_code = e.code;
    return effects.add(keeper_effect::end, e.code);
  }
  s.deaths.add(e.now);
  effects.add(keeper_effect::note_death, e.value);
  auto verdict = crash_policy(s.deaths, e.now, e.limit);
  if (verdict.end) {
    s.phase = ending;
    effects.add(keeper_effect::say_end, static_cast<std::int32_t>(verdict.in_window));
    return effects.add(keeper_effect::stop_programs);
  }
  s.level = verdict.level;
  s.restart_at = e.now + verdict.wait;
  s.phase = waiting;
  if (verdict.wait == 0)
    effects.add(keeper_effect::start_worker, static_cast<std::int32_t>(s.level));
}

void on_signal(keeper_state& s, const keeper_happening& e, keeper_effects& effects) {
  if (s.phase == ending || s.phase == over)
    return;
  if (e.value != SIGABRT)
    return keep_signal(s, e, effects);
  if (s.phase == working)
    effects.add(keeper_effect::abort_worker);
}

/// What waited is told in order; once per effect, since the socket may be full.
void pass_next(const keeper_state& s, keeper_effects& effects) {
  if (s.phase == working && signal_to_pass(s))
    effects.add(keeper_effect::pass_signal);
}

void on_passed(keeper_state& s, keeper_effects& effects) {
  for (std::size_t i = 0; i < s.kept; ++i)
    if (!s.signals[i].passed) {
      s.signals[i].passed = true;
      break;
    }
  pass_next(s, effects);
}

} // namespace

void crash_times::add(std::uint64_t now) { at[count++ % most_deaths_counted] = now; }

crash_verdict crash_policy(const crash_times& deaths, std::uint64_t now, const crash_limit& limit) {
  crash_verdict verdict;
  auto known = deaths.count < most_deaths_counted ? deaths.count : static_cast<std::uint32_t>(most_deaths_counted);
  for (std::uint32_t i = 1; i <= known; ++i) {
    auto at = deaths.at[(deaths.count - i) % most_deaths_counted];
    if (at <= now && now - at > limit.period)
      break;
    ++verdict.in_window;
  }
  if (limit.count == 0)
    return verdict;
  auto most = limit.count < most_deaths_counted ? limit.count : static_cast<std::uint32_t>(most_deaths_counted);
  auto died = verdict.in_window == 0 ? 1 : verdict.in_window; // this one at least
  verdict.in_window = died;
  verdict.end = died >= most;
  verdict.wait = wait_before(died);
  verdict.level = died + 1 >= most ? 2 : died + 2 >= most ? 1 : 0;
  return verdict;
}

const kept_signal* signal_to_pass(const keeper_state& state) {
  for (std::size_t i = 0; i < state.kept; ++i)
    if (!state.signals[i].passed)
      return &state.signals[i];
  return nullptr;
}

keeper_transition keeper_step(keeper_state before, const keeper_happening& e) {
  keeper_transition t{before, {}};
  auto& s = t.after;
  forget_taken(s, e.signals_taken);
  switch (e.what) {
  case keeper_event::worker_ended:
    if (s.phase == working || s.phase == waiting) // waiting: it could not even be made
      on_worker_end(s, e, t.effects);
    break;
  case keeper_event::worker_started:
    if (s.phase == waiting)
      s.phase = working;
    pass_next(s, t.effects);
    break;
  case keeper_event::worker_ready:
    if (s.phase == working)
      s.level = static_cast<std::uint32_t>(e.value);
    break;
  case keeper_event::signal_came:
    on_signal(s, e, t.effects);
    break;
  case keeper_event::signal_passed:
    on_passed(s, t.effects);
    break;
  case keeper_event::time_passed:
    if (s.phase == waiting && e.now >= s.restart_at)
      t.effects.add(keeper_effect::start_worker, static_cast<std::int32_t>(s.level));
    break;
  case keeper_event::programs_gone:
    if (s.phase == ending) {
      s.phase = over;
      s.exit_code = crashed_too_often;
      t.effects.add(keeper_effect::end, crashed_too_often);
    }
    break;
  }
  return t;
}

} // namespace troupe::platform
