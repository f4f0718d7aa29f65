// How a child is brought to its end and what it leaves behind: vectors P138 and P204 to P210 of
// docs/contract/programs.md, for one process that is told what is left. Must not hold a clock, thread or fork.
#include "tests/core/process_trace.hpp"

#include "actors/core/process_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <random>

BOOST_AUTO_TEST_SUITE(process_stops_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

using O = config::process_options;
using reach = config::kill_reach;

struct row {
  const char* id;
  void (*set)(O&);
  beats script;
  trace expected;
  process_record start = up;
  double due = -1;  ///< of the deadline in the end, seconds; -1: none
  double next = -1; ///< of the next step of the sweep
  const char* waiting_for = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

void plain(O&) {}
void ladder(O& o) { o.ask().stops.ladder = {{SIGTERM, 2s}, {SIGINT, 3s}}; }
void long_ladder(O& o) { o.ask().stops.ladder = {{SIGTERM, 30s}, {SIGINT, 10s}}; }
void group(O& o) { o.ask().stops.reach = reach::group; }
void tree(O& o) { o.ask().stops.reach = reach::tree; }
void session(O& o) { o.ask().stops.reach = reach::session; }
void stubborn(O& o) {
  group(o);
  o.restart = config::autorestart::always;
}
void always(O& o) { o.restart = config::autorestart::always; }

process_event ended(int code) { return event::exited{status(code)}; }
process_event left(std::uint32_t number, std::int64_t count, const char* names = "4711 (sleep)") {
  return event::swept{number, count, count > 0 ? names : ""};
}
const process_event tick = event::timer_fired{};
const process_event stop = event::stop_requested{};
const process_event kill_it = event::kill_requested{};
const process_event terminated = event::exited{killed(SIGTERM)};
const process_event shot = event::exited{killed(SIGKILL)};

process_record since_then() {
  auto r = up;
  r.started_at = at_second(-100);
  return r;
}

const std::string term = "DEBG killing p (pid 100) with signal SIGTERM";
const std::string stopping = "STOPPING from_state:RUNNING pid:100";
const std::string stopped = "STOPPED from_state:STOPPING pid:100";
const std::string by_term = "WARN stopped: p (terminated by SIGTERM)";
const std::string by_kill = "WARN stopped: p (terminated by SIGKILL)";
const std::string killing = "WARN killing 'p' (100) with SIGKILL";
const std::string sigkill = "DEBG killing p (pid 100) with signal SIGKILL";
const std::string sigkill_group = "DEBG killing p (pid 100) process group with signal SIGKILL";
const std::string sweep_term = "sweep 1 behind 100 with 15";
const std::string sweep_kill = "sweep 2 behind 100 with 9";
const std::string notice = "PROCESS_NOTICE_LEFTOVER pid:100\nleft 1 process behind: 4711 (sleep)";

// clang-format off
const row rows[] = {
  {"P204 a ladder that is ignored", ladder, {{0, stop}, {2, tick}, {5, tick}, {15, tick}},
   {term, stopping, "kill 100 15", "DEBG killing p (pid 100) with signal SIGINT", "kill 100 2", killing, sigkill, "kill 100 9", killing, sigkill, "kill 100 9"}, up, 25},
  {"P138", long_ladder, {{0, stop}, {30, tick}, {40, tick}, {50, tick}},
   {term, stopping, "kill 100 15", "DEBG killing p (pid 100) with signal SIGINT", "kill 100 2", killing, sigkill, "kill 100 9", killing, sigkill, "kill 100 9"}, up, 60},
  {"not before its time", ladder, {{0, stop}, {1.9, tick}}, {term, stopping, "kill 100 15"}, up, 2},
  {"it ends on the way", ladder, {{0, stop}, {2, tick}, {3, ended(0)}},
   {term, stopping, "kill 100 15", "DEBG killing p (pid 100) with signal SIGINT", "kill 100 2", stopped, "INFO stopped: p (exit status 0)"}},
  {"SIGKILL as its last step is none of the others'", [](O& o) { o.ask().stops.ladder = {{SIGTERM, 2s}, {SIGKILL, 1s}}; }, {{0, stop}, {2, tick}, {3, tick}},
   {term, stopping, "kill 100 15", sigkill, "kill 100 9", killing, sigkill, "kill 100 9"}, up, 13},
  {"a rebuilt actor sends the last one again", ladder, {{0, stop}, {2, tick}, {3, event::rebuilt{}}},
   {term, stopping, "kill 100 15", "DEBG killing p (pid 100) with signal SIGINT", "kill 100 2", "DEBG killing p (pid 100) with signal SIGINT", "kill 100 2"}, up, 5},
  {"the next life begins with the first", ladder, {{0, stop}, {2, tick}, {3, ended(0)}, {4, event::start_requested{}}, {4, event::spawned{100}}, {9, tick}, {10, stop}},
   {term, stopping, "kill 100 15", "DEBG killing p (pid 100) with signal SIGINT", "kill 100 2", stopped, "INFO stopped: p (exit status 0)",
    "STARTING from_state:STOPPED tries:0", "spawn", "INFO spawned: 'p' with pid 100", "RUNNING from_state:STARTING pid:100", "INFO success: p entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
    term, stopping, "kill 100 15"}, up, 12},
  {"killmode=process", [](O& o) { o.ask().stops.reach = reach::process; }, {{0, stop}, {10, tick}, {11, shot}},
   {term, stopping, "kill 100 15", killing, sigkill, "kill 100 9", stopped, by_kill}},
  {"killmode=group: SIGKILL goes to it, the signals before do not", group, {{0, stop}, {10, tick}}, {term, stopping, "kill 100 15", killing, sigkill_group, "kill -100 9"}, up, 20},
  {"killmode=session: SIGKILL goes to all others first, who are known as long as it lives", session, {{0, stop}, {10, tick}, {10.1, left(1, 1)}},
   {term, stopping, "kill 100 15", killing, "sweep 1 behind 100 with 9", sigkill, "kill 100 9"}, up, 20},
  {"whether or not that look comes back", session, {{0, stop}, {10, tick}, {20, tick}}, {term, stopping, "kill 100 15", killing, "sweep 1 behind 100 with 9", killing, sigkill, "kill 100 9"}, up, 30},
  {"SIGKILL alone goes by killmode, too", [](O& o) { group(o); o.stopsignal = SIGKILL; }, {{0, stop}, {0.1, shot}, {0.2, left(1, 0)}},
   {stopping, sigkill_group, "kill -100 9", "sweep 1 behind 100 with 9", "end of the sweep", stopped, by_kill}},
  // -- what it leaves behind
  {"nothing", group, {{0, stop}, {1, terminated}, {1.01, left(1, 0)}}, {term, stopping, "kill 100 15", sweep_term, "end of the sweep", stopped, by_term}},
  {"P205 a worker that ignores SIGTERM", group, {{0, stop}, {0, terminated}, {0.1, left(1, 1)}, {2, tick}, {2.1, left(2, 0)}},
   {term, stopping, "kill 100 15", sweep_term, sweep_kill, "end of the sweep", stopped, by_term}},
  {"P205 meanwhile", group, {{0, stop}, {0, terminated}, {0.1, left(1, 1)}}, {term, stopping, "kill 100 15", sweep_term}, up, -1, 2, "waiting for 1 left process to end"},
  {"fewer and fewer", group, {{0, stop}, {0, terminated}, {0.1, left(1, 3)}, {0.2, left(1, 2)}}, {term, stopping, "kill 100 15", sweep_term}, up, -1, 2, "waiting for 2 left processes to end"},
  {"P206 one that outlives SIGKILL", group, {{0, stop}, {0, terminated}, {0.1, left(1, 1)}, {2, tick}, {2.1, left(2, 1)}, {4, tick}},
   {term, stopping, "kill 100 15", sweep_term, sweep_kill, "WARN p left 1 process behind: 4711 (sleep)", notice, "end of the sweep", stopped, by_term}},
  {"an answer of before", group, {{0, stop}, {0, terminated}, {0.1, left(1, 1)}, {2, tick}, {2.1, left(1, 0)}}, {term, stopping, "kill 100 15", sweep_term, sweep_kill}, up, -1, 4, "waiting for 1 left process to end"},
  {"another time", [](O& o) { group(o); o.ask().stops.sweeptime = 500ms; }, {{0, stop}, {0, terminated}}, {term, stopping, "kill 100 15", sweep_term}, up, -1, 0.5},
  {"P207 a crash", stubborn, {{0, ended(1)}, {0.1, left(1, 1)}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)", sweep_term, "STARTING from_state:EXITED tries:0"}, since_then(), -1, 2, "waiting for 1 left process to end"},
  {"P207 then it is started", stubborn, {{0, ended(1)}, {0.1, left(1, 1)}, {1, left(1, 0)}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)", sweep_term, "STARTING from_state:EXITED tries:0", "end of the sweep", "spawn"}, since_then()},
  {"P207 stopped meanwhile", stubborn, {{0, ended(1)}, {0.1, left(1, 1)}, {0.5, stop}, {1, left(1, 0)}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 1; not expected)", sweep_term, "STARTING from_state:EXITED tries:0", "STOPPED from_state:STARTING pid:0", "end of the sweep"}, since_then()},
  {"P207 started by an operator meanwhile", group, {{0, ended(0)}, {0.1, event::start_requested{}}, {0.2, left(1, 0)}},
   {"EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)", sweep_term, "STARTING from_state:EXITED tries:0", "end of the sweep", "spawn"}, since_then()},
  {"P208 a tree", tree, {{0, ended(0)}, {0.1, left(1, 0)}}, {"EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)", sweep_term, "end of the sweep"}, since_then()},
  {"a start that fails", group, {{0, event::spawned{100}}, {0.5, ended(1)}, {0.6, left(1, 0)}},
   {"INFO spawned: 'p' with pid 100", "BACKOFF from_state:STARTING tries:1", "WARN exited: p (exit status 1; not expected)", sweep_term, "end of the sweep"},
   [] { auto r = in_state(process_state::starting, 0); r.started_at = at_second(0); return r; }(), 1.5},
  {"and its retry waits for the rest", group, {{0, event::spawned{100}}, {0.5, ended(1)}, {0.6, left(1, 1)}, {1.5, tick}, {1.6, left(1, 0)}},
   {"INFO spawned: 'p' with pid 100", "BACKOFF from_state:STARTING tries:1", "WARN exited: p (exit status 1; not expected)", sweep_term, "STARTING from_state:BACKOFF tries:1", "end of the sweep", "spawn"},
   [] { auto r = in_state(process_state::starting, 0); r.started_at = at_second(0); return r; }()},
  {"a rebuilt actor looks again", group, {{0, stop}, {0, terminated}, {0.1, left(1, 1)}, {1, event::rebuilt{}}}, {term, stopping, "kill 100 15", sweep_term, "sweep 2 behind 100 with 15"}, up, -1, 2, "waiting for 1 left process to end"},
  // -- kill
  {"P209 kill", always, {{0, kill_it}, {0.1, shot}}, {stopping, killing, sigkill, "kill 100 9", stopped, by_kill}},
  {"P209 again after a second", always, {{0, kill_it}, {1, tick}}, {stopping, killing, sigkill, "kill 100 9", killing, sigkill, "kill 100 9"}, up, 11},
  {"P210 kill in STOPPING", plain, {{0, stop}, {1, kill_it}}, {term, stopping, "kill 100 15", killing, sigkill, "kill 100 9"}, up, 2},
  {"kill in a ladder skips the rest of it", ladder, {{0, stop}, {1, kill_it}, {2, tick}}, {term, stopping, "kill 100 15", killing, sigkill, "kill 100 9", killing, sigkill, "kill 100 9"}, up, 12},
  {"kill of a spawn under way", plain, {{0, kill_it}, {0.1, event::spawned{100}}}, {"INFO spawned: 'p' with pid 100", "STOPPING from_state:STARTING pid:100", killing, sigkill, "kill 100 9"}, in_state(process_state::starting, 0), 1.1},
  {"kill of one that starts", plain, {{0, kill_it}}, {"STOPPING from_state:STARTING pid:100", killing, sigkill, "kill 100 9"}, in_state(process_state::starting, 100), 1},
  {"kill in BACKOFF", plain, {{0, kill_it}}, {"DEBG Attempted to kill p, which is in BACKOFF state.", "STOPPED from_state:BACKOFF pid:0"}, in_state(process_state::backoff, 0, 2)},
  {"kill while the rest is swept", group, {{0, stop}, {0, terminated}, {0.1, left(1, 1)}, {0.5, kill_it}}, {term, stopping, "kill 100 15", sweep_term, sweep_kill}, up, -1, 2.5, "waiting for 1 left process to end"},
  {"kill: what is left gets SIGKILL, too", group, {{0, kill_it}, {0.1, shot}, {0.2, left(1, 1)}, {0.3, left(1, 0)}},
   {stopping, killing, sigkill_group, "kill -100 9", "sweep 1 behind 100 with 9", "end of the sweep", stopped, by_kill}},
  {"as the end of a ladder does", session, {{0, stop}, {10, tick}, {10.05, left(1, 1)}, {10.1, shot}, {10.2, left(2, 1)}},
   {term, stopping, "kill 100 15", killing, "sweep 1 behind 100 with 9", sigkill, "kill 100 9", "sweep 2 behind 100 with 9"}, up, -1, 12.1, "waiting for 1 left process to end"},
  {"nothing of that is the next life's", stubborn, {{0, event::exited{killed(SIGKILL)}}, {0.1, left(1, 0)}, {1, event::spawned{101}}, {3, tick}, {4, ended(1)}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (terminated by SIGKILL; not expected)", "sweep 1 behind 100 with 9", "STARTING from_state:EXITED tries:0", "end of the sweep", "spawn",
    "INFO spawned: 'p' with pid 101", "RUNNING from_state:STARTING pid:101", "INFO success: p entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
    "EXITED from_state:RUNNING expected:0 pid:101", "WARN exited: p (exit status 1; not expected)", "sweep 2 behind 101 with 15", "STARTING from_state:EXITED tries:0"},
   [] { auto r = since_then(); r.stage.make().was_killed = true; return r; }(), -1, 6, "waiting for left processes to end"},
  {"kill of what is left of one that has crashed", group, {{0, ended(0)}, {0.1, left(1, 1)}, {0.2, kill_it}},
   {"EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)", sweep_term, sweep_kill}, since_then(), -1, 2.2},
  {"kill of one that runs no more", plain, {{0, kill_it}}, {}, in_state(process_state::exited, 0)},
};
// clang-format on

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
  auto next = record.stage ? record.stage->next : std::nullopt;
  BOOST_TEST(next.has_value() == (r.next >= 0));
  if (next && r.next >= 0)
    BOOST_TEST(next->time_since_epoch().count() == at_second(r.next).time_since_epoch().count());
  BOOST_TEST(record.waiting_for.view() == r.waiting_for);
}

BOOST_AUTO_TEST_CASE(a_spawn_has_a_name_of_its_own) {
  auto options = defaults();
  tree(options);
  process_record record;
  (void)play(options, {{0, event::start_requested{}}}, record);
  BOOST_REQUIRE(record.stage);
  auto first = record.stage->spawn_id;
  BOOST_TEST(first != 0U);
  (void)play(options,
             {{0, event::spawned{100}}, {2, tick}, {3, ended(0)}, {3, left(1, 0)}, {5, event::start_requested{}}},
             record);
  BOOST_TEST(record.stage->spawn_id != 0U);
  BOOST_TEST(record.stage->spawn_id != first);
}

BOOST_AUTO_TEST_CASE(requests) {
  process_task kill{.what = verb::kill, .wait = true};
  auto refused = [&](process_state state) {
    auto found = refusal(kill, in_state(state, 0), daemon_state::running, "p");
    return found ? found->text : std::string();
  };
  BOOST_TEST(refused(process_state::running).empty());
  BOOST_TEST(refused(process_state::starting).empty());
  BOOST_TEST(refused(process_state::backoff).empty());
  BOOST_TEST(refused(process_state::stopping).empty());
  for (auto state : {process_state::stopped, process_state::exited, process_state::fatal, process_state::unknown})
    BOOST_TEST(refused(state) == "NOT_RUNNING: p");
  BOOST_TEST(!verdict(kill, in_state(process_state::stopping, 100), way_up{.takes_time = true}, "p"));
  BOOST_TEST(verdict(kill, in_state(process_state::stopped, 0), way_up{.takes_time = true}, "p")->ok());
}

// -- the first half of somebody else's restart -----------------------------------------------------

namespace {

const process_event by_update = event::stop_requested{.passing = true, .why = start_reason::update};
const process_event by_roll = event::stop_requested{.rolls = true};
const process_event by_group = event::stop_requested{.for_group = true};
process_event refused_start() { return event::spawn_failed{"can't find command 'x'"}; }

process_record spawning() {
  auto r = in_state(process_state::starting, 0);
  r.started_at = at_second(0);
  return r;
}

struct half {
  const char* id;
  beats script;
  process_record start;
  bool by_hand, unwanted;
  start_reason reason;
  const char* spawnerr = "";
};
std::ostream& operator<<(std::ostream& out, const half& h) { return out << h.id; }

using why = start_reason;
// clang-format off
const half halves[] = {
  {"an update", {{0, by_update}, {1, terminated}}, up, false, false, why::update},
  {"an operator comes into it", {{0, by_update}, {0.5, stop}, {1, terminated}}, up, true, true, why::none},
  {"and once it is stopped", {{0, by_update}, {1, terminated}, {2, stop}}, up, true, true, why::none},
  {"with kill", {{0, by_update}, {0.5, kill_it}, {1, shot}}, up, true, true, why::none},
  {"a second update does not", {{0, by_update}, {0.5, by_update}, {1, terminated}}, up, false, false, why::update},
  {"nor does its group's fate", {{0, by_update}, {0.5, by_group}, {1, terminated}}, up, false, false, why::update},
  {"nor a rolling restart", {{0, by_update}, {0.5, by_roll}, {1, terminated}}, up, false, false, why::update},
  {"an operator's stop was first", {{0, stop}, {0.5, by_update}, {1, terminated}}, up, false, true, why::none},
  {"a rolling restart", {{0, by_roll}, {1, terminated}}, up, false, false, why::rolling},
  {"an operator comes into that", {{0, by_roll}, {0.5, stop}, {1, terminated}}, up, true, true, why::none},
  {"its group is restarted", {{0, by_group}, {1, terminated}}, up, false, false, why::group},
  {"an operator comes into that, too", {{0, by_group}, {0.5, stop}, {1, terminated}}, up, true, true, why::none},
  {"while it is spawned", {{0, by_update}, {0.1, event::spawned{100}}, {1, terminated}}, spawning(), false, false, why::update},
  {"and by a roll", {{0, by_roll}, {0.1, event::spawned{100}}, {1, terminated}}, spawning(), false, false, why::rolling},
  {"and an operator comes into it", {{0, by_update}, {0.05, stop}, {0.1, event::spawned{100}}, {1, terminated}}, spawning(), true, true, why::update},
  {"a spawn that comes to nothing", {{0, by_update}, {0.1, refused_start()}}, spawning(), false, false, why::update, "can't find command 'x'"},
  {"a spawn that had to wait", {{0, by_update}, {0.1, event::spawn_withdrawn{}}}, spawning(), false, false, why::update},
  {"its start is refused", {{0, by_update}, {1, terminated}, {2, refused_start()}}, up, false, false, why::update, "can't find command 'x'"},
  {"what was said before does not count", {{0, by_update}, {1, terminated}}, [] { auto r = up; r.spawnerr = "Not ready"; return r; }(), false, false, why::update},
  {"a start of somebody who is stopped by hand was nobody's", {{0, stop}, {1, terminated}, {2, refused_start()}}, up, true, true, why::none},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(whose_stop_it_is, data::make(halves), h) {
  auto record = h.start;
  (void)play(defaults(), h.script, record);
  BOOST_TEST((record.state == process_state::stopped));
  BOOST_TEST(record.administrative_stop == h.by_hand);
  BOOST_TEST((record.wished == intent::unwanted) == h.unwanted);
  BOOST_TEST(to_string(record.why) == to_string(h.reason));
  BOOST_TEST(record.spawnerr == h.spawnerr);
}

/// Whatever happens meanwhile: who is stopped and whose children end is STOPPED in the end, and only once.
BOOST_AUTO_TEST_CASE(every_stop_ends) {
  const reach reaches[] = {reach::as_ever, reach::process, reach::group, reach::session, reach::tree};
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    std::mt19937 random{seed};
    auto options = defaults();
    options.ask().stops.reach = reaches[random() % std::size(reaches)];
    if (random() % 2)
      ladder(options);
    auto& all = options.ask();
    for (auto* hook : {&all.hooks.prestop, &all.hooks.poststop})
      if (random() % 2)
        hook->command = "/bin/true";
    if (random() % 2)
      all.stops.command = "/bin/true";
    auto record = up;
    double now = 0;
    int times = 0;
    auto happens = [&](const process_event& what) {
      auto [after, effects] = step(options, record, what, {at_second(now), wall_at(now), daemon_state::running});
      record = after;
      for (const auto& e : effects)
        if (const auto* change = std::get_if<effect::emit>(&e))
          times += change->to == process_state::stopped;
    };
    happens(stop);
    for (int i = 0; i < 400 && record.state != process_state::stopped; ++i) {
      now += 0.5;
      auto command = record.stage ? record.stage->command : 0;
      auto look = record.stage ? record.stage->look : 0;
      switch (random() % 8) {
      case 0:
        happens(event::command_ended{command, random() % 2 == 0, "exit status 1"});
        break;
      case 1:
        happens(left(look, random() % 2));
        break;
      case 2:
        happens(random() % 4 == 0 ? shot : tick);
        break;
      case 3:
        happens(random() % 4 == 0 ? kill_it : process_event(event::rebuilt{}));
        break;
      default:
        happens(tick);
      }
    }
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST((record.state == process_state::stopped));
      BOOST_TEST(times == 1);
      BOOST_TEST(record.pid == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
