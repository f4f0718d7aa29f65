// Rolling restarts: vectors P147 to P150 of docs/contract/programs.md and what else may happen, over processes that
// are plain values; and many by chance. Must not hold actors, clocks or processes.
#include "actors/core/rollout.hpp"

#include "protocols/faults.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <map>
#include <random>
#include <set>
#include <sstream>

BOOST_AUTO_TEST_SUITE(rollout_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;
using troupe::protocols::fault;
using troupe::protocols::process_state;
using enum troupe::protocols::process_state;
using time_point = rollout::time_point;
using ids = std::vector<std::uint64_t>;

namespace {

/// Processes, and what a rollout has had done to them.
struct house {
  std::map<std::uint64_t, member_facts> all; ///< by id
  std::set<std::uint64_t> strangers;         ///< of the group, and not part of it
  rollout r;
  time_point now{1000s};
  std::string said; ///< `stop 1 2, start 1 2, …`
  std::optional<time_point> look;
  std::set<std::uint64_t> stopped_once;
  bool service_lost = false; ///< of several, none was in service

  explicit house(std::size_t count, process_state state = running) {
    for (std::uint64_t id = 1; id <= count; ++id)
      add(id, state);
    r.groups.push_back({"web"});
  }
  void add(std::uint64_t id, process_state state, const std::string& group = "web") {
    all[id] = {.exists = true, .state = state, .spawns = 1};
    rollout_member m;
    m.process = id;
    m.group = group;
    m.name = "w" + std::to_string(id);
    m.up_within = 30s;
    m.stopped_within = 40s;
    r.members.push_back(m);
  }
  void stranger(std::uint64_t id, process_state state) {
    all[id] = {.exists = true, .state = state, .spawns = 1};
    strangers.insert(id);
  }
  rollout_world world() {
    return {[this](std::uint64_t id) { return all[id]; },
            [this](const rollout&, std::string_view) {
              return static_cast<std::size_t>(
                std::count_if(strangers.begin(), strangers.end(), [&](auto id) { return is_in_service(all[id]); }));
            }};
  }
  void begin() {
    actors_begin();
    go();
  }
  void actors_begin() { troupe::actors::begin(r, world()); }
  void note(const std::string& word, const ids& whom) {
    said += (said.empty() ? "" : ", ") + word;
    for (auto id : whom)
      said += " " + std::to_string(id);
  }
  /// What is to be done is noted, and is not done yet.
  ids last_stop, last_start;
  void go() {
    look.reset();
    for (const auto& one : advance(r, world(), now)) {
      if (const auto* stop = std::get_if<rollout_action::stop>(&one))
        note("stop", last_stop = stop->whom);
      else if (const auto* start = std::get_if<rollout_action::start>(&one))
        note("start", last_start = start->whom);
      else
        look = std::get<rollout_action::look>(one).at;
    }
  }
  void stops(std::uint64_t id) {
    all[id].state = stopped;
    stopped_once.insert(id);
    note_answer(r, id, {id, false, static_cast<int>(fault::success), {}});
    go();
  }
  void starts(std::uint64_t id) {
    all[id].state = starting;
    ++all[id].spawns;
    note_answer(r, id, {id, true, static_cast<int>(fault::success), {}});
    go();
  }
  void becomes(std::uint64_t id, process_state state) {
    all[id].state = state;
    note_state(r, id, state);
    go();
  }
  void comes_up(std::uint64_t id) {
    starts(id);
    becomes(id, running);
  }
  void restarts(const ids& batch) {
    for (auto id : batch)
      stops(id);
    for (auto id : batch)
      comes_up(id);
  }
  void passes(std::chrono::milliseconds time) {
    now += time;
    go();
  }
  std::string steps() const {
    std::string text;
    for (const auto& step : r.steps)
      text += (text.empty() ? "" : " ") + std::string(step.starts ? "+" : "-") + std::to_string(step.process) +
              (step.status == static_cast<int>(fault::success) ? "" : "!" + std::to_string(step.status));
    return text;
  }
  std::string left() const {
    std::string text;
    for (const auto* m : not_restarted(r))
      text += (text.empty() ? "" : " ") + m->name;
    return text;
  }
};

config::batch_size share(double of) { return {0, of}; }

struct batch_row {
  const char* id;
  std::size_t members;
  config::batch_size batch;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const batch_row& r) { return out << r.id; }

const batch_row batches[] = {
  {"P147 50% of 4", 4, share(0.5), "stop 1 2, start 1 2, stop 3 4, start 3 4"},
  {"P148 100% of 4", 4, share(1), "stop 1 2 3, start 1 2 3, stop 4, start 4"},
  {"P148 100% of 1", 1, share(1), "stop 1, start 1"},
  {"1 of 3", 3, {1, 0}, "stop 1, start 1, stop 2, start 2, stop 3, start 3"},
  {"more than there are", 3, {9, 0}, "stop 1 2, start 1 2, stop 3, start 3"},
  {"1 of 2", 2, {1, 0}, "stop 1, start 1, stop 2, start 2"},
  {"2 of 2", 2, {2, 0}, "stop 1, start 1, stop 2, start 2"},
  {"a third of 4 is rounded down", 4, share(0.34),
   "stop 1, start 1, stop 2, start 2, stop 3, start 3, stop 4, start 4"},
  {"10% of 3 is one", 3, share(0.1), "stop 1, start 1, stop 2, start 2, stop 3, start 3"},
  {"0% is one", 2, share(0), "stop 1, start 1, stop 2, start 2"},
  {"29% of 100 is 29", 100, share(0.29), nullptr},
};

} // namespace

BOOST_DATA_TEST_CASE(by_batches, data::make(batches), row) {
  house h(row.members);
  h.r.batch = row.batch;
  h.begin();
  if (!row.expected)
    BOOST_TEST(h.last_stop.size() == 29U);
  for (int i = 0; i < 200 && h.r.state == rollout_state::running; ++i)
    h.restarts(ids(h.last_stop));
  BOOST_TEST((h.r.state == rollout_state::done));
  if (row.expected)
    BOOST_TEST(h.said == row.expected);
  BOOST_TEST(complaint_of(h.r) == "");
  BOOST_TEST(h.left() == "");
}

BOOST_AUTO_TEST_CASE(second_fails) { // P149
  house h(4);
  h.begin();
  h.restarts({1});
  h.stops(2);
  h.starts(2);
  h.becomes(2, backoff);
  BOOST_TEST((h.r.state == rollout_state::failed));
  BOOST_TEST(h.steps() == "-1 +1 -2 +2!50");
  BOOST_TEST(h.left() == "w3 w4");
  BOOST_TEST(complaint_of(h.r) == "rolling restart of web stopped after 1 failure");
}

BOOST_AUTO_TEST_CASE(second_fails_and_may) { // P150
  house h(4);
  h.r.maxfail = 1;
  h.begin();
  h.restarts({1});
  h.stops(2);
  h.starts(2);
  h.becomes(2, backoff);
  BOOST_TEST((h.r.state == rollout_state::running));
  h.restarts({3});
  h.restarts({4});
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.steps() == "-1 +1 -2 +2!50 -3 +3 -4 +4");
}

