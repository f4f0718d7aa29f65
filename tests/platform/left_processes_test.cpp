// Who is found in the group, the session and the tree of a child, and who is not. Real processes.
#include "platform/left_processes.hpp"
#include "tests/relatives.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(left_processes_test)

using namespace troupe::platform;
using boost::test_tools::per_element;
using troupe::config::kill_reach;
using pids = std::vector<pid_t>;

namespace {

constexpr bool lives = true;
constexpr bool gone = false;

struct stage : troupe::tests::relatives {
  static std::vector<left_process> look(kill_reach kind, pid_t leader, bool leader_lives, std::uint64_t spawn = id) {
    return living_processes().in_reach({kind, leader, leader_lives, spawn});
  }
  static pids found(kill_reach kind, pid_t leader, bool leader_lives, std::uint64_t spawn = id) {
    pids all;
    for (const auto& p : look(kind, leader, leader_lives, spawn))
      all.push_back(p.key.pid);
    return all;
  }
  static pids sorted(pids all) {
    std::sort(all.begin(), all.end());
    return all;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_group_without_its_leader_and_who_has_left_it, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
    below([] { ::setpgid(0, 0); });
  });
  BOOST_TEST(found(kill_reach::group, all[0], lives) == pids{all[1]}, per_element());
  end(all[0]);
  BOOST_TEST(found(kill_reach::group, all[0], gone) == pids{all[1]}, per_element());
  end(all[1]);
  BOOST_TEST(found(kill_reach::group, all[0], gone) == pids{}, per_element());
}

BOOST_FIXTURE_TEST_CASE(a_session_with_all_its_groups, stage) {
  auto all = family([&] {
    ::setsid();
    below([] { ::setpgid(0, 0); });
    below([] { ::setsid(); });
  });
  BOOST_TEST(found(kill_reach::session, all[0], lives) == pids{all[1]}, per_element());
  BOOST_TEST(found(kill_reach::group, all[0], lives) == pids{}, per_element());
  end(all[0]);
  BOOST_TEST(found(kill_reach::session, all[0], gone) == pids{all[1]}, per_element());
}

BOOST_FIXTURE_TEST_CASE(whoever_has_the_number_of_a_leader_that_is_gone_is_another, stage) {
  auto all = family([&] {
    ::setsid();
    below([] {});
  });
  for (auto kind : {kill_reach::group, kill_reach::session, kill_reach::tree}) {
    BOOST_TEST(found(kind, all[0], lives) == pids{all[1]}, per_element());
    BOOST_TEST(found(kind, all[0], gone) == pids{}, per_element());
  }
}

BOOST_FIXTURE_TEST_CASE(zombies_are_not_found, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] { ::_exit(0); });
    below([] {});
  });
  wait_until([&] { return found(kill_reach::group, all[0], lives).size() == 1; });
  BOOST_TEST(found(kill_reach::group, all[0], lives) == pids{all[2]}, per_element());
  BOOST_TEST(found(kill_reach::tree, all[0], lives) == pids{all[2]}, per_element());
  ::kill(all[0], SIGKILL);
  wait_until([&] { return found(kill_reach::group, all[0], gone).size() == 1; }); // the leader as a zombie
  BOOST_TEST(found(kill_reach::group, all[0], gone) == pids{all[2]}, per_element());
}

BOOST_FIXTURE_TEST_CASE(a_tree_that_lives_whatever_sessions_it_has, stage) {
  auto all = family([&] {
    below([&] {
      ::setsid();
      below([] {});
    });
  });
  BOOST_TEST(found(kill_reach::tree, all[0], lives, 0) == sorted({all[1], all[2]}), per_element());
}

