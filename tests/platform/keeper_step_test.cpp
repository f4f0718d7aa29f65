// What the keeper does about what happens: sections 2.3 and 5.1 of docs/contract/survival.md, as tables.
#include "platform/keeper_step.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(keeper_step_test)

using namespace troupe::platform;
namespace data = boost::unit_test::data;

namespace {

constexpr std::uint64_t second = 1'000'000;

struct policy_row {
  const char* when;
  std::vector<std::uint64_t> deaths; ///< seconds
  std::uint32_t count;
  std::uint64_t period;
  bool end;
  std::uint32_t level;
  std::uint64_t wait; ///< ms
};
std::ostream& operator<<(std::ostream& out, const policy_row& r) { return out << r.when; }

const policy_row policies[] = {
  {"the first", {100}, 5, 60, false, 0, 0},
  {"the second", {100, 101}, 5, 60, false, 0, 0},
  {"the third: 72", {100, 101, 102}, 5, 60, false, 1, 100},
  {"the fourth: 72", {100, 101, 102, 103}, 5, 60, false, 2, 1000},
  {"the fifth: 72", {100, 101, 102, 103, 104}, 5, 60, true, 2, 5000},
  {"61 s apart: 73", {100, 161, 222, 283, 344, 405}, 5, 60, false, 0, 0},
  {"just within", {100, 160}, 2, 60, true, 2, 0},
  {"just without", {100, 161}, 2, 60, false, 2, 0},
  {"old ones do not count", {1, 2, 3, 4, 100}, 5, 60, false, 0, 0},
  {"the only one allowed", {100}, 1, 60, true, 2, 0},
  {"one of two", {100}, 2, 60, false, 2, 0},
  {"one of three", {100}, 3, 60, false, 1, 0},
  {"sixth of ten", {1, 2, 3, 4, 5, 6}, 10, 60, false, 0, 5000},
  {"no limit", {1, 2, 3, 4, 5, 6, 7, 8}, 0, 60, false, 0, 0},
};

std::string word_of(const keeper_effects::one& e) {
  const char* names[] = {"nothing", "note", "start", "abort", "pass", "say", "stop", "end"};
  auto v = std::to_string(e.value);
  return names[static_cast<int>(e.what)] + (e.value == 0 ? "" : " " + v);
}

/// A keeper that passes signals at once, unless the socket is `full`.
struct keeper_at_table {
  keeper_state state;
  std::uint64_t now = 100 * second;
  std::uint32_t taken = 0;
  crash_limit limit{};
  bool full = false;
  std::vector<int> passed;

  std::string does(keeper_happening h) {
    h.now = now;
    h.signals_taken = taken;
    h.limit = limit;
    auto t = keeper_step(state, h);
    state = t.after;
    std::string said;
    for (std::size_t i = 0; i < t.effects.count; ++i) {
      said += (said.empty() ? "" : ", ") + word_of(t.effects.all[i]);
      if (t.effects.all[i].what == keeper_effect::pass_signal && !full) {
        passed.push_back(signal_to_pass(state)->signo);
        does({keeper_event::signal_passed});
      }
    }
    return said;
  }
  std::string dies(int status) { return does({keeper_event::worker_ended, 0, status}); }
  std::string starts() { return does({keeper_event::worker_started}); }
  std::string signal(int signo) { return does({keeper_event::signal_came, 0, signo, 1, 0}); }
  std::string passes(std::uint64_t time) {
    now += time;
    return does({keeper_event::time_passed});
  }
};

} // namespace

BOOST_DATA_TEST_CASE(deaths_lead_to_a_level_a_wait_or_the_end, data::make(policies), r) {
  crash_times times;
  for (auto at : r.deaths)
    times.add(at * second);
  auto verdict = crash_policy(times, r.deaths.back() * second, {r.count, r.period * second});
  BOOST_TEST(verdict.end == r.end);
  BOOST_TEST(verdict.level == r.level);
  BOOST_TEST(verdict.wait == r.wait * 1000);
}

BOOST_AUTO_TEST_CASE(more_deaths_than_are_counted_are_too_many) {
  crash_times times;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    times.add(i);
    BOOST_TEST_REQUIRE(crash_policy(times, i, {5000, second}).end == (i >= 63));
  }
}

