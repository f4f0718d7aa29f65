// What differs between two processes is told by name, and no value of a variable with it. Source:
// docs/contract/deaths.md, 2; vector 155. And the values of the options of death reports and upgrades.
#include "config/option_changes.hpp"

#include "config/load.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

BOOST_AUTO_TEST_SUITE(option_changes_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;
using names = std::vector<std::string>;

BOOST_AUTO_TEST_CASE(by_name) {
  process_options before, now;
  before.command = "/bin/a";
  before.env = environment{{"A", "1"}, {"B", "2"}, {"C", "3"}};
  now = before;
  BOOST_TEST(changed_options(before, now).empty());
  BOOST_TEST(changed_variables(before, now).empty());
  now.command = "/bin/b";
  now.startsecs = 9;
  now.env = environment{{"D", "4"}, {"B", "secret"}, {"A", "1"}};
  BOOST_TEST(changed_options(before, now) == (names{"startsecs", "command"}), boost::test_tools::per_element());
  BOOST_TEST(changed_variables(before, now) == (names{"B", "C", "D"}), boost::test_tools::per_element());
}

namespace {

struct row {
  const char* daemon;
  const char* program;
  const char* expected; ///< of the daemon and of the program, or the error
  friend std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.daemon << ',' << r.program; }
};

// clang-format off
const row values[] = {
  {"", "", "20 -"},
  {"0", "", "0 -"},
  {"", "200", "20 200"},
  {"5", "0", "5 0"},
  {"201", "", "Invalid deathlines value '201': allowed is a number from 0 to 200"},
  {"", "-1", "Invalid deathlines value '-1': allowed is a number from 0 to 200 in section 'program:a' (file: '/s.conf')"},
  {"", "many", "invalid literal for int() with base 10: 'many' in section 'program:a' (file: '/s.conf')"},
};
// clang-format on

std::string option(const char* value) { return *value ? "deathlines=" + std::string(value) + "\n" : std::string(); }

} // namespace

BOOST_DATA_TEST_CASE(deathlines, data::make(values), r) {
  fake_machine machine;
  machine.files["/s.conf"] = "[supervisord]\n" + option(r.daemon) + "[program:a]\ncommand=/bin/a\n" + option(r.program);
  auto loaded = load(machine.make(), {"/s.conf", {}});
  if (!loaded) {
    BOOST_TEST(loaded.error().what == r.expected);
    return;
  }
  auto own = loaded->groups.at(0)->processes.at(0)->deathlines;
  BOOST_TEST(std::to_string(loaded->supervisord.deathlines) + ' ' + (own ? std::to_string(*own) : "-") == r.expected);
}

namespace {

struct time_row {
  const char* text;     ///< null: it is not said
  const char* expected; ///< milliseconds, or the error
  friend std::ostream& operator<<(std::ostream& out, const time_row& r) { return out << (r.text ? r.text : "none"); }
};

// clang-format off
const time_row upgrade_times[] = {
  {nullptr, "10000"},
  {"1", "1000"},
  {"1.5", "1500"},
  {"2500ms", "2500"},
  {"5m", "300000"},
  {"999ms", "Invalid upgradetimeout value '999ms': allowed is a time from 1s to 5m"},
  {"0", "Invalid upgradetimeout value '0': allowed is a time from 1s to 5m"},
  {"301s", "Invalid upgradetimeout value '301s': allowed is a time from 1s to 5m"},
  {"-5s", "Invalid upgradetimeout value '-5s': allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"},
  {"soon", "Invalid upgradetimeout value 'soon': allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(upgradetimeout, data::make(upgrade_times), r) {
  fake_machine machine;
  machine.files["/s.conf"] =
    "[supervisord]\n" + (r.text ? "upgradetimeout=" + std::string(r.text) + "\n" : std::string());
  auto loaded = load(machine.make(), {"/s.conf", {}});
  BOOST_TEST((loaded ? std::to_string(loaded->supervisord.upgradetimeout.count()) : loaded.error().what) == r.expected);
}

namespace {

// clang-format off
const time_row survive_limits[] = {
  {nullptr, "5 60000"},
  {"1/1s", "1 1000"},
  {"20/2m", "20 120000"},
  {" 3 / 0.5 ", "3 500"},
  {"5", "Invalid survivelimit value '5': allowed is a count and a time, such as 5/60s"},
  {"0/60s", "Invalid survivelimit value '0/60s': allowed is a count and a time, such as 5/60s"},
  {"5/0", "Invalid survivelimit value '5/0': allowed is a count and a time, such as 5/60s"},
  {"5/soon", "Invalid survivelimit value '5/soon': allowed is a count and a time, such as 5/60s"},
  {"-1/5s", "Invalid survivelimit value '-1/5s': allowed is a count and a time, such as 5/60s"},
  {"many/5s", "Invalid survivelimit value 'many/5s': allowed is a count and a time, such as 5/60s"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(survivelimit, data::make(survive_limits), r) {
  fake_machine machine;
  machine.files["/s.conf"] =
    "[supervisord]\nsurvive=yes\n" + (r.text ? "survivelimit=" + std::string(r.text) + "\n" : std::string());
  auto loaded = load(machine.make(), {"/s.conf", {}});
  auto limit = loaded ? loaded->supervisord.survivelimit : rate{};
  BOOST_TEST((loaded ? std::to_string(limit.count) + ' ' + std::to_string(limit.time.count()) : loaded.error().what) ==
             r.expected);
  BOOST_TEST((!loaded || loaded->supervisord.survive));
}

namespace {

// clang-format off
const time_row leftovers[] = {
  {nullptr, "stop"},
  {"stop", "stop"},
  {" Ignore ", "ignore"},
  {"", "Invalid leftovers value '': allowed are stop and ignore"},
  {"adopt", "Invalid leftovers value 'adopt': allowed are stop and ignore"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(leftovers_of_a_daemon_that_died, data::make(leftovers), r) {
  fake_machine machine;
  machine.files["/s.conf"] = "[supervisord]\n" + (r.text ? "leftovers=" + std::string(r.text) + "\n" : std::string());
  auto loaded = load(machine.make(), {"/s.conf", {}});
  BOOST_TEST((!loaded ? loaded.error().what : loaded->supervisord.stop_leftovers ? "stop" : "ignore") == r.expected);
}

BOOST_AUTO_TEST_CASE(a_pool_asks_for_details) {
  auto detail_of = [](const std::string& line) {
    fake_machine machine;
    machine.files["/s.conf"] = "[supervisord]\n[eventlistener:e]\ncommand=/bin/a\nevents=TICK_5\n" + line;
    auto loaded = load(machine.make(), {"/s.conf", {}});
    return !loaded ? loaded.error().what : loaded->groups.at(0)->detail ? "yes" : "no";
  };
  BOOST_TEST(detail_of("") == "no");
  BOOST_TEST(detail_of("detail=true\n") == "yes");
  BOOST_TEST(detail_of("detail=maybe\n").starts_with("not a valid boolean value: 'maybe'"));
}

BOOST_AUTO_TEST_SUITE_END()