BOOST_AUTO_TEST_CASE(others_of_the_batch_are_awaited) {
  house h(4);
  h.r.batch = {2, 0};
  h.begin();
  h.stops(1);
  BOOST_TEST(h.said == "stop 1 2");
  h.stops(2);
  h.starts(1);
  h.starts(2);
  h.becomes(1, fatal);
  BOOST_TEST((h.r.state == rollout_state::running));
  h.becomes(2, running);
  BOOST_TEST((h.r.state == rollout_state::failed));
  BOOST_TEST(h.left() == "w3 w4");
}

BOOST_AUTO_TEST_CASE(last_one_stays) { // the others have failed
  house h(2);
  h.r.maxfail = 5;
  h.begin();
  h.stops(1);
  h.starts(1);
  h.becomes(1, backoff);
  BOOST_TEST(h.said == "stop 1, start 1");
  BOOST_TEST((h.r.state == rollout_state::running)); // it may come back
  h.passes(29s);
  BOOST_TEST((h.r.state == rollout_state::running));
  h.passes(1s);
  BOOST_TEST((h.r.state == rollout_state::failed));
  BOOST_TEST(h.left() == "w2");
}

BOOST_AUTO_TEST_CASE(last_one_that_is_ready_stays) { // one that is older than startsecs, and not ready, does not count
  using config::rolling_wait;
  for (auto wait : {rolling_wait::ready, rolling_wait::healthy, rolling_wait::running})
    BOOST_TEST_CONTEXT("wait " << static_cast<int>(wait)) {
      house h(2);
      h.r.maxfail = 5;
      for (auto& m : h.r.members)
        m.wait = wait;
      h.begin();
      h.stops(1);
      h.starts(1);
      h.all[1].has_lasted = true;
      h.passes(30s);
      BOOST_TEST(h.said == (wait == rolling_wait::running ? "stop 1, start 1, stop 2" : "stop 1, start 1"));
    }
}

