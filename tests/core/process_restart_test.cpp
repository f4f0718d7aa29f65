// When a process is started again, where its section says more than Supervisor lets it: vectors P100, P101, P103 to
// P106 and P218 to P225 of docs/contract/programs.md, and starts that wait. Must not hold a clock, thread or fork.
#include "tests/core/process_trace.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>

BOOST_AUTO_TEST_SUITE(process_restart_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

using O = config::process_options;

struct row {
  const char* id;
  void (*set)(O&);
  beats script;
  trace expected;
  process_record start = {};
  double due = -1; ///< of the timer in the end, seconds; -1: none
  const char* waiting_for = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

void always(O& o) { o.restart = config::autorestart::always; }

process_record running_since(double seconds, std::int64_t failures = 0) {
  auto r = up;
  r.started_at = at_second(seconds - 1);
  r.running_since = at_second(seconds);
  r.backoff = failures;
  return r;
}
process_record restarted_at(std::vector<double> seconds) {
  auto r = running_since(2);
  for (auto at : seconds)
    r.restarts.make().recent.push_back(at_second(at));
  return r;
}

const std::string running_100 = "RUNNING from_state:STARTING pid:100";
const std::string exited_1 = "EXITED from_state:RUNNING expected:1 pid:100";
const std::string exited_0 = "EXITED from_state:RUNNING expected:0 pid:100";
const std::string ended_well = "INFO exited: p (exit status 0; expected)";
const std::string ended_3 = "WARN exited: p (exit status 3; not expected)";
const std::string spawned_100 = "INFO spawned: 'p' with pid 100";
const std::string from_exited = "STARTING from_state:EXITED tries:0";

// clang-format off
const row rows[] = {
  {"P218 restartdelay", [](O& o) { always(o); o.ask().restarts.restartdelay = 5s; },
   {{20, event::exited{status(0)}}}, {exited_1, ended_well, "BACKOFF from_state:EXITED tries:0"},
   running_since(0), 25, "waiting to restart"},
  {"P218 and then", [](O& o) { always(o); o.ask().restarts.restartdelay = 5s; },
   {{20, event::exited{status(0)}}, {24.9, event::timer_fired{}}, {25, event::timer_fired{}}},
   {exited_1, ended_well, "BACKOFF from_state:EXITED tries:0", "STARTING from_state:BACKOFF tries:0", "spawn"}, running_since(0)},
  {"P219 stopped meanwhile", [](O& o) { always(o); o.ask().restarts.restartdelay = 5s; },
   {{20, event::exited{status(0)}}, {21, event::stop_requested{}}, {25, event::timer_fired{}}},
   {exited_1, ended_well, "BACKOFF from_state:EXITED tries:0", "DEBG Attempted to kill p, which is in BACKOFF state.", "STOPPED from_state:BACKOFF pid:0"},
   running_since(0)},
  {"an unexpected end waits, too", [](O& o) { o.ask().restarts.restartdelay = 500ms; },
   {{20, event::exited{status(3)}}}, {exited_0, ended_3, "BACKOFF from_state:EXITED tries:0"}, running_since(0), 20.5},
  {"a delay is never less than the pace", [](O& o) { always(o); o.ask().restarts.restartdelay = 100ms; },
   {{0.2, event::exited{status(0)}}}, {exited_1, ended_well, "BACKOFF from_state:EXITED tries:0"}, running_since(1), 1, "waiting to restart"},
  {"it is not restarted in the daemon's stop", [](O& o) { always(o); o.ask().restarts.restartdelay = 5s; },
   {{20, event::exited{status(0)}, daemon_state::shutdown}}, {exited_1, ended_well}, running_since(0)},
  {"the larger of restartdelay and backoff", [](O& o) { o.ask().restarts.restartdelay = 5s; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.5, event::exited{status(0)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_100, "BACKOFF from_state:STARTING tries:1", "WARN exited: p (exit status 0; not expected)"},
   {}, 5.5},
  {"a spawn that fails is no exit", [](O& o) { o.ask().restarts.restartdelay = 5s; },
   {{0, event::evaluate{}}, {0, event::spawn_failed{"x"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1"}, {}, 1},
  {"P105 an exit before backoffreset counts", [](O& o) { o.ask().restarts.backoffreset = 10s; },
   {{4, event::exited{status(3)}}}, {exited_0, ended_3, "BACKOFF from_state:EXITED tries:2"}, running_since(0, 1), 6},
  {"P106 later it does not", [](O& o) { o.ask().restarts.backoffreset = 10s; },
   {{11, event::exited{status(3)}}}, {exited_0, ended_3, from_exited, "spawn"}, running_since(0, 1)},
  {"an expected one never does", [](O& o) { always(o); o.ask().restarts.backoffreset = 10s; },
   {{4, event::exited{status(0)}}}, {exited_1, ended_well, "STARTING from_state:EXITED tries:1", "spawn"}, running_since(0, 1)},
  {"failures outlive RUNNING until backoffreset", [](O& o) { o.startsecs = 0; o.ask().restarts.backoffreset = 10s; },
   {{1, event::timer_fired{}}, {1.1, event::spawned{100}}},
   {"STARTING from_state:BACKOFF tries:3", "spawn", spawned_100, running_100, "INFO success: p entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)"},
   [] { auto r = in_state(process_state::backoff, 0, 3); r.deadline = at_second(1); return r; }()},
  {"one more than startretries gives up", [](O& o) { o.ask().restarts.backoffreset = 10s; },
   {{4, event::exited{status(3)}}},
   {exited_0, ended_3, "BACKOFF from_state:EXITED tries:4", "FATAL from_state:BACKOFF", "INFO gave up: p entered FATAL state, too many start retries too quickly"},
   running_since(0, 3)},
  {"endless retries", [](O& o) { o.startretries = config::endless; o.ask().restarts.backoff = config::backoff_kind::exponential; },
   {{0, event::evaluate{}}, {0, event::spawn_failed{"x"}}},
   {"STARTING from_state:STOPPED tries:1000000", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1000001"},
   [] { process_record r; r.backoff = 1'000'000; return r; }(), 60},
  {"P220 restartlimit", [](O& o) { o.ask().restarts.restartlimit = config::rate{3, 10s}; },
   {{5, event::exited{status(3)}}},
   {exited_0, ended_3, "FATAL from_state:EXITED", "INFO gave up: p entered FATAL state, restart limit: 3 restarts in 10 seconds"},
   restarted_at({0, 1, 2})},
  {"P220 of an expected end, too", [](O& o) { always(o); o.ask().restarts.restartlimit = config::rate{3, 10s}; },
   {{5, event::exited{status(0)}}},
   {exited_1, ended_well, "FATAL from_state:EXITED", "INFO gave up: p entered FATAL state, restart limit: 3 restarts in 10 seconds"},
   restarted_at({0, 1, 2})},
  {"P099 not when the oldest is long ago", [](O& o) { o.ask().restarts.restartlimit = config::rate{3, 10s}; },
   {{10.5, event::exited{status(3)}}}, {exited_0, ended_3, from_exited, "spawn"}, restarted_at({0, 1, 2})},
  {"P100 an operator's start empties it", [](O& o) { o.ask().restarts.restartlimit = config::rate{3, 10s}; o.startsecs = 0; },
   {{3, event::exited{status(3)}}, {3.5, event::start_requested{}}, {3.6, event::spawned{100}}, {4.6, event::exited{status(3)}}},
   {exited_0, ended_3, "FATAL from_state:EXITED", "INFO gave up: p entered FATAL state, restart limit: 3 restarts in 10 seconds",
    "STARTING from_state:FATAL tries:0", "spawn", spawned_100, running_100, "INFO success: p entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)",
    exited_0, ended_3, from_exited, "spawn"},
   restarted_at({0, 1, 2})},
  {"P101 action wait", [](O& o) { o.ask().restarts.restartlimit = config::rate{3, 10s}; o.ask().restarts.limit_waits = true; },
   {{3, event::exited{status(3)}}}, {exited_0, ended_3, "BACKOFF from_state:EXITED tries:0"}, restarted_at({0, 1, 2}), 10},
  {"P101 and then", [](O& o) { o.ask().restarts.restartlimit = config::rate{3, 10s}; o.ask().restarts.limit_waits = true; },
   {{3, event::exited{status(3)}}, {10, event::timer_fired{}}},
   {exited_0, ended_3, "BACKOFF from_state:EXITED tries:0", "STARTING from_state:BACKOFF tries:0", "spawn"}, restarted_at({0, 1, 2})},
  {"a failed start is limited, too", [](O& o) { o.ask().restarts.restartlimit = config::rate{3, 10s}; },
   {{5, event::evaluate{}}, {5, event::spawn_failed{"x"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1", "FATAL from_state:BACKOFF",
    "INFO gave up: p entered FATAL state, restart limit: 3 restarts in 10 seconds"},
   [] { process_record r; r.restarts.make().recent = {at_second(0), at_second(1), at_second(2)}; return r; }()},
  {"a failed start waits at the limit", [](O& o) { o.ask().restarts.restartlimit = config::rate{3, 10s}; o.ask().restarts.limit_waits = true; },
   {{5, event::evaluate{}}, {5, event::spawn_failed{"x"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1"},
   [] { process_record r; r.restarts.make().recent = {at_second(0), at_second(1), at_second(2)}; return r; }(), 10},
  {"P221 a signal that is expected", [](O& o) { o.exitcodes = {-SIGTERM}; },
   {{5, event::exited{killed(SIGTERM)}}}, {exited_1, "INFO exited: p (terminated by SIGTERM; expected)"}, running_since(0)},
  {"P222 successexitcodes in STARTING", [](O& o) { o.ask().restarts.successexitcodes = {0}; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.2, event::exited{status(0)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_100, running_100, exited_1, ended_well}},
  {"P103 after failures: they are forgotten", [](O& o) { o.ask().restarts.successexitcodes = {0}; o.ask().restarts.backoffreset = 60s; always(o); },
   {{1, event::timer_fired{}}, {1, event::spawned{100}}, {1.2, event::exited{status(0)}}},
   {"STARTING from_state:BACKOFF tries:2", "spawn", spawned_100, running_100, exited_1, ended_well}, // a second after its spawn
   [] { auto r = in_state(process_state::backoff, 0, 2); r.deadline = at_second(1); return r; }(), 2},
  {"P104 norestartexitcodes in STARTING", [](O& o) { always(o); o.ask().restarts.norestartexitcodes = {7}; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.2, event::exited{status(7)}}, {9, event::evaluate{}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_100, running_100, exited_0, "WARN exited: p (exit status 7; not expected)"}},
  {"norestartexitcodes in RUNNING", [](O& o) { always(o); o.ask().restarts.norestartexitcodes = {7}; },
   {{5, event::exited{status(7)}}}, {exited_0, "WARN exited: p (exit status 7; not expected)"}, running_since(0)},
  {"P022 retries below zero are of failures only", [](O& o) { always(o); o.startretries = -1; o.ask().restarts.restartdelay = 5s; },
   {{20, event::exited{status(0)}}, {25, event::timer_fired{}}},
   {exited_1, ended_well, "BACKOFF from_state:EXITED tries:0", "STARTING from_state:BACKOFF tries:0", "spawn"}, running_since(0)},
  {"P099 the limit is asked for when it would happen", [](O& o) { o.startsecs = 0; o.ask().restarts.restartlimit = config::rate{1, 1s}; },
   {{2.5, event::exited{status(3)}}}, {exited_0, ended_3}, // a second after its start, which was at 2
   [] { auto r = running_since(3); r.running_since = at_second(2.1);
     r.restarts.make().recent = {at_second(2)}; return r; }(), 3},
  {"a delay with failures is no retry", [](O& o) { always(o); o.ask().restarts.restartdelay = 5s; o.ask().restarts.backoffreset = 60s; },
   {{20, event::exited{status(0)}}}, {exited_1, ended_well, "BACKOFF from_state:EXITED tries:2"}, running_since(0, 2), 25, "waiting to restart"},
  {"failures are forgotten after backoffreset in RUNNING", [](O& o) { o.startsecs = 0; o.ask().restarts.backoffreset = 10s; },
   {{1, event::timer_fired{}}, {1.1, event::spawned{100}}, {11.1, event::timer_fired{}}, {12, event::exited{status(3)}}},
   {"STARTING from_state:BACKOFF tries:3", "spawn", spawned_100, running_100, "INFO success: p entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)",
    exited_0, ended_3, from_exited, "spawn"},
   [] { auto r = in_state(process_state::backoff, 0, 3); r.deadline = at_second(1); return r; }()},
  {"an operator's start begins anew, endless retries too", [](O& o) { o.startretries = config::endless; },
   {{0, event::start_requested{}}}, {"STARTING from_state:STOPPED tries:0", "spawn"}, in_state(process_state::stopped, 0, 3)},
  {"startdelay ends with the daemon", [](O& o) { o.ask().restarts.startdelay = 5s; },
   {{0, event::evaluate{}}, {5, event::timer_fired{}, daemon_state::shutdown}},
   {"STARTING from_state:STOPPED tries:0", "STOPPED from_state:STARTING pid:0"}},
  {"startdelay", [](O& o) { o.ask().restarts.startdelay = 5s; },
   {{0, event::evaluate{}}}, {"STARTING from_state:STOPPED tries:0"}, {}, 5, "waiting for its start delay"},
  {"startdelay and then", [](O& o) { o.ask().restarts.startdelay = 5s; },
   {{0, event::evaluate{}}, {4.9, event::timer_fired{}}, {5, event::timer_fired{}}, {5.1, event::spawned{100}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_100}, {}, 6},
  {"startdelay, stopped meanwhile", [](O& o) { o.ask().restarts.startdelay = 5s; },
   {{0, event::evaluate{}}, {1, event::stop_requested{}}, {5, event::timer_fired{}}},
   {"STARTING from_state:STOPPED tries:0", "STOPPED from_state:STARTING pid:0"}},
  {"startdelay, in the daemon's stop", [](O& o) { o.ask().restarts.startdelay = 5s; },
   {{0, event::evaluate{}}, {1, event::daemon_stop_requested{}, daemon_state::shutdown}},
   {"STARTING from_state:STOPPED tries:0", "STOPPED from_state:STARTING pid:0"}},
  {"startdelay is not for an operator's start", [](O& o) { o.ask().restarts.startdelay = 5s; },
   {{0, event::start_requested{}}}, {"STARTING from_state:STOPPED tries:0", "spawn"}},
  {"startdelay over a rebuilt actor", [](O& o) { o.ask().restarts.startdelay = 5s; },
   {{0, event::evaluate{}}, {2, event::rebuilt{}}}, {"STARTING from_state:STOPPED tries:0"}, {}, 5, "waiting for its start delay"},
  {"a held spawn, stopped", always,
   {{0, event::evaluate{}}, {0, event::spawn_held{"waiting for a start slot"}}, {1, event::stop_requested{}}, {1, event::spawn_withdrawn{}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "STOPPED from_state:STARTING pid:0"}},
  {"a held spawn says so", always, {{0, event::evaluate{}}, {0, event::spawn_held{"waiting for a start slot"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn"}, {}, -1, "waiting for a start slot"},
  {"a held spawn begins", always,
   {{0, event::evaluate{}}, {0, event::spawn_held{"waiting for a start slot"}}, {7, event::spawn_begun{}}, {7.1, event::spawned{100}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_100}, {}, 8},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto options = defaults();
  r.set(options);
  auto record = r.start;
  auto found = play(options, r.script, record);
  BOOST_TEST(found == r.expected, boost::test_tools::per_element());
  if (r.due >= 0) {
    BOOST_REQUIRE(record.deadline.has_value());
    BOOST_TEST(std::chrono::duration<double>(*record.deadline - at_second(0)).count() == r.due,
               boost::test_tools::tolerance(1e-6));
  }
  if (r.due >= 0 || *r.waiting_for)
    BOOST_TEST(record.waiting_for == r.waiting_for);
}

BOOST_AUTO_TEST_CASE(p225_a_tight_loop_is_paced_and_told_of) {
  auto options = defaults();
  always(options);
  options.startsecs = 0;
  process_record record;
  auto lines = play(options, {{0, event::evaluate{}}}, record);
  int spawns = 0, warnings = 0;
  for (int tenth = 0; tenth < 600; ++tenth) { // it ends 0.05 s after each spawn
    auto at = tenth / 10.0;
    if (record.state == process_state::starting) {
      ++spawns;
      lines = play(options, {{at, event::spawned{100}}, {at + 0.05, event::exited{status(0)}}}, record);
    } else {
      lines = play(options, {{at, event::timer_fired{}}}, record);
    }
    for (const auto& line : lines)
      warnings += line == "WARN p was restarted 30 times within a minute; restartlimit, restartdelay or backoffreset "
                          "would slow it down";
  }
  BOOST_TEST(spawns >= 50);
  BOOST_TEST(spawns <= 61);
  BOOST_TEST(warnings == 1);
}

namespace {

const process_event any_event(std::mt19937& random) {
  switch (random() % 12) {
  case 0:
    return event::evaluate{};
  case 1:
    return event::start_requested{};
  case 2:
    return event::stop_requested{};
  case 3:
    return event::spawned{100};
  case 4:
    return event::spawn_failed{"x"};
  case 5:
    return event::spawn_held{"waiting for a start slot"};
  case 6:
    return event::spawn_begun{};
  case 7:
    return event::exited{status(static_cast<int>(random() % 3))};
  case 8:
    return event::exited{killed(SIGTERM)};
  case 9:
    return event::rebuilt{};
  default:
    return event::timer_fired{};
  }
}

} // namespace

/// Whatever happens in whatever order: never more restarts by itself than the limit, and whoever waits has a timer.
BOOST_AUTO_TEST_CASE(invariants) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random{seed};
    auto options = defaults();
    options.restart = static_cast<config::autorestart>(random() % 3);
    options.startsecs = static_cast<std::int64_t>(random() % 2);
    options.startretries = random() % 4 == 0 ? config::endless : static_cast<std::int64_t>(random() % 4);
    auto& restarts = options.ask().restarts;
    restarts.restartlimit = config::rate{1 + static_cast<std::int64_t>(random() % 4), std::chrono::seconds{20}};
    restarts.limit_waits = random() % 2 == 0;
    restarts.restartdelay = std::chrono::milliseconds{random() % 3 * 700};
    restarts.backoffreset = std::chrono::seconds{random() % 2 * 5};
    restarts.startdelay = std::chrono::seconds{random() % 2 * 3};
    restarts.backoffjitter = 0.5;
    restarts.norestartexitcodes = {2};
    process_record record;
    std::vector<double> by_itself;
    double now = 0;
    for (int i = 0; i < 400; ++i) {
      now += static_cast<double>(random() % 1000) / 1000;
      auto happened = any_event(random);
      auto before = record;
      auto [after, effects] =
        step(options, record, happened, {at_second(now), wall_at(now), daemon_state::running, seed});
      record = after;
      if (std::holds_alternative<event::start_requested>(happened) && before.state != record.state)
        by_itself.clear();
      for (const auto& e : effects)
        if (std::holds_alternative<effect::spawn>(e) && is_by_itself(record.why))
          by_itself.push_back(now);
      auto within = std::count_if(by_itself.begin(), by_itself.end(), [&](double at) { return at > now - 19.999; });
      BOOST_REQUIRE_MESSAGE(within <= restarts.restartlimit->count, "seed " << seed << ", step " << i);
      bool waits = record.state == process_state::backoff || waits_by_itself(record);
      BOOST_REQUIRE_MESSAGE(!waits || record.deadline || record.hold.holds, "seed " << seed << ", step " << i);
      BOOST_REQUIRE(record.state == process_state::backoff || record.state == process_state::starting ||
                    record.waiting_for.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
