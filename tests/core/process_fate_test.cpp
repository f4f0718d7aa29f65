// One-shots, and what the end of a process means for others: vectors P145, P146, P215 to P217 and P226 of
// docs/contract/programs.md. Must not hold a clock, thread or fork.
#include "tests/core/process_trace.hpp"

#include "actors/core/process_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_fate_test)

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
  process_record start = up;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

void plain(O&) {}
void once(O& o) {
  o.ask().oneshot = true;
  o.restart = config::autorestart::never;
}
void until_well(O& o) {
  once(o);
  o.restart = config::autorestart::unexpected;
  o.startretries = 1;
}
void essential(O& o) { o.ask().essential.essential = true; }
void essential_once(O& o) {
  essential(o);
  once(o);
}
void member(O& o) { o.ask().fails_group = true; }

process_event ended(int code) { return event::exited{status(code)}; }
const process_event tick = event::timer_fired{};
const process_event start = event::start_requested{};
const process_event spawned = event::spawned{100};

/// Its child is on the way, for the last time.
process_record last_try() {
  auto r = in_state(process_state::starting, 100, 3);
  r.started_at = at_second(0);
  return r;
}

const std::string has_pid = "INFO spawned: 'p' with pid 100";
const std::string runs = "RUNNING from_state:STARTING pid:100";
const std::string at_once =
  "INFO success: p entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)";
const std::string well = "EXITED from_state:RUNNING expected:1 pid:100";
const std::string badly = "EXITED from_state:RUNNING expected:0 pid:100";
const std::string said_well = "INFO exited: p (exit status 0; expected)";
const std::string said_badly = "WARN exited: p (exit status 3; not expected)";
const std::string too_often = "INFO gave up: p entered FATAL state, too many start retries too quickly";

