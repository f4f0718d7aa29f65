// The daemon's own life as tables: signals, the stop sequence, orders and ticks. Vectors V080 to V091 as far as they
// concern orders, V131 and V132 of docs/contract/lifecycle.md; C311 to C318 of the configuration's.
// Must not hold a clock, thread or process.
#include "actors/core/daemon_fsm.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <random>

BOOST_AUTO_TEST_SUITE(daemon_fsm_test)

using namespace troupe::actors;
using troupe::protocols::daemon_state;
using troupe::protocols::process_state;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using trace = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

struct stage { // a daemon with its groups; tell() gives the trace of one step
  std::vector<group_view> groups;
  daemon_record record;
  std::chrono::steady_clock::time_point now{};

  trace tell(const daemon_happening& happened) {
    auto [after, effects] = step(record, happened, groups, now);
    record = after;
    trace out;
    for (const auto& e : effects)
      if (auto text = std::visit([this](const auto& what) { return show(what); }, e); !text.empty())
        out.push_back(text);
    return out;
  }
  std::vector<std::string> blather; ///< the records at that level, and what the timer was armed for, kept apart
  std::vector<std::chrono::steady_clock::duration> timers;

  trace becomes(std::size_t group, std::size_t member, process_state state) {
    groups[group].members[member].state = state;
    return tell(daemon_event::group_changed{group, member});
  }
  void add(std::string name, std::int64_t priority, std::vector<std::string> members,
           process_state state = process_state::running, bool pool = false) {
    group_view view{std::move(name), priority, {}, pool};
    for (auto& member : members)
      view.members.push_back({member, state});
    groups.push_back(std::move(view));
  }

  std::string show(daemon_effect::set_state e) { return "state " + std::string(to_string(e.to)); }
  std::string show(daemon_effect::publish e) {
    return std::string(to_string(e.type)) + (e.not_to ? " not to " + groups[*e.not_to].name : "");
  }
  std::string show(daemon_effect::stop_group e) { return "stop " + groups[e.group].name; }
  std::string show(daemon_effect::arm_timer e) {
    timers.push_back(e.at - now);
    return "";
  }
  std::string show(daemon_effect::reopen_logs) { return "reopen"; }
  std::string show(const daemon_effect::log& e) {
    if (e.level != config::log_level::blather)
      return (e.level == config::log_level::warn   ? "WARN "
              : e.level == config::log_level::info ? "INFO "
                                                   : "DEBG ") +
             e.text;
    blather.push_back(e.text);
    return "";
  }
  std::string show(daemon_effect::finish e) { return e.how == daemon_end::exit ? "exit" : "restart"; }
};

constexpr auto per_element = boost::test_tools::per_element();
const std::string stopping = "SUPERVISOR_STATE_CHANGE_STOPPING";

struct signal_row {
  const char* id;
  int signo;
  daemon_state before;
  trace expected;
};
std::ostream& operator<<(std::ostream& out, const signal_row& r) { return out << r.id; }

const std::string stopping_a = stopping + " not to a";
const std::string waiting_for_a = "INFO waiting for a to die";
const trace reopen{"INFO received SIGUSR2 indicating log reopen request", "INFO supervisord logreopen", "reopen"};

