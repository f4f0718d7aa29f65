// Sweeps of real processes: who is signalled, who is told of, and that nobody is told any more once nobody asks.
#include "actors/io/sweep_desk.hpp"
#include "tests/relatives.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <future>
#include <optional>

BOOST_AUTO_TEST_SUITE(sweep_desk_test)

using namespace troupe;
using namespace troupe::actors;
using namespace std::chrono_literals;
using config::kill_reach;

namespace {

struct stage : tests::relatives {
  sweep_told tell() {
    return [this](const left_behind& left) {
      counts.push_back(left.count);
      names = left.names;
    };
  }
  void begin(kill_reach reach, int leader, bool lives = false) {
    running = desk->begin({reach, leader, id, lives}, tell());
  }
  /// Who came to us is reaped, as the reaper does.
  void turn() {
    io.run_one_for(5ms);
    for (auto pid : children())
      ::waitpid(pid, nullptr, WNOHANG);
  }
  template <class Condition>
  void run_until(Condition is_so) {
    auto end = std::chrono::steady_clock::now() + 20s;
    while (!is_so() && std::chrono::steady_clock::now() < end)
      turn();
    BOOST_TEST_REQUIRE(is_so());
  }
  bool told(std::int64_t count) const { return !counts.empty() && counts.back() == count; }
  /// Those that have begun, and what they tell.
  void let_looks_end() {
    std::promise<void> after;
    crew.post([&] { after.set_value(); });
    after.get_future().wait();
    io.poll();
  }
  /// Nothing waits on the loop, and nothing comes.
  void nothing_more() {
    auto so_far = counts.size();
    let_looks_end();
    work.reset();
    io.run_for(20s);
    BOOST_TEST(io.stopped());
    BOOST_TEST(counts.size() == so_far);
    io.restart();
    work.emplace(io.get_executor());
  }
  static std::string shown(pid_t pid, const std::string& name) { return std::to_string(pid) + " (" + name + ")"; }

  boost::asio::io_context io;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work{io.get_executor()};
  work_crew crew;
  std::optional<sweep_desk> desk{std::in_place, io, crew};
  std::vector<std::int64_t> counts;
  std::string names;
  std::unique_ptr<sweep> running;
};

void ignore_term() { std::signal(SIGTERM, SIG_IGN); }

} // namespace

BOOST_FIXTURE_TEST_CASE(term_ends_what_is_left_and_nobody_is_told_twice, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
    below([] {});
  });
  end(all[0]);
  begin(kill_reach::group, all[0]);
  BOOST_TEST(counts.empty());
  running->signal(SIGTERM);
  BOOST_TEST(counts.empty()); // never from in here
  run_until([&] { return told(0); });
  BOOST_TEST(names == "");
  nothing_more();
  running->signal(SIGKILL); // nobody is there; that is told again
  auto so_far = counts.size();
  run_until([&] { return counts.size() == so_far + 1; });
  BOOST_TEST(told(0));
}

BOOST_FIXTURE_TEST_CASE(who_ignores_term_is_named_and_kill_ends_him, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
    below([] {
      ignore_term();
      ::prctl(PR_SET_NAME, "stubborn");
    });
  });
  end(all[0]);
  begin(kill_reach::group, all[0]);
  running->signal(SIGTERM);
  run_until([&] { return told(1); });
  auto left = platform::living_processes().in_reach({kill_reach::group, all[0], false, 0});
  BOOST_TEST_REQUIRE(left.size() == 1U);
  BOOST_TEST(names == shown(left[0].key.pid, "stubborn"));
  running->signal(SIGKILL);
  run_until([&] { return told(0); });
}

BOOST_FIXTURE_TEST_CASE(a_look_without_a_signal_names_ten_and_ends_nobody, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, "one of them");
    for (int n = 0; n < 12; ++n)
      below([] {});
  });
  begin(kill_reach::group, all[0], true);
  running->signal(0);
  run_until([&] { return !counts.empty(); });
  BOOST_TEST(told(12));
  std::vector<pid_t> pids(all.begin() + 1, all.end());
  std::sort(pids.begin(), pids.end());
  std::string expected;
  for (int n = 0; n < 10; ++n)
    expected += (n > 0 ? ", " : "") + shown(pids[n], "one of them");
  BOOST_TEST(names == expected);
  ::kill(pids[3], SIGKILL); // ended by somebody else, and waited for by nobody
  run_until([&] { return told(11); });
}

BOOST_FIXTURE_TEST_CASE(of_a_leader_that_lives_until_now, stage) {
  auto all = family([&] {
    ::setsid();
    below([] {});
  });
  begin(kill_reach::session, all[0], true);
  end(all[0]);
  running->signal(SIGKILL);
  run_until([&] { return told(0); });
}

