// Table 1.3 of docs/contract/lifecycle.md as a table: where one event leads from one state, the spawn still under
// way too, and which timer it leaves. Then random events in random order, which may break no invariant.
// Must not hold a clock, thread or fork; the texts are in process_fsm_test.cpp.
#include "actors/core/process_fsm.hpp"
#include "tests/core/process_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <random>

BOOST_AUTO_TEST_SUITE(process_table_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using enum process_state;

namespace {

struct edge {
  const char* id;
  process_record from;
  process_event happened;
  process_state to;
  const char* does = "";            ///< of spawn, kill: what the shell is asked for
  std::optional<double> timer = {}; ///< armed for, seconds; -1: cancelled
  daemon_state daemon = daemon_state::running;
};
std::ostream& operator<<(std::ostream& out, const edge& e) { return out << e.id; }

process_record starting_since(double seconds, int pid, std::int64_t backoff = 0) {
  auto r = in_state(process_state::starting, pid, backoff);
  r.started_at = at_second(seconds);
  return r;
}
process_record waiting(process_state state, int pid, double until, std::int64_t backoff = 0) {
  auto r = in_state(state, pid, backoff);
  r.deadline = at_second(until);
  return r;
}
process_record crashed() {
  auto r = in_state(exited, 0);
  r.exitstatus = -1;
  r.last_end = killed(SIGKILL);
  return r;
}
process_record stop_waits(process_record r, bool is_final) {
  r.stop_pending = true;
  r.stop_is_final = is_final;
  return r;
}

// clang-format off
const edge edges[] = { // at second 0; startsecs 1, stopwaitsecs 10, startretries 3, autorestart unexpected
  {"T1 autostart", {}, event::evaluate{}, starting, "spawn"},
  {"T1 off while stopping", {}, event::evaluate{}, stopped, "", {}, daemon_state::shutdown},
  {"T1 off while restarting", {}, event::evaluate{}, stopped, "", {}, daemon_state::restarting},
  {"T1 only if never started", in_state(stopped, 0), event::evaluate{}, stopped},
  {"T2 from STOPPED", in_state(stopped, 0), event::start_requested{}, starting, "spawn"},
  {"T2 from EXITED", in_state(exited, 0), event::start_requested{}, starting, "spawn"},
  {"T2 from FATAL", in_state(fatal, 0), event::start_requested{}, starting, "spawn"},
  {"T2 not in BACKOFF", in_state(backoff, 0, 1), event::start_requested{}, backoff},
  {"T2 not in UNKNOWN", in_state(unknown, 0), event::start_requested{}, unknown},
  {"T2 not while stopping", in_state(stopped, 0), event::start_requested{}, stopped, "", {}, daemon_state::shutdown},
  {"T3 evaluated", crashed(), event::evaluate{}, starting, "spawn"},
  {"T3 off while stopping", crashed(), event::evaluate{}, exited, "", {}, daemon_state::shutdown},
  {"T4 the wait is over", waiting(backoff, 0, 0, 1), event::timer_fired{}, starting, "spawn"},
  {"T4 too early", waiting(backoff, 0, 0.5, 1), event::timer_fired{}, backoff, "", 0.5},
  {"T4 off while stopping", waiting(backoff, 0, 0, 1), event::timer_fired{}, backoff, "", {}, daemon_state::shutdown},
  {"T5 first failure", starting_since(0, 0), event::spawn_failed{"x"}, backoff, "", 1},
  {"T5 third failure", starting_since(0, 0, 2), event::spawn_failed{"x"}, backoff, "", 3},
  {"T6 at once", starting_since(0, 100), event::exited{status(0)}, backoff, "", 1},
  {"T6 just too quickly", starting_since(-0.999, 100), event::exited{status(0)}, backoff, "", 1},
  {"T7 up", starting_since(-1.001, 100), event::timer_fired{}, running},
  {"T7 while stopping", starting_since(-1.001, 100), event::timer_fired{}, running, "", {}, daemon_state::shutdown},
  {"T7 exactly startsecs", starting_since(-1, 100), event::timer_fired{}, starting, "", 0},
  {"T7 not without a child", starting_since(-9, 0), event::timer_fired{}, starting},
  {"spawned: due after startsecs", starting_since(0, 0), event::spawned{100}, starting, "", 1},
  {"spawned: the wait began before the fork", starting_since(-0.75, 0), event::spawned{100}, starting, "", 0.25},
  {"T8 exactly startsecs", starting_since(-1, 100), event::exited{status(0)}, exited, "", -1},
  {"T9 expected", up, event::exited{status(0)}, exited, "", -1},
  {"T9 T3 unexpected", up, event::exited{status(1)}, starting, "spawn", -1},
  {"T10 from RUNNING", up, event::stop_requested{}, stopping, "kill", 10},
  {"T10 from STARTING", starting_since(0, 100), event::stop_requested{}, stopping, "kill", 10},
  {"T10 daemon's", up, event::daemon_stop_requested{}, stopping, "kill", 10, daemon_state::shutdown},
  {"T10 waits for the spawn", starting_since(0, 0), event::stop_requested{}, starting},
  {"T10 spawn answered", stop_waits(starting_since(0, 0), false), event::spawned{100}, stopping, "kill", 10},
  {"T11", waiting(stopping, 100, 5), event::exited{killed(SIGTERM)}, stopped, "", -1},
  {"T11 no restart after a stop", waiting(stopping, 100, 5), event::exited{status(1)}, stopped, "", -1},
  {"T12 due", waiting(stopping, 100, 0), event::timer_fired{}, stopping, "kill", 10},
  {"T12 while stopping", waiting(stopping, 100, 0), event::timer_fired{}, stopping, "kill", 10, daemon_state::shutdown},
  {"T12 too early", waiting(stopping, 100, 2), event::timer_fired{}, stopping, "", 2},
  {"T13", waiting(backoff, 0, 1, 1), event::stop_requested{}, stopped, "", -1},
  {"T13 after a spawn that failed", stop_waits(starting_since(0, 0), false), event::spawn_failed{"x"}, stopped, "", -1},
  {"T14 after a failed spawn", starting_since(0, 0, 3), event::spawn_failed{"x"}, fatal, "", -1},
  {"T14 after an exit", starting_since(0, 100, 3), event::exited{status(0)}, fatal, "", -1},
  {"T14 while stopping", starting_since(0, 100, 3), event::exited{status(0)}, fatal, "", -1, daemon_state::shutdown},
  {"T14 timer", waiting(backoff, 0, 0, 4), event::timer_fired{}, fatal, "", -1, daemon_state::shutdown},
  {"T15", waiting(backoff, 0, 1, 1), event::daemon_stop_requested{}, fatal, "", -1, daemon_state::shutdown},
  {"T15 after a spawn that failed", stop_waits(starting_since(0, 0), true), event::spawn_failed{"x"}, fatal, "", -1},
  {"T16 stop", waiting(stopping, 100, 5), event::kill_failed{EPERM, SIGTERM, true}, unknown, "", -1},
  {"T16 signal", starting_since(0, 100), event::kill_failed{EPERM, SIGHUP, false}, unknown, "", -1},
  {"T16 not for ESRCH", waiting(stopping, 100, 5), event::kill_failed{ESRCH, SIGTERM, true}, stopping},
  {"UNKNOWN is not left by a stop", in_state(unknown, 100), event::daemon_stop_requested{}, unknown},
  {"UNKNOWN is not signalled", in_state(unknown, 100), event::signal_requested{SIGHUP}, unknown},
  {"a signal to STARTING", starting_since(0, 100), event::signal_requested{SIGHUP}, starting, "kill"},
  {"a signal to STOPPING", waiting(stopping, 100, 5), event::signal_requested{SIGHUP}, stopping, "kill"},
  {"a signal before the spawn is answered", starting_since(0, 0), event::signal_requested{SIGHUP}, starting},
  {"a failed signal to a child that is gone", crashed(), event::kill_failed{EPERM, SIGHUP, false}, exited},
  {"an old timer in RUNNING", up, event::timer_fired{}, running},
  {"a spawn that waited, stopped", stop_waits(starting_since(-9, 0), false), event::spawn_withdrawn{}, stopped},
  {"a spawn that waited, in the daemon's stop", stop_waits(starting_since(-9, 0), true), event::spawn_withdrawn{}, stopped, "", {}, daemon_state::shutdown},
  {"nothing is withdrawn once there is a child", starting_since(0, 100), event::spawn_withdrawn{}, starting},
  {"a spawn that waited begins", starting_since(-9, 0), event::spawn_begun{}, starting},
  {"a begin that comes late", up, event::spawn_begun{}, running},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(transitions, data::make(edges), e) {
  auto [after, effects] = step(defaults(), e.from, e.happened, {at_second(0), wall_at(0), e.daemon});
  std::string does;
  std::optional<double> timer;
  for (const auto& what : effects) {
    if (std::holds_alternative<effect::spawn>(what))
      does += "spawn";
    if (std::holds_alternative<effect::kill>(what))
      does += "kill";
    if (std::holds_alternative<effect::cancel_timer>(what))
      timer = -1;
    if (auto armed = std::get_if<effect::arm_timer>(&what)) // RUNNING's deadline is followed by a microsecond
      timer =
        std::chrono::duration<double>(std::chrono::floor<std::chrono::milliseconds>(armed->at - at_second(0))).count();
  }
  BOOST_TEST(to_string(after.state) == to_string(e.to));
  BOOST_TEST(does == e.does);
  BOOST_TEST(timer.value_or(-2) == e.timer.value_or(-2));
}

// -- any event at any time --------------------------------------------------------------------------

namespace {

/// The arrows of table 1.3.
bool allowed(process_state from, process_state to) {
  switch (to) {
  case stopped:
    return from == stopping || from == backoff;
  case starting:
    return from == stopped || from == exited || from == fatal || from == backoff;
  case running:
  case backoff:
    return from == starting;
  case stopping:
    return from == starting || from == running;
  case exited:
    return from == running;
  case fatal:
    return from == backoff;
  case unknown:
    return is_signallable(from);
  }
  return false;
}

process_event any_event(std::mt19937& random) {
  switch (random() % 13) {
  // clang-format off
  case 0: return event::evaluate{};
  case 1: return event::start_requested{};
  case 2: return event::stop_requested{};
  case 3: return event::daemon_stop_requested{};
  case 4: return event::signal_requested{SIGHUP};
  case 5: return event::spawn_failed{"x"};
  case 6: return event::exited{random() % 2 ? status(static_cast<int>(random() % 3)) : killed(SIGTERM)};
  case 7: return event::kill_failed{random() % 8 ? ESRCH : EPERM, SIGTERM, random() % 2 == 0};
  case 8: return event::timer_fired{};
  case 9: return event::spawn_begun{};
  case 10: return event::spawn_withdrawn{};
  default: return event::spawned{100};
    // clang-format on
  }
}

/// What one step did, checked as it is read; `armed` is carried from step to step.
void check(const config::process_options& options, const process_record& before, const transition& t,
           daemon_state daemon, bool& armed) {
  const auto& p = t.after;
  auto state = before.state;
  int spawns = 0;
  for (const auto& e : t.effects) {
    if (auto emitted = std::get_if<effect::emit>(&e)) {
      BOOST_REQUIRE(emitted->from == state);
      BOOST_REQUIRE(allowed(emitted->from, emitted->to));
      state = emitted->to;
    } else if (std::holds_alternative<effect::spawn>(e)) {
      BOOST_REQUIRE(++spawns == 1);
      BOOST_REQUIRE(state == starting);
      BOOST_REQUIRE(daemon == daemon_state::running);
    } else if (auto kill = std::get_if<effect::kill>(&e)) {
      BOOST_REQUIRE(p.pid != 0);
      BOOST_REQUIRE((!kill->stopping || state == stopping));
      BOOST_REQUIRE((!kill->to_group || (kill->stopping && options.killasgroup)));
    } else if (std::holds_alternative<effect::arm_timer>(e)) {
      armed = true;
    } else if (std::holds_alternative<effect::cancel_timer>(e)) {
      armed = false;
    }
  }
  bool dead = state == stopped || state == exited || state == fatal || state == backoff;
  bool alive = state == running || state == stopping;
  BOOST_REQUIRE(p.state == state);
  BOOST_REQUIRE((!dead || p.pid == 0));
  BOOST_REQUIRE((!alive || p.pid != 0));
  BOOST_REQUIRE((state != stopping || p.killing));
  BOOST_REQUIRE((!p.killing || state == stopping || state == unknown));
  BOOST_REQUIRE((!p.stop_pending || (state == starting && p.pid == 0)));
  BOOST_REQUIRE((spawns == 0 || (state == starting && p.pid == 0)));
  bool was_spawning = before.state == starting && before.pid == 0;
  bool is_spawning = state == starting && p.pid == 0;
  BOOST_REQUIRE((!is_spawning || (was_spawning != (spawns == 1))));
  BOOST_REQUIRE((state != backoff || p.backoff <= options.startretries));
  BOOST_REQUIRE((p.deadline.has_value() == armed || daemon != daemon_state::running));
  bool waits =
    (state == starting && p.pid != 0) || state == stopping || (state == backoff && daemon == daemon_state::running);
  BOOST_REQUIRE((armed || !waits));
}

} // namespace

BOOST_AUTO_TEST_CASE(no_sequence_of_events_breaks_the_record) { // 200,000 steps
  std::mt19937 random{42};
  std::size_t spawned = 0;
  for (int life = 0; life < 2000; ++life) {
    auto options = defaults();
    options.startsecs = static_cast<int>(random() % 3);
    options.startretries = static_cast<int>(random() % 3);
    options.stopwaitsecs = static_cast<int>(random() % 3);
    options.restart = static_cast<config::autorestart>(random() % 3);
    options.killasgroup = random() % 2 == 0;
    process_record record;
    double now = 0;
    bool armed = false;
    for (int i = 0; i < 100; ++i) {
      now += static_cast<double>(random() % 1000) / 500;
      auto daemon = i < 80 ? daemon_state::running : daemon_state::shutdown;
      auto happened = any_event(random);
      if (std::holds_alternative<event::timer_fired>(happened))
        armed = false;
      auto result = step(options, record, happened, {at_second(now), wall_at(now - random() % 2), daemon});
      check(options, record, result, daemon, armed);
      record = result.after;
      spawned += record.spawns;
    }
  }
  BOOST_TEST(spawned > 10'000u); // the walk does not end in a corner
}

BOOST_AUTO_TEST_SUITE_END()