// clang-format off
const signal_row signals[] = {
  {"C311 TERM", SIGTERM, daemon_state::running,
   {"WARN received SIGTERM indicating exit request", "state SHUTDOWN", stopping_a, "stop a", waiting_for_a}},
  {"C311 INT", SIGINT, daemon_state::running,
   {"WARN received SIGINT indicating exit request", "state SHUTDOWN", stopping_a, "stop a", waiting_for_a}},
  {"C311 QUIT", SIGQUIT, daemon_state::running,
   {"WARN received SIGQUIT indicating exit request", "state SHUTDOWN", stopping_a, "stop a", waiting_for_a}},
  {"C312 HUP", SIGHUP, daemon_state::running,
   {"WARN received SIGHUP indicating restart request", "state RESTARTING", stopping_a, "stop a", waiting_for_a}},
  {"1.9 second HUP", SIGHUP, daemon_state::restarting, {"WARN received SIGHUP indicating restart request"}},
  {"V088 C313 HUP during shutdown", SIGHUP, daemon_state::shutdown,
   {"WARN ignored SIGHUP indicating restart request (shutdown in progress)"}},
  {"second TERM", SIGTERM, daemon_state::shutdown, {"WARN received SIGTERM indicating exit request"}},
  {"C314 TERM during restart", SIGTERM, daemon_state::restarting,
   {"WARN received SIGTERM indicating exit request", "state SHUTDOWN"}},
  {"C318 V114 USR2", SIGUSR2, daemon_state::running, reopen},
  {"C318 USR2 during shutdown", SIGUSR2, daemon_state::shutdown, reopen},
  {"1.9 any other", SIGUSR1, daemon_state::running, {}},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(signals_by_mood, data::make(signals), r) {
  stage daemon;
  daemon.add("a", 1, {"a"});
  if (r.before == daemon_state::shutdown)
    daemon.tell(daemon_event::shutdown_requested{});
  if (r.before == daemon_state::restarting)
    daemon.tell(daemon_event::restart_requested{});
  daemon.blather.clear();
  BOOST_TEST(daemon.tell(daemon_event::signal{r.signo}) == r.expected, per_element);
  if (r.signo == SIGUSR1)
    BOOST_TEST(daemon.blather == (trace{"received SIGUSR1 indicating nothing"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(equal_groups_stop_together_the_latest_first, stage) { // V083
  add("pool", -1, {"l"}, process_state::running, true);
  add("a", 999, {"a"});
  add("b", 999, {"b"});
  add("c", 999, {"c"});
  BOOST_TEST(tell(daemon_event::signal{SIGTERM}) ==
               (trace{"WARN received SIGTERM indicating exit request", "state SHUTDOWN", stopping + " not to c",
                      "stop c", "stop b", "stop a", "INFO waiting for l, a, b, c to die"}),
             per_element);
  BOOST_TEST(becomes(3, 0, process_state::stopping).empty());
  BOOST_TEST(becomes(3, 0, process_state::stopped).empty());
  BOOST_TEST(becomes(1, 0, process_state::exited).empty());
  BOOST_TEST(becomes(2, 0, process_state::stopped) == (trace{"stop pool"}), per_element);
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(priorities_stay_one_after_the_other, stage) { // V083a
  add("b", 2, {"b"});
  add("a", 1, {"a"});
  BOOST_TEST(tell(daemon_event::shutdown_requested{}) ==
               (trace{"state SHUTDOWN", stopping + " not to b", "stop b", "INFO waiting for b, a to die"}),
             per_element);
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"stop a"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(a_pool_stops_after_its_equals_and_by_itself, stage) { // V083b
  add("a", 999, {"a"});
  add("one", 999, {"l"}, process_state::running, true);
  add("two", 999, {"m"}, process_state::running, true);
  add("b", 999, {"b"});
  BOOST_TEST(tell(daemon_event::shutdown_requested{}) == (trace{"state SHUTDOWN", stopping + " not to b", "stop b",
                                                                "stop a", "INFO waiting for a, l, m, b to die"}),
             per_element);
  BOOST_TEST(becomes(3, 0, process_state::stopped).empty());
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"stop two"}), per_element);
  BOOST_TEST(becomes(2, 0, process_state::stopped) == (trace{"stop one"}), per_element);
  BOOST_TEST(becomes(1, 0, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(a_stop_that_nobody_heard_is_repeated, stage) {
  add("low", 1, {"l"});
  add("a", 2, {"x", "y"});
  add("b", 2, {"z"});
  tell(daemon_event::shutdown_requested{});
  becomes(1, 0, process_state::stopping);
  becomes(2, 0, process_state::stopping);
  now += 3s;
  BOOST_TEST(tell(daemon_event::timer_fired{}) == (trace{"stop a", "INFO waiting for l, x, y, z to die"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(a_group_waits_for_all_its_members, stage) {
  add("g", 1, {"x", "y"});
  tell(daemon_event::shutdown_requested{});
  BOOST_TEST(becomes(0, 0, process_state::stopped).empty());
  BOOST_TEST(becomes(0, 1, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(priorities_rule_before_the_order_of_groups, stage) {
  add("low", -20, {"l"});
  add("high", 5, {"h"});
  add("mid", 1, {"m"}); // added at run time
  BOOST_TEST(tell(daemon_event::shutdown_requested{}) ==
               (trace{"state SHUTDOWN", stopping + " not to high", "stop high", "INFO waiting for l, h, m to die"}),
             per_element);
  BOOST_TEST(becomes(1, 0, process_state::unknown) == (trace{"stop mid"}), per_element); // abandoned
  BOOST_TEST(becomes(2, 0, process_state::stopped) == (trace{"stop low"}), per_element);
  BOOST_TEST(becomes(0, 0, process_state::fatal) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(a_pool_that_stops_first_does_not_hear_of_it, stage) { // V091
  add("rest", -20, {"r"});
  add("pool", -5, {"l"});
  add("idle", 999, {"i"}, process_state::stopped);
  BOOST_TEST(tell(daemon_event::shutdown_requested{}) ==
               (trace{"state SHUTDOWN", stopping + " not to pool", "stop pool", "INFO waiting for r, l to die"}),
             per_element);
}

BOOST_FIXTURE_TEST_CASE(nothing_to_stop_takes_no_time, stage) { // 10.15
  add("a", 1, {"a"}, process_state::fatal);
  add("b", 2, {}, process_state::stopped);
  BOOST_TEST(tell(daemon_event::shutdown_requested{}) == (trace{"state SHUTDOWN", stopping, "exit"}), per_element);
  BOOST_TEST(timers.empty());
  stage other;
  other.add("a", 1, {"a"});
  other.add("b", 1, {"b"}, process_state::exited);
  other.add("c", 1, {"c"});
  other.tell(daemon_event::restart_requested{});
  BOOST_TEST(other.becomes(2, 0, process_state::stopped).empty());
  BOOST_TEST(other.becomes(0, 0, process_state::stopped) == (trace{"restart"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(report_repeats, stage) { // V086
  add("lst", -1, {"lst"});
  add("man", 999, {"man"}, process_state::starting);
  add("many", 999, {"many_05", "many_06"});
  auto first = tell(daemon_event::signal{SIGTERM});
  BOOST_TEST(first.back() == "INFO waiting for lst, man, many_05, many_06 to die");
  BOOST_TEST(blather ==
               (trace{"lst state: RUNNING", "man state: STARTING", "many_05 state: RUNNING", "many_06 state: RUNNING"}),
             per_element);
  becomes(1, 0, process_state::stopping);
  becomes(2, 0, process_state::stopping);
  becomes(2, 1, process_state::stopped);
  now += 1s;
  BOOST_TEST(tell(daemon_event::timer_fired{}).empty()); // too early
  now += 2s;
  BOOST_TEST(tell(daemon_event::timer_fired{}) == (trace{"INFO waiting for lst, man, many_05 to die"}), per_element);
  BOOST_TEST((timers == std::vector<std::chrono::steady_clock::duration>{3s, 2s, 3s}));
}

BOOST_FIXTURE_TEST_CASE(backoff_is_not_waited_for_once_its_turn_came, stage) { // V087
  add("first", 1, {"x"}, process_state::backoff);
  add("second", 2, {"w"}, process_state::backoff);
  add("last", 2, {"y"}, process_state::backoff);
  BOOST_TEST(
    tell(daemon_event::shutdown_requested{}) ==
      (trace{"state SHUTDOWN", stopping + " not to last", "stop last", "stop second", "INFO waiting for x to die"}),
    per_element);
  BOOST_TEST(becomes(2, 0, process_state::fatal).empty());
  BOOST_TEST(becomes(1, 0, process_state::fatal) == (trace{"stop first"}), per_element);
  BOOST_TEST(becomes(0, 0, process_state::fatal) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(a_shutdown_is_never_turned_into_a_restart, stage) {
  add("a", 1, {"a"});
  tell(daemon_event::shutdown_requested{});
  BOOST_TEST(tell(daemon_event::restart_requested{}).empty());
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(an_exit_request_after_the_restart_was_decided, stage) {
  add("a", 1, {"a"});
  tell(daemon_event::signal{SIGHUP});
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"restart"}), per_element);
  BOOST_TEST(tell(daemon_event::signal{SIGTERM}) ==
               (trace{"WARN received SIGTERM indicating exit request", "state SHUTDOWN", "exit"}),
             per_element);
  BOOST_TEST(tell(daemon_event::timer_fired{}).empty());
  BOOST_TEST(becomes(0, 0, process_state::stopped).empty());
}

BOOST_FIXTURE_TEST_CASE(a_member_that_comes_up_late_is_stopped_too, stage) {
  add("a", 1, {"x", "y"});
  add("b", 1, {"z"}, process_state::stopped);
  groups[0].members[1].state = process_state::stopped;
  tell(daemon_event::signal{SIGTERM});
  BOOST_TEST(becomes(0, 1, process_state::starting) == (trace{"stop a"}), per_element);
  BOOST_TEST(becomes(0, 0, process_state::stopping).empty());
  BOOST_TEST(becomes(1, 0, process_state::starting) == (trace{"stop b"}), per_element); // its turn was over
  BOOST_TEST(becomes(0, 0, process_state::stopped).empty());
  BOOST_TEST(becomes(1, 0, process_state::stopped).empty());
  BOOST_TEST(becomes(0, 1, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(one_that_comes_up_before_its_turn_waits_for_it, stage) {
  add("low", 1, {"x"}, process_state::stopped);
  add("high", 2, {"y"});
  tell(daemon_event::signal{SIGTERM});
  BOOST_TEST(becomes(0, 0, process_state::starting).empty());
  BOOST_TEST(becomes(1, 0, process_state::stopped) == (trace{"stop low"}), per_element);
}

BOOST_AUTO_TEST_CASE(before_a_stop_nothing_is_waited_for) {
  stage daemon;
  daemon.add("a", 1, {"a"});
  BOOST_TEST(daemon.becomes(0, 0, process_state::exited).empty());
  BOOST_TEST(daemon.tell(daemon_event::timer_fired{}).empty());
  BOOST_TEST(daemon.tell(daemon_event::group_changed{7, 0}).empty());
}

/// However members behave while the daemon stops: one finish, when the last is stopped; nobody before his turn.
BOOST_AUTO_TEST_CASE(every_stop_ends_once) {
  std::mt19937 random{7};
  using enum process_state;
  const process_state states[] = {stopped, starting, running, backoff, process_state::stopping, exited, fatal};
  for (int life = 0; life < 2000; ++life) {
    stage daemon;
    std::vector<std::pair<std::size_t, std::size_t>> left;
    for (std::size_t g = 0; g < 1 + random() % 5; ++g) {
      daemon.add("g" + std::to_string(g), static_cast<std::int64_t>(random() % 3),
                 std::vector<std::string>(random() % 4, "p"), running, random() % 3 == 0);
      for (std::size_t m = 0; m < daemon.groups[g].members.size(); ++m) {
        daemon.groups[g].members[m].state = states[random() % std::size(states)];
        left.emplace_back(g, m);
      }
    }
    int ends = 0;
    auto count = [&](const trace& t) {
      for (const auto& line : t) {
        ends += line == "exit";
        if (line.starts_with("stop g")) { // what is left has a later turn, or the same one
          const auto& stopped_now = daemon.groups[static_cast<std::size_t>(line.back() - '0')];
          for (const auto& group : daemon.groups)
            for (const auto& member : group.members)
              BOOST_REQUIRE((is_stopped(member.state) || &group == &stopped_now ||
                             group.priority < stopped_now.priority ||
                             (group.priority == stopped_now.priority && (group.pool || !stopped_now.pool))));
        }
      }
    };
    count(daemon.tell(daemon_event::shutdown_requested{}));
    std::shuffle(left.begin(), left.end(), random);
    for (auto [g, m] : left) {
      if (!is_stopped(daemon.groups[g].members[m].state)) {
        BOOST_REQUIRE(ends == 0);
        count(daemon.becomes(g, m, process_state::stopping));
        count(daemon.becomes(g, m, stopped));
      }
      count(daemon.tell(daemon_event::timer_fired{}));
    }
    BOOST_REQUIRE(ends == 1);
  }
}

BOOST_AUTO_TEST_CASE(orders) { // V080, V084, V085
  using order = std::vector<std::size_t>;
  const std::vector<std::int64_t> same{999, 999, 999};
  const std::vector<std::int64_t> mixed{5, 1, 9, 1};
  BOOST_TEST(stop_order(same) == (order{2, 1, 0}), per_element);
  BOOST_TEST(stop_order(mixed) == (order{2, 0, 3, 1}), per_element);
  BOOST_TEST(request_order(mixed) == (order{1, 3, 0, 2}), per_element);
}

BOOST_AUTO_TEST_CASE(ticks) { // V131, V132
  tick_clock clock;
  auto at = [&](std::int64_t seconds) {
    trace out;
    for (const auto& event : clock.advance(seconds))
      out.push_back(std::string(to_string(event.type)) + ' ' + event.body);
    return out;
  };
  BOOST_TEST(at(0).empty());
  BOOST_TEST(at(6) == (trace{"TICK_5 when:5"}), per_element);
  BOOST_TEST(at(61) == (trace{"TICK_5 when:60", "TICK_60 when:60"}), per_element);
  BOOST_TEST(at(3601) == (trace{"TICK_5 when:3600", "TICK_60 when:3600", "TICK_3600 when:3600"}), per_element);
  BOOST_TEST(at(3599) == (trace{"TICK_5 when:3595", "TICK_60 when:3540", "TICK_3600 when:0"}), per_element);
}

BOOST_AUTO_TEST_SUITE_END()
