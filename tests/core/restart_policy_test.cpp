// How long until a retry, how many restarts are too many, which ends are expected: vectors P091 to P106 of
// docs/contract/programs.md. Must not step a process (process_restart_test.cpp does).
#include "actors/core/restart_policy.hpp"
#include "tests/core/process_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(restart_policy_test)

using namespace troupe::actors;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;
using config::backoff_kind;

namespace {

using R = config::restart_options;

struct waits {
  const char* id;
  void (*set)(R&);
  std::vector<double> expected; ///< seconds, for k = 1, 2, ...
  std::int64_t startretries = 3;
};
std::ostream& operator<<(std::ostream& out, const waits& w) { return out << w.id; }

// clang-format off
const waits all_waits[] = {
  {"P091 defaults", [](R&) {}, {1, 2, 3}},
  {"P092 linear, backoffmin 5", [](R& r) { r.backoffmin = 5s; }, {5, 10, 15}},
  {"P093 linear, backoffmax 2", [](R& r) { r.backoffmax = 2s; }, {1, 2, 2}},
  {"P094 exponential", [](R& r) { r.backoff = backoff_kind::exponential; }, {1, 2, 4, 8, 16, 32, 60, 60}},
  {"P095 exponential, min 2, factor 1.5", [](R& r) { r.backoff = backoff_kind::exponential; r.backoffmin = 2s; r.backofffactor = 1.5; }, {2, 3, 4.5}},
  {"P096 fixed, min 3", [](R& r) { r.backoff = backoff_kind::fixed; r.backoffmin = 3s; }, {3, 3, 3}},
  {"P021 endless retries", [](R& r) { r.backoffmin = 25s; }, {25, 50, 60, 60}, config::endless},
  {"a cap of one's own", [](R& r) { r.backoff = backoff_kind::exponential; r.backoffmax = 100s; r.backofffactor = 10; }, {1, 10, 100, 100}},
  {"none at all", [](R& r) { r.backoffmin = 0s; }, {0, 0}},
};
// clang-format on

double seconds(clock::duration time) { return std::chrono::duration<double>(time).count(); }

config::process_options with(void (*set)(R&), std::int64_t startretries = 3) {
  auto options = defaults();
  options.startretries = startretries;
  set(options.ask().restarts);
  return options;
}

} // namespace

