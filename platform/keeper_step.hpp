// What the keeper does about what happens: a pure function of (state, what happened). Fixed in size and free of
// allocation and exceptions, for the keeper has neither; must not read a clock, signal, wait or start anything
// (keeper.hpp carries out the effects). Children's ends are no matter of decision and are not here.
// Source: docs/contract/survival.md, 2.3, 3.5, 5.1. Cases: tests/platform/keeper_step_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::platform {

// -- how often a worker may die ------------------------------------------------------------------------------

constexpr std::size_t most_deaths_counted = 64;

/// survivelimit: so many deaths in that time end it all. More than 64 count as 64.
struct crash_limit {
  std::uint32_t count = 5;           ///< 0: no limit
  std::uint64_t period = 60'000'000; ///< µs
};

/// Times of the last deaths, µs, in a ring.
struct crash_times {
  std::uint64_t at[most_deaths_counted] = {};
  std::uint32_t count = 0; ///< ever
  void add(std::uint64_t now);
};

struct crash_verdict {
  bool end = false;
  std::uint32_t level = 0; ///< of the resume (5.1)
  std::uint64_t wait = 0;  ///< µs before it
  std::uint32_t in_window = 0;
};
/// About the last of `deaths`, which happened at `now`.
crash_verdict crash_policy(const crash_times& deaths, std::uint64_t now, const crash_limit& limit);

// -- the keeper ------------------------------------------------------------------------------------------------

enum class keeper_phase : std::uint8_t {
  working, ///< there is a worker
  waiting, ///< one is to be started, at once or at restart_at
  ending,  ///< programs are being stopped (5.1, 5th death)
  over,
};

struct kept_signal {
  std::int32_t signo = 0;
  std::int32_t pid = 0; ///< who sent it
  std::uint32_t uid = 0;
  std::uint32_t number = 0; ///< from 1, in order
  bool passed = false;      ///< to the worker that lives; it may not have taken it yet
};
/// More than two of each kind. One of a kind waits; those that were passed are kept until the worker has taken them.
constexpr std::size_t most_kept_signals = 16;

struct keeper_state {
  keeper_phase phase = keeper_phase::working;
  std::uint32_t level = 0;
  std::uint64_t restart_at = 0; ///< µs, monotonic
  std::int32_t exit_code = 0;   ///< when it is over
  crash_times deaths;
  kept_signal signals[most_kept_signals];
  std::size_t kept = 0;
  std::uint32_t last_number = 0;
};

enum class keeper_event : std::uint8_t {
  worker_ended,   ///< status; bye and code: as the register says
  worker_started, ///< and can be told things
  worker_ready,   ///< value: the level
  signal_came,    ///< value: signal; pid, uid: who sent it
  signal_passed,  ///< the first that waited was sent
  time_passed,
  programs_gone, ///< none of ours runs any more
};

struct keeper_happening {
  keeper_event what;
  std::uint64_t now = 0; ///< µs, monotonic
  std::int32_t value = 0;
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  bool bye = false;
  std::int32_t code = 0;
  std::uint32_t signals_taken = 0; ///< the last whose meaning is in the worker's records
  crash_limit limit{};
};

enum class keeper_effect : std::uint8_t {
  nothing,
  note_death,    ///< value: wait status
  start_worker,  ///< value: level
  abort_worker,  ///< SIGABRT, the operator's way out of a hang
  pass_signal,   ///< the first that waits (signal_to_pass)
  say_end,       ///< CRIT: value: deaths in the window
  stop_programs, ///< stop signal to each, SIGKILL later
  end,           ///< value: exit code
};

struct keeper_effects {
  struct one {
    keeper_effect what = keeper_effect::nothing;
    std::int32_t value = 0;
  };
  one all[4];
  std::size_t count = 0;
  void add(keeper_effect what, std::int32_t value = 0) { all[count++] = {what, value}; }
};

struct keeper_transition {
  keeper_state after;
  keeper_effects effects;
};
/// Total: what means nothing in this phase changes nothing.
keeper_transition keeper_step(keeper_state before, const keeper_happening& happened);

/// The first that was not passed to this worker, or null.
const kept_signal* signal_to_pass(const keeper_state& state);

constexpr std::int32_t crashed_too_often = 70; ///< exit status, EX_SOFTWARE

} // namespace troupe::platform
