// Commands around a child: vectors P189 to P203 of docs/contract/programs.md, for one process that is told how they
// end. Must not hold a clock, thread or fork.
#include "tests/core/process_trace.hpp"

#include "actors/core/process_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_hooks_test)

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
  double due = -1;  ///< of the deadline in the end, seconds; -1: none
  double hook = -1; ///< when the command's time is over
  const char* waiting_for = "";
  const char* spawnerr = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

void before(O& o) { o.ask().hooks.prestart.command = "/bin/before"; }
void after(O& o) { o.ask().hooks.poststart.command = "/bin/after"; }
void after_or_not(O& o) {
  after(o);
  o.ask().hooks.poststart.aborts = true;
}
void farewell(O& o) { o.ask().hooks.prestop.command = "/bin/farewell"; }
void asked(O& o) {
  o.ask().stops.command = "/bin/quit";
  o.ask().stops.commandtimeout = 5s;
}
void clean(O& o) { o.ask().hooks.poststop.command = "/bin/clean"; }
void clean_always(O& o) {
  clean(o);
  o.restart = config::autorestart::always;
}
void clean_or_stay(O& o) {
  clean_always(o);
  o.ask().hooks.poststop.aborts = true;
}

process_event ended(int code) { return event::exited{status(code)}; }
process_event done(std::uint32_t number) { return event::command_ended{number, true, "exit status 0"}; }
process_event failed(std::uint32_t number, const char* how = "exit status 1") {
  return event::command_ended{number, false, how};
}
const process_event tick = event::timer_fired{};
const process_event stop = event::stop_requested{};
const process_event start = event::start_requested{};
const process_event turn = event::turn_given{};
const process_event terminated = event::exited{killed(SIGTERM)};

/// Its child was made at second 0.
process_record starting() {
  auto r = in_state(process_state::starting, 0);
  r.why = start_reason::start;
  r.started_at = at_second(0);
  r.laststart = wall_at(0);
  return r;
}

const std::string asks = "STARTING from_state:STOPPED tries:0";
const std::string spawned = "INFO spawned: 'p' with pid 100";
const std::string is_running = "RUNNING from_state:STARTING pid:100";
const std::string lasted =
  "INFO success: p entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)";
const std::string term = "DEBG killing p (pid 100) with signal SIGTERM";
const std::string stopping = "STOPPING from_state:RUNNING pid:100";
const std::string stopped = "STOPPED from_state:STOPPING pid:100";
const std::string by_term = "WARN stopped: p (terminated by SIGTERM)";
const std::string well = "INFO stopped: p (exit status 0)";
const std::string early = "WARN exited: p (exit status 0; not expected)";
const std::string crashed = "WARN exited: p (exit status 1; not expected)";