BOOST_DATA_TEST_CASE(waits_before_a_retry, data::make(all_waits), w) {
  auto options = with(w.set, w.startretries);
  std::vector<double> found;
  for (std::size_t k = 1; k <= w.expected.size(); ++k)
    found.push_back(seconds(backoff_wait(options, static_cast<std::int64_t>(k), 0)));
  BOOST_TEST(found == w.expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_wait_never_overflows) {
  auto options = with([](R& r) {
    r.backoff = backoff_kind::exponential;
    r.backofffactor = 10;
    r.backoffmax = 24h * 366 * 100;
  });
  constexpr double century = 3'153'600'000;
  BOOST_TEST(seconds(backoff_wait(options, 1'000'000, ~0ULL)) <= century);
  BOOST_TEST(seconds(backoff_wait(defaults(), config::endless, 0)) <= century);
}

BOOST_AUTO_TEST_CASE(no_wait_stays_none) {
  auto options = with([](R& r) {
    r.backoff = backoff_kind::exponential;
    r.backofffactor = 10;
    r.backoffmin = 0s;
  });
  BOOST_TEST(seconds(backoff_wait(options, 400, 1)) == 0); // 10 to the 399 is no number any more
}

BOOST_AUTO_TEST_CASE(p097_jitter) {
  auto options = with([](R& r) {
    r.backoff = backoff_kind::fixed;
    r.backoffmin = 10s;
    r.backoffjitter = 0.2;
  });
  auto name = hash_of_name("g", "p");
  double least = 100, most = 0;
  for (std::uint64_t spawns = 0; spawns < 1000; ++spawns) {
    auto wait = seconds(backoff_wait(options, 1, chance_of(name, spawns)));
    BOOST_TEST(wait == seconds(backoff_wait(options, 1, chance_of(name, spawns))));
    BOOST_REQUIRE(wait >= 8);
    BOOST_REQUIRE(wait < 12);
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  BOOST_TEST(least < 8.1); // it reaches both ends
  BOOST_TEST(most > 11.9);
  BOOST_TEST(chance_of(name, 1) != chance_of(hash_of_name("g", "q"), 1));
  BOOST_TEST(hash_of_name("a", "b:c") == hash_of_name("a:b", "c")); // the full name is what counts
}

namespace {

struct limited {
  const char* id;
  std::vector<double> restarts; ///< seconds
  double asked;
  double allowed_from; ///< -1: at once
};
std::ostream& operator<<(std::ostream& out, const limited& l) { return out << l.id; }

const limited limits[] = {
  // 3 within 10 s
  {"none yet", {}, 0, -1},
  {"two", {0, 1}, 2, -1},
  {"P098", {0, 1, 2}, 3, 10},
  {"P099", {0, 1, 2}, 10.5, -1},
  {"the moment it leaves the window", {0, 1, 2}, 10, -1},
  {"just before it", {0, 1, 2}, 9.999, 10},
  {"long ago", {0, 1, 2}, 1000, -1},
};

} // namespace

BOOST_DATA_TEST_CASE(limit_of_restarts, data::make(limits), l) {
  config::rate limit{3, 10s};
  restart_book book;
  for (auto at : l.restarts)
    BOOST_TEST(!note_restart(book, limit, at_second(at)));
  auto later = refused_until(book, limit, at_second(l.asked));
  BOOST_TEST((later ? seconds(*later - at_second(0)) : -1) == l.allowed_from);
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_that_nobody_counts) {
  restart_book book;
  for (int i = 0; i < 100; ++i) {
    note_restart(book, {}, at_second(i));
    BOOST_TEST(book.recent.empty());
  }
  for (int i = 0; i < 100; ++i)
    note_restart(book, config::rate{5, 10s}, at_second(i));
  BOOST_TEST(book.recent.size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_tight_loop_is_told_of_once_in_ten_minutes) {
  restart_book book;
  std::vector<int> told;
  for (int second = 0; second < 1300; ++second)
    if (note_restart(book, {}, at_second(second)))
      told.push_back(second);
  BOOST_TEST(told == (std::vector<int>{29, 629, 1229}), boost::test_tools::per_element());
  restart_book slow;
  for (int i = 0; i < 200; ++i)
    BOOST_TEST(!note_restart(slow, {}, at_second(i * 2.1)));
}

BOOST_AUTO_TEST_CASE(texts) {
  BOOST_TEST(limit_text({5, 60s}) == "restart limit: 5 restarts in 60 seconds");
  BOOST_TEST(limit_text({1, 1s}) == "restart limit: 1 restart in 1 second");
  BOOST_TEST(limit_text({3, 1500ms}) == "restart limit: 3 restarts in 1.5 seconds");
  BOOST_TEST(seconds_text(500ms) == "0.5 seconds");
}

namespace {

struct end {
  const char* id;
  void (*set)(config::process_options&);
  int wait_status;
  bool expected, no_failure = false, for_good = false;
};
std::ostream& operator<<(std::ostream& out, const end& e) { return out << e.id; }

using O = config::process_options;
// clang-format off
const end ends[] = {
  {"exit 0", [](O&) {}, status(0), true},
  {"exit 1", [](O&) {}, status(1), false},
  {"a signal", [](O&) {}, killed(SIGTERM), false},
  {"nobody knows", [](O& o) { o.exitcodes = {0, 255, -1}; }, unknown_end, false},
  {"P102", [](O& o) { o.exitcodes = {-SIGTERM}; }, killed(SIGTERM), true},
  {"not another signal", [](O& o) { o.exitcodes = {-SIGTERM}; }, killed(SIGHUP), false},
  {"P102, nor the code of its number", [](O& o) { o.exitcodes = {-SIGTERM}; }, status(15), false},
  {"-1 is SIGHUP, no exit", [](O& o) { o.exitcodes = {-SIGHUP}; }, killed(SIGKILL), false},
  {"it dumped core", [](O& o) { o.exitcodes = {-SIGABRT}; }, SIGABRT | 0x80, true},
  {"P103", [](O& o) { o.exitcodes = {}; o.ask().restarts.successexitcodes = {0}; }, status(0), true, true},
  {"P104", [](O& o) { o.ask().restarts.norestartexitcodes = {7}; }, status(7), false, true, true},
  {"of both", [](O& o) { o.exitcodes = {7}; o.ask().restarts.norestartexitcodes = {7}; }, status(7), true, true, true},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(ends_are_classified, data::make(ends), e) {
  auto options = defaults();
  e.set(options);
  BOOST_TEST(is_expected(options, e.wait_status) == e.expected);
  BOOST_TEST(is_no_failure(options, e.wait_status) == e.no_failure);
  BOOST_TEST(ends_for_good(options, e.wait_status) == e.for_good);
}

BOOST_AUTO_TEST_SUITE_END()
