// Requests by state, as the table of docs/contract/lifecycle.md, 3.4, and the decision order of startProcess in the
// docs/contract/http.md, 4.3; then what a waiting request is told as its process goes on; then how many are gathered.
#include "actors/core/process_requests.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(process_requests_test)

using namespace troupe::actors;
using enum process_state;
namespace data = boost::unit_test::data;
namespace protocols = troupe::protocols;

namespace {

process_record in(process_state state, int pid = 0, std::string spawnerr = "") {
  process_record r;
  r.state = state;
  r.pid = pid;
  r.spawnerr = std::move(spawnerr);
  return r;
}

std::string show(const std::optional<process_outcome>& o) {
  return !o ? "go" : o->absent ? "absent" : std::to_string(o->status) + ' ' + o->text;
}

const auto can_run = [] { return std::optional<protocols::rpc_fault>(); };
const auto cannot_run = [] {
  return std::optional(protocols::make_fault(protocols::fault::no_file, "can't find command 'x'"));
};

// -- refusals ------

struct row {
  process_state state;
  const char *start, *stop, *signal, *retire;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << protocols::to_string(r.state); }

const row by_state[] = {
  {stopped, "go", "70 NOT_RUNNING: p", "70 NOT_RUNNING: p", "80 OK"},
  {starting, "60 ALREADY_STARTED: p", "go", "go", "91 STILL_RUNNING: p"},
  {running, "60 ALREADY_STARTED: p", "go", "go", "91 STILL_RUNNING: p"},
  {backoff, "60 ALREADY_STARTED: p", "go", "70 NOT_RUNNING: p", "91 STILL_RUNNING: p"},
  {stopping, "40 ABNORMAL_TERMINATION: p", "70 NOT_RUNNING: p", "go", "91 STILL_RUNNING: p"},
  {exited, "go", "70 NOT_RUNNING: p", "70 NOT_RUNNING: p", "80 OK"},
  {fatal, "go", "70 NOT_RUNNING: p", "70 NOT_RUNNING: p", "80 OK"},
  {unknown, "30 FAILED: p is in an unknown process state", "70 NOT_RUNNING: p", "70 NOT_RUNNING: p", "80 OK"},
};

BOOST_DATA_TEST_CASE(requests_for_one, data::make(by_state), r) {
  auto ask = [&](verb what) {
    return show(refusal({.what = what, .signo = 1}, in(r.state), daemon_state::running, "p", can_run));
  };
  BOOST_TEST(ask(verb::start) == r.start);
  BOOST_TEST(ask(verb::stop) == r.stop);
  BOOST_TEST(ask(verb::signal) == r.signal);
  BOOST_TEST(ask(verb::retire) == r.retire);
}

struct many_row {
  process_state state;
  const char *start, *stop, *signal;
};
std::ostream& operator<<(std::ostream& out, const many_row& r) { return out << protocols::to_string(r.state); }

const many_row of_many[] = {
  {stopped, "go", "absent", "absent"},
  {starting, "absent", "go", "go"},
  {running, "absent", "go", "go"},
  {backoff, "absent", "go", "absent"},
  {stopping, "40 ABNORMAL_TERMINATION: p", "absent", "go"},
  {exited, "go", "absent", "absent"},
  {fatal, "go", "absent", "absent"},
  {unknown, "30 FAILED: p is in an unknown process state", "absent", "absent"},
};

BOOST_DATA_TEST_CASE(requests_for_many, data::make(of_many), r) {
  auto ask = [&](verb what) {
    return show(
      refusal({.what = what, .signo = 1, .one_of_many = true}, in(r.state), daemon_state::running, "p", can_run));
  };
  BOOST_TEST(ask(verb::start) == r.start);
  BOOST_TEST(ask(verb::stop) == r.stop);
  BOOST_TEST(ask(verb::signal) == r.signal);
}

BOOST_AUTO_TEST_CASE(the_program_is_looked_for_before_the_state) { // kept quirk 10
  BOOST_TEST(show(refusal({.what = verb::start}, in(running), daemon_state::running, "p", cannot_run)) ==
             "20 NO_FILE: can't find command 'x'");
  BOOST_TEST(show(refusal({.what = verb::stop}, in(running), daemon_state::running, "p", cannot_run)) == "go");
  BOOST_TEST(show(refusal({.what = verb::start, .one_of_many = true}, in(running), daemon_state::running, "p",
                          cannot_run)) == "absent");
}

BOOST_AUTO_TEST_CASE(nothing_is_done_while_the_daemon_stops) {
  for (auto what : {verb::start, verb::stop, verb::signal})
    for (auto daemon : {daemon_state::shutdown, daemon_state::restarting})
      BOOST_TEST(show(refusal({.what = what, .signo = 1}, in(running), daemon, "p", cannot_run)) == "6 SHUTDOWN_STATE");
}

BOOST_AUTO_TEST_CASE(a_bad_signal_comes_before_the_state) {
  process_task task{.what = verb::signal, .signal_text = "HUPP"};
  BOOST_TEST(show(refusal(task, in(stopped), daemon_state::running, "p", can_run)) == "11 BAD_SIGNAL: HUPP");
  task.one_of_many = true; // but among many, only those that are alive are spoken of
  BOOST_TEST(show(refusal(task, in(stopped), daemon_state::running, "p", can_run)) == "absent");
  BOOST_TEST(show(refusal(task, in(running), daemon_state::running, "p", can_run)) == "11 BAD_SIGNAL: HUPP");
}

namespace {

/// The first half of a restart that somebody else carries out.
process_record by(start_reason reason, process_state state) {
  auto r = in(state);
  r.why = reason;
  r.started_once = true;
  return r;
}
process_record by_hand(start_reason reason, process_state state) {
  auto r = by(reason, state);
  r.administrative_stop = true;
  r.wished = intent::unwanted;
  return r;
}
process_record refused_since(process_record r) {
  r.spawnerr = "can't find command 'x'";
  return r;
}
process_record never_started(process_record r) {
  r.started_once = false;
  return r;
}

using why = start_reason;

struct amid_row {
  const char* what;
  process_record now;
  const char *stop, *stop_of_many, *kill;
};
std::ostream& operator<<(std::ostream& out, const amid_row& r) { return out << r.what; }

const char* const not_running = "70 NOT_RUNNING: p";
const amid_row amid_rows[] = {
  {"an update stops it", by(why::update, stopping), "go", "go", "go"},
  {"and has stopped it", by(why::update, stopped), "go", "go", "go"},
  {"a scale", by(why::scale, stopping), "go", "go", "go"},
  {"a rolling restart", by(why::rolling, stopping), "go", "go", "go"},
  {"has stopped it", by(why::rolling, stopped), "go", "go", "go"},
  {"its group is restarted", by(why::group, stopping), "go", "go", "go"},
  {"its group was stopped", by(why::group, stopped), not_running, "absent", not_running},
  {"an operator has come into it", by_hand(why::update, stopping), not_running, "absent", "go"},
  {"and it is stopped", by_hand(why::update, stopped), not_running, "absent", not_running},
  {"it cannot be started any more", refused_since(by(why::update, stopped)), not_running, "absent", not_running},
  {"it was to be started, and never was", never_started(by(why::update, stopped)), not_running, "absent", not_running},
  {"it ended by itself", by(why::update, exited), not_running, "absent", not_running},
  {"an operator stops it", by_hand(why::autostart, stopping), not_running, "absent", "go"},
};

} // namespace

BOOST_DATA_TEST_CASE(an_operator_comes_into_a_restart, data::make(amid_rows), r) {
  auto ask = [&](verb what, bool many) {
    return show(refusal({.what = what, .one_of_many = many}, r.now, daemon_state::running, "p", can_run));
  };
  BOOST_TEST(ask(verb::stop, false) == r.stop);
  BOOST_TEST(ask(verb::stop, true) == r.stop_of_many);
  BOOST_TEST(ask(verb::kill, false) == r.kill);
}

BOOST_AUTO_TEST_CASE(the_second_half_of_a_restart_does_not_undo_an_operators_stop) {
  const process_task second_halves[] = {{.what = verb::start, .one_of_many = true, .reason = why::update},
                                        {.what = verb::start, .one_of_many = true, .reason = why::scale},
                                        {.what = verb::start, .reason = why::rolling, .rolls = true},
                                        {.what = verb::start, .one_of_many = true, .for_group = true}};
  for (const auto& task : second_halves) {
    auto asked = [&](const process_record& now) {
      return show(refusal(task, now, daemon_state::running, "p", can_run));
    };
    BOOST_TEST(asked(by_hand(why::none, stopped)) == "absent");
    BOOST_TEST(asked(by(why::update, stopped)) == "go");
    BOOST_TEST(asked(by_hand(why::none, fatal)) == "go");
    auto unwanted_before = by(why::update, stopped); // long ago, and somebody needed it since
    unwanted_before.wished = intent::unwanted;
    BOOST_TEST(asked(unwanted_before) == "go");
  }
  BOOST_TEST(
    show(refusal({.what = verb::start, .rolls = true}, by_hand(why::start, stopped), daemon_state::running, "p",
                 can_run)) == "go"); // restart --rolling --all: it was stopped before
  BOOST_TEST(show(refusal({.what = verb::start}, by_hand(why::none, stopped), daemon_state::running, "p", can_run)) ==
             "go");
}

// -- verdicts ------

struct verdict_row {
  const char* what;
  process_task task;
  process_record now;
  std::int64_t startsecs;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const verdict_row& r) { return out << r.what; }

const process_task start{.what = verb::start, .wait = true};
const process_task start_only{.what = verb::start, .wait = false};
const process_task stop{.what = verb::stop, .wait = true};
const process_task stop_only{.what = verb::stop, .wait = false};

/// By what it depends on; `stuck`: nothing is under way there.
process_record held(bool stuck) {
  auto r = in(starting);
  r.hold.holds = true;
  r.hold.stuck = stuck;
  return r;
}

process_record held_by(const char* what) {
  auto r = held(true);
  r.waiting_for = what;
  return r;
}

const verdict_row verdicts[] = {
  {"the spawn is under way", start, in(starting), 1, "go"},
  {"the spawn is under way, not waited for", start_only, in(starting), 1, "go"},
  {"spawned", start, in(starting, 7), 1, "go"},
  {"spawned, not waited for", start_only, in(starting, 7), 1, "80 OK"},
  {"spawned, not waited for, but RUNNING at once", start_only, in(starting, 7), 0, "go"},
  {"up", start, in(running, 7), 1, "80 OK"},
  {"the spawn failed", start, in(backoff, 0, "no"), 1, "50 SPAWN_ERROR: p"},
  {"the spawn failed, not waited for", start_only, in(backoff, 0, "no"), 1, "50 SPAWN_ERROR: p"},
  {"given up at once", start, in(fatal, 0, "no"), 1, "50 SPAWN_ERROR: p"},
  {"exited with a bad code", start, in(exited, 0, "Bad exit code 3"), 1, "50 SPAWN_ERROR: p"},
  {"exited well", start, in(exited), 1, "40 ABNORMAL_TERMINATION: p"},
  {"somebody stops it", start, in(stopping, 7), 1, "40 ABNORMAL_TERMINATION: p"},
  {"somebody stopped it", start, in(stopped), 1, "40 ABNORMAL_TERMINATION: p"},
  {"waits for another", start, held(false), 1, "go"},
  {"waits for another, not waited for", start_only, held(false), 1, "80 OK"},
  {"waits in vain", start, held(true), 1, "50 SPAWN_ERROR: p"},
  {"waits in vain, and it is said for whom", start, held_by("waiting for db:ready (db is BACKOFF)"), 1,
   "50 SPAWN_ERROR: p: waiting for db:ready (db is BACKOFF)"},
  {"waits in vain, not waited for", start_only, held(true), 1, "80 OK"},
  {"is asked to stop", stop, in(stopping, 7), 1, "go"},
  {"is asked to stop, not waited for", stop_only, in(stopping, 7), 1, "80 OK"},
  {"stop waits for the spawn", stop, in(starting), 1, "go"},
  {"has stopped", stop, in(stopped), 1, "80 OK"},
  {"was in backoff at the daemon's end", stop, in(fatal), 1, "80 OK"},
};

BOOST_DATA_TEST_CASE(what_a_waiting_request_is_told, data::make(verdicts), r) {
  BOOST_TEST(show(verdict(r.task, r.now, way_up{.takes_time = r.startsecs > 0}, "p")) == r.expected);
}

// -- many ------

BOOST_AUTO_TEST_CASE(an_answer_is_given_once) {
  std::vector<int> got;
  {
    reply_promise<int> answer([&](int i) { got.push_back(i); }, -1);
    answer(1);
    answer(2);
  }
  BOOST_TEST(got == std::vector<int>({1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_told) {
  int got = 0;
  {
    reply_promise<int> answer([&](int i) { got = i; }, -1);
  }
  BOOST_TEST(got == -1);
}

struct collected {
  std::string text;
  control_answer_to to() {
    return std::make_shared<reply_promise<control_answer>>(
      [this](const control_answer& a) {
        for (const auto& r : std::get<process_results>(a))
          text += r.group + ':' + r.name + '=' + std::to_string(r.status) + ' ';
        text += '.';
      },
      control_answer{});
  }
};

BOOST_AUTO_TEST_CASE(at_once_by_rank_then_as_they_come) {
  collected got;
  auto all = std::make_shared<gathering>(got.to());
  auto b1 = gathering::add(all, 1, "1", "b"); // the actor of the second group was faster
  auto a1 = gathering::add(all, 0, "1", "a");
  auto a2 = gathering::add(all, 0, "2", "a");
  auto a3 = gathering::add(all, 0, "3", "a");
  auto a4 = gathering::add(all, 0, "4", "a");
  all.reset();
  (*a3)({.status = 50, .deferred = true});
  (*b1)({});
  (*a2)({});
  (*a4)({.absent = true});
  BOOST_TEST(got.text == "");
  (*a1)({.deferred = true}); // the last one
  BOOST_TEST(got.text == "a:2=80 b:1=80 a:3=50 a:1=80 .");
}

BOOST_AUTO_TEST_CASE(nobody_to_ask) {
  collected got;
  std::make_shared<gathering>(got.to()).reset();
  BOOST_TEST(got.text == ".");
}

BOOST_AUTO_TEST_CASE(an_actor_that_died_failed) {
  collected got;
  auto all = std::make_shared<gathering>(got.to());
  auto a = gathering::add(all, 0, "1", "a");
  all.reset();
  a.reset();
  BOOST_TEST(got.text == "a:1=30 .");
}

BOOST_AUTO_TEST_CASE(another_binary_gathers_the_rest) {
  collected got, again;
  auto all = std::make_shared<gathering>(got.to());
  auto a1 = gathering::add(all, 0, "1", "a");
  auto a2 = gathering::add(all, 0, "2", "a");
  auto b1 = gathering::add(all, 1, "1", "b");
  auto b2 = gathering::add(all, 1, "2", "b");
  (*b1)({.status = 50, .deferred = true});
  (*a2)({});
  auto known = all->entries();
  BOOST_TEST_REQUIRE(known.size() == 4u);
  BOOST_TEST((!known[0].decided && known[1].decided && known[2].decided && !known[3].decided));
  auto goes_on = std::make_shared<gathering>(again.to(), known);
  auto first = gathering::again(goes_on, 0);
  auto last = gathering::again(goes_on, 3);
  goes_on.reset();
  (*last)({.deferred = true});
  BOOST_TEST(again.text == "");
  (*first)({.deferred = true});
  BOOST_TEST(again.text == "a:2=80 b:1=50 b:2=80 a:1=80 .");
}

BOOST_AUTO_TEST_CASE(names) {
  BOOST_TEST(split_name("cat").group == "cat");
  BOOST_TEST(split_name("cat").process.value() == "cat");
  BOOST_TEST(split_name("g:p:q").process.value() == "p:q");
  for (auto text : {"g:*", "g:"}) {
    BOOST_TEST(split_name(text).group == "g");
    BOOST_TEST(!split_name(text).process);
  }
  BOOST_TEST(split_name(":").group.empty());
  BOOST_TEST(full_name("cat", "cat") == "cat");
  BOOST_TEST(full_name("g", "p") == "g:p");
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
