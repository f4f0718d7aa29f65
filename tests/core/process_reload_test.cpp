// A process is told to read its files again: P253 of docs/contract/programs.md and what else may happen meanwhile, for
// one process that is told how its command ends. Must not hold a clock, thread or fork.
#include "tests/core/process_trace.hpp"

#include "actors/core/process_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(process_reload_test)

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
  const char* answer; ///< to who waits for the first one; null: there is none yet
  double due = -1;    ///< of the reload, seconds; -1: nothing is due
  process_record start = up;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

void plain(O&) {}
void commanded(O& o) { o.ask().reloads.command = "/bin/reload"; }
void speaks(O& o) { o.ask().ready.form = {.what = config::check_form::kind::notify, .shown = "notify"}; }
void both(O& o) {
  commanded(o);
  speaks(o);
}

const process_event hup = event::reload_requested{};
const process_event tick = event::timer_fired{};
process_event done(std::uint32_t number) { return event::reload_ended{number, true, "exit status 0"}; }
process_event failed(std::uint32_t number, const char* how = "exit status 1") {
  return event::reload_ended{number, false, how};
}
process_event says(bool reloading, bool ready) { return event::notified{{.ready = ready, .reloading = reloading}}; }

const std::string sent = "DEBG sending p (pid 100) sig SIGHUP";
const std::string kill_hup = "kill 100 1";
const std::string run1 = "run reloadcommand 1";
const std::string term = "DEBG killing p (pid 100) with signal SIGTERM";
const std::string stopping = "STOPPING from_state:RUNNING pid:100";