// clang-format off
const row rows[] = {
  {"P215 it ends well", once, {{0, start}, {0.1, spawned}, {5, ended(0)}}, {"STARTING from_state:STOPPED tries:0", "spawn", has_pid, runs, at_once, well, said_well}, {}},
  {"P216 it ends badly", once, {{0, start}, {0.1, spawned}, {5, ended(3)}}, {"STARTING from_state:STOPPED tries:0", "spawn", has_pid, runs, at_once, badly, said_badly}, {}},
  {"at once, too", once, {{0, start}, {0.1, spawned}, {0.11, ended(0)}}, {"STARTING from_state:STOPPED tries:0", "spawn", has_pid, runs, at_once, well, said_well}, {}},
  {"P217 until it ends well", until_well, {{0, start}, {0.1, spawned}, {5, ended(3)}, {6, tick}, {6.1, spawned}, {9, ended(3)}},
   {"STARTING from_state:STOPPED tries:0", "spawn", has_pid, runs, at_once, badly, said_badly, "BACKOFF from_state:EXITED tries:1", "STARTING from_state:BACKOFF tries:1", "spawn", has_pid, runs, at_once,
    badly, said_badly, "BACKOFF from_state:EXITED tries:2", "FATAL from_state:BACKOFF", too_often}, {}},
  {"P217 and then it does", until_well, {{0, start}, {0.1, spawned}, {5, ended(3)}, {6, tick}, {6.1, spawned}, {9, ended(0)}, {20, start}, {20.1, spawned}, {21, ended(3)}},
   {"STARTING from_state:STOPPED tries:0", "spawn", has_pid, runs, at_once, badly, said_badly, "BACKOFF from_state:EXITED tries:1", "STARTING from_state:BACKOFF tries:1", "spawn", has_pid, runs, at_once,
    well, said_well, "STARTING from_state:EXITED tries:0", "spawn", has_pid, runs, at_once, badly, said_badly, "BACKOFF from_state:EXITED tries:1"}, {}},
  {"a stop is no end of its own", essential_once, {{0, event::stop_requested{}}, {1, ended(0)}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15", "STOPPED from_state:STOPPING pid:100", "INFO stopped: p (exit status 0)"}},
  // -- essential
  {"P145 P226 exit 3", [](O& o) { essential(o); o.restart = config::autorestart::never; }, {{0, ended(3)}},
   {badly, said_badly, "end 3: essential program p exited (exit status 3): stopping with exit status 3"}},
  {"P145 by a signal", [](O& o) { essential(o); o.restart = config::autorestart::never; }, {{0, event::exited{killed(SIGKILL)}}},
   {badly, "WARN exited: p (terminated by SIGKILL; not expected)", "end 137: essential program p exited (terminated by SIGKILL): stopping with exit status 137"}},
  {"exit 0", essential, {{0, ended(0)}}, {well, said_well, "end 0: essential program p exited (exit status 0): stopping with exit status 0"}},
  {"P145 FATAL after exit 0", essential, {{0.5, ended(0)}},
   {"BACKOFF from_state:STARTING tries:4", "WARN exited: p (exit status 0; not expected)", "FATAL from_state:BACKOFF", too_often, "end 1: essential program p entered FATAL state: stopping with exit status 1"}, last_try()},
  {"FATAL after exit 3", essential, {{0.5, ended(3)}},
   {"BACKOFF from_state:STARTING tries:4", said_badly, "FATAL from_state:BACKOFF", too_often, "end 3: essential program p entered FATAL state: stopping with exit status 3"}, last_try()},
  {"P145 FATAL, never ran", [](O& o) { essential(o); o.startretries = 0; }, {{0, start}, {0, event::spawn_failed{"can't find command '/x'"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: can't find command '/x'", "BACKOFF from_state:STARTING tries:1", "FATAL from_state:BACKOFF", too_often,
    "end 1: essential program p entered FATAL state: stopping with exit status 1"}, {}},
  {"P146 stopped by an operator", essential, {{0, event::stop_requested{}}, {1, ended(3)}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15", "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (exit status 3)"}},
  {"P146 exit 0 and a restart", [](O& o) { essential(o); o.restart = config::autorestart::always; }, {{0, ended(0)}}, {well, said_well, "STARTING from_state:EXITED tries:0", "spawn"}},
  {"a restart that is still to come", [](O& o) { essential(o); o.restart = config::autorestart::always; o.ask().restarts.restartdelay = 5s; }, {{0, ended(0)}}, {well, said_well, "BACKOFF from_state:EXITED tries:0"}},
  {"a restart that the limit refuses", [](O& o) { essential(o); o.ask().restarts.restartlimit = config::rate{1, 60s}; }, {{0, ended(3)}},
   {badly, said_badly, "FATAL from_state:EXITED", "INFO gave up: p entered FATAL state, restart limit: 1 restart in 60 seconds", "end 3: essential program p entered FATAL state: stopping with exit status 3"},
   [] { auto r = up; r.restarts.make().recent = {at_second(-1)}; return r; }()},
  {"in the daemon's stop", essential, {{0, ended(3), daemon_state::shutdown}}, {badly, said_badly}},
  {"an exit does not matter", [](O& o) { essential(o); o.ask().essential.on_exit = false; }, {{0, ended(0)}}, {well, said_well}},
  {"another status", [](O& o) { essential(o); o.ask().essential.exitcode = 7; }, {{0, ended(0)}}, {well, said_well, "end 7: essential program p exited (exit status 0): stopping with exit status 7"}},
  {"0 whatever it was", [](O& o) { essential(o); o.restart = config::autorestart::never; o.ask().essential.exitcode = 0; }, {{0, ended(3)}}, {badly, said_badly, "end 0: essential program p exited (exit status 3): stopping with exit status 0"}},
  {"never 0 for FATAL", [](O& o) { essential(o); o.ask().essential.exitcode = 0; }, {{0.5, ended(3)}},
   {"BACKOFF from_state:STARTING tries:4", said_badly, "FATAL from_state:BACKOFF", too_often, "end 1: essential program p entered FATAL state: stopping with exit status 1"}, last_try()},
  {"unhealthy", [](O& o) { essential(o); o.ask().essential.on_unhealthy = true; o.ask().health.form = {.what = config::check_form::kind::notify, .shown = "notify"}; o.ask().health.then = config::health_options::action::event; },
   {{0, event::notified{{.trigger = true}}}},
   {"WARN p is unhealthy after 1 failure: WATCHDOG=trigger", "PROCESS_HEALTH_UNHEALTHY pid:100 failures:1\nis unhealthy after 1 failure: WATCHDOG=trigger", "end 1: essential program p is unhealthy: stopping with exit status 1"},
   [] { auto r = up; r.check.make().health = health_state::healthy; r.check->due = at_second(99); return r; }()},
  {"poststop that may still be against a restart", [](O& o) { essential(o); o.restart = config::autorestart::always; o.ask().hooks.poststop = {.command = "/bin/x", .aborts = true}; },
   {{0, ended(3)}, {1, event::command_ended{1, false, "exit status 1"}}},
   {badly, said_badly, "run poststop 1", "WARN poststop of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststop\nfailed (exit status 1)",
    "end 3: essential program p exited (exit status 3): stopping with exit status 3"}},
  // -- its group
  {"a member that ends badly", [](O& o) { member(o); o.restart = config::autorestart::never; }, {{0, ended(3)}}, {badly, said_badly, "its group is told"}},
  {"a member that ends well", member, {{0, ended(0)}}, {well, said_well}},
  {"a member that is restarted", member, {{0, ended(3)}}, {badly, said_badly, "STARTING from_state:EXITED tries:0", "spawn"}},
  {"a member in FATAL", member, {{0.5, ended(3)}}, {"BACKOFF from_state:STARTING tries:4", said_badly, "FATAL from_state:BACKOFF", too_often, "its group is told"}, last_try()},
  {"a member whose group is stopped", plain, {{0, event::stop_requested{true}}, {1, event::exited{killed(SIGTERM)}}, {2, event::start_requested{start_reason::group}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15", "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)", "STARTING from_state:STOPPED tries:0", "spawn"}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto options = defaults();
  r.set(options);
  auto record = r.start;
  auto found = play(options, r.script, record);
  BOOST_TEST(found == r.expected, boost::test_tools::per_element());
}

/// Who waits for the start of a one-shot is answered at its end.
BOOST_AUTO_TEST_CASE(answers) {
  auto options = defaults();
  once(options);
  process_task waits{.what = verb::start, .wait = true};
  process_task does_not{.what = verb::start};
  auto way = way_up_of(options);
  for (int code : {0, 3}) {
    process_record record;
    (void)play(options, {{0, start}}, record);
    BOOST_TEST(!verdict(waits, record, way, "p"));
    (void)play(options, {{0.1, spawned}}, record);
    BOOST_TEST((record.state == process_state::running));
    BOOST_TEST(!verdict(waits, record, way, "p"));
    BOOST_TEST(verdict(does_not, record, way, "p")->ok());
    (void)play(options, {{5, ended(code)}}, record);
    BOOST_TEST(verdict(waits, record, way, "p")->status == (code == 0 ? 80 : 50));
  }
}

BOOST_AUTO_TEST_SUITE_END()
