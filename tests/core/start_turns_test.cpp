// Whose turn it is to be spawned: vectors P124 to P127 of docs/contract/programs.md, and random programs that never
// break a limit nor are forgotten. Must not hold a clock.
#include "actors/core/start_turns.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(start_turns_test)

using namespace troupe::actors;
namespace config = troupe::config;
using namespace std::chrono_literals;
using time_point = start_turns::time_point;

namespace {

time_point at(double seconds) {
  return time_point{} + 1000s +
         std::chrono::duration_cast<time_point::duration>(std::chrono::duration<double>(seconds));
}
double second_of(time_point when) { return std::chrono::duration<double>(when - at(0)).count(); }

start_turns::wish wish(std::uint64_t process, bool by_itself = false) {
  return {process, "program:" + std::to_string(process), 0ms, by_itself, {}};
}

/// Plays until nobody waits any more; whoever is spawned is over after `lasts` seconds. When each was spawned.
std::map<std::uint64_t, double> play(start_turns& turns, const std::vector<start_turns::wish>& wishes, double lasts) {
  std::map<std::uint64_t, double> spawned;
  std::vector<std::pair<double, std::uint64_t>> ends;
  auto note = [&](std::uint64_t process, double now) {
    spawned[process] = now;
    ends.emplace_back(now + lasts, process);
  };
  for (const auto& w : wishes)
    if (turns.ask(w, at(0)) == start_hold::go)
      note(w.process, 0);
  while (spawned.size() < wishes.size()) {
    std::sort(ends.begin(), ends.end());
    auto next = turns.next();
    BOOST_REQUIRE((next || !ends.empty()));
    double now = ends.empty() ? second_of(*next)
                 : next       ? std::min(second_of(*next), ends.front().first)
                              : ends.front().first;
    if (!ends.empty() && ends.front().first <= now) {
      turns.over(ends.front().second);
      ends.erase(ends.begin());
    }
    for (auto process : turns.look(at(now)).go)
      note(process, now);
  }
  return spawned;
}

} // namespace

BOOST_AUTO_TEST_CASE(no_limits) {
  start_turns turns;
  for (std::uint64_t i = 0; i < 100; ++i)
    BOOST_TEST((turns.ask(wish(i, i % 2 == 0), at(0)) == start_hold::go));
  BOOST_TEST(!turns.next());
}