// clang-format off
const row rows[] = {
  {"P253 a signal", plain, {{0, hup}}, {sent, kill_hup}, "OK"},
  {"another signal", [](O& o) { o.ask().reloads.signo = SIGUSR2; }, {{0, hup}}, {"DEBG sending p (pid 100) sig SIGUSR2", "kill 100 12"}, "OK"},
  {"a command", commanded, {{0, hup}}, {run1}, nullptr, 30},
  {"a command ends", commanded, {{0, hup}, {5, done(1)}}, {run1}, "OK"},
  {"a command fails", commanded, {{0, hup}, {5, failed(1)}}, {run1, "WARN reloadcommand of p failed (exit status 1)"}, "FAILED: reload failed: exit status 1"},
  {"a command hangs", commanded, {{0, hup}, {29, tick}, {30, tick}}, {run1, "WARN reloadcommand of p timed out after 30 seconds", "end of the reloadcommand"}, "FAILED: reload timed out"},
  {"it may hang", [](O& o) { commanded(o); o.ask().reloads.timeout = 0s; }, {{0, hup}, {9999, tick}}, {run1}, nullptr},
  {"an answer that nobody waits for", commanded, {{0, hup}, {1, failed(7)}}, {run1}, nullptr, 30},
  {"a stop meanwhile", commanded, {{0, hup}, {1, event::stop_requested{}}}, {run1, "end of the reloadcommand", term, stopping, "kill 100 15"}, "FAILED: reload failed: the process was stopped"},
  {"the daemon's stop meanwhile", commanded, {{0, hup}, {1, event::daemon_stop_requested{}}}, {run1, "end of the reloadcommand", term, stopping, "kill 100 15"}, "FAILED: reload failed: the process was stopped"},
  {"it ends meanwhile", commanded, {{0, hup}, {1, event::exited{status(0)}}}, {run1, "end of the reloadcommand", "EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}, "FAILED: reload failed: the process has ended"},
  {"an answer after that", commanded, {{0, hup}, {1, event::exited{status(0)}}, {2, done(1)}}, {run1, "end of the reloadcommand", "EXITED from_state:RUNNING expected:1 pid:100", "INFO exited: p (exit status 0; expected)"}, "FAILED: reload failed: the process has ended"},
  {"a rebuilt actor runs it again", commanded, {{0, hup}, {1, event::rebuilt{}}, {2, done(1)}, {3, done(2)}}, {run1, "run reloadcommand 2"}, "OK"},
  {"it says nothing", speaks, {{0, hup}, {0.5, tick}, {1, tick}}, {sent, kill_hup}, "OK"},
  {"and is waited for a second", speaks, {{0, hup}, {0.5, tick}}, {sent, kill_hup}, nullptr, 1},
  {"it says that it reloads", speaks, {{0, hup}, {0.5, says(true, false)}, {1, tick}}, {sent, kill_hup}, nullptr, 30},
  {"and that it is ready", speaks, {{0, hup}, {0.5, says(true, false)}, {20, says(false, true)}}, {sent, kill_hup}, "OK"},
  {"and does not say so", speaks, {{0, hup}, {0.5, says(true, false)}, {30, tick}}, {sent, kill_hup, "WARN reload of p timed out after 30 seconds"}, "FAILED: reload timed out"},
  {"READY=1 alone says nothing", speaks, {{0, hup}, {0.5, says(false, true)}}, {sent, kill_hup}, nullptr, 1},
  {"a time of less than a second", [](O& o) { speaks(o); o.ask().reloads.timeout = 300ms; }, {{0, hup}, {0.3, tick}}, {sent, kill_hup, "WARN reload of p timed out after 0.3 seconds"}, "FAILED: reload timed out"},
  {"a command of one that speaks", both, {{0, hup}, {1, says(true, false)}, {2, done(1)}}, {run1}, nullptr, 30},
  {"it is ready before the command ends", both, {{0, hup}, {1, says(true, false)}, {2, says(false, true)}, {3, done(1)}}, {run1}, "OK"},
  {"it speaks after the command", both, {{0, hup}, {2, done(1)}, {2.5, says(true, false)}, {3, says(false, true)}}, {run1}, "OK"},
  {"or not", both, {{0, hup}, {2, done(1)}, {3, tick}}, {run1}, "OK"},
  {"not while it starts", plain, {{0, hup}}, {}, "OK", -1, in_state(process_state::starting, 100)},
  {"nor while it stops", plain, {{0, hup}}, {}, "OK", -1, in_state(process_state::stopping, 100)},
};
// clang-format on

std::string answer_of(const process_record& record, std::uint32_t round) {
  auto came = verdict({.what = verb::hup, .wait = true, .round = round}, record, {}, "p");
  return came ? came->text : "";
}

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  auto options = defaults();
  r.set(options);
  auto record = r.start;
  auto before = record.state;
  auto found = play(options, r.script, record);
  BOOST_TEST(found == r.expected, boost::test_tools::per_element());
  BOOST_TEST(answer_of(record, 1) == (r.answer ? r.answer : ""));
  auto due = record.reload ? record.reload->due : std::nullopt;
  BOOST_TEST(due.has_value() == (r.due >= 0));
  if (due && r.due >= 0)
    BOOST_TEST(due->time_since_epoch().count() == at_second(r.due).time_since_epoch().count());
  if (r.expected.size() < 3U)
    BOOST_TEST((record.state == before)); // no state changes
}

/// What somebody has changed after the first one began is read, too.
BOOST_AUTO_TEST_CASE(another_one_meanwhile) {
  auto options = defaults();
  commanded(options);
  auto record = up;
  auto first = play(options, {{0, hup}, {1, hup}, {2, hup}}, record);
  BOOST_TEST(first == trace{run1}, boost::test_tools::per_element());
  auto second = play(options, {{3, failed(1)}}, record);
  BOOST_TEST(second == (trace{"WARN reloadcommand of p failed (exit status 1)", "run reloadcommand 2"}),
             boost::test_tools::per_element());
  BOOST_TEST(answer_of(record, 2) == "");
  (void)play(options, {{4, done(2)}}, record);
  BOOST_TEST(answer_of(record, 2) == "OK");
  BOOST_TEST(record.reload->round == 2U);
}

BOOST_AUTO_TEST_CASE(whom_it_concerns) {
  using enum process_state;
  for (auto state : {stopped, starting, backoff, stopping, exited, fatal, unknown}) {
    auto refused = refusal({.what = verb::hup}, in_state(state, 100), daemon_state::running, "p");
    BOOST_REQUIRE(refused);
    BOOST_TEST(refused->text == "NOT_RUNNING: p");
    auto of_many = refusal({.what = verb::hup, .one_of_many = true}, in_state(state, 100), daemon_state::running, "p",
                           [] { return std::nullopt; });
    BOOST_TEST(of_many->absent);
  }
  BOOST_TEST(!refusal({.what = verb::hup}, up, daemon_state::running, "p"));
}

/// Timers of others go on beside it.
BOOST_AUTO_TEST_CASE(failures_are_forgotten_in_time) {
  auto options = defaults();
  commanded(options);
  options.ask().restarts.backoffreset = 60s;
  auto record = up;
  record.backoff = 2;
  record.deadline = at_second(60);
  (void)play(options, {{0, hup}, {30, tick}}, record);
  BOOST_TEST(record.backoff == 2);
  (void)play(options, {{60, tick}}, record);
  BOOST_TEST(record.backoff == 0);
}

BOOST_AUTO_TEST_SUITE_END()
