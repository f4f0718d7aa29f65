// Whether a child is ready, and one that runs healthy: vectors P139 to P144, P181 to P188 and P211 to P214 of
// docs/contract/programs.md, for one process that is told what looks at it come to. Must not hold a clock, thread or
// fork.
#include "tests/core/process_trace.hpp"

#include "actors/core/process_requests.hpp"
#include "actors/core/readiness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>

BOOST_AUTO_TEST_SUITE(process_checks_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

using O = config::process_options;
using kind = config::check_form::kind;
using action = config::health_options::action;
using said = troupe::protocols::notify_message;

struct row {
  const char* id;
  void (*set)(O&);
  beats script;
  trace expected;
  process_record start = {};
  double due = -1;  ///< of the deadline in the end, seconds; -1: none
  double look = -1; ///< of the next look; -1: none
  const char* waiting_for = "";
  const char* spawnerr = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

config::check_form form(kind what, const char* shown, int number = 0) {
  return {.what = what, .number = number, .shown = shown};
}
void port(O& o) { o.ask().ready.form = form(kind::tcp, "tcp:5432", 5432); }
void descriptor(O& o) { o.ask().ready.form = form(kind::fd, "fd:3", 3); }
void notifies(O& o) { o.ask().ready.form = form(kind::notify, "notify"); }
void soon(O& o) {
  port(o);
  o.ask().ready.timeout = 5s;
}
void answers(O& o) {
  o.ask().health.form = form(kind::http, "http://h/");
  o.ask().health.interval = 10s;
}
void barks(O& o) {
  o.ask().health.form = form(kind::notify, "notify");
  o.ask().health.interval = 30s;
}
void tells(O& o) {
  answers(o);
  o.ask().health.then = action::event;
}

process_event ended(int code) { return event::exited{status(code)}; }
process_event refused(std::uint32_t number) {
  return event::probed{number, false, "connect 127.0.0.1:5432: Connection refused"};
}
process_event accepted(std::uint32_t number) { return event::probed{number, true, ""}; }
process_event bad(std::uint32_t number) { return event::probed{number, false, "HTTP 503"}; }
process_event word(said what) { return event::notified{std::move(what)}; }
const process_event tick = event::timer_fired{};

process_record starting() {
  process_record r;
  r.state = process_state::starting;
  r.why = start_reason::start;
  r.started_once = true;
  r.started_at = at_second(0);
  r.laststart = wall_at(0);
  return r;
}
process_record stopped_early() {
  auto options = defaults();
  soon(options);
  auto r = starting();
  (void)play(options, {{0, event::spawned{100}}, {5.1, tick}}, r);
  return r;
}
/// RUNNING since second 0, and looked at; the first look is due at `first`.
process_record running(health_state health, double first, std::int64_t failures = 0) {
  auto r = up;
  r.started_at = r.running_since = at_second(0);
  auto& check = r.check.make();
  check.health = health;
  check.failures = failures;
  check.due = at_second(first);
  return r;
}

const std::string spawned = "INFO spawned: 'p' with pid 100";
const std::string is_running = "RUNNING from_state:STARTING pid:100";
const std::string term = "DEBG killing p (pid 100) with signal SIGTERM";
const std::string not_ready = "WARN p is not ready after 5 seconds";
const std::string unhealthy = "PROCESS_HEALTH_UNHEALTHY pid:100 failures:3\nis unhealthy after 3 failures: HTTP 503";
const std::string warned = "WARN p is unhealthy after 3 failures: HTTP 503";
const std::string stopping = "STOPPING from_state:RUNNING pid:100";

// clang-format off
const row rows[] = {
  // -- ready
  {"P181 a port, at the fourth look", port,
   {{0, event::spawned{100}}, {0.1, tick}, {0.11, refused(1)}, {0.2, tick}, {0.21, refused(2)}, {0.4, tick}, {0.41, refused(3)}, {0.8, tick}, {0.8, accepted(4)}},
   {spawned, "look 1", "look 2", "look 3", "look 4", is_running, "INFO success: p entered RUNNING state, ready (tcp:5432) after 0.8 seconds"}, starting()},
  {"then every readyinterval", port, {{0, event::spawned{100}}, {0.9, tick}, {0.95, refused(1)}}, {spawned, "look 1"}, starting(), 60, 1.8, "waiting to be ready: tcp:5432"},
  {"never two at once: one that takes long is followed at the next time", port, {{0, event::spawned{100}}, {0.1, tick}, {0.2, tick}, {2.5, refused(1)}},
   {spawned, "look 1"}, starting(), 60, 2.8, "waiting to be ready: tcp:5432"},
  {"an answer that nobody waits for", port, {{0, event::spawned{100}}, {0.1, tick}, {0.1, accepted(7)}}, {spawned, "look 1"}, starting(), 60, 0.2, "waiting to be ready: tcp:5432"},
  {"P182 an exit before", port, {{0, event::spawned{100}}, {0.5, ended(0)}},
   {spawned, "BACKOFF from_state:STARTING tries:1", "WARN exited: p (exit status 0; not expected)"}, starting(), 1.5, -1, "", "Exited before it was ready (process log may have details)"},
  {"and a look under way is dropped", port, {{0, event::spawned{100}}, {0.1, tick}, {0.5, ended(0)}},
   {spawned, "look 1", "end of the look", "BACKOFF from_state:STARTING tries:1", "WARN exited: p (exit status 0; not expected)"}, starting(), 1.5, -1, "", "Exited before it was ready (process log may have details)"},
  {"P182 long after startsecs, too", notifies, {{0, event::spawned{100}}, {30, ended(0)}},
   {spawned, "BACKOFF from_state:STARTING tries:1", "WARN exited: p (exit status 0; not expected)"}, starting(), 31, -1, "", "Exited before it was ready (process log may have details)"},
  {"a status that is no failure", [](O& o) { port(o); o.ask().restarts.successexitcodes = config::exit_code_list::only_success(); }, {{0, event::spawned{100}}, {0.5, ended(0)}},
   {spawned, is_running, "EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}, starting()},
  {"P183 never", soon, {{0, event::spawned{100}}, {5, tick}, {5.5, event::exited{killed(SIGTERM)}}},
   {spawned, not_ready, term, "kill 100 15", "BACKOFF from_state:STARTING tries:1", "WARN exited: p (terminated by SIGTERM; not expected)"}, starting(), 6.5, -1, "", "Not ready after 5 seconds"},
  {"P183 it does not end", soon, {{15.1, tick}}, {"WARN killing 'p' (100) with SIGKILL", "DEBG killing p (pid 100) with signal SIGKILL", "kill 100 9"}, stopped_early(), 25.1, -1, "Not ready after 5 seconds", "Not ready after 5 seconds"},
  {"P184 a stop before the exit", soon, {{6, event::stop_requested{}}, {7, event::exited{killed(SIGTERM)}}},
   {"STOPPING from_state:STARTING pid:100", "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)"}, stopped_early(), -1, -1, "", "Not ready after 5 seconds"},
  {"P184 and its time goes on", soon, {{6, event::stop_requested{}}, {15.1, tick}},
   {"STOPPING from_state:STARTING pid:100", "WARN killing 'p' (100) with SIGKILL", "DEBG killing p (pid 100) with signal SIGKILL", "kill 100 9"}, stopped_early(), 25.1, -1, "", "Not ready after 5 seconds"},
  {"P185 the descriptor is closed", descriptor, {{0, event::spawned{100}}, {1, event::said_ready{true}}, {2, event::exited{killed(SIGTERM)}}},
   {spawned, "WARN p is not ready: Closed descriptor 3 before it was ready", term, "kill 100 15", "BACKOFF from_state:STARTING tries:1",
    "WARN exited: p (terminated by SIGTERM; not expected)"}, starting(), 3, -1, "", "Closed descriptor 3 before it was ready"},
  {"P185 a newline first", descriptor, {{0, event::spawned{100}}, {1, event::said_ready{}}, {2, event::said_ready{true}}},
   {spawned, is_running, "INFO success: p entered RUNNING state, ready (fd:3) after 1 second"}, starting()},
  {"P186 startsecs plays no part", [](O& o) { notifies(o); o.startsecs = 5; }, {{0, event::spawned{100}}, {0.1, word({.ready = true})}, {0.2, ended(1)}},
   {spawned, is_running, "INFO success: p entered RUNNING state, ready (notify) after 0.1 seconds", "EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)"},
   starting(), 1, -1, "", "Bad exit code 1"},
  {"P187 more time", [](O& o) { notifies(o); o.ask().ready.timeout = 5s; }, {{0, event::spawned{100}}, {4, word({.extend = 10s})}, {5, tick}}, {spawned}, starting(), 14, -1, "waiting to be ready: notify"},
  {"P187 no less than there is", [](O& o) { notifies(o); }, {{0, event::spawned{100}}, {4, word({.extend = 1s})}}, {spawned}, starting(), 60, -1, "waiting to be ready: notify"},
  {"P187 an hour at most", [](O& o) { notifies(o); }, {{0, event::spawned{100}}, {4, word({.extend = 7200s})}}, {spawned}, starting(), 3604, -1, "waiting to be ready: notify"},
  {"no readytimeout", [](O& o) { notifies(o); o.ask().ready.timeout = 0s; }, {{0, event::spawned{100}}, {9999, tick}}, {spawned}, starting(), -1, -1, "waiting to be ready: notify"},
  {"what it says of itself is shown", notifies, {{0, event::spawned{100}}, {1, word({.status = "loading"})}}, {spawned}, starting(), 60, -1, "waiting to be ready: notify: loading"},
  {"READY=1 of one that is looked at otherwise", port, {{0, event::spawned{100}}, {1, word({.ready = true})}}, {spawned}, starting(), 60, 0.1, "waiting to be ready: tcp:5432"},
  {"a stop of one that is not ready", port, {{0, event::spawned{100}}, {0.1, tick}, {1, event::stop_requested{}}, {1, accepted(1)}},
   {spawned, "look 1", "end of the look", term, "STOPPING from_state:STARTING pid:100", "kill 100 15"}, starting(), 11, -1},
  {"a rebuilt actor looks again", port, {{0, event::spawned{100}}, {0.1, tick}, {3, event::rebuilt{}}, {3, tick}}, {spawned, "look 1", "look 2"}, starting(), 60, 3.8, "waiting to be ready: tcp:5432"},
  {"and signals again", soon, {{6, event::rebuilt{}}}, {term, "kill 100 15"}, stopped_early(), 15.1, -1, "Not ready after 5 seconds", "Not ready after 5 seconds"},
  // -- healthy
  {"P139 three in a row", tells, {{1, tick}, {1.1, bad(1)}, {11, tick}, {11, bad(2)}, {21, tick}, {21, accepted(3)}, {31, tick}, {31, bad(4)}, {41, tick}, {41, bad(5)}, {51, tick}, {51, bad(6)}},
   {"look at health 1", "look at health 2", "look at health 3", "look at health 4", "look at health 5", "look at health 6", warned, unhealthy}, running(health_state::pending, 1), -1, 61},
  {"P140 a start period", [](O& o) { tells(o); o.ask().health.startperiod = 30s; o.ask().health.retries = 2; }, {{5, tick}, {5, bad(1)}, {15, tick}, {15, bad(2)}, {25, tick}, {25, bad(3)}, {35, tick}, {35, bad(4)}},
   {"look at health 1", "look at health 2", "look at health 3", "look at health 4"}, running(health_state::pending, 5), -1, 45},
  {"P141 ends with the first success", [](O& o) { tells(o); o.ask().health.startperiod = 30s; o.ask().health.retries = 2; },
   {{5, tick}, {5, bad(1)}, {15, tick}, {15, accepted(2)}, {25, tick}, {25, bad(3)}, {35, tick}, {35, bad(4)}},
   {"look at health 1", "look at health 2", "look at health 3", "look at health 4", "WARN p is unhealthy after 2 failures: HTTP 503",
    "PROCESS_HEALTH_UNHEALTHY pid:100 failures:2\nis unhealthy after 2 failures: HTTP 503"}, running(health_state::pending, 5), -1, 45},
  {"P142 healthy again", tells, {{1, tick}, {1, accepted(1)}, {11, tick}, {11, accepted(2)}},
   {"look at health 1", "INFO p is healthy", "PROCESS_HEALTH_HEALTHY pid:100\nis healthy", "look at health 2"}, running(health_state::unhealthy, 1, 3), -1, 21},
  {"P143 once", tells, {{1, tick}, {1, bad(1)}, {11, tick}, {11, bad(2)}, {21, tick}, {21, bad(3)}}, {"look at health 1", "look at health 2", "look at health 3"}, running(health_state::unhealthy, 1, 3), -1, 31},
  {"P144 no word for the longest time", [](O& o) { barks(o); o.ask().health.then = action::none; }, {{0, word({.watchdog = true})}, {29, word({.watchdog = true})}, {59, tick}},
   {"WARN p is unhealthy after 1 failure: no WATCHDOG=1 for 30 seconds", "PROCESS_HEALTH_UNHEALTHY pid:100 failures:1\nis unhealthy after 1 failure: no WATCHDOG=1 for 30 seconds"},
   running(health_state::pending, 30), -1, 89},
  {"the interval it asks for itself", barks, {{1, word({.watchdog_interval = 5s})}}, {}, running(health_state::pending, 30), -1, 6},
  {"WATCHDOG=trigger", [](O& o) { barks(o); o.ask().health.then = action::none; }, {{1, word({.trigger = true})}},
   {"WARN p is unhealthy after 1 failure: WATCHDOG=trigger", "PROCESS_HEALTH_UNHEALTHY pid:100 failures:1\nis unhealthy after 1 failure: WATCHDOG=trigger"}, running(health_state::pending, 30), -1, 31},
  {"a signal", [](O& o) { answers(o); o.ask().health.then = action::signal; o.ask().health.signo = SIGUSR1; }, {{1, tick}, {1, bad(1)}},
   {"look at health 1", warned, unhealthy, "DEBG sending p (pid 100) sig SIGUSR1", "kill 100 10"}, running(health_state::healthy, 1, 2), -1, 11},
  {"P211 a restart", answers, {{1, tick}, {1, bad(1)}, {2, event::exited{killed(SIGTERM)}}},
   {"look at health 1", warned, unhealthy, term, stopping, "kill 100 15", "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)", "STARTING from_state:STOPPED tries:0", "spawn"},
   running(health_state::healthy, 1, 2)},
  {"P212 stopped meanwhile", answers, {{1, tick}, {1, bad(1)}, {1.5, event::stop_requested{}}, {2, event::exited{killed(SIGTERM)}}, {3, event::evaluate{}}},
   {"look at health 1", warned, unhealthy, term, stopping, "kill 100 15", "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)"}, running(health_state::healthy, 1, 2)},
  {"P213 not while what it needs is not there", [](O& o) { answers(o); o.ask().dependencies.items = {{.target = "b"}}; },
   {{1, tick}, {1, bad(1)}, {1, event::dependencies_seen{{.unmet = "b:ready"}}}, {2, event::dependencies_seen{{.unmet = "b:ready"}}}},
   {"look at health 1", warned, unhealthy, "look", "WARN p is unhealthy, not restarted while b:ready is not met"}, running(health_state::healthy, 1, 2), -1, 11},
  {"P214 then it is", [](O& o) { answers(o); o.ask().dependencies.items = {{.target = "b"}}; },
   {{1, tick}, {1, bad(1)}, {1, event::dependencies_seen{{.unmet = "b:ready"}}}, {2, event::dependencies_seen{{}}}},
   {"look at health 1", warned, unhealthy, "look", "WARN p is unhealthy, not restarted while b:ready is not met", term, stopping, "kill 100 15"}, running(health_state::healthy, 1, 2), 12},
  {"P214 unless it is healthy again", [](O& o) { answers(o); o.ask().dependencies.items = {{.target = "b"}}; },
   {{1, tick}, {1, bad(1)}, {1, event::dependencies_seen{{.unmet = "b:ready"}}}, {11, tick}, {11, accepted(2)}, {12, event::dependencies_seen{{}}}},
   {"look at health 1", warned, unhealthy, "look", "WARN p is unhealthy, not restarted while b:ready is not met", "look at health 2", "INFO p is healthy", "PROCESS_HEALTH_HEALTHY pid:100\nis healthy"},
   running(health_state::healthy, 1, 2), -1, 21},
  {"the limit refuses a restart", [](O& o) { answers(o); o.ask().restarts.restartlimit = config::rate{1, 60s}; }, {{1, tick}, {1, bad(1)}},
   {"look at health 1", warned, unhealthy, "WARN p is not restarted: restart limit: 1 restart in 60 seconds"},
   [] { auto r = running(health_state::healthy, 1, 2); r.restarts.make().recent = {at_second(0)}; return r; }(), -1, 11},
  {"no restart in the daemon's stop", answers, {{1, tick}, {1, bad(1), daemon_state::shutdown}}, {"look at health 1", warned, unhealthy}, running(health_state::healthy, 1, 2), -1, 11},
  {"a stop ends it", answers, {{1, tick}, {2, event::stop_requested{}}, {2, bad(1)}}, {"look at health 1", "end of the look", term, stopping, "kill 100 15"}, running(health_state::healthy, 1, 2), 12},
  {"an exit ends it", answers, {{1, tick}, {2, ended(0)}, {2, bad(1)}},
   {"look at health 1", "end of the look", "EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}, running(health_state::healthy, 1, 2)},
  {"a look that takes longer than the time between two", tells, {{1, tick}, {11, tick}, {12, bad(1)}}, {"look at health 1"}, running(health_state::pending, 1), -1, 12},
  {"failures of starts are forgotten beside it", [](O& o) { tells(o); o.ask().restarts.backoffreset = 5s; }, {{5, tick}}, {},
   [] { auto r = running(health_state::pending, 9); r.backoff = 2; r.deadline = at_second(5); return r; }(), -1, 9},
  {"READY=1 and then RELOADING=1: it is ready", notifies, {{0, event::spawned{100}}, {1, word({.ready = true, .reloading = true})}},
   {spawned, is_running, "INFO success: p entered RUNNING state, ready (notify) after 1 second"}, starting()},
  {"more time to stop", barks, {{1, event::stop_requested{}}, {2, word({.stopping = true, .extend = 60s})}}, {term, stopping, "kill 100 15"}, running(health_state::healthy, 30), 62},
};
// clang-format on

double second_of(const std::optional<time_point>& at) {
  return at ? std::chrono::duration<double>(*at - at_second(0)).count() : -1;
}

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto options = defaults();
  options.restart = config::autorestart::unexpected;
  r.set(options);
  auto record = r.start;
  auto found = play(options, r.script, record);
  BOOST_TEST(found == r.expected, boost::test_tools::per_element());
  BOOST_TEST(second_of(record.deadline) == r.due, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(second_of(record.check ? record.check->due : std::nullopt) == r.look, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(record.waiting_for == r.waiting_for);
  BOOST_TEST(record.spawnerr == r.spawnerr);
}

BOOST_AUTO_TEST_CASE(health_begins_with_running) {
  auto options = defaults();
  answers(options);
  auto record = starting();
  (void)play(options, {{0, event::spawned{100}}, {1.1, tick}}, record);
  BOOST_REQUIRE(record.state == process_state::running);
  BOOST_REQUIRE(record.check);
  BOOST_TEST((record.check->health == health_state::pending));
  auto first = second_of(record.check->due);
  BOOST_TEST(first > 1.1);
  BOOST_TEST(first <= 11.1); // one interval at most
}

BOOST_AUTO_TEST_CASE(who_starts_hears_of_it) {
  auto options = defaults();
  soon(options);
  auto record = starting();
  process_task start{.what = verb::start, .wait = true};
  (void)play(options, {{0, event::spawned{100}}}, record);
  BOOST_TEST(!verdict(start, record, way_up{.takes_time = true}, "p").has_value());
  (void)play(options, {{5.1, tick}}, record);
  BOOST_TEST(!verdict(start, record, way_up{.takes_time = true}, "p").has_value()); // it is being killed
  (void)play(options, {{6, event::exited{killed(SIGTERM)}}}, record);
  BOOST_REQUIRE(verdict(start, record, way_up{.takes_time = true}, "p").has_value());
  BOOST_TEST(verdict(start, record, way_up{.takes_time = true}, "p")->status == 50); // SPAWN_ERROR
}

namespace {

struct look_row {
  std::chrono::milliseconds passed;
  std::chrono::milliseconds expected;
};
std::ostream& operator<<(std::ostream& out, const look_row& r) { return out << r.passed.count(); }
const look_row looks[] = {{0ms, 100ms},    {99ms, 100ms},    {100ms, 200ms},   {250ms, 400ms},        {400ms, 800ms},
                          {800ms, 3800ms}, {3799ms, 3800ms}, {3800ms, 6800ms}, {100'000ms, 102'800ms}};

} // namespace

BOOST_DATA_TEST_CASE(when_it_is_looked_at, data::make(looks), r) {
  BOOST_TEST((next_look(r.passed, 3000ms) == r.expected));
}

BOOST_AUTO_TEST_CASE(first_looks_are_spread) {
  BOOST_TEST((first_health_look(10s, 0) == std::chrono::nanoseconds(9'765'625)));
  BOOST_TEST((first_health_look(10s, 511) == 5s));
  BOOST_TEST((first_health_look(10s, 1023) == 10s));
  BOOST_TEST((first_health_look(10s, 1024 + 511) == 5s));
}

BOOST_AUTO_TEST_CASE(what_it_says_of_itself) {
  check_record r;
  BOOST_TEST(status_text(r) == "");
  r.status = "busy";
  BOOST_TEST(status_text(r) == "busy");
  r.reloading = true;
  BOOST_TEST(status_text(r) == "reloading: busy");
  r.error_number = 2;
  BOOST_TEST(status_text(r) == "reloading: busy: No such file or directory");
  r.status.clear();
  r.stopping = true;
  BOOST_TEST(status_text(r) == "stopping: No such file or directory");
}

namespace {

process_event any_event(std::mt19937& random, const process_record& record) {
  auto number = record.check ? record.check->probe : 0;
  switch (random() % 13) {
  case 0:
    return event::evaluate{};
  case 1:
    return event::start_requested{};
  case 2:
    return event::stop_requested{};
  case 3:
    return event::spawned{100};
  case 4:
    return ended(static_cast<int>(random() % 2));
  case 5:
    return event::rebuilt{};
  case 6:
    return accepted(number);
  case 7:
    return bad(number);
  case 8:
    return word({.ready = random() % 2 == 0, .watchdog = random() % 2 == 0, .trigger = random() % 4 == 0});
  case 9:
    return event::said_ready{random() % 2 == 0};
  default:
    return tick;
  }
}

} // namespace

/// It is never RUNNING before it is ready; there is never more than one look; whoever is looked at is looked at again;
/// nothing is looked at without a child.
BOOST_AUTO_TEST_CASE(random_histories) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    std::mt19937 random(seed);
    auto options = defaults();
    options.restart = config::autorestart::always;
    void (*ways[])(O&) = {soon, descriptor, notifies, port};
    ways[seed % 4](options);
    seed % 3 == 0 ? barks(options) : answers(options);
    process_record record;
    bool looking = false;
    double now = 0;
    for (int i = 0; i < 200; ++i) {
      now += (random() % 40) * 0.1;
      auto before = record;
      auto [after, effects] =
        step(options, record, any_event(random, record), {at_second(now), wall_at(now), daemon_state::running});
      record = after;
      for (const auto& e : effects)
        if (std::holds_alternative<effect::probe>(e)) {
          BOOST_REQUIRE(!looking || (before.check && !before.check->probing)); // a rebuilt actor has lost the last one
          looking = true;
        } else if (std::holds_alternative<effect::end_probe>(e)) {
          looking = false;
        }
      looking = record.check && record.check->probing;
      bool has_child = record.pid != 0;
      BOOST_REQUIRE(has_child || !record.check);
      if (record.state == process_state::running && before.state == process_state::starting)
        BOOST_REQUIRE(before.check && before.check->awaits_ready);
      if (record.state == process_state::running)
        BOOST_REQUIRE(record.check && (record.check->due || record.check->probing));
      if (record.state == process_state::starting && has_child && record.check->awaits_ready &&
          is_probe(options.ready().form))
        BOOST_REQUIRE(record.check->due || record.check->probing);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