BOOST_AUTO_TEST_CASE(p124_slots) {
  start_turns turns{{2, {}}};
  auto spawned = play(turns, {wish(1), wish(2), wish(3), wish(4), wish(5)}, 1.01);
  std::map<std::uint64_t, double> expected{{1, 0}, {2, 0}, {3, 1.01}, {4, 1.01}, {5, 2.02}};
  BOOST_TEST(spawned.size() == expected.size());
  for (auto [process, when] : expected)
    BOOST_TEST(spawned[process] == when, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(p125_budget) {
  start_turns turns{{0, config::rate{2, 10s}}};
  auto spawned = play(turns, {wish(1, true), wish(2, true), wish(3, true), wish(4, true), wish(5, true)}, 1);
  std::map<std::uint64_t, double> expected{{1, 0}, {2, 0}, {3, 10}, {4, 10}, {5, 20}};
  for (auto [process, when] : expected)
    BOOST_TEST(spawned[process] == when, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(p126_an_operator_does_not_wait_for_it) {
  start_turns turns{{0, config::rate{2, 10s}}};
  for (std::uint64_t i = 1; i <= 3; ++i)
    turns.ask(wish(i, true), at(0));
  BOOST_TEST((turns.ask(wish(9), at(5)) == start_hold::go));
  BOOST_TEST((turns.ask(wish(3), at(5)) == start_hold::go)); // who waits, and is started by hand
  BOOST_TEST(turns.look(at(10)).go.empty());
}

BOOST_AUTO_TEST_CASE(p127_stagger) {
  start_turns turns;
  std::vector<start_turns::wish> members;
  for (std::uint64_t i = 1; i <= 3; ++i)
    members.push_back({i, "program:w", 3s, false, {}});
  auto spawned = play(turns, members, 0.5);
  BOOST_TEST(spawned[1] == 0);
  BOOST_TEST(spawned[2] == 3, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(spawned[3] == 6, boost::test_tools::tolerance(1e-6));
  BOOST_TEST((turns.ask({4, "program:other", 3s, false, {}}, at(6)) == start_hold::go)); // of another section
}

BOOST_AUTO_TEST_CASE(what_it_waits_for) {
  start_turns turns{{1, config::rate{1, 10s}}};
  BOOST_TEST((turns.ask(wish(1, true), at(0)) == start_hold::go));
  BOOST_TEST((turns.ask(wish(2, true), at(0)) == start_hold::budget));
  BOOST_TEST((turns.ask(wish(3), at(0)) == start_hold::slot));
  BOOST_TEST((turns.ask({4, "program:1", 5s, false, {}}, at(0)) == start_hold::slot));
  BOOST_TEST(turns.over(1));
  auto now = turns.look(at(1));
  BOOST_TEST(now.go == std::vector<std::uint64_t>{3}, boost::test_tools::per_element());
  BOOST_TEST(turns.over(3));
  BOOST_TEST(turns.look(at(2)).go == std::vector<std::uint64_t>{4}, boost::test_tools::per_element());
  BOOST_TEST(turns.over(4));
  BOOST_TEST(second_of(*turns.next()) == 10, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(to_string(start_hold::slot) == "waiting for a start slot");
  BOOST_TEST(to_string(start_hold::budget) == "waiting for the restart budget");
  BOOST_TEST(to_string(start_hold::stagger) == "waiting for its start delay");
}

BOOST_AUTO_TEST_CASE(who_holds_a_slot_and_asks_again_does_not_wait_for_himself) {
  start_turns turns{{1, {}}};
  BOOST_TEST((turns.ask(wish(1), at(0)) == start_hold::go));
  BOOST_TEST((turns.ask(wish(1), at(1)) == start_hold::go));
}

BOOST_AUTO_TEST_CASE(who_comes_later_waits_behind) {
  start_turns turns{{1, {}}};
  turns.ask(wish(1), at(0));
  turns.ask(wish(2), at(0));
  turns.over(1);
  BOOST_TEST((turns.ask(wish(3), at(1)) == start_hold::slot)); // before anybody has looked
  BOOST_TEST(turns.look(at(1)).go == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_is_said_once_a_window_how_many_wait) {
  start_turns turns{{0, config::rate{1, 10s}}};
  for (std::uint64_t i = 1; i <= 5; ++i)
    turns.ask(wish(i, true), at(0));
  BOOST_TEST(second_of(*turns.next()) == 0.1, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(turns.look(at(0.1)).over_budget == 4U);
  turns.ask(wish(6, true), at(1));
  BOOST_TEST(second_of(*turns.next()) == 10, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(turns.look(at(1.2)).over_budget == 0U);
}

BOOST_AUTO_TEST_CASE(a_daemon_after_another_goes_on) {
  start_turns turns;
  turns.limit({1, config::rate{2, 10s}});
  auto w = start_turns::wish{1, "program:w", 5s, true, {}};
  turns.note_spawned(w, at(1), true);
  turns.note_spawned({2, "program:x", 0ms, true, {}}, at(0), false);
  turns.note_spawned({3, "program:w", 5s, false, {}}, at(0.5), false);
  BOOST_TEST((turns.ask({4, "program:4", 0ms, false, at(0.4)}, at(2)) == start_hold::slot)); // 1 has it
  BOOST_TEST((turns.ask({5, "program:5", 0ms, false, at(0.2)}, at(2)) == start_hold::slot));
  BOOST_TEST((turns.ask({6, "program:w", 5s, false, at(0.1)}, at(2)) == start_hold::stagger));
  BOOST_TEST((turns.ask({7, "program:7", 0ms, true, at(0)}, at(2)) == start_hold::budget));
  turns.over(1);
  BOOST_TEST(turns.look(at(3)).go == std::vector<std::uint64_t>{5}, boost::test_tools::per_element()); // waited longest
  turns.over(5);
  BOOST_TEST(turns.look(at(3)).go == std::vector<std::uint64_t>{4}, boost::test_tools::per_element());
  turns.over(4);
  BOOST_TEST(turns.look(at(5.9)).go.empty());
  BOOST_TEST(turns.look(at(6)).go == std::vector<std::uint64_t>{6}, boost::test_tools::per_element());
  turns.over(6);
  BOOST_TEST(turns.look(at(10)).go == std::vector<std::uint64_t>{7}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(another_reaper_knows_who_is_at_it) {
  start_turns turns{{1, {}}};
  turns.ask(wish(1), at(0));
  turns.ask(wish(2), at(0));
  turns.limit({1, {}}); // 1 was over when nobody heard of it
  BOOST_TEST(turns.look(at(1)).go == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
}

/// Random programs that crash, are stopped and started: limits hold, and whoever waits is started in the end.
BOOST_AUTO_TEST_CASE(invariants) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    std::mt19937 random{seed};
    auto concurrency = static_cast<std::int64_t>(random() % 4);
    config::rate budget{1 + static_cast<std::int64_t>(random() % 3), 5s};
    start_turns turns{{concurrency, budget}};
    std::vector<std::uint64_t> waiting, starting;
    std::vector<double> restarts;
    double now = 0;
    std::map<std::uint64_t, bool> kind;
    auto begin = [&](std::uint64_t process) {
      std::erase(waiting, process);
      starting.push_back(process);
      if (kind[process])
        restarts.push_back(now);
    };
    auto check = [&] {
      if (concurrency > 0)
        BOOST_REQUIRE(static_cast<std::int64_t>(starting.size()) <= concurrency);
      auto recent = std::count_if(restarts.begin(), restarts.end(), [&](double when) { return when > now - 4.999; });
      BOOST_REQUIRE(recent <= budget.count);
    };
    for (int i = 0; i < 300; ++i) {
      now += static_cast<double>(random() % 500) / 1000;
      auto process = random() % 8;
      bool idle = std::find(starting.begin(), starting.end(), process) == starting.end() &&
                  std::find(waiting.begin(), waiting.end(), process) == waiting.end();
      if (random() % 3 != 0 && idle) {
        kind[process] = random() % 2 == 0;
        waiting.push_back(process);
        if (turns.ask({process, "program:" + std::to_string(process % 3), 200ms, kind[process], at(now)}, at(now)) ==
            start_hold::go)
          begin(process);
      } else if (!idle) {
        turns.over(process);
        std::erase(starting, process);
        std::erase(waiting, process);
      }
      for (auto next : turns.look(at(now)).go)
        begin(next);
      check();
    }
    while (!waiting.empty()) {
      if (!starting.empty()) {
        turns.over(starting.front());
        starting.erase(starting.begin());
      } else {
        auto next = turns.next();
        BOOST_REQUIRE(next);
        now = std::max(now, second_of(*next));
      }
      for (auto next : turns.look(at(now)).go)
        begin(next);
      check();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