BOOST_AUTO_TEST_CASE(last_one_has_its_turn_when_another_is_back) {
  house h(2);
  h.r.maxfail = 5;
  h.begin();
  h.stops(1);
  h.starts(1);
  h.becomes(1, backoff);
  h.becomes(1, running);
  BOOST_TEST(h.said == "stop 1, start 1, stop 2");
}

BOOST_AUTO_TEST_CASE(others_of_the_group_serve) {
  house h(2);
  h.stranger(9, running);
  h.r.batch = share(1);
  h.begin();
  BOOST_TEST(h.said == "stop 1 2");
}

BOOST_AUTO_TEST_CASE(one_that_runs_alone) {
  house h(3, stopped);
  h.all[2].state = running;
  h.begin();
  h.restarts({2});
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.said == "stop 2, start 2");
}

BOOST_AUTO_TEST_CASE(all_of_them) {
  house h(3, stopped);
  h.all[2].state = running;
  h.r.all = true;
  h.r.batch = {3, 0};
  h.begin();
  BOOST_TEST(h.said == "stop 2");
  h.stops(2);
  for (std::uint64_t id : {1, 2, 3})
    h.comes_up(id);
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.said == "stop 2, start 1 2 3");
  BOOST_TEST(h.steps() == "-2 +1 +2 +3");
}

BOOST_AUTO_TEST_CASE(nobody_runs) {
  house h(3, fatal);
  h.begin();
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.said == "");
}

BOOST_AUTO_TEST_CASE(in_backoff) { // it is in nobody's service
  house h(2);
  h.all[1].state = backoff;
  h.r.batch = {2, 0};
  h.begin();
  BOOST_TEST(h.said == "stop 1 2"); // the second was the only one in service when it began
}

BOOST_AUTO_TEST_CASE(one_stops_meanwhile) {
  house h(3);
  h.begin();
  h.all[2].state = stopped; // by an operator
  h.restarts({1});
  BOOST_TEST(h.said == "stop 1, start 1, stop 3");
  h.restarts({3});
  BOOST_TEST((h.r.state == rollout_state::done));
}

BOOST_AUTO_TEST_CASE(groups_one_after_the_other) {
  house h(2);
  h.r.groups.push_back({"api"});
  h.add(3, running, "api");
  h.add(4, running, "api");
  h.r.batch = share(1);
  h.begin();
  while (h.r.state == rollout_state::running)
    h.restarts(ids(h.last_stop));
  BOOST_TEST(h.said == "stop 1, start 1, stop 2, start 2, stop 3, start 3, stop 4, start 4");
  BOOST_TEST(name_of(h.r) == "web, api");
}

