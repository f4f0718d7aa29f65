// A process goes on with other options: vector P232 of docs/contract/programs.md and what else 16.2 (X31) says. A
// script is played with the options before and then, after the replacement, with the others. Must not hold a clock,
// thread or fork.
#include "tests/core/process_trace.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_options_replaced_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

using O = config::process_options;
using check = config::check_form::kind;

void plain(O&) {}
void patient(O& o) { o.stopwaitsecs = 30; }
void quick(O& o) { o.stopwaitsecs = 2; }
void ladder(O& o) { o.ask().stops.ladder = {{SIGTERM, 5s}, {SIGINT, 20s}}; }
void long_ladder(O& o) { o.ask().stops.ladder = {{SIGTERM, 50s}, {SIGINT, 40s}}; }
void asked(O& o) { o.ask().ready.form = {.what = check::tcp, .number = 1, .shown = "tcp:1"}; }
void healthy(O& o) {
  o.ask().health.form = {.what = check::tcp, .number = 1};
  o.ask().health.interval = 10s;
}
void often(O& o) {
  healthy(o);
  o.ask().health.interval = 1s;
}
void command(O& o) { o.command = "other"; }
void depends(O& o) { o.ask().dependencies.items = {{.target = "b"}}; }
void depends_on_two(O& o) { o.ask().dependencies.items = {{.target = "a"}, {.target = "b"}}; }

const process_event tick = event::timer_fired{};
const process_event stop = event::stop_requested{};
const process_event replaced = event::options_replaced{};

const std::string term = "DEBG killing p (pid 100) with signal SIGTERM";
const std::string stopping = "STOPPING from_state:RUNNING pid:100";
const std::string killing = "WARN killing 'p' (100) with SIGKILL";
const std::string sigkill = "DEBG killing p (pid 100) with signal SIGKILL";

struct row {
  const char* id;
  void (*before)(O&);
  beats script;
  void (*after)(O&);
  beats then;
  trace expected; ///< of what comes after the replacement, which is the first of it
  double due = -1;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

// clang-format off
const row rows[] = {
  {"another command means nothing yet", plain, {}, command, {{1, replaced}}, {}},
  {"P232 a longer stop", plain, {{0, stop}}, patient, {{4, replaced}, {10, tick}, {30, tick}}, {killing, sigkill, "kill 100 9"}, 60},
  {"a shorter one", plain, {{0, stop}}, quick, {{1, replaced}, {2, tick}}, {killing, sigkill, "kill 100 9"}, 4},
  {"one that is over by now", plain, {{0, stop}}, quick, {{4, replaced}, {4, tick}}, {killing, sigkill, "kill 100 9"}, 6},
  {"of the second signal", ladder, {{0, stop}, {5, tick}}, long_ladder, {{6, replaced}, {25, tick}, {45, tick}}, {killing, sigkill, "kill 100 9"}, 55},
  {"SIGKILL is on its way: the next one is later, too", plain, {{0, stop}, {10, tick}}, patient, {{11, replaced}}, {}, 40},
  {"one that runs", plain, {}, patient, {{1, replaced}, {2, stop}}, {term, stopping, "kill 100 15"}, 32},
};
// clang-format on

process_record running() {
  auto r = up;
  r.started_at = at_second(-100);
  r.running_since = at_second(-99);
  return r;
}

trace replay(const row& r, process_record& record) {
  auto before = std::make_shared<O>(defaults());
  r.before(*before);
  (void)play(*before, r.script, record);
  auto after = defaults();
  r.after(after);
  auto then = r.then;
  then.at(0).happened = event::options_replaced{before};
  return play(after, then, record);
}

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto record = running();
  BOOST_TEST(replay(r, record) == r.expected, boost::test_tools::per_element());
  BOOST_TEST(record.deadline.has_value() == (r.due >= 0));
  if (record.deadline && r.due >= 0)
    BOOST_TEST(record.deadline->time_since_epoch().count() == at_second(r.due).time_since_epoch().count());
}

BOOST_AUTO_TEST_CASE(nothing_is_known_of_the_ones_before) {
  auto record = running();
  BOOST_TEST(play(defaults(), {{0, event::options_replaced{}}}, record).empty());
}

/// 15.4, `config`.
BOOST_AUTO_TEST_CASE(what_acts_later) {
  auto outdated_after = [](void (*change)(O&), process_record record) {
    (void)replay({"", plain, {}, change, {{1, replaced}}, {}}, record);
    return record.is_outdated;
  };
  BOOST_TEST(outdated_after(command, running()));
  BOOST_TEST(outdated_after([](O& o) { o.startsecs = 7; }, running()));
  BOOST_TEST(!outdated_after(patient, running())); // that acts at once
  process_record at_rest;
  BOOST_TEST(!outdated_after(command, at_rest)); // there is no child that has the old ones
  auto record = running();
  record.is_outdated = true;
  (void)play(defaults(), {{1, event::exited{0}}, {1, event::start_requested{}}, {1, event::spawned{101}}}, record);
  BOOST_TEST(record.pid == 101);
  BOOST_TEST(!record.is_outdated);
}

BOOST_AUTO_TEST_CASE(health_that_begins_ends_or_is_another) {
  auto record = running();
  auto found = replay({"", plain, {}, healthy, {{1, replaced}}, {}}, record);
  BOOST_REQUIRE(record.check);
  BOOST_TEST((record.check->health == health_state::pending));
  BOOST_REQUIRE(record.check->due.has_value());
  BOOST_TEST((*record.check->due <= at_second(11)));

  record.check->health = health_state::unhealthy;
  record.check->failures = 3;
  record.check->wants_restart = true;
  (void)replay({"", healthy, {}, often, {{20, replaced}}, {}}, record);
  BOOST_TEST((record.check->health == health_state::pending));
  BOOST_TEST(record.check->failures == 0);
  BOOST_TEST(!record.check->wants_restart);
  BOOST_TEST((*record.check->due <= at_second(21)));

  (void)replay({"", often, {}, plain, {{30, replaced}}, {}}, record);
  BOOST_TEST((record.check->health == health_state::none));
  BOOST_TEST(!record.check->due);
}

BOOST_AUTO_TEST_CASE(a_start_that_was_to_be_ready_by_a_sign) {
  process_record record;
  auto found = replay(
    {"", asked, {{0, event::start_requested{}}, {0, event::spawned{100}}}, plain, {{0.5, replaced}, {1.5, tick}}, {}},
    record);
  BOOST_TEST((record.state == process_state::running));
}

BOOST_AUTO_TEST_CASE(other_items_are_looked_at_anew) {
  process_record record;
  auto found = replay({"", depends_on_two, {{0, event::start_requested{}}}, depends, {{1, replaced}}, {}}, record);
  BOOST_TEST((found == trace{"pull in and look"}));
  BOOST_TEST(record.hold.holds);
  record.hold.passed = 2;
  (void)replay({"", depends, {}, depends, {{2, replaced}}, {}}, record);
  BOOST_TEST(record.hold.passed == 2U); // the same ones
  (void)replay({"", depends, {}, depends_on_two, {{3, replaced}}, {}}, record);
  BOOST_TEST(record.hold.passed == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