BOOST_FIXTURE_TEST_CASE(who_has_the_number_now_is_left_alone, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
  });
  begin(kill_reach::group, all[0]);
  running->signal(SIGKILL);
  run_until([&] { return told(0); });
  BOOST_TEST(platform::living_processes().in_reach({kill_reach::group, all[0], true, 0}).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_orphan_of_another_session, stage) {
  auto all = family([&] {
    below([&] {
      ::setsid();
      below([] { become_sleep(id_text); });
    });
  });
  end(all[0]);
  end(all[1]);
  begin(kill_reach::tree, all[0]);
  running->signal(SIGTERM);
  run_until([&] { return told(0); });
}

namespace {
extern "C" void make_another(int) {
  std::signal(SIGTERM, SIG_DFL);
  if (::fork() == 0) {
    ::alarm(60);
    for (;;)
      ::pause();
  }
  ::_exit(0);
}
} // namespace

BOOST_FIXTURE_TEST_CASE(whoever_is_made_by_those_who_end_is_found, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] { std::signal(SIGTERM, make_another); });
  });
  end(all[0]);
  begin(kill_reach::group, all[0]);
  running->signal(SIGTERM);
  run_until([&] { return !counts.empty(); });
  if (!told(0)) { // it was made after the last walk
    running->signal(SIGKILL);
    run_until([&] { return told(0); });
  }
  BOOST_TEST(platform::living_processes().in_reach({kill_reach::group, all[0], false, 0}).empty());
}

BOOST_FIXTURE_TEST_CASE(nobody_is_told_when_nobody_asks_any_more, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
    below([] { ignore_term(); });
  });
  begin(kill_reach::group, all[0], true);
  running->signal(SIGTERM);
  running.reset();
  nothing_more();
  begin(kill_reach::group, all[0], true);
  running->signal(0);
  run_until([&] { return !counts.empty(); });
  running.reset(); // while ends are waited for
  counts.clear();
  for (auto pid : {all[1], all[2]})
    end(pid);
  nothing_more();
  BOOST_TEST(counts.empty());
}

BOOST_FIXTURE_TEST_CASE(the_one_who_is_told_may_end_the_sweep, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
  });
  running = desk->begin({kill_reach::group, all[0], 0, true}, [&](const left_behind& left) {
    running.reset();
    counts.push_back(left.count);
  });
  running->signal(0);
  run_until([&] { return !counts.empty(); });
  BOOST_TEST(told(1));
  desk.reset();
  nothing_more();
}

BOOST_FIXTURE_TEST_CASE(the_desk_may_end_with_a_look_under_way, stage) {
  begin(kill_reach::tree, 4'000'000);
  running->signal(0);
  io.poll();
  running.reset();
  desk.reset();
  nothing_more();
  BOOST_TEST(counts.empty());
}

BOOST_FIXTURE_TEST_CASE(many_that_end_at_once_need_few_looks, stage) {
  constexpr int many = 300; // more than there are descriptors to wait with
  auto all = family([&] {
    ::setpgid(0, 0);
    for (int n = 0; n < many; ++n)
      below([] {});
  });
  begin(kill_reach::group, all[0], true);
  running->signal(0);
  run_until([&] { return told(many); });
  end(all[0]);
  auto so_far = counts.size();
  ::kill(-all[0], SIGKILL);
  run_until([&] { return told(0); });
  BOOST_TEST(counts.size() - so_far <= 15U); // one for each look at most
}

BOOST_FIXTURE_TEST_CASE(somebody_else_who_hangs_holds_up_no_sweep, stage) {
  auto all = family([&] {
    ::setpgid(0, 0);
    below([] {});
  });
  std::promise<void> over;
  crew.post([hangs = over.get_future().share()] { hangs.wait(); });
  begin(kill_reach::group, all[0], true);
  running->signal(SIGKILL);
  run_until([&] { return told(0); });
  over.set_value();
}

BOOST_FIXTURE_TEST_CASE(sweeps_beside_each_other, stage) {
  std::vector<std::unique_ptr<sweep>> sweeps;
  int gone = 0;
  for (int n = 0; n < 20; ++n) {
    auto all = family([&] {
      ::setpgid(0, 0);
      below([] {});
    });
    end(all[0]);
    sweeps.push_back(
      desk->begin({kill_reach::group, all[0], 0}, [&](const left_behind& left) { gone += left.count == 0 ? 1 : 0; }));
  }
  for (auto& one : sweeps)
    one->signal(SIGTERM);
  run_until([&] { return gone == 20; });
  nothing_more();
  BOOST_TEST(gone == 20);
}

BOOST_AUTO_TEST_SUITE_END()
