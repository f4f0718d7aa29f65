// A process that is disabled: vectors P223 and P224 of docs/contract/programs.md, row X30 of its table, and who starts
// with the daemon (P160 to P162). Must not hold a clock, thread or fork.
#include "tests/core/process_trace.hpp"

#include "actors/core/process_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_enabling_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using enum process_state;
using namespace std::chrono_literals;

namespace {

using O = config::process_options;

struct row {
  const char* id;
  void (*set)(O&);
  process_record start;
  beats script;
  trace expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

void plain(O&) {}
void again(O& o) { o.restart = config::autorestart::always; }
void later(O& o) {
  again(o);
  o.ask().restarts.restartdelay = 5s;
}
void held(O& o) { o.ask().dependencies.items.emplace_back(); }
void by_health(O& o) {
  again(o);
  o.ask().health.form.what = config::check_form::kind::exec;
  o.ask().health.retries = 1;
}
void as_last(O& o) { o.ask().starts_as_last = true; }

const process_event disable = event::disabling{true, 0};
const process_event enable = event::disabling{false, 0};
const process_event tick = event::timer_fired{};
const process_event start = event::start_requested{};
const process_event look = event::evaluate{};
const process_event spawned = event::spawned{100};
const process_event for_others = event::start_requested{start_reason::dependency};
const process_event needed = event::start_requested{start_reason::start};
process_event ended(int code) { return event::exited{status(code)}; }

process_record waiting_to_retry() {
  auto r = in_state(backoff, 0, 1);
  r.why = start_reason::retry;
  r.deadline = at_second(9);
  return r;
}
process_record disabled_in(process_state state, int pid = 0) {
  auto r = in_state(state, pid, 0);
  r.started_at = at_second(-100);
  r.running_since = at_second(-100);
  r.disabled = true;
  return r;
}
process_record restarting_by_itself() {
  auto r = in_state(stopping, 100, 0);
  r.killing = r.restart_pending = true;
  r.why = start_reason::health;
  return r;
}
process_record fresh() { return {}; }
process_record unwanted() {
  process_record r;
  r.wished = intent::unwanted;
  return r;
}

// clang-format off
const row rows[] = {
  {"P223, in BACKOFF", plain, waiting_to_retry(), {{1, disable}, {9, tick}},
   {"DEBG Attempted to kill p, which is in BACKOFF state.", "STOPPED from_state:BACKOFF pid:0"}},
  {"P223, a disabled one that runs crashes", again, disabled_in(running, 100), {{1, ended(3)}, {2, tick}, {3, look}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 3; not expected)"}},
  {"nor is it started once it is enabled", again, disabled_in(running, 100), {{1, ended(3)}, {2, enable}, {3, look}, {4, tick}},
   {"EXITED from_state:RUNNING expected:0 pid:100", "WARN exited: p (exit status 3; not expected)"}},
  {"X30, EXITED with a restart to come", again, [] { auto r = in_state(exited, 0, 0); r.deadline = at_second(5); return r; }(),
   {{1, disable}, {5, tick}}, {}},
  {"X30, BACKOFF before a restart", later, [] { auto r = waiting_to_retry(); r.why = start_reason::autorestart; r.backoff = 0; return r; }(),
   {{1, disable}, {9, tick}}, {"DEBG Attempted to kill p, which is in BACKOFF state.", "STOPPED from_state:BACKOFF pid:0"}},
  {"X30, a hold for somebody else", held, fresh(), {{1, for_others}, {2, disable}},
   {"STARTING from_state:STOPPED tries:0", "look", "STOPPED from_state:STARTING pid:0"}},
  {"X30, an operator's hold goes on", held, fresh(), {{1, needed}, {2, disable}},
   {"STARTING from_state:STOPPED tries:0", "pull in and look"}},
  {"a spawn that is under way goes on", plain, fresh(), {{1, look}, {1, disable}, {1, spawned}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawned: 'p' with pid 100"}},
  {"STOPPING by itself: it does not come back", plain, restarting_by_itself(), {{1, disable}, {2, ended(0)}},
   {"STOPPED from_state:STOPPING pid:100", "INFO stopped: p (exit status 0)"}},
  {"at boot", plain, disabled_in(stopped), {{1, look}}, {}},
  {"whoever names it starts it", plain, disabled_in(stopped), {{1, start}, {1, spawned}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawned: 'p' with pid 100"}},
  {"and that is tried once", plain, disabled_in(stopped), {{1, start}, {1, spawned}, {1.5, ended(1)}, {5, tick}},
   {"STARTING from_state:STOPPED tries:0", "spawn", "INFO spawned: 'p' with pid 100", "BACKOFF from_state:STARTING tries:1",
    "WARN exited: p (exit status 1; not expected)", "STOPPED from_state:BACKOFF pid:0"}},
  {"it runs on", plain, in_state(running, 100, 0), {{1, disable}, {2, disable}}, {}},
  {"P160", as_last, unwanted(), {{1, look}}, {}},
  {"P161, P162", as_last, fresh(), {{1, look}}, {"STARTING from_state:STOPPED tries:0", "spawn"}},
  {"only with autostart=last", plain, unwanted(), {{1, look}}, {"STARTING from_state:STOPPED tries:0", "spawn"}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(disabled_ones, data::make(rows), r) {
  O options;
  options.name = "p";
  r.set(options);
  auto record = r.start;
  BOOST_TEST(play(options, r.script, record) == r.expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unhealthy_and_disabled_it_runs_on) {
  O options;
  options.name = "p";
  by_health(options);
  auto record = in_state(running, 100, 0);
  record.disabled = true;
  record.check.make().health = health_state::healthy;
  record.check->probing = true;
  record.check->probe = 7;
  auto said = play(options, {{1, event::probed{7, false, "HTTP 503"}}}, record);
  BOOST_TEST((record.state == running));
  BOOST_TEST(said.back() == "WARN p is unhealthy, and is not restarted: it is disabled");
}

BOOST_AUTO_TEST_CASE(who_is_told) {
  O options;
  options.name = "p";
  auto told = [&](process_record before, bool disabled) {
    auto effects = step(options, std::move(before), event::disabling{disabled, 0}, {at_second(1), wall_at(1)}).effects;
    return effects.size() == 1 && std::holds_alternative<effect::tell>(effects.front());
  };
  BOOST_TEST(told(in_state(running, 100, 0), true));
  BOOST_TEST(told(disabled_in(stopped), false));
  BOOST_TEST(!told(disabled_in(stopped), true));
}

BOOST_AUTO_TEST_CASE(until_when) {
  O options;
  auto after = [&](event::disabling e, process_record before) {
    return step(options, std::move(before), e, {at_second(1), wall_at(1)}).after;
  };
  auto disabled = after({true, 77}, {});
  BOOST_TEST(disabled.disabled_until == 77);
  BOOST_TEST(after({true, 0}, disabled).disabled_until == 0);
  BOOST_TEST(after({false, 77}, disabled).disabled_until == 0);
}

BOOST_AUTO_TEST_CASE(what_is_wanted) {
  O options;
  options.name = "p";
  auto wished = [&](process_record record, const beats& script) {
    play(options, script, record);
    return record.wished;
  };
  process_event stop = event::stop_requested{};
  BOOST_TEST((wished({}, {{1, look}}) == intent::wanted));
  BOOST_TEST((wished({}, {{1, start}}) == intent::wanted));
  BOOST_TEST((wished({}, {{1, for_others}}) == intent::none));
  BOOST_TEST((wished({}, {{1, look}, {1, spawned}, {3, tick}, {4, stop}}) == intent::unwanted));
  BOOST_TEST((wished({}, {{1, look}, {1, spawned}, {3, tick}, {4, event::kill_requested{}}}) == intent::unwanted));
  BOOST_TEST((wished({}, {{1, look}, {1, spawned}, {3, tick}, {4, event::daemon_stop_requested{}}}) == intent::wanted));
  BOOST_TEST((wished({}, {{1, look}, {1, spawned}, {3, tick}, {4, event::stop_requested{true}}}) == intent::wanted));
  BOOST_TEST(
    (wished({}, {{1, look}, {1, spawned}, {3, tick}, {4, event::stop_requested{false, true}}}) == intent::wanted));
  BOOST_TEST((wished({}, {{1, look}, {1, spawned}, {3, tick}, {4, ended(0)}, {5, stop}}) == intent::wanted));
}

BOOST_AUTO_TEST_CASE(P224_whom_a_start_passes_over) {
  auto record = disabled_in(stopped);
  process_task named{.what = verb::start}, of_many{.what = verb::start, .one_of_many = true};
  BOOST_TEST(!passes_over(named, record));
  BOOST_TEST(passes_over(of_many, record));
  BOOST_TEST(passes_over({.what = verb::start, .for_others = true}, record));
  BOOST_TEST(passes_over({.what = verb::start, .for_group = true}, record));
  BOOST_TEST(!passes_over({.what = verb::stop, .one_of_many = true}, record));
  auto answer = [&](const process_task& task) {
    return refusal(task, record, daemon_state::running, "p",
                   [] { return std::optional<troupe::protocols::rpc_fault>(); });
  };
  BOOST_TEST(answer(of_many)->absent);
  BOOST_TEST(!answer(named));
  record.disabled = false;
  BOOST_TEST(!answer(of_many));
}

BOOST_AUTO_TEST_SUITE_END()
