// The life of one process as tables: what happens when, and the exact trace of effects that follows. Vectors V037
// to V079 of docs/contract/lifecycle.md that concern one process (V072 is the waiting client's, V064 the reaper's).
// Must not hold a clock, thread or fork.
#include "actors/core/process_fsm.hpp"
#include "tests/core/process_trace.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <csignal>
#include <limits>
#include <optional>

BOOST_AUTO_TEST_SUITE(process_fsm_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

struct row {
  const char* id;
  void (*set)(config::process_options&);
  beats script;
  trace expected;
  process_record start = {};
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

using O = config::process_options;
void plain(O&) {}
void listener(O& o) { o.listener = true; }

const std::string quickly = "WARN exited: p (exit status 0; not expected)";
const std::string gave_up = "INFO gave up: p entered FATAL state, too many start retries too quickly";
const std::string running_0 = "RUNNING from_state:STARTING pid:100";
const std::string success_0 =
  "INFO success: p entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)";
const std::string expected_exit = "INFO exited: p (exit status 0; expected)";
const std::string spawned_line = "INFO spawned: 'p' with pid 100";

// clang-format off
const row rows[] = {
  {"V037 first autostart", plain, {{0, event::evaluate{}}, {0, event::spawned{100}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line}},
  {"V038 up for more than startsecs", plain,
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {1.001, event::timer_fired{}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "RUNNING from_state:STARTING pid:100",
    "INFO success: p entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)"}},
  {"V039 exactly startsecs", plain, {{0, event::evaluate{}}, {0, event::spawned{100}}, {1, event::timer_fired{}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line}},
  {"V040 V041 always exits at once", plain,
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.1, event::exited{status(0)}}, {0.9, event::timer_fired{}},
    {1.1, event::timer_fired{}}, {1.1, event::spawned{100}}, {1.2, event::exited{status(0)}}, {3.2, event::timer_fired{}},
    {3.2, event::spawned{100}}, {3.3, event::exited{status(0)}}, {6.3, event::timer_fired{}}, {6.3, event::spawned{100}},
    {6.4, event::exited{status(0)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "BACKOFF from_state:STARTING tries:1", quickly,
    "STARTING from_state:BACKOFF tries:1", "spawn", spawned_line, "BACKOFF from_state:STARTING tries:2", quickly,
    "STARTING from_state:BACKOFF tries:2", "spawn", spawned_line, "BACKOFF from_state:STARTING tries:3", quickly,
    "STARTING from_state:BACKOFF tries:3", "spawn", spawned_line, "BACKOFF from_state:STARTING tries:4", quickly,
    "FATAL from_state:BACKOFF", gave_up}},
  {"V042 no retries, missing command", [](O& o) { o.startretries = 0; },
   {{0, event::evaluate{}}, {0, event::spawn_failed{"can't find command 'x'"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: can't find command 'x'",
    "BACKOFF from_state:STARTING tries:1", "FATAL from_state:BACKOFF", gave_up}},
  {"V043 one retry, missing command", [](O& o) { o.startretries = 1; },
   {{0, event::evaluate{}}, {0, event::spawn_failed{"x"}}, {1, event::timer_fired{}}, {1, event::spawn_failed{"x"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1",
    "STARTING from_state:BACKOFF tries:1", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:2",
    "FATAL from_state:BACKOFF", gave_up}},
  {"V044 startsecs 0, gone before the timer", [](O& o) { o.startsecs = 0; o.restart = config::autorestart::never; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0, event::exited{status(3)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "RUNNING from_state:STARTING pid:100",
    "EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 3; not expected)"}},
  {"startsecs 0 runs at once", [](O& o) { o.startsecs = 0; }, {{0, event::evaluate{}}, {0.001, event::spawned{100}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "RUNNING from_state:STARTING pid:100",
    "INFO success: p entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)"}},
  {"V045 up long enough, gone before the timer", plain,
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {1.5, event::exited{status(0)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "RUNNING from_state:STARTING pid:100",
    "EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}},
  {"V046 V047 killed from outside, restarted", plain, {{0, event::exited{killed(SIGKILL)}}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (terminated by SIGKILL; not expected)",
    "STARTING from_state:EXITED tries:0", "spawn"}, up},
  {"T3 a run of a second restarts at once", [](O& o) { o.startsecs = 0; o.restart = config::autorestart::always; },
   {{0, event::evaluate{}}, {0.1, event::spawned{100}}, {1, event::exited{status(0)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, running_0, success_0,
    "EXITED from_state:RUNNING expected:1 pid:100", expected_exit, "STARTING from_state:EXITED tries:0", "spawn"}},
  {"T3 a shorter one a second after its spawn", [](O& o) { o.startsecs = 0; o.restart = config::autorestart::always; },
   {{0, event::evaluate{}}, {0.1, event::spawned{100}}, {0.2, event::exited{status(0)}}, {0.3, event::evaluate{}},
    {0.999, event::timer_fired{}}, {1, event::timer_fired{}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, running_0, success_0,
    "EXITED from_state:RUNNING expected:1 pid:100", expected_exit, "STARTING from_state:EXITED tries:0", "spawn"}},
  {"T3 a start does not wait for it", [](O& o) { o.startsecs = 0; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0, event::exited{status(1)}}, {0.1, event::start_requested{}},
    {0.2, event::spawned{100}}, {1, event::timer_fired{}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "RUNNING from_state:STARTING pid:100",
    "EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)",
    "STARTING from_state:EXITED tries:0", "spawn", spawned_line, running_0, success_0}},
  {"T3 a stop forgets it", [](O& o) { o.startsecs = 0; },
   {{0, event::evaluate{}}, {0.1, event::spawned{100}}, {0.2, event::exited{status(1)}}, {0.3, event::stop_requested{}},
    {1, event::timer_fired{}}, {2, event::evaluate{}}, {3, event::start_requested{}}, {3.1, event::spawned{100}},
    {3.2, event::exited{status(1)}}, {4, event::timer_fired{}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, running_0, success_0,
    "EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)",
    "STARTING from_state:EXITED tries:0", "spawn", spawned_line, running_0, success_0,
    "EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)",
    "STARTING from_state:EXITED tries:0", "spawn"}},
  {"T3 not once the daemon stops", [](O& o) { o.startsecs = 0; },
   {{0, event::evaluate{}}, {0.1, event::spawned{100}}, {0.2, event::exited{status(1)}},
    {1, event::timer_fired{}, daemon_state::shutdown}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, running_0, success_0,
    "EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)"}},
  {"a rebuilt actor sends the stop again", plain, {{0, event::stop_requested{}}, {0.1, event::rebuilt{}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "DEBG killing p (pid 100) with signal SIGTERM", "kill 100 15"}, up},
  {"but for one that has gone out", plain, {{0, event::stop_requested{}}, {0.1, event::rebuilt{.stop_sent = true}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15"}, up},
  {"a rebuilt actor lets others be", plain, {{0, event::rebuilt{}}}, {}, up},
  {"V048 expected exit stays", plain, {{0, event::exited{status(0)}}, {1, event::evaluate{}}},
   {"EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}, up},
  {"V049 never restarted", [](O& o) { o.restart = config::autorestart::never; }, {{0, event::exited{status(1)}}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)"}, up},
  {"V050 always restarted", [](O& o) { o.restart = config::autorestart::always; }, {{0, event::exited{status(0)}}},
   {"EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)",
    "STARTING from_state:EXITED tries:0", "spawn"}, up},
  {"V156 a listener dies and is restarted", listener, {{0, event::exited{status(3)}}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 3; not expected)",
    "its event goes back", "STARTING from_state:EXITED tries:0", "spawn"}, up},
  {"7.5 a listener is stopped", listener, {{0, event::stop_requested{}}, {0.1, event::exited{killed(SIGTERM)}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)", "its event goes back"}, up},
  {"7.5 a listener exits too quickly", [](O& o) { o.listener = true; o.startretries = 0; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.1, event::exited{status(0)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "BACKOFF from_state:STARTING tries:1", quickly,
    "its event goes back", "FATAL from_state:BACKOFF", gave_up}},
  {"7.5 a listener in UNKNOWN exits", listener, {{0, event::exited{status(0)}}},
   {"WARN exited: p (exit status 0; not expected)", "its event goes back"}, in_state(process_state::unknown, 100)},
  {"V051 start from FATAL", plain, {{0, event::start_requested{}}}, {"STARTING from_state:FATAL tries:0", "spawn"},
   in_state(process_state::fatal, 0)},
  {"V052 V053 stop in BACKOFF keeps the counter", plain,
   {{0, event::stop_requested{}}, {1, event::start_requested{}}, {1, event::spawned{100}}, {1.1, event::exited{status(0)}}},
   {"DEBG Attempted to kill p, which is in BACKOFF state.", "STOPPED from_state:BACKOFF pid:0",
    "STARTING from_state:STOPPED tries:2", "spawn", spawned_line, "BACKOFF from_state:STARTING tries:3", quickly},
   in_state(process_state::backoff, 0, 2)},
  {"V054 stop while STARTING", plain,
   {{0, event::stop_requested{}}, {0.1, event::exited{killed(SIGTERM)}}, {1, event::start_requested{}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:STARTING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)",
    "STARTING from_state:STOPPED tries:2", "spawn"}, in_state(process_state::starting, 100, 2)},
  {"V055 exits too quickly while killing", plain,
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.1, event::stop_requested{}}, {0.2, event::exited{status(0)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "DEBG killing p (pid 100) with signal SIGTERM",
    "STOPPING from_state:STARTING pid:100", "kill 100 15", "STOPPED from_state:STOPPING pid:100",
    "INFO stopped: p (exit status 0)"}},
  {"V056 the clock goes back while STARTING", [](O& o) { o.startsecs = 2; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {1.9, event::timer_fired{}, daemon_state::running, -3600},
    {2.001, event::timer_fired{}, daemon_state::running, -3600}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "RUNNING from_state:STARTING pid:100",
    "INFO success: p entered RUNNING state, process has stayed up for > than 2 seconds (startsecs)"}},
  {"V057 laststart is ahead of now at the exit", plain,
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.5, event::exited{status(0)}, daemon_state::running, -60}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line,
    "WARN process 'p' (100) laststart time is in the future, don't know how long process was running so assuming it "
    "did not exit too quickly",
    "RUNNING from_state:STARTING pid:100", "EXITED from_state:RUNNING expected:1 pid:100",
    "INFO exited: p (exit status 0; expected)"}},
  {"V058 the clock goes back while RUNNING", [](O& o) { o.startsecs = 10; },
   {{0, event::evaluate{}}, {0, event::spawned{100}}, {10.1, event::timer_fired{}},
    {20, event::exited{status(0)}, daemon_state::running, -17}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "RUNNING from_state:STARTING pid:100",
    "INFO success: p entered RUNNING state, process has stayed up for > than 10 seconds (startsecs)",
    "EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}},
  {"V059 the clock goes back in BACKOFF", plain,
   {{0, event::evaluate{}}, {0, event::spawn_failed{"x"}}, {0.9, event::timer_fired{}, daemon_state::running, -3600},
    {1, event::timer_fired{}, daemon_state::running, -3600}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1",
    "STARTING from_state:BACKOFF tries:1", "spawn"}},
  {"V060 no autostart", [](O& o) { o.autostart = false; }, {{0, event::evaluate{}}}, {}},
  {"V062 start while the child lives", plain, {{0, event::start_requested{}}}, {"WARN process 'p' already running"},
   up},
  {"V063 exit while shutting down", [](O& o) { o.restart = config::autorestart::always; },
   {{0, event::exited{status(0)}, daemon_state::shutdown}, {1, event::evaluate{}, daemon_state::shutdown}},
   {"EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}, up},
  {"V065 stop RUNNING", plain, {{0, event::stop_requested{}}, {0.1, event::exited{killed(SIGTERM)}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGTERM)"}, up},
  {"V066 handles TERM", plain, {{0, event::stop_requested{}}, {0.1, event::exited{status(0)}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "INFO stopped: p (exit status 0)"}, up},
  {"V067 unexpected code while stopping", plain, {{0, event::stop_requested{}}, {0.1, event::exited{status(5)}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (exit status 5)"}, up},
  {"V068 V071 ignores TERM, repeatedly killed", [](O& o) { o.stopwaitsecs = 2; },
   {{0, event::stop_requested{}}, {1.9, event::timer_fired{}}, {2, event::timer_fired{}}, {4, event::timer_fired{}},
    {4.1, event::exited{killed(SIGKILL)}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "WARN killing 'p' (100) with SIGKILL", "DEBG killing p (pid 100) with signal SIGKILL", "kill 100 9",
    "WARN killing 'p' (100) with SIGKILL", "DEBG killing p (pid 100) with signal SIGKILL", "kill 100 9",
    "STOPPED from_state:STOPPING pid:100", "WARN stopped: p (terminated by SIGKILL)"}, up},
  {"V069 stop as group", [](O& o) { o.stopasgroup = o.killasgroup = true; }, {{0, event::stop_requested{}}},
   {"DEBG killing p (pid 100) process group with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill -100 15"},
   up},
  {"V070 kill as group", [](O& o) { o.killasgroup = true; }, {{0, event::stop_requested{}}, {10, event::timer_fired{}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "WARN killing 'p' (100) with SIGKILL", "DEBG killing p (pid 100) process group with signal SIGKILL", "kill -100 9"},
   up},
  {"V073 gone before the signal", plain, {{0, event::stop_requested{}}, {0, event::kill_failed{ESRCH, SIGTERM, true}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "DEBG unable to signal p (pid 100), it probably just exited on its own: [Errno 3] No such process"}, up},
  {"V074 not permitted", plain, {{0, event::stop_requested{}}, {0, event::kill_failed{EPERM, SIGTERM, true}}},
   {"DEBG killing p (pid 100) with signal SIGTERM", "STOPPING from_state:RUNNING pid:100", "kill 100 15",
    "CRIT unknown problem killing p (100):[Errno 1] Operation not permitted", "UNKNOWN from_state:STOPPING"}, up},
  {"3.5 signal to one that is gone", plain, {{0, event::kill_failed{ESRCH, SIGHUP, false}}},
   {"DEBG unable to signal p (pid 100), it probably just now exited on its own: [Errno 3] No such process"}, up},
  {"3.5 signal not permitted", plain, {{0, event::kill_failed{EPERM, SIGHUP, false}}},
   {"CRIT unknown problem sending sig p (100):[Errno 1] Operation not permitted", "UNKNOWN from_state:RUNNING"},
   up},
  {"10.7 exit while UNKNOWN", plain, {{0, event::exited{status(1)}}}, {"WARN exited: p (exit status 1; not expected)"},
   in_state(process_state::unknown, 100)},
  {"V075 signal without stop", plain, {{0, event::signal_requested{SIGHUP}}},
   {"DEBG sending p (pid 100) sig SIGHUP", "kill 100 1"}, up},
  {"V076 signal in BACKOFF", plain, {{0, event::signal_requested{SIGHUP}}}, {}, in_state(process_state::backoff, 0, 1)},
  {"V076 signal in STOPPED", plain, {{0, event::signal_requested{SIGHUP}}}, {}, in_state(process_state::stopped, 0)},
  {"V077 stop in EXITED", plain, {{0, event::stop_requested{}}}, {}, in_state(process_state::exited, 0)},
  {"V077 stop in FATAL", plain, {{0, event::stop_requested{}}}, {}, in_state(process_state::fatal, 0)},
  {"V077 stop in STOPPING", plain, {{0, event::stop_requested{}}}, {}, in_state(process_state::stopping, 100)},
  {"V078 start while STOPPING", plain, {{0, event::start_requested{}}}, {"WARN process 'p' already running"},
   in_state(process_state::stopping, 100)},
  {"V079 name of signal 29", [](O& o) { o.stopsignal = 29; }, {{0, event::stop_requested{}}},
   {"DEBG killing p (pid 100) with signal SIGPOLL", "STOPPING from_state:RUNNING pid:100", "kill 100 29"}, up},
  {"V087 BACKOFF at the daemon's stop", plain, {{0, event::daemon_stop_requested{}, daemon_state::shutdown}},
   {"FATAL from_state:BACKOFF"}, in_state(process_state::backoff, 0, 2)},
  {"BACKOFF waits while the daemon stops", plain, {{9, event::timer_fired{}, daemon_state::shutdown}}, {},
   in_state(process_state::backoff, 0, 2)},
  {"stop before the spawn is answered", plain,
   {{0, event::evaluate{}}, {0, event::stop_requested{}}, {0, event::spawned{100}}, {0.1, event::exited{killed(15)}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "DEBG killing p (pid 100) with signal SIGTERM",
    "STOPPING from_state:STARTING pid:100", "kill 100 15", "STOPPED from_state:STOPPING pid:100",
    "WARN stopped: p (terminated by SIGTERM)"}},
  {"stop before the spawn fails", plain,
   {{0, event::evaluate{}}, {0, event::stop_requested{}}, {0, event::spawn_failed{"x"}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1",
    "DEBG Attempted to kill p, which is in BACKOFF state.", "STOPPED from_state:BACKOFF pid:0"}},
  {"daemon stop before the spawn fails", plain,
   {{0, event::evaluate{}}, {0, event::daemon_stop_requested{}}, {0, event::spawn_failed{"x"}, daemon_state::shutdown}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1",
    "FATAL from_state:BACKOFF"}},
  {"daemon stop before the spawn is answered", plain,
   {{0, event::evaluate{}}, {0, event::daemon_stop_requested{}, daemon_state::shutdown}, {0, event::spawned{100}, daemon_state::shutdown}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "DEBG killing p (pid 100) with signal SIGTERM",
    "STOPPING from_state:STARTING pid:100", "kill 100 15"}},
  {"a stop, then the daemon's stop before the spawn fails", plain,
   {{0, event::evaluate{}}, {0, event::stop_requested{}}, {0, event::daemon_stop_requested{}, daemon_state::shutdown},
    {0, event::spawn_failed{"x"}, daemon_state::shutdown}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1",
    "FATAL from_state:BACKOFF"}},
  {"a start while a stop waits for the spawn", plain,
   {{0, event::evaluate{}}, {0, event::stop_requested{}}, {0, event::start_requested{}}, {0, event::spawned{100}}},
   {"STARTING from_state:STOPPED tries:0", "spawn", spawned_line, "DEBG killing p (pid 100) with signal SIGTERM",
    "STOPPING from_state:STARTING pid:100", "kill 100 15"}},
  {"T14 the last spawn fails while the daemon stops", [](O& o) { o.startretries = 0; },
   {{0, event::evaluate{}}, {0, event::spawn_failed{"x"}, daemon_state::shutdown}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawnerr: x", "BACKOFF from_state:STARTING tries:1",
    "FATAL from_state:BACKOFF", gave_up}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto options = defaults();
  r.set(options);
  auto record = r.start;
  BOOST_TEST(play(options, r.script, record) == r.expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_remembered) {
  auto options = defaults();
  auto record = up;
  play(options, {{0, event::exited{killed(SIGKILL)}, daemon_state::shutdown}}, record);
  BOOST_TEST(record.spawnerr == "Bad exit code -1"); // V046
  BOOST_TEST(record.exitstatus.value() == -1);
  BOOST_TEST(record.laststop == wall_at(0));
  record = {};
  play(options, {{0, event::evaluate{}}, {0, event::spawned{100}}, {0.1, event::exited{status(0)}}}, record);
  BOOST_TEST(record.spawnerr == "Exited too quickly (process log may have details)"); // V041
  BOOST_TEST(!record.exitstatus);
  BOOST_TEST(record.laststart == wall_at(0));
  BOOST_TEST(record.spawns == 1);
  play(options, {{1.1, event::timer_fired{}}}, record); // T4
  BOOST_TEST(record.spawnerr == "");
  record = {};
  play(options, {{0, event::evaluate{}}, {0, event::spawned{100}}, {1.5, event::exited{status(0)}}}, record);
  BOOST_TEST(record.spawnerr == ""); // V045
  record = up;
  play(options, {{0, event::exited{status(3)}, daemon_state::shutdown}}, record);
  BOOST_TEST(record.spawnerr == "Bad exit code 3"); // V044
  record = in_state(process_state::backoff, 0, 2);
  record.spawnerr = "x";
  play(options, {{0, event::stop_requested{}}}, record);
  BOOST_TEST(record.spawnerr == "x"); // 9.15
  BOOST_TEST(record.backoff == 2);
  BOOST_TEST(record.administrative_stop);
  record = {};
  play(options,
       {{0, event::evaluate{}}, {0, event::spawned{100}}, {1.5, event::timer_fired{}, daemon_state::running, -3600}},
       record);
  BOOST_TEST(record.laststart == wall_at(1.5 - 3600)); // V056
  record = up;
  play(options, {{0, event::stop_requested{}}, {0, event::kill_failed{EPERM, SIGTERM, true}}}, record); // V074
  BOOST_TEST(record.pid == 100);
  BOOST_TEST(!record.killing);
  play(options, {{1, event::exited{status(1)}}}, record); // 10.7
  BOOST_TEST(record.pid == 0);
  BOOST_TEST(to_string(record.state) == "UNKNOWN");
}

BOOST_AUTO_TEST_CASE(what_is_forgotten) {
  auto options = defaults();
  auto record = in_state(process_state::exited, 0);
  record.exitstatus = -1;
  record.spawnerr = "Bad exit code -1";
  record.administrative_stop = record.system_stop = true;
  play(options, {{0, event::start_requested{}}}, record); // 2.1
  BOOST_TEST(!record.exitstatus);
  BOOST_TEST(record.spawnerr == "");
  BOOST_TEST(!record.administrative_stop);
  BOOST_TEST(!record.system_stop);
  record = in_state(process_state::starting, 100, 2);
  play(options, {{0, event::timer_fired{}}}, record); // T7
  BOOST_TEST(record.backoff == 0);
  record = in_state(process_state::starting, 100, 2);
  play(options, {{0, event::exited{status(0)}}}, record); // T8
  BOOST_TEST(record.backoff == 0);
  record = in_state(process_state::stopping, 100);
  play(options, {{0, event::kill_failed{EPERM, SIGHUP, false}}, {1, event::exited{status(0)}}}, record); // T16, 10.7
  BOOST_TEST(to_string(record.state) == "UNKNOWN");
  BOOST_TEST(!record.killing);
}

/// Timers that fire on the dot are never armed again for nothing: startsecs asks for more than, the others for at
/// least.
BOOST_AUTO_TEST_CASE(a_timer_on_the_dot_is_in_time) {
  auto options = defaults();
  auto fire = [&](process_record record, const process_event& arms) {
    auto [armed, effects] = step(options, record, arms, {at_second(0), wall_at(0), daemon_state::running});
    std::optional<time_point> due;
    for (const auto& e : effects)
      if (auto timer = std::get_if<effect::arm_timer>(&e))
        due = timer->at;
    return step(options, armed, event::timer_fired{}, {due.value(), wall_at(1), daemon_state::running}).after;
  };
  auto starting = in_state(process_state::starting, 0);
  starting.started_at = at_second(0);
  BOOST_TEST(to_string(fire(starting, event::spawned{100}).state) == "RUNNING");
  BOOST_TEST(to_string(fire(starting, event::spawn_failed{"x"}).state) == "STARTING");
  auto stopping = fire(up, event::stop_requested{});
  BOOST_TEST((stopping.deadline == at_second(20))); // killed at 10, and to be killed again
  options.stopwaitsecs = 0;
  BOOST_TEST((fire(up, event::stop_requested{}).deadline == at_second(1)));
  options.startsecs = options.stopwaitsecs = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(to_string(fire(starting, event::spawned{100}).state) == "RUNNING"); // a century on, not in the past
}

/// What it waited for does not count as time that it was up.
BOOST_AUTO_TEST_CASE(startsecs_begin_with_a_spawn_that_waited) {
  auto options = defaults();
  process_record record;
  auto at = [](double second) { return moment{at_second(second), wall_at(second), daemon_state::running}; };
  record = step(options, record, event::start_requested{}, at(0)).after;
  record = step(options, record, event::spawn_begun{}, at(9)).after;
  BOOST_TEST((record.started_at == at_second(9)));
  BOOST_TEST(record.laststart == wall_at(9));
  record = step(options, record, event::spawned{100}, at(9)).after;
  BOOST_TEST(to_string(record.state) == "STARTING");
  BOOST_TEST((record.deadline == at_second(10)));
}

BOOST_AUTO_TEST_CASE(a_spawn_that_waited_is_withdrawn) {
  auto options = defaults();
  process_record record;
  std::vector<std::string> said;
  for (process_event happened : std::vector<process_event>{event::start_requested{}, event::stop_requested{},
                                                           event::spawn_withdrawn{}, event::spawn_withdrawn{}}) {
    auto [after, effects] = step(options, record, happened, {at_second(3), wall_at(3), daemon_state::running});
    record = after;
    for (const auto& e : effects)
      said.push_back(to_text(e));
  }
  const trace expected{"STARTING from_state:STOPPED tries:0", "spawn", "STOPPING from_state:STARTING pid:0",
                       "STOPPED from_state:STOPPING pid:0", "INFO stopped: p (not spawned yet)"};
  BOOST_TEST(said == expected, boost::test_tools::per_element());
  BOOST_TEST(record.laststop == wall_at(3));
  BOOST_TEST(!record.stop_pending);
}

BOOST_AUTO_TEST_CASE(texts_of_wait_statuses) { // V061, 1.7
  BOOST_TEST(wait_status_text(0x008b) == "terminated by SIGSEGV (core dumped)");
  BOOST_TEST(wait_status_text(0x7f7f) == "unknown termination cause 0x7f7f");
  BOOST_TEST(wait_status_text(0x0300) == "exit status 3");
  BOOST_TEST(exit_code(SIGTERM) == -1);
}

BOOST_AUTO_TEST_SUITE_END()