BOOST_FIXTURE_TEST_CASE(orphans_with_the_id_and_who_descends_from_them, stage) {
  auto all = family([&] {
    below([&] {
      ::setsid();
      below([] { become_sleep(id_text); });
      ::_exit(0);
    });
    below([] { become_sleep("SUPERVISOR_SPAWN_ID=00c0ffee00000abd"); });
    below([] { become_sleep("XSUPERVISOR_SPAWN_ID=00c0ffee00000abc"); });
    below([] { become_sleep("SUPERVISOR_SPAWN_ID=c0ffee00000abc"); });
    below([] { become_sleep("SUPERVISOR_SPAWN_ID=00c0ffee00000abcd"); });
    below([] {});
  });
  end(all[0]);
  auto left = found(kill_reach::tree, all[0], gone);
  BOOST_TEST_REQUIRE(left.size() == 1U);
  BOOST_TEST(std::count(all.begin(), all.end(), left[0]) == 1);
  BOOST_TEST(look(kill_reach::tree, all[0], gone)[0].name == "sleep");
  BOOST_TEST(found(kill_reach::tree, all[0], gone, 0) == pids{}, per_element());
  BOOST_TEST(found(kill_reach::tree, all[0], lives) == left,
             per_element()); // one that came to us while the leader lives
}

BOOST_FIXTURE_TEST_CASE(who_hangs_is_not_asked_for_his_environment, stage) {
  auto all = family([&] { become_sleep(id_text); });
  left_reach reach{kill_reach::tree, 4'000'000, gone, id};
  std::atomic<pid_t> reading{-1};
  auto left = living_processes(&reading).in_reach(reach);
  BOOST_TEST_REQUIRE(left.size() == 1U);
  BOOST_TEST(left[0].key.pid == all[0]);
  BOOST_TEST(reading == 0);
  BOOST_TEST(living_processes(&reading, all).in_reach(reach).empty());
  reach.leader = all[0]; // never found itself
  BOOST_TEST(living_processes().in_reach(reach).empty());
}

BOOST_FIXTURE_TEST_CASE(names_are_shown_as_they_may_stand_in_a_log, stage) {
  const std::pair<const char*, const char*> names[] = {
    {"a b", "a b"}, {") R 1 1 (", ") R 1 1 ("}, {"a\x1b", "a\\x1b"}, {"\xc3\xa9", "\xc3\xa9"}, {"(", "("}};
  for (auto [name, shown] : names) {
    auto all = family([&, name = name] {
      ::setpgid(0, 0);
      below([&] { ::prctl(PR_SET_NAME, name); });
    });
    auto left = look(kill_reach::group, all[0], lives);
    BOOST_TEST_REQUIRE(left.size() == 1U);
    BOOST_TEST(left[0].name == shown);
  }
}

BOOST_FIXTURE_TEST_CASE(a_signal_reaches_whom_was_found_and_nobody_else_of_that_number, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
  });
  auto left = look(kill_reach::group, all[0], lives);
  BOOST_TEST_REQUIRE(left.size() == 1U);
  auto another = left[0];
  --another.key.started;
  unique_fd held;
  BOOST_TEST(!signal_left(another, SIGKILL));
  BOOST_TEST((hold_left(another, held) == holding::gone));
  BOOST_TEST((hold_left(left[0], held) == holding::held));
  pollfd ended{held.get(), POLLIN, 0};
  BOOST_TEST(::poll(&ended, 1, 0) == 0);
  BOOST_TEST(signal_left(left[0], SIGTERM));
  BOOST_TEST(::poll(&ended, 1, 20000) == 1);
  BOOST_TEST(!signal_left(left[0], SIGTERM));
}

BOOST_AUTO_TEST_CASE(what_is_no_reach_has_nobody) {
  for (auto kind : {kill_reach::as_ever, kill_reach::process, kill_reach::cgroup})
    BOOST_TEST(living_processes().in_reach({kind, ::getpgrp(), lives, 1}).empty());
  for (pid_t leader : {-1, 0, 1})
    for (auto kind : {kill_reach::group, kill_reach::session, kill_reach::tree})
      BOOST_TEST(living_processes().in_reach({kind, leader, lives, 1}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