BOOST_AUTO_TEST_CASE(pause) {
  house h(2);
  h.r.pause = 5s;
  h.begin();
  h.restarts({1});
  BOOST_TEST(h.said == "stop 1, start 1");
  BOOST_TEST((h.look == h.now + 5s));
  h.passes(4999ms);
  BOOST_TEST(h.said == "stop 1, start 1");
  h.passes(1ms);
  BOOST_TEST(h.said == "stop 1, start 1, stop 2");
  h.restarts({2});
  BOOST_TEST((h.r.state == rollout_state::done)); // and none after the last
}

BOOST_AUTO_TEST_CASE(too_late) {
  house h(3);
  h.begin();
  h.stops(1);
  h.starts(1);
  BOOST_TEST((h.look == h.now + 30s));
  h.passes(30s);
  BOOST_TEST((h.r.state == rollout_state::failed));
  BOOST_TEST(h.r.steps.back().text == "not ready after 30 seconds");
  BOOST_TEST(h.r.steps.back().status == static_cast<int>(fault::failed));
}

BOOST_AUTO_TEST_CASE(for_ever) {
  house h(2);
  for (auto& m : h.r.members)
    m.up_within = 0s;
  h.begin();
  h.stops(1);
  h.starts(1);
  h.passes(100h);
  BOOST_TEST((h.r.state == rollout_state::running));
  BOOST_TEST(!h.look);
}

BOOST_AUTO_TEST_CASE(does_not_stop) {
  house h(3);
  h.begin();
  h.passes(40s);
  BOOST_TEST((h.r.state == rollout_state::failed));
  BOOST_TEST(h.steps() == "-1!30");
  BOOST_TEST(h.r.steps.back().text == "not stopped after 40 seconds");
  BOOST_TEST(h.left() == "w2 w3");
}

BOOST_AUTO_TEST_CASE(what_is_awaited) {
  struct {
    const char* id;
    config::rolling_wait wait;
    member_facts facts;
    bool up;
  } table[] = {
    {"running: old enough", config::rolling_wait::running, {true, starting, true, true, 2}, true},
    {"running: too young", config::rolling_wait::running, {true, starting, false, true, 2}, false},
    {"ready: old enough is not enough", config::rolling_wait::ready, {true, starting, true, true, 2}, false},
    {"ready", config::rolling_wait::ready, {true, running, false, false, 2}, true},
    {"healthy: not yet", config::rolling_wait::healthy, {true, running, false, false, 2}, false},
    {"healthy", config::rolling_wait::healthy, {true, running, false, true, 2}, true},
    {"the one before", config::rolling_wait::ready, {true, running, false, true, 1}, false},
    {"it has run, and is over", config::rolling_wait::ready, {true, exited, false, true, 2}, true},
  };
  for (const auto& row : table)
    BOOST_TEST_CONTEXT(row.id) {
      house h(1);
      h.r.members[0].wait = row.wait;
      h.begin();
      h.stops(1);
      h.starts(1);
      h.all[1] = row.facts;
      h.go();
      BOOST_TEST((h.r.state == rollout_state::done) == row.up);
    }
}

BOOST_AUTO_TEST_CASE(health_is_looked_at) {
  house h(1);
  h.r.members[0].wait = config::rolling_wait::healthy;
  h.begin();
  h.stops(1);
  h.starts(1);
  BOOST_TEST((h.look == h.now + 200ms));
  h.all[1].is_healthy = false;
  h.becomes(1, running);
  h.becomes(1, exited);
  BOOST_TEST((h.r.state == rollout_state::failed));
  BOOST_TEST(h.steps() == "-1 +1!40");
}

BOOST_AUTO_TEST_CASE(what_is_answered) {
  house h(2);
  h.r.maxfail = 9;
  h.begin();
  note_answer(h.r, 1, {1, false, static_cast<int>(fault::not_running), "NOT_RUNNING: w1"}); // it had ended by itself
  h.go();
  BOOST_TEST(h.steps() == "-1");
  note_answer(h.r, 1, {1, true, static_cast<int>(fault::no_file), "NO_FILE: /x"});
  h.go();
  BOOST_TEST(h.steps() == "-1 +1!20");
  BOOST_TEST(h.r.steps.back().text == "NO_FILE: /x");
  note_answer(h.r, 2, {2, true, static_cast<int>(fault::success), {}}); // that nobody waits for
  BOOST_TEST(h.r.steps.size() == 2U);
}

