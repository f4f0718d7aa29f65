// The daemon's own life as tables: signals, the stop sequence, orders and ticks. Vectors V080 to V091, V131, V132,
// C311 to C314 of the specifications.
#include "actors/daemon_fsm.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace troupe::actors;
using troupe::protocols::mood;
using troupe::protocols::process_state;
namespace config = troupe::config;
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
  trace becomes(std::size_t group, std::size_t member, process_state state) {
    groups[group].members[member].state = state;
    return tell(daemon_event::group_changed{group, member});
  }
  void add(std::string name, std::int64_t priority, std::vector<std::string> members, process_state state = process_state::running) {
    group_view view{std::move(name), priority, {}};
    for (auto& member : members)
      view.members.push_back({member, state});
    groups.push_back(std::move(view));
  }

  std::string show(daemon_effect::set_mood e) { return "mood " + std::string(to_string(e.to)); }
  std::string show(daemon_effect::publish e) { return std::string(to_string(e.type)); }
  std::string show(daemon_effect::stop_group e) { return "stop " + groups[e.group].name; }
  std::string show(daemon_effect::arm_timer) { return ""; }
  std::string show(daemon_effect::reopen_logs) { return "reopen"; }
  std::string show(const daemon_effect::log& e) {
    return e.level == config::log_level::blather ? "" : (e.level == config::log_level::warn ? "WARN " : e.level == config::log_level::info ? "INFO " : "DEBG ") + e.text;
  }
  std::string show(daemon_effect::finish e) { return e.how == daemon_end::exit ? "exit" : "restart"; }
};

constexpr auto per_element = boost::test_tools::per_element();
const std::string stopping = "SUPERVISOR_STATE_CHANGE_STOPPING";

} // namespace

BOOST_FIXTURE_TEST_CASE(groups_stop_one_after_the_other, stage) { // V083
  add("pool", -1, {"l"});
  add("a", 999, {"a"});
  add("b", 999, {"b"});
  add("c", 999, {"c"});
  BOOST_TEST(tell(daemon_event::signal{SIGTERM}) ==
               (trace{"WARN received SIGTERM indicating exit request", "mood SHUTDOWN", stopping,
                      "INFO waiting for l, a, b, c to die", "stop c"}), per_element);
  BOOST_TEST(becomes(3, 0, process_state::stopping).empty());
  BOOST_TEST(becomes(3, 0, process_state::stopped) == (trace{"stop b"}), per_element);
  BOOST_TEST(becomes(2, 0, process_state::stopped) == (trace{"stop a"}), per_element);
  BOOST_TEST(becomes(1, 0, process_state::exited) == (trace{"stop pool"}), per_element);
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(a_group_waits_for_all_its_members, stage) {
  add("g", 1, {"x", "y"});
  tell(daemon_event::shutdown_requested{});
  BOOST_TEST(becomes(0, 0, process_state::stopped).empty());
  BOOST_TEST(becomes(0, 1, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(nothing_to_stop_takes_no_time, stage) { // 10.15
  add("a", 1, {"a"}, process_state::fatal);
  add("b", 2, {}, process_state::stopped);
  BOOST_TEST(tell(daemon_event::shutdown_requested{}) == (trace{"mood SHUTDOWN", stopping, "exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(report_repeats, stage) { // V086
  add("lst", -1, {"lst"});
  add("man", 999, {"man"});
  add("many", 999, {"many_05", "many_06"});
  auto first = tell(daemon_event::signal{SIGTERM});
  BOOST_TEST(first.at(3) == "INFO waiting for lst, man, many_05, many_06 to die");
  becomes(2, 1, process_state::stopped);
  now += 3s;
  BOOST_TEST(tell(daemon_event::timer_fired{}) == (trace{"INFO waiting for lst, man, many_05 to die"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(hup_during_shutdown_is_ignored, stage) { // V088, C313
  add("a", 1, {"a"});
  tell(daemon_event::signal{SIGTERM});
  BOOST_TEST(tell(daemon_event::signal{SIGHUP}) ==
               (trace{"WARN ignored SIGHUP indicating restart request (shutdown in progress)"}), per_element);
  BOOST_TEST(tell(daemon_event::signal{SIGTERM}) == (trace{"WARN received SIGTERM indicating exit request"}), per_element);
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(hup_restarts_and_term_turns_it_into_an_exit, stage) { // C312, C314
  add("a", 1, {"a"});
  BOOST_TEST(tell(daemon_event::signal{SIGHUP}) ==
               (trace{"WARN received SIGHUP indicating restart request", "mood RESTARTING", stopping,
                      "INFO waiting for a to die", "stop a"}), per_element);
  BOOST_TEST(tell(daemon_event::signal{SIGHUP}) == (trace{"WARN received SIGHUP indicating restart request"}), per_element);
  auto other = *this;
  BOOST_TEST(becomes(0, 0, process_state::stopped) == (trace{"restart"}), per_element);
  BOOST_TEST(other.tell(daemon_event::signal{SIGINT}) ==
               (trace{"WARN received SIGINT indicating exit request", "mood SHUTDOWN"}), per_element);
  BOOST_TEST(other.becomes(0, 0, process_state::stopped) == (trace{"exit"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(a_member_that_comes_up_late_is_stopped_too, stage) {
  add("a", 1, {"x", "y"});
  groups[0].members[1].state = process_state::stopped;
  tell(daemon_event::signal{SIGTERM});
  BOOST_TEST(becomes(0, 1, process_state::starting) == (trace{"stop a"}), per_element);
}

BOOST_FIXTURE_TEST_CASE(usr2_reopens_in_every_state, stage) { // C318
  add("a", 1, {"a"});
  const trace expected{"INFO received SIGUSR2 indicating log reopen request", "INFO supervisord logreopen", "reopen"};
  BOOST_TEST(tell(daemon_event::signal{SIGUSR2}) == expected, per_element);
  tell(daemon_event::signal{SIGTERM});
  BOOST_TEST(tell(daemon_event::signal{SIGUSR2}) == expected, per_element);
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