BOOST_AUTO_TEST_CASE(a_worker_that_dies_is_followed_by_another) { // 5.1, 72
  keeper_at_table k;
  BOOST_TEST(k.dies(SIGSEGV) == "note 11, start");
  BOOST_TEST(k.dies(SIGSEGV) == "note 11, start"); // while it was waiting: it could not be made
  k.starts();
  BOOST_TEST(k.dies(SIGKILL) == "note 9"); // the third waits
  BOOST_TEST(k.passes(99'999) == "");
  BOOST_TEST(k.passes(1) == "start 1");
  k.starts();
  BOOST_TEST(k.dies(SIGKILL) == "note 9");
  BOOST_TEST(k.passes(second) == "start 2");
  k.starts();
  BOOST_TEST(k.dies(SIGKILL) == "note 9, say 5, stop");
  BOOST_TEST(k.passes(60 * second) == "");
  BOOST_TEST(k.signal(SIGTERM) == "");
  BOOST_TEST(k.does({keeper_event::programs_gone}) == "end 70");
  BOOST_TEST(k.does({keeper_event::programs_gone}) == "");
}

BOOST_AUTO_TEST_CASE(an_orderly_end_is_the_end) { // 18
  keeper_at_table k;
  BOOST_TEST(k.does({.what = keeper_event::worker_ended, .value = SIGKILL, .bye = true, .code = 2}) == "end 2");
  BOOST_TEST(k.state.exit_code == 2);
  BOOST_TEST(k.starts() == "");
}

BOOST_AUTO_TEST_CASE(signals_are_passed_once_each_in_order) { // 13
  keeper_at_table k;
  BOOST_TEST(k.signal(SIGHUP) == "pass");
  BOOST_TEST(k.signal(SIGUSR2) == "pass");
  BOOST_TEST(k.signal(SIGUSR2) == "pass"); // the worker may have acted on the first, though it has not said so
  k.taken = 1;
  BOOST_TEST(k.signal(SIGHUP) == "pass");
  BOOST_TEST(k.passed == (std::vector{SIGHUP, SIGUSR2, SIGUSR2, SIGHUP}), boost::test_tools::per_element());
  for (int i = 0; i < 100; ++i) // one that takes none of them
    k.signal(SIGHUP);
  BOOST_TEST(k.passed.size() == most_kept_signals + 1);
}

BOOST_AUTO_TEST_CASE(signals_wait_for_a_worker) { // 14
  keeper_at_table k;
  k.dies(1);
  BOOST_TEST(k.signal(SIGTERM) == "");
  BOOST_TEST(k.signal(SIGHUP) == "");
  BOOST_TEST(k.signal(SIGTERM) == ""); // pending already
  BOOST_TEST(k.passed.empty());
  BOOST_TEST(k.starts() == "pass");
  BOOST_TEST(k.passed == (std::vector{SIGTERM, SIGHUP}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_worker_died_with_is_passed_to_the_next) {
  keeper_at_table k;
  k.signal(SIGUSR2);
  k.signal(SIGTERM);
  k.taken = 1; // the first is in its records, the second was not
  k.dies(SIGKILL);
  k.starts();
  BOOST_TEST(k.passed == (std::vector{SIGUSR2, SIGTERM, SIGTERM}), boost::test_tools::per_element());
  k.taken = 2;
  k.dies(SIGKILL);
  BOOST_TEST(k.starts() == "");
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_full_delays_a_signal) { // 16
  keeper_at_table k;
  k.full = true;
  BOOST_TEST(k.signal(SIGTERM) == "pass");
  k.full = false;
  BOOST_TEST(k.passed.empty());
  BOOST_TEST(signal_to_pass(k.state)->signo == SIGTERM);
}

BOOST_AUTO_TEST_CASE(abort_reaches_a_worker_only) { // 17
  keeper_at_table k;
  BOOST_TEST(k.signal(SIGABRT) == "abort");
  k.dies(SIGABRT);
  BOOST_TEST(k.signal(SIGABRT) == "");
  k.starts();
  BOOST_TEST(k.passed.empty());
}

BOOST_AUTO_TEST_CASE(ready_says_the_level) {
  keeper_at_table k;
  k.does({keeper_event::worker_ready, 0, 2});
  BOOST_TEST(k.state.level == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