BOOST_AUTO_TEST_CASE(somebody_has_started_it) {
  house h(2);
  h.begin();
  h.stops(1);
  h.all[1] = {.exists = true, .state = running, .spawns = 2};
  note_answer(h.r, 1, {1, true, static_cast<int>(fault::already_started), "ALREADY_STARTED: w1"});
  h.go();
  BOOST_TEST(h.steps() == "-1 +1");
}

BOOST_AUTO_TEST_CASE(an_operator_has_stopped_it_meanwhile) {
  house h(3);
  h.begin();
  h.stops(1);
  note_answer(h.r, 1, {1, true, static_cast<int>(fault::not_running), {}});
  h.go();
  h.restarts({2});
  h.restarts({3});
  BOOST_TEST(h.said == "stop 1, start 1, stop 2, start 2, stop 3, start 3");
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.r.failures == 0);
}

BOOST_AUTO_TEST_CASE(an_operator_has_stopped_it_once_it_was_started) {
  house h(3);
  h.begin();
  h.stops(1);
  h.starts(1);
  h.all[1].stopped_by_hand = true;
  h.becomes(1, stopped);
  h.restarts({2});
  h.restarts({3});
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.steps() == "-1 -2 +2 -3 +3");
  BOOST_TEST(h.left() == "");
}

BOOST_AUTO_TEST_CASE(its_start_was_cut_short) { // ABNORMAL_TERMINATION: by whom, its state says
  for (bool by_hand : {false, true})
    BOOST_TEST_CONTEXT("by hand " << by_hand) {
      house h(2);
      h.begin();
      h.stops(1);
      h.all[1].state = stopping;
      note_answer(h.r, 1, {1, true, static_cast<int>(fault::abnormal_termination), "ABNORMAL_TERMINATION: web:w1"});
      h.go();
      BOOST_TEST(h.steps() == "-1");
      h.all[1].stopped_by_hand = by_hand;
      h.becomes(1, stopped);
      BOOST_TEST(h.steps() == (by_hand ? "-1" : "-1 +1!40"));
      BOOST_TEST(h.r.failures == (by_hand ? 0 : 1));
    }
}

BOOST_AUTO_TEST_CASE(an_operator_has_stopped_all_others) {
  house h(2);
  h.begin();
  h.stops(1);
  note_answer(h.r, 1, {1, true, static_cast<int>(fault::not_running), {}});
  h.go();
  BOOST_TEST((h.r.state == rollout_state::running)); // he may start it again
  h.passes(30s);
  BOOST_TEST((h.r.state == rollout_state::failed));
  BOOST_TEST(complaint_of(h.r) == "rolling restart of web stopped: no other one is in service");
  BOOST_TEST(h.left() == "w2");
}

BOOST_AUTO_TEST_CASE(who_is_disabled) { // as with a restart of the group: stopped, and not started
  for (bool named : {false, true})
    for (bool all : {false, true})
      BOOST_TEST_CONTEXT("named " << named << ", all " << all) {
        house h(3);
        h.all[1].state = stopped;
        h.all[1].disabled = h.all[2].disabled = true;
        for (auto& m : h.r.members)
          m.named = named;
        h.r.all = all;
        h.begin();
        for (int i = 0; i < 10 && h.r.state == rollout_state::running; ++i) {
          for (auto id : ids(h.last_stop))
            if (h.all[id].state == running && h.r.members[id - 1].is == rollout_member::place::stops)
              h.stops(id);
          for (auto id : ids(h.last_start))
            if (h.all[id].state == stopped && h.r.members[id - 1].is == rollout_member::place::starts)
              h.comes_up(id);
        }
        BOOST_TEST((h.r.state == rollout_state::done));
        BOOST_TEST((h.all[1].state == (named && all ? running : stopped)));
        BOOST_TEST((h.all[2].state == (named ? running : stopped)));
        BOOST_TEST((h.all[3].state == running));
      }
}

