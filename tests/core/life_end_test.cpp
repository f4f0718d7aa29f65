// Which ends are reported, and what is known of them at once: a table over the steps of the state machine. Source:
// docs/contract/deaths.md, 1; vectors 146 to 148.
#include "actors/core/life_end.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <ostream>

BOOST_AUTO_TEST_SUITE(life_end_test)

using namespace troupe::actors;
using namespace std::chrono_literals;
namespace config = troupe::config;
namespace data = boost::unit_test::data;
using enum process_state;

namespace {

constexpr int exit_0 = 0, exit_3 = 3 << 8, killed = 9;
const time_point t0{1000s};

struct row {
  const char* when;
  process_state from;
  process_event happened;
  std::int64_t failed_before; ///< starts
  const char* told;           ///< the state in the report; empty: there is none
  int tried;
  friend std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }
};

// clang-format off
const row table[] = {
  {"an expected exit",           running,  event::exited{exit_0},           0, "",        0},
  {"an unexpected exit",         running,  event::exited{exit_3},           0, "EXITED",  0},
  {"a signal of somebody",       running,  event::exited{killed},           0, "EXITED",  0},
  {"too quickly",                starting, event::exited{exit_0},           0, "BACKOFF", 1},
  {"too quickly, the last try",  starting, event::exited{exit_3},           3, "FATAL",   4},
  {"asked to stop",              stopping, event::exited{killed},           0, "",        0},
  {"of nobody knows what",       unknown,  event::exited{exit_3},           0, "",        0},
  {"could not be made",          starting, event::spawn_failed{"no"},       1, "BACKOFF", 2},
  {"RUNNING is due",             starting, event::timer_fired{},            0, "",        0},
};
// clang-format on

std::optional<troupe::protocols::death_report> report_of(const config::process_options& options,
                                                         const process_record& before, const process_event& happened) {
  moment at{t0, 5'000'000, daemon_state::running};
  auto [after, effects] = step(options, before, happened, at);
  return end_of_life(options, before, happened, effects, at);
}

} // namespace

BOOST_DATA_TEST_CASE(ends, data::make(table), r) {
  config::process_options options;
  options.name = "web";
  options.startsecs = 10;
  process_record before;
  before.state = r.from;
  before.pid = std::holds_alternative<event::spawn_failed>(r.happened) ? 0 : 7;
  before.killing = r.from == stopping;
  before.started_at = t0 - 4s;
  before.laststart = 1'000'000;
  before.backoff = r.failed_before;
  before.spawns = 5;
  auto report = report_of(options, before, r.happened);
  BOOST_TEST_REQUIRE(report.has_value() == (*r.told != '\0'));
  if (!report)
    return;
  BOOST_TEST(to_string(report->state) == r.told);
  BOOST_TEST(report->tried == r.tried);
  BOOST_TEST(report->tries == 4);
  BOOST_TEST(report->life == 5U);
  BOOST_TEST(report->wait_status.has_value() == std::holds_alternative<event::exited>(r.happened));
  BOOST_TEST(report->seconds == (report->wait_status ? 4 : 0));
}

BOOST_AUTO_TEST_CASE(signals_count_for_as_long_as_a_stop_may_take) { // 147
  config::process_options options;
  options.stopwaitsecs = 10;
  process_record before;
  before.state = running;
  before.pid = 7;
  before.started_at = t0 - 100s;
  BOOST_TEST(!report_of(options, before, event::exited{killed})->by_us);
  before.signalled_at = t0 - 9s;
  BOOST_TEST(report_of(options, before, event::exited{killed})->by_us);
  before.signalled_at = t0 - 11s;
  BOOST_TEST(!report_of(options, before, event::exited{killed})->by_us);
}

BOOST_AUTO_TEST_CASE(a_signal_is_remembered_for_that_life) {
  config::process_options options;
  process_record before;
  before.state = running;
  before.pid = 7;
  moment at{t0, 5'000'000, daemon_state::running};
  auto signalled = step(options, before, event::signal_requested{9}, at).after;
  BOOST_TEST(signalled.signalled_at.has_value());
  auto ended = step(options, signalled, event::exited{exit_3}, at).after;
  auto again = step(options, ended, event::start_requested{}, at).after;
  BOOST_TEST(!again.signalled_at.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