// clang-format off
const row rows[] = {
  // -- prestart
  {"prestart goes before the spawn, once it is its turn", before, {{0, start}, {0, turn}, {2, done(1)}, {2, event::spawned{100}}}, {asks, "spawn", "run prestart 1", "spawn", spawned}, {}, 3},
  {"and is shown", before, {{0, start}, {0, turn}}, {asks, "spawn", "run prestart 1"}, {}, -1, 30, "prestart runs"},
  {"its time counts from the spawn", before, {{0, start}, {0, turn}, {2, done(1)}, {2, event::spawned{100}}, {2.5, ended(0)}},
   {asks, "spawn", "run prestart 1", "spawn", spawned, "BACKOFF from_state:STARTING tries:1", early}, {}, 3.5, -1, "", "Exited too quickly (process log may have details)"},
  {"P189 it fails", before, {{0, start}, {0, turn}, {1, failed(1, "exit status 3")}},
   {asks, "spawn", "run prestart 1", "WARN prestart of p failed (exit status 3)", "PROCESS_NOTICE_HOOK pid:0 hook:prestart\nfailed (exit status 3)", "INFO spawnerr: prestart failed (exit status 3)", "BACKOFF from_state:STARTING tries:1"},
   {}, 2, -1, "", "prestart failed (exit status 3)"},
  {"and is tried again", before, {{0, start}, {0, turn}, {1, failed(1, "exit status 3")}, {2, tick}, {2, turn}},
   {asks, "spawn", "run prestart 1", "WARN prestart of p failed (exit status 3)", "PROCESS_NOTICE_HOOK pid:0 hook:prestart\nfailed (exit status 3)", "INFO spawnerr: prestart failed (exit status 3)", "BACKOFF from_state:STARTING tries:1",
    "STARTING from_state:BACKOFF tries:1", "spawn", "run prestart 2"}, {}, -1, 32, "prestart runs"},
  {"P190 it hangs", [](O& o) { before(o); o.ask().hooks.prestart.timeout = 2s; }, {{0, start}, {0, turn}, {2, tick}},
   {asks, "spawn", "run prestart 1", "end of the command", "WARN prestart of p timed out after 2 seconds", "PROCESS_NOTICE_HOOK pid:0 hook:prestart\ntimed out after 2 seconds", "INFO spawnerr: prestart timed out after 2 seconds", "BACKOFF from_state:STARTING tries:1"},
   {}, 3, -1, "", "prestart timed out after 2 seconds"},
  {"no time of its own", [](O& o) { before(o); o.ask().hooks.prestart.timeout = 0s; }, {{0, start}, {0, turn}, {9999, tick}}, {asks, "spawn", "run prestart 1"}, {}, -1, -1, "prestart runs"},
  {"P191 it may fail", [](O& o) { before(o); o.ask().hooks.prestart.aborts = false; }, {{0, start}, {0, turn}, {1, failed(1, "exit status 3")}},
   {asks, "spawn", "run prestart 1", "WARN prestart of p failed (exit status 3)", "PROCESS_NOTICE_HOOK pid:0 hook:prestart\nfailed (exit status 3)", "spawn"}},
  {"P192 a stop meanwhile", before, {{0, start}, {0, turn}, {1, stop}, {1.1, done(1)}}, {asks, "spawn", "run prestart 1", "end of the command", "STOPPED from_state:STARTING pid:0"}},
  {"a kill meanwhile", before, {{0, start}, {0, turn}, {1, event::kill_requested{}}}, {asks, "spawn", "run prestart 1", "end of the command", "STOPPED from_state:STARTING pid:0"}},
  {"the daemon's stop meanwhile", before, {{0, start}, {0, turn}, {1, event::daemon_stop_requested{}}}, {asks, "spawn", "run prestart 1", "end of the command", "STOPPED from_state:STARTING pid:0"}},
  {"a stop before its turn", before, {{0, start}, {0.1, stop}, {0.2, turn}}, {asks, "spawn", "STOPPED from_state:STARTING pid:0"}},
  {"an answer that nobody waits for", before, {{0, start}, {0, turn}, {1, failed(7)}}, {asks, "spawn", "run prestart 1"}, {}, -1, 30, "prestart runs"},
  {"a rebuilt actor runs it again", before, {{0, start}, {0, turn}, {1, event::rebuilt{}}, {1, failed(1)}, {2, done(2)}}, {asks, "spawn", "run prestart 1", "run prestart 2", "spawn"}},
  // -- poststart
  {"P193 it holds RUNNING up", after, {{0, event::spawned{100}}, {1.1, tick}, {3, done(1)}}, {spawned, "run poststart 1", is_running, lasted}, starting()},
  {"and is shown", after, {{0, event::spawned{100}}, {1.1, tick}}, {spawned, "run poststart 1"}, starting(), -1, 31.1, "poststart runs"},
  {"after readiness, whose time is told", [](O& o) { after(o); o.ask().ready.form = {.what = config::check_form::kind::fd, .number = 3, .shown = "fd:3"}; },
   {{0, event::spawned{100}}, {2, event::said_ready{}}, {5, done(1)}}, {spawned, "run poststart 1", is_running, "INFO success: p entered RUNNING state, ready (fd:3) after 2 seconds"}, starting()},
  {"with startsecs=0 at once", [](O& o) { after(o); o.startsecs = 0; }, {{0.1, event::spawned{100}}}, {spawned, "run poststart 1"}, starting(), -1, 30.1, "poststart runs"},
  {"P194 an exit meanwhile", after, {{0, event::spawned{100}}, {1.1, tick}, {2, ended(0)}, {2, done(1)}},
   {spawned, "run poststart 1", "end of the command", "BACKOFF from_state:STARTING tries:1", early}, starting(), 3, -1, "", "Exited too quickly (process log may have details)"},
  {"an exit that is no failure", [](O& o) { after(o); o.ask().restarts.successexitcodes = config::exit_code_list::only_success(); }, {{0, event::spawned{100}}, {1.1, tick}, {2, ended(0)}},
   {spawned, "run poststart 1", "end of the command", is_running, "EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}, starting()},
  {"it fails, and is passed over", after, {{0, event::spawned{100}}, {1.1, tick}, {2, failed(1)}},
   {spawned, "run poststart 1", "WARN poststart of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststart\nfailed (exit status 1)", is_running, lasted}, starting()},
  {"P195 it fails", after_or_not, {{0, event::spawned{100}}, {1.1, tick}, {2, failed(1)}, {3, terminated}},
   {spawned, "run poststart 1", "WARN poststart of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststart\nfailed (exit status 1)", term, "kill 100 15", "BACKOFF from_state:STARTING tries:1",
    "WARN exited: p (terminated by SIGTERM; not expected)"}, starting(), 4, -1, "", "poststart failed (exit status 1)"},
  {"P195 it does not end", after_or_not, {{0, event::spawned{100}}, {1.1, tick}, {2, failed(1)}, {12, tick}},
   {spawned, "run poststart 1", "WARN poststart of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststart\nfailed (exit status 1)", term, "kill 100 15", "WARN killing 'p' (100) with SIGKILL",
    "DEBG killing p (pid 100) with signal SIGKILL", "kill 100 9"}, starting(), 22, -1, "poststart failed (exit status 1)", "poststart failed (exit status 1)"},
  {"a stop meanwhile", after, {{0, event::spawned{100}}, {1.1, tick}, {2, stop}}, {spawned, "run poststart 1", "end of the command", term, "STOPPING from_state:STARTING pid:100", "kill 100 15"}, starting(), 12},
  // -- prestop
  {"P196 it fails", farewell, {{0, stop}, {1, failed(1)}, {2, terminated}},
   {stopping, "run prestop 1", "WARN prestop of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:prestop\nfailed (exit status 1)", term, "kill 100 15", stopped, by_term}, up},
  {"its time is not the signals'", farewell, {{0, stop}, {7, done(1)}}, {stopping, "run prestop 1", term, "kill 100 15"}, up, 17},
  {"and is shown", farewell, {{0, stop}}, {stopping, "run prestop 1"}, up, -1, 30, "prestop runs"},
  {"P197 an exit meanwhile", farewell, {{0, stop}, {1, ended(0)}, {2, done(1)}}, {stopping, "run prestop 1", stopped, well}, up},
  {"P197 it is waited for", farewell, {{0, stop}, {1, ended(0)}}, {stopping, "run prestop 1"}, up, -1, 30, "prestop runs"},
  {"a second stop changes nothing", farewell, {{0, stop}, {1, stop}}, {stopping, "run prestop 1"}, up, -1, 30, "prestop runs"},
  {"it runs in the daemon's stop, too", farewell, {{0, event::daemon_stop_requested{}}, {1, done(1)}}, {stopping, "run prestop 1", term, "kill 100 15"}, up, 11},
  {"a kill ends it", farewell, {{0, stop}, {1, event::kill_requested{}}}, {stopping, "run prestop 1", "end of the command", "WARN killing 'p' (100) with SIGKILL", "DEBG killing p (pid 100) with signal SIGKILL", "kill 100 9"}, up, 2},
  {"a rebuilt actor runs it again, and does not signal", farewell, {{0, stop}, {1, event::rebuilt{}}}, {stopping, "run prestop 1", "run prestop 2"}, up, -1, 31, "prestop runs"},
  // -- stopcommand
  {"P201 it does well", asked, {{0, stop}, {1, done(1)}, {3, ended(0)}}, {stopping, "run stopcommand 1", stopped, well}, up},
  {"P201 and yet the process lives", asked, {{0, stop}, {1, done(1)}, {5, tick}}, {stopping, "run stopcommand 1", term, "kill 100 15"}, up, 15},
  {"P202 it fails", asked, {{0, stop}, {1, failed(1)}}, {stopping, "run stopcommand 1", "WARN stopcommand of p failed (exit status 1)", term, "kill 100 15"}, up, 11},
  {"P203 it hangs", asked, {{0, stop}, {5, tick}}, {stopping, "run stopcommand 1", "end of the command", "WARN stopcommand of p timed out after 5 seconds", term, "kill 100 15"}, up, 15},
  {"stopwaitsecs unless it says otherwise", [](O& o) { o.ask().stops.command = "/bin/quit"; }, {{0, stop}}, {stopping, "run stopcommand 1"}, up, 10, -1, "stopcommand runs"},
  {"an exit meanwhile ends it", asked, {{0, stop}, {1, ended(0)}}, {stopping, "run stopcommand 1", "end of the command", stopped, well}, up},
  {"after prestop", [](O& o) { farewell(o); asked(o); }, {{0, stop}, {1, done(1)}, {2, failed(2)}}, {stopping, "run prestop 1", "run stopcommand 2", "WARN stopcommand of p failed (exit status 1)", term, "kill 100 15"}, up, 12},
  {"a kill ends it", asked, {{0, stop}, {1, event::kill_requested{}}}, {stopping, "run stopcommand 1", "end of the command", "WARN killing 'p' (100) with SIGKILL", "DEBG killing p (pid 100) with signal SIGKILL", "kill 100 9"}, up, 2},
  // -- poststop
  {"P198 a stop waits for it", clean, {{0, stop}, {1, terminated}, {3, done(1)}}, {term, stopping, "kill 100 15", "run poststop 1", stopped, by_term}, up},
  {"P198 meanwhile", clean, {{0, stop}, {1, terminated}}, {term, stopping, "kill 100 15", "run poststop 1"}, up, -1, 31, "poststop runs"},
  {"P199 a crash does not, its restart does", clean_always, {{0, ended(1)}, {2, done(1)}},
   {"EXITED from_state:RUNNING expected:0 pid:100", crashed, "run poststop 1", "STARTING from_state:EXITED tries:0", "spawn"}, up},
  {"P199 meanwhile", clean_always, {{0, ended(1)}}, {"EXITED from_state:RUNNING expected:0 pid:100", crashed, "run poststop 1", "STARTING from_state:EXITED tries:0"}, up, -1, 30, "waiting for poststop", ""},
  {"and prestart comes after it", [](O& o) { clean_always(o); before(o); }, {{0, start}, {0, turn}, {0.1, done(1)}, {0.1, event::spawned{100}}, {2, tick}, {9, ended(1)}, {10, done(2)}, {10, turn}},
   {asks, "spawn", "run prestart 1", "spawn", spawned, is_running, lasted, "EXITED from_state:RUNNING expected:0 pid:100", crashed, "run poststop 2", "STARTING from_state:EXITED tries:0", "spawn", "run prestart 3"}, {}, -1, 40, "prestart runs"},
  {"a kill ends it", clean, {{0, stop}, {1, terminated}, {2, event::kill_requested{}}},
   {term, stopping, "kill 100 15", "run poststop 1", "end of the command", "WARN poststop of p failed (killed)", "PROCESS_NOTICE_HOOK pid:100 hook:poststop\nfailed (killed)", stopped, by_term}, up},
  {"nor does BACKOFF", clean, {{0, event::spawned{100}}, {0.5, ended(1)}}, {spawned, "BACKOFF from_state:STARTING tries:1", crashed, "run poststop 1"}, starting(), 1.5, 30.5, "", "Exited too quickly (process log may have details)"},
  {"its retry does", clean, {{0, event::spawned{100}}, {0.5, ended(1)}, {1.5, tick}, {2, done(1)}},
   {spawned, "BACKOFF from_state:STARTING tries:1", crashed, "run poststop 1", "STARTING from_state:BACKOFF tries:1", "spawn"}, starting()},
  {"it fails, and is passed over", clean_always, {{0, ended(1)}, {2, failed(1)}},
   {"EXITED from_state:RUNNING expected:0 pid:100", crashed, "run poststop 1", "STARTING from_state:EXITED tries:0", "WARN poststop of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststop\nfailed (exit status 1)", "spawn"}, up},
  {"it fails, and nothing is started by itself", clean_or_stay, {{0, ended(1)}, {2, failed(1)}, {3, event::evaluate{}}},
   {"EXITED from_state:RUNNING expected:0 pid:100", crashed, "run poststop 1", "WARN poststop of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststop\nfailed (exit status 1)"}, up, -1, -1, "", "Bad exit code 1"},
  {"unless it does well", clean_or_stay, {{0, ended(1)}, {2, done(1)}}, {"EXITED from_state:RUNNING expected:0 pid:100", crashed, "run poststop 1", "STARTING from_state:EXITED tries:0", "spawn"}, up},
  {"a stop forgets that restart", clean_or_stay, {{0, ended(1)}, {1, stop}, {2, done(1)}}, {"EXITED from_state:RUNNING expected:0 pid:100", crashed, "run poststop 1"}, up, -1, -1, "", "Bad exit code 1"},
  {"it fails after a failed start", clean_or_stay, {{0, event::spawned{100}}, {0.5, ended(1)}, {0.8, failed(1)}},
   {spawned, "BACKOFF from_state:STARTING tries:1", crashed, "run poststop 1", "WARN poststop of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststop\nfailed (exit status 1)", "FATAL from_state:BACKOFF",
    "INFO gave up: p entered FATAL state, poststop failed (exit status 1)"}, starting(), -1, -1, "", "poststop failed (exit status 1)"},
  {"an operator's start is none by itself", clean_or_stay, {{0, event::spawned{100}}, {0.5, ended(1)}, {0.6, stop}, {0.7, start}, {0.8, failed(1)}},
   {spawned, "BACKOFF from_state:STARTING tries:1", crashed, "run poststop 1", "DEBG Attempted to kill p, which is in BACKOFF state.", "STOPPED from_state:BACKOFF pid:0", "STARTING from_state:STOPPED tries:0",
    "WARN poststop of p failed (exit status 1)", "PROCESS_NOTICE_HOOK pid:100 hook:poststop\nfailed (exit status 1)", "spawn"}, starting()},
  {"it hangs", clean, {{0, stop}, {1, terminated}, {31, tick}},
   {term, stopping, "kill 100 15", "run poststop 1", "end of the command", "WARN poststop of p timed out after 30 seconds", "PROCESS_NOTICE_HOOK pid:100 hook:poststop\ntimed out after 30 seconds", stopped, by_term}, up},
  {"after what was left behind", [](O& o) { clean(o); o.ask().stops.reach = config::kill_reach::group; }, {{0, stop}, {1, terminated}, {1.1, event::swept{1, 0, ""}}, {2, done(1)}},
   {term, stopping, "kill 100 15", "sweep 1 behind 100 with 15", "end of the sweep", "run poststop 1", stopped, by_term}, up},
  {"after prestop, which outlives the process", [](O& o) { farewell(o); clean(o); }, {{0, stop}, {1, ended(0)}, {2, done(1)}, {3, done(2)}}, {stopping, "run prestop 1", "run poststop 2", stopped, well}, up},
  {"none where there was no child", clean, {{0, start}, {0, event::spawn_failed{"can't find command '/x'"}}},
   {asks, "spawn", "INFO spawnerr: can't find command '/x'", "BACKOFF from_state:STARTING tries:1"}, {}, 1, -1, "", "can't find command '/x'"},
  {"a restart by itself comes after it", [](O& o) { clean(o); o.ask().dependencies.items = {{.target = "b"}}; o.ask().dependencies.lost = config::dependency_options::on_loss::restart; },
   {{0, event::dependencies_seen{{.relies_on = 1}}}, {1, event::dependencies_seen{{.lost = "b:ready"}}}, {2, terminated}, {4, done(1)}},
   {"INFO p is restarted: dependency b:ready was lost", term, stopping, "kill 100 15", "run poststop 1", stopped, by_term, "STARTING from_state:STOPPED tries:0", "pull in and look"}, up, -1, -1, "waiting for its dependencies"},
};
// clang-format on

/// What the last command of that name is told, without the two names that all have.
std::vector<std::string> told(O& options, const beats& script, command_kind whom, process_record record) {
  std::vector<std::string> found;
  for (const auto& b : script) {
    auto [after, effects] = step(options, record, b.happened, {at_second(b.at), wall_at(b.at), b.daemon});
    record = after;
    for (const auto& e : effects)
      if (const auto* run = std::get_if<effect::run>(&e); run && run->what == whom)
        found = run->variables;
  }
  return found;
}

using strings = std::vector<std::string>;

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto options = defaults();
  r.set(options);
  auto record = r.start;
  auto found = play(options, r.script, record);
  BOOST_TEST(found == r.expected, boost::test_tools::per_element());
  BOOST_TEST(record.deadline.has_value() == (r.due >= 0));
  if (record.deadline && r.due >= 0)
    BOOST_TEST(record.deadline->time_since_epoch().count() == at_second(r.due).time_since_epoch().count());
  auto due = record.stage ? record.stage->due : std::nullopt;
  BOOST_TEST(due.has_value() == (r.hook >= 0));
  if (due && r.hook >= 0)
    BOOST_TEST(due->time_since_epoch().count() == at_second(r.hook).time_since_epoch().count());
  BOOST_TEST(record.waiting_for.view() == r.waiting_for);
  BOOST_TEST(record.spawnerr == r.spawnerr);
}

BOOST_AUTO_TEST_CASE(what_they_are_told) {
  auto options = defaults();
  before(options);
  after(options);
  farewell(options);
  clean(options);
  BOOST_TEST(told(options, {{0, start}, {0, turn}}, command_kind::prestart, {}) ==
               (strings{"SUPERVISOR_HOOK=prestart", "SUPERVISOR_REASON=start", "SUPERVISOR_TRIES=0"}),
             boost::test_tools::per_element());
  BOOST_TEST(told(options, {{0, event::evaluate{}}, {0, turn}}, command_kind::prestart, {}) ==
               (strings{"SUPERVISOR_HOOK=prestart", "SUPERVISOR_REASON=autostart", "SUPERVISOR_TRIES=0"}),
             boost::test_tools::per_element());
  BOOST_TEST(told(options, {{0, stop}}, command_kind::prestop, up) ==
               (strings{"SUPERVISOR_HOOK=prestop", "SUPERVISOR_REASON=stop", "SUPERVISOR_TRIES=0"}),
             boost::test_tools::per_element());
  BOOST_TEST(told(options, {{0, event::stop_requested{.passing = true, .why = start_reason::update}}},
                  command_kind::prestop,
                  up) == (strings{"SUPERVISOR_HOOK=prestop", "SUPERVISOR_REASON=update", "SUPERVISOR_TRIES=0"}),
             boost::test_tools::per_element());
  BOOST_TEST(told(options, {{0, event::stop_requested{.passing = true, .why = start_reason::scale}}},
                  command_kind::prestop,
                  up) == (strings{"SUPERVISOR_HOOK=prestop", "SUPERVISOR_REASON=scale", "SUPERVISOR_TRIES=0"}),
             boost::test_tools::per_element());
  BOOST_TEST(told(options, {{0, event::daemon_stop_requested{}}}, command_kind::prestop, up) ==
               (strings{"SUPERVISOR_HOOK=prestop", "SUPERVISOR_REASON=shutdown", "SUPERVISOR_TRIES=0"}),
             boost::test_tools::per_element());
  BOOST_TEST(told(options, {{5, event::exited{killed(SIGKILL)}}}, command_kind::poststop, up) == // P200
               (strings{"SUPERVISOR_HOOK=poststop", "SUPERVISOR_REASON=", "SUPERVISOR_TRIES=0",
                        "SUPERVISOR_EXIT_CODE=", "SUPERVISOR_EXIT_SIGNAL=KILL", "SUPERVISOR_EXPECTED=0",
                        "SUPERVISOR_UPTIME=105", "EXIT_CODE=killed", "EXIT_STATUS=KILL", "SERVICE_RESULT=signal"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(how_it_has_ended) {
  struct {
    const char* id;
    void (*set)(O&);
    beats script;
    const char *code, *signal, *expected, *result;
  } ends[] = {
    {"well", clean, {{0, ended(0)}}, "0", "", "1", "success"},
    {"badly", clean, {{0, ended(3)}}, "3", "", "0", "exit-code"},
    {"as expected",
     [](O& o) {
       clean(o);
       o.exitcodes = config::exit_code_list{3};
     },
     {{0, ended(3)}},
     "3",
     "",
     "1",
     "success"},
    {"by a signal", clean, {{0, event::exited{killed(SIGSEGV)}}}, "", "SEGV", "0", "signal"},
    {"with a core", clean, {{0, event::exited{killed(SIGSEGV) | 0x80}}}, "", "SEGV", "0", "core-dump"},
    {"stopped",
     [](O& o) {
       clean(o);
       farewell(o);
     },
     {{0, stop}, {1, done(1)}, {2, terminated}},
     "",
     "TERM",
     "0",
     "success"},
    {"stopped, at last",
     [](O& o) { clean(o); },
     {{0, stop}, {10, tick}, {11, event::exited{killed(SIGKILL)}}},
     "",
     "KILL",
     "0",
     "timeout"},
    {"killed", clean, {{0, event::kill_requested{}}, {1, event::exited{killed(SIGKILL)}}}, "", "KILL", "0", "signal"},
  };
  for (const auto& e : ends) {
    auto options = defaults();
    e.set(options);
    auto found = told(options, e.script, command_kind::poststop, up);
    BOOST_TEST_CONTEXT(e.id) {
      BOOST_REQUIRE(found.size() == 10U);
      BOOST_TEST(found[3] == std::string("SUPERVISOR_EXIT_CODE=") + e.code);
      BOOST_TEST(found[4] == std::string("SUPERVISOR_EXIT_SIGNAL=") + e.signal);
      BOOST_TEST(found[5] == std::string("SUPERVISOR_EXPECTED=") + e.expected);
      BOOST_TEST(found[9] == std::string("SERVICE_RESULT=") + e.result);
    }
  }
}

/// Who asked for the start is told in time.
BOOST_AUTO_TEST_CASE(answers) {
  auto options = defaults();
  before(options);
  process_task waits{.what = verb::start, .wait = true};
  process_task does_not{.what = verb::start};
  process_record record;
  (void)play(options, {{0, start}, {0, turn}}, record);
  BOOST_TEST(!verdict(waits, record, way_up{.takes_time = true}, "p"));
  BOOST_TEST(verdict(does_not, record, way_up{.takes_time = true}, "p")->ok());
  (void)play(options, {{1, failed(1)}}, record);
  BOOST_TEST(verdict(waits, record, way_up{.takes_time = true}, "p")->text == "SPAWN_ERROR: p");
}

BOOST_AUTO_TEST_SUITE_END()
