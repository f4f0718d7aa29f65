// A start that waits for what a process depends on, and a process that loses it: vectors P163 to P175 and P180 of
// docs/contract/programs.md, for one process that is told what its dependencies come to. Must not hold a clock, thread
// or fork.
#include "tests/core/process_trace.hpp"

#include "actors/core/process_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>

BOOST_AUTO_TEST_SUITE(process_holds_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

using O = config::process_options;
using D = config::dependency_options;

struct row {
  const char* id;
  void (*set)(O&);
  beats script;
  trace expected;
  process_record start = {};
  double due = -1; ///< of the timer in the end, seconds; -1: none
  const char* waiting_for = "";
  const char* spawnerr = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

void plain(O&) {}
void fails(O& o) { o.ask().dependencies.failure = D::on_failure::fail; }
void restarts(O& o) { o.ask().dependencies.lost = D::on_loss::restart; }
void stops(O& o) { o.ask().dependencies.lost = D::on_loss::stop; }

process_event unmet() { return event::dependencies_seen{{.waiting = "waiting for b:ready", .first = "b:ready"}}; }
process_event failed() {
  return event::dependencies_seen{
    {.waiting = "waiting for b:ready (b is FATAL)", .first = "b:ready", .failure = "dependency b:ready: b is FATAL"}};
}
process_event met() { return event::dependencies_seen{{.relies_on = 1}}; }
process_event lost() { return event::dependencies_seen{{.lost = "b:ready"}}; }

process_record running() {
  auto r = up;
  r.started_at = at_second(0);
  r.running_since = at_second(1);
  r.hold.relies_on = 1;
  return r;
}
process_record stopping(void (*set)(O&)) {
  auto options = defaults();
  options.ask().dependencies.items = {{.target = "b"}};
  set(options);
  auto r = running();
  (void)play(options, {{5, lost()}}, r);
  return r;
}

const std::string held = "STARTING from_state:STOPPED tries:0";
const std::string look = "pull in and look";
const std::string waits = "INFO p waits for b:ready";
const std::string given_up_hold = "STOPPED from_state:STARTING pid:0";
const std::string spawned_100 = "INFO spawned: 'p' with pid 100";
const std::string is_held = "WARN p is held: dependency b:ready: b is FATAL";

// clang-format off
const row rows[] = {
  {"P163 it waits", plain, {{0, event::evaluate{}}, {0, unmet()}}, {held, look, waits}, {}, -1, "waiting for b:ready"},
  {"P163 once it is told", plain, {{0, event::evaluate{}}, {0, unmet()}, {1, unmet()}}, {held, look, waits}, {}, -1, "waiting for b:ready"},
  {"P164 and then", plain, {{0, event::evaluate{}}, {0, unmet()}, {3.2, met()}, {3.2, event::spawned{100}}},
   {held, look, waits, "INFO p: dependencies met after 3.2 seconds", "spawn", spawned_100}, {}, 4.2},
  {"met at once, nothing is told", plain, {{0, event::evaluate{}}, {0, met()}}, {held, look, "spawn"}},
  {"P165 stopped meanwhile", plain, {{0, event::evaluate{}}, {0, unmet()}, {1, event::stop_requested{}}, {2, met()}}, {held, look, waits, given_up_hold}},
  {"P166 in the daemon's stop", plain, {{0, event::evaluate{}}, {0, unmet()}, {1, event::daemon_stop_requested{}, daemon_state::shutdown}}, {held, look, waits, given_up_hold}},
  {"P167 failed", plain, {{0, event::evaluate{}}, {0, unmet()}, {1, failed()}, {2, failed()}}, {held, look, waits, is_held}, {}, -1,
   "waiting for b:ready (b is FATAL)", "dependency b:ready: b is FATAL"},
  {"P167 stopped meanwhile: the error goes with it", plain, {{0, event::evaluate{}}, {0, failed()}, {1, event::stop_requested{}}}, {held, look, waits, is_held, given_up_hold}},
  {"P168 it recovers", plain, {{0, event::evaluate{}}, {0, failed()}, {1, unmet()}, {2, met()}},
   {held, look, waits, is_held, look, "INFO p: dependencies met after 2 seconds", "spawn"}},
  {"P169 fail", fails, {{0, event::evaluate{}}, {0, unmet()}, {1, failed()}},
   {held, look, waits, "FATAL from_state:STARTING", "INFO gave up: p entered FATAL state, dependency b:ready: b is FATAL"}, {}, -1, "", "dependency b:ready: b is FATAL"},
  {"P170 ignore", plain, {{0, event::evaluate{}}, {0, event::dependencies_seen{{.skipped = "b:ready: b is FATAL\nc:ready: c is STOPPED", .passed = 3}}}},
   {held, look, "WARN p starts without b:ready: b is FATAL", "WARN p starts without c:ready: c is STOPPED", "spawn"}},
  {"P171 the timeout is looked at", [](O& o) { o.ask().dependencies.timeout = 60s; },
   {{0, event::evaluate{}}, {0, unmet()}, {59, event::timer_fired{}}, {60, event::timer_fired{}, daemon_state::running, 3600}}, {held, look, waits, "look"}, {}, -1, "waiting for b:ready"},
  {"P171 and is off once it is met", [](O& o) { o.ask().dependencies.timeout = 60s; },
   {{0, event::evaluate{}}, {0, unmet()}, {10, met()}, {11, event::spawned{100}}, {60, event::timer_fired{}}},
   {held, look, waits, "INFO p: dependencies met after 10 seconds", "spawn", spawned_100,
    "RUNNING from_state:STARTING pid:100", "INFO success: p entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)"}},
  {"P172 alone", plain, {{0, event::start_requested{start_reason::start, true}}}, {held, "spawn"}},
  {"needed by others: they have pulled in the rest", plain, {{0, event::start_requested{start_reason::dependency}}}, {held, "look"}, {}, -1, "waiting for its dependencies"},
  {"P173 after an exit it is held, too", [](O& o) { o.restart = config::autorestart::always; }, {{9, event::exited{status(1)}}, {9, unmet()}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)", "STARTING from_state:EXITED tries:0", look, waits}, running(), -1, "waiting for b:ready"},
  {"P173 what is lost is kept", plain, {{5, lost()}}, {}, running()},
  {"P174 restart", restarts, {{5, lost()}, {6, event::exited{killed(SIGTERM)}}, {6, unmet()}, {8, met()}},
   {"INFO p is restarted: dependency b:ready was lost", "DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)", held, look, waits, "INFO p: dependencies met after 2 seconds", "spawn"}, running()},
  {"P174 a second after its start at the earliest", restarts, {{0.2, lost()}, {0.3, event::exited{killed(SIGTERM)}}, {0.9, event::timer_fired{}}, {1, event::timer_fired{}}},
   {"INFO p is restarted: dependency b:ready was lost", "DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)", held, look}, running(), -1, "waiting for its dependencies"},
  {"P174 stopped by an operator meanwhile", restarts, {{6, event::stop_requested{}}, {7, event::exited{killed(SIGTERM)}}},
   {"STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)"}, stopping(restarts)},
  {"P174 not in the daemon's stop", restarts, {{7, event::exited{killed(SIGTERM)}, daemon_state::shutdown}},
   {"STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)"}, stopping(restarts)},
  {"P174 the limit refuses it", [](O& o) { restarts(o); o.ask().restarts.restartlimit = config::rate{1, 60s}; }, {{5, lost()}},
   {"WARN p is not restarted: restart limit: 1 restart in 60 seconds"}, [] { auto r = running(); r.restarts.make().recent = {at_second(0)}; return r; }()},
  {"P175 stop", stops, {{5, lost()}, {6, event::exited{killed(SIGTERM)}}, {7, event::evaluate{}}, {8, met()}},
   {"INFO p is stopped: dependency b:ready was lost", "DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)"}, running()},
  {"once it is lost it is lost once", stops, {{5, event::dependencies_seen{}}}, {}, [] { auto r = running(); r.hold.relies_on = 0; return r; }()},
  {"P180 a retry is held, and is no new failure", plain, {{2, event::timer_fired{}}, {2, unmet()}},
   {"STARTING from_state:BACKOFF tries:2", look, waits}, [] { auto r = in_state(process_state::backoff, 0, 2); r.deadline = at_second(2); return r; }(), -1, "waiting for b:ready"},
  {"first the delay, then what it needs", [](O& o) { o.ask().restarts.startdelay = 5s; }, {{0, event::evaluate{}}, {1, met()}, {5, event::timer_fired{}}, {5, unmet()}, {6, met()}},
   {held, look, waits, "INFO p: dependencies met after 1 second", "spawn"}},
  {"a rebuilt actor looks again", plain, {{0, event::evaluate{}}, {0, unmet()}, {3, event::rebuilt{}}}, {held, look, waits, "look"}, {}, -1, "waiting for b:ready"},
  {"a rebuilt one that would lose something, too", stops, {{3, event::rebuilt{}}}, {"look"}, running()},
  {"what happened between the look and the child is seen", restarts, {{0, event::evaluate{}}, {0, met()}, {0.1, event::spawned{100}}}, {held, look, "spawn", spawned_100, "look"}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto options = defaults();
  options.ask().dependencies.items = {{.target = "b"}};
  r.set(options);
  auto record = r.start;
  auto found = play(options, r.script, record);
  BOOST_TEST(found == r.expected, boost::test_tools::per_element());
  if (r.due >= 0) {
    BOOST_REQUIRE(record.deadline.has_value());
    BOOST_TEST(std::chrono::duration<double>(*record.deadline - at_second(0)).count() == r.due,
               boost::test_tools::tolerance(1e-6));
  }
  BOOST_TEST(record.waiting_for == r.waiting_for);
  BOOST_TEST(record.spawnerr == r.spawnerr);
}

namespace {

struct answer_row {
  const char* id;
  beats script;
  process_task task;
  std::optional<int> expected; ///< nothing: it waits on
};
std::ostream& operator<<(std::ostream& out, const answer_row& r) { return out << r.id; }

constexpr int ok = 80, spawn_error = 50;

// clang-format off
const answer_row answers[] = {
  {"P167 a start that waits has its answer when something failed", {{0, event::start_requested{}}, {0, failed()}}, {.what = verb::start, .wait = true}, spawn_error},
  {"until then it waits", {{0, event::start_requested{}}, {0, unmet()}}, {.what = verb::start, .wait = true}, {}},
  {"1.4 wait=false", {{0, event::start_requested{}}, {0, unmet()}}, {.what = verb::start}, ok},
  {"P169 given up", {{0, event::start_requested{}}, {0, failed()}, {1, event::stop_requested{}}}, {.what = verb::stop, .wait = true}, ok},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(answers_of_requests, data::make(answers), r) {
  auto options = defaults();
  options.ask().dependencies.items = {{.target = "b"}};
  process_record record;
  (void)play(options, r.script, record);
  auto found = verdict(r.task, record, way_up_of(options), "p");
  BOOST_TEST(found.has_value() == r.expected.has_value());
  if (found && r.expected)
    BOOST_TEST(found->status == *r.expected);
}

BOOST_AUTO_TEST_CASE(a_stop_of_one_that_is_restarted_is_no_error) { // X27
  process_task stop{.what = verb::stop, .wait = true};
  BOOST_TEST(!refusal(stop, stopping(restarts), daemon_state::running, "p").has_value());
  BOOST_TEST(refusal(stop, stopping(stops), daemon_state::running, "p").has_value());
}

namespace {

process_event any_event(std::mt19937& random) {
  switch (random() % 13) {
  case 0:
    return event::evaluate{};
  case 1:
    return event::start_requested{random() % 2 ? start_reason::start : start_reason::dependency};
  case 2:
    return event::stop_requested{};
  case 3:
    return event::spawned{100};
  case 4:
    return event::spawn_failed{"x"};
  case 5:
    return event::exited{status(static_cast<int>(random() % 2))};
  case 6:
    return event::rebuilt{};
  case 7:
    return unmet();
  case 8:
    return failed();
  case 9:
    return met();
  case 10:
    return lost();
  default:
    return event::timer_fired{};
  }
}

} // namespace

/// It never starts before what it depends on, and whoever is held is looked at.
BOOST_AUTO_TEST_CASE(random_histories) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    auto options = defaults();
    options.restart = config::autorestart::always;
    auto& asked = options.ask().dependencies;
    asked.items = {{.target = "b"}};
    asked.lost = static_cast<D::on_loss>(seed % 3);
    asked.failure = seed % 2 ? D::on_failure::wait : D::on_failure::fail;
    asked.timeout = seed % 5 ? 0ms : 3s;
    process_record record;
    double now = 0;
    for (int i = 0; i < 200; ++i) {
      now += static_cast<double>(random() % 20) / 10;
      auto happened = any_event(random);
      auto was = record;
      for (const auto& line : play(options, {{now, happened}}, record))
        if (line == "spawn")
          BOOST_REQUIRE_MESSAGE(was.hold.holds && std::holds_alternative<event::dependencies_seen>(happened) &&
                                  std::get<event::dependencies_seen>(happened).view.waiting.empty(),
                                "seed " << seed << ", step " << i);
      bool is_held = record.state == process_state::starting && record.pid == 0 && record.hold.holds;
      BOOST_REQUIRE_MESSAGE(record.hold.holds == is_held, "seed " << seed << ", step " << i);
      BOOST_REQUIRE_MESSAGE(!is_held || !record.waiting_for.empty(), "seed " << seed << ", step " << i);
      BOOST_REQUIRE_MESSAGE(!record.restart_pending || record.state == process_state::stopping,
                            "seed " << seed << ", step " << i);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