BOOST_AUTO_TEST_CASE(the_last_one_is_disabled) { // he would not be started again, and nobody else is there
  house h(2);
  h.all[1].disabled = h.all[2].disabled = true;
  h.begin();
  h.stops(1);
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.said == "stop 1");
  BOOST_TEST((h.all[2].state == running));
}

BOOST_AUTO_TEST_CASE(an_update_does_not_stop_who_is_disabled) {
  house h(2);
  for (auto& m : h.r.members)
    m.becomes = std::make_shared<config::process_options>();
  h.all[1].disabled = true;
  h.begin();
  h.restarts({2});
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.said == "stop 2, start 2");
}

BOOST_AUTO_TEST_CASE(answers_are_lost) {
  house h(2);
  h.begin();
  note_lost(h.r, 1, h.now);
  h.go();
  BOOST_TEST(h.said == "stop 1");
  h.passes(200ms);
  BOOST_TEST(h.said == "stop 1, stop 1");
  h.stops(1);
  note_rebuilt(h.r, h.now);
  h.go();
  BOOST_TEST(h.said == "stop 1, stop 1, start 1, start 1");
  h.comes_up(1);
  note_rebuilt(h.r, h.now);
  h.go();
  BOOST_TEST(h.said == "stop 1, stop 1, start 1, start 1, stop 2, stop 2");
}

BOOST_AUTO_TEST_CASE(one_is_removed) {
  house h(3);
  h.begin();
  h.all[1].exists = false;
  h.go();
  BOOST_TEST(h.said == "stop 1, stop 2");
  h.all[3].exists = false;
  h.stops(2);
  h.comes_up(2);
  BOOST_TEST((h.r.state == rollout_state::done));
  BOOST_TEST(h.left() == "");
}

BOOST_AUTO_TEST_CASE(aborted) {
  house h(3);
  h.begin();
  abort(h.r);
  h.go();
  BOOST_TEST((h.r.state == rollout_state::running));
  h.restarts({1}); // nobody stays down for it
  BOOST_TEST((h.r.state == rollout_state::aborted));
  BOOST_TEST(h.left() == "w2 w3");
  BOOST_TEST(complaint_of(h.r) == "rolling restart of web was aborted");
}

BOOST_AUTO_TEST_CASE(aborted_in_its_pause) {
  house h(3);
  h.r.pause = 1h;
  h.begin();
  h.restarts({1});
  abort(h.r);
  h.go();
  BOOST_TEST((h.r.state == rollout_state::aborted));
}

BOOST_AUTO_TEST_CASE(aborted_when_it_is_over_anyway) {
  house h(1);
  h.begin();
  abort(h.r);
  h.restarts({1});
  BOOST_TEST((h.r.state == rollout_state::done));
}

BOOST_AUTO_TEST_CASE(daemon_ends) {
  house h(3);
  h.begin();
  h.stops(1);
  end_at_once(h.r);
  h.go();
  BOOST_TEST((h.r.state == rollout_state::aborted));
  BOOST_TEST(h.left() == "w2 w3");
}

BOOST_AUTO_TEST_CASE(times) {
  config::process_options p;
  BOOST_TEST(usual_time(p).count() == 21000); // startsecs 1, stopwaitsecs 10, and 10
  p.ask().ready.form.what = config::check_form::kind::notify;
  p.ask().ready.timeout = 7s;
  p.ask().stops.ladder = {{SIGTERM, 3s}, {SIGINT, 4s}};
  BOOST_TEST(usual_time(p).count() == 25000);
  p.ask().hooks.prestop.command = "/bin/x";
  BOOST_TEST(stop_time(p).count() == 25000 + 2000 + 30000);
  p.ask().hooks.prestop.timeout = 0s;
  BOOST_TEST(stop_time(p).count() == 0);
}

// -- by chance -----------------------------------------------------------------------------------

namespace {

/// Everything happens in whatever order; several are never out of service at once, nobody has two turns, it ends.
void play_by_chance(unsigned seed) {
  std::mt19937 dice(seed);
  auto below = [&](unsigned n) { return static_cast<unsigned>(dice() % n); };
  house h(1 + below(7));
  if (below(3) == 0)
    h.stranger(99, below(2) ? running : stopped);
  for (auto& [id, facts] : h.all)
    if (below(5) == 0)
      facts.state = below(2) ? stopped : backoff;
  h.r.batch = below(2) ? config::batch_size{1 + below(4), 0} : share(below(101) / 100.0);
  h.r.maxfail = below(4);
  h.r.all = below(3) == 0;
  h.r.pause = std::chrono::milliseconds{below(2) * 1000};
  unsigned bad = below(4); // how often something goes wrong
  std::map<std::uint64_t, int> stops, turns;
  std::set<std::uint64_t> to_stop, to_start, rising;
  auto in_service = [&] {
    return std::count_if(h.all.begin(), h.all.end(), [](auto& one) { return is_in_service(one.second); });
  };
  h.actors_begin();
  bool several = in_service() > 1;
  auto go = [&] {
    h.last_stop.clear();
    h.last_start.clear();
    h.go();
    to_stop.insert(h.last_stop.begin(), h.last_stop.end());
    to_start.insert(h.last_start.begin(), h.last_start.end());
    for (auto id : h.last_stop)
      ++stops[id];
    for (auto id : h.last_start)
      ++turns[id];
    auto stay = std::count_if(h.all.begin(), h.all.end(),
                              [&](auto& one) { return is_in_service(one.second) && !to_stop.contains(one.first); });
    if (!h.last_stop.empty() && several && in_service() > 0)
      BOOST_TEST(stay > 0, "seed " << seed << ": " << h.said);
  };
  go();
  for (int i = 0; i < 5000 && h.r.state == rollout_state::running; ++i) {
    std::vector<std::uint64_t> can(to_stop.begin(), to_stop.end());
    can.insert(can.end(), to_start.begin(), to_start.end());
    can.insert(can.end(), rising.begin(), rising.end());
    if (can.empty() || below(10) == 0) {
      h.now = h.look ? std::max(h.now, *h.look) : h.now + 1s;
      go();
      continue;
    }
    auto id = can[below(static_cast<unsigned>(can.size()))];
    if (to_stop.erase(id) > 0) {
      h.all[id].state = stopped;
      note_answer(h.r, id, {id, false, static_cast<int>(fault::success), {}});
    } else if (to_start.erase(id) > 0) {
      h.all[id].state = starting;
      ++h.all[id].spawns;
      bool refused = bad > 0 && below(8) < bad;
      if (refused)
        h.all[id].state = stopped;
      else
        rising.insert(id);
      note_answer(h.r, id, {id, true, static_cast<int>(refused ? fault::no_file : fault::success), {}});
    } else {
      rising.erase(id);
      auto to = bad > 0 && below(8) < bad ? backoff : running;
      h.all[id].state = to;
      note_state(h.r, id, to);
    }
    if (below(200) == 0)
      abort(h.r);
    go();
  }
  BOOST_TEST((h.r.state != rollout_state::running), "seed " << seed << " does not end: " << h.said);
  for (const auto& [id, times] : stops)
    BOOST_TEST(times == 1, "seed " << seed << " stops " << id << " again");
  for (const auto& [id, times] : turns)
    BOOST_TEST(times == 1, "seed " << seed << " starts " << id << " again");
  if (h.r.state == rollout_state::failed)
    BOOST_TEST((h.r.failures > h.r.maxfail || !not_restarted(h.r).empty()), "seed " << seed);
  if (h.r.state == rollout_state::done)
    BOOST_TEST(not_restarted(h.r).empty(), "seed " << seed);
}

} // namespace

BOOST_AUTO_TEST_CASE(by_chance) {
  for (unsigned seed = 1; seed <= 3000; ++seed)
    play_by_chance(seed);
}

BOOST_AUTO_TEST_SUITE_END()
