// The options of config/rolling_options.hpp: what each takes, what it refuses with which sentence, and what members
// have of their group: docs/contract/programs.md, 7.
#include "config/load.hpp"
#include "config/option_changes.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

BOOST_AUTO_TEST_SUITE(rolling_options_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;

namespace {

const std::string a = "[program:a]\ncommand=c\n";

struct machine_fixture {
  fake_machine machine;
  load_request request_for(const std::string& text) {
    machine.files["/c/c.conf"] = "[supervisord]\n" + text;
    return {"c.conf", {}};
  }
  configuration loaded(const std::string& text) {
    auto cfg = load(machine.make(), request_for(text));
    BOOST_REQUIRE_MESSAGE(cfg, (cfg ? "" : cfg.error().what));
    return *std::move(cfg);
  }
  process_options with(const std::string& options) { return *loaded(a + options).groups.at(0)->processes.at(0); }
  std::string fault_of(const std::string& text) {
    auto faults = check(machine.make(), request_for(text)).faults;
    return faults.empty() ? "" : std::to_string(faults[0].at.line) + ": " + faults[0].what;
  }
};

std::string shown(const process_options& p, std::string_view key) {
  const auto& rolling = p.rolling();
  auto number = [](auto value) { return value ? std::to_string(value->count()) : "none"; };
  if (key == "restartmode")
    return rolling.rolls ? *rolling.rolls ? "rolling" : "parallel" : "none";
  if (key == "rollingbatch")
    return rolling.batch->count > 0 ? std::to_string(rolling.batch->count) : std::to_string(rolling.batch->share);
  if (key == "rollingwait")
    return std::to_string(static_cast<int>(*rolling.wait));
  if (key == "rollingmaxfail")
    return std::to_string(*rolling.maxfail);
  if (key == "reloadsignal")
    return std::to_string(*p.reloads().signo);
  if (key == "reloadcommand")
    return p.reloads().command.str();
  return key == "rollingpause"     ? number(rolling.pause)
         : key == "rollingtimeout" ? number(rolling.timeout)
                                   : std::to_string(p.reloads().timeout.count());
}

struct row {
  const char* key;
  const char* value;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.key << '=' << r.value; }

#define IN_A " in section 'program:a' (file: 'c.conf')"
#define NO(key, value, rest) "4: Invalid " key " value '" value "': " rest IN_A
#define NO_BATCH(value) NO("rollingbatch", value, "allowed are a count and a share, such as 2 or 20%")
#define NO_COUNT(value) NO("rollingmaxfail", value, "allowed is a number from 0 to 10000")
#define A_TIME "allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"
// clang-format off
const row rows[] = {
  {"restartmode", "rolling", "rolling"},
  {"restartmode", "Parallel", "parallel"},
  {"restartmode", "both", NO("restartmode", "both", "allowed are parallel and rolling")},
  {"rollingbatch", "1", "1"},
  {"rollingbatch", "12", "12"},
  {"rollingbatch", "50%", "0.500000"},
  {"rollingbatch", "50%%", "0.500000"},
  {"rollingbatch", "100%", "1.000000"},
  {"rollingbatch", "0.25", "0.250000"},
  {"rollingbatch", "0", NO_BATCH("0")},
  {"rollingbatch", "-1", NO_BATCH("-1")},
  {"rollingbatch", "101%", NO_BATCH("101%")},
  {"rollingbatch", "all", NO_BATCH("all")},
  {"rollingbatch", "", NO_BATCH("")},
  {"rollingpause", "1.5", "1500"},
  {"rollingpause", "2m", "120000"},
  {"rollingpause", "soon", NO("rollingpause", "soon", A_TIME)},
  {"rollingwait", "running", "0"},
  {"rollingwait", "ready", "1"},
  {"rollingwait", "HEALTHY", "2"},
  {"rollingwait", "up", NO("rollingwait", "up", "allowed are running, ready and healthy")},
  {"rollingmaxfail", "0", "0"},
  {"rollingmaxfail", "10000", "10000"},
  {"rollingmaxfail", "10001", NO_COUNT("10001")},
  {"rollingmaxfail", "-1", NO_COUNT("-1")},
  {"rollingmaxfail", "x", "4: invalid literal for int() with base 10: 'x'" IN_A},
  {"rollingtimeout", "0", "0"},
  {"rollingtimeout", "500ms", "500"},
  {"rollingtimeout", "-1", NO("rollingtimeout", "-1", A_TIME)},
  {"reloadsignal", "USR1", "10"},
  {"reloadsignal", "sighup", "1"},
  {"reloadsignal", "NOSUCH", "4: value 'NOSUCH' is not a valid signal name" IN_A},
  {"reloadcommand", "/bin/x -y", "/bin/x -y"},
  {"reloadcommand", "", NO("reloadcommand", "", "command is empty")},
  {"reloadcommand", "'x", "4: Invalid reloadcommand value \"'x\": No closing quotation" IN_A},
  {"reloadtimeout", "5", "5000"},
  {"reloadtimeout", "x", NO("reloadtimeout", "x", A_TIME)},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, values, data::make(rows), r) {
  auto options = std::string(r.key) + '=' + r.value + '\n';
  auto fault = fault_of(a + options);
  BOOST_TEST((fault.empty() ? shown(with(options), r.key) : fault) == r.expected);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_held_for_who_asks_for_nothing, machine_fixture) { BOOST_TEST(!with("").policy); }

BOOST_FIXTURE_TEST_CASE(members_have_what_their_group_says, machine_fixture) {
  auto cfg = loaded(a + "[program:b]\ncommand=c\nrestartmode=parallel\nrollingbatch=3\n[group:g]\nprograms=a,b\n"
                        "restartmode=rolling\nrollingbatch=50%\nrollingpause=2\nrollingwait=healthy\n"
                        "rollingmaxfail=1\nrollingtimeout=9\n");
  const auto& first = *cfg.groups.at(0)->processes.at(0);
  const auto& second = *cfg.groups.at(0)->processes.at(1);
  BOOST_TEST(shown(first, "restartmode") == "rolling");
  BOOST_TEST(shown(first, "rollingbatch") == "0.500000");
  BOOST_TEST(shown(second, "restartmode") == "parallel");
  BOOST_TEST(shown(second, "rollingbatch") == "3");
  for (const auto* p : {&first, &second}) {
    BOOST_TEST((p->rolling().pause == 2s));
    BOOST_TEST((p->rolling().wait == rolling_wait::healthy));
    BOOST_TEST(*p->rolling().maxfail == 1);
    BOOST_TEST((p->rolling().timeout == 9s));
  }
}

BOOST_FIXTURE_TEST_CASE(faults_of_a_group, machine_fixture) {
  auto fault = fault_of(a + "[group:g]\nprograms=a\nrollingbatch=many\n");
  BOOST_TEST(fault == "6: Invalid rollingbatch value 'many': allowed are a count and a share, such as 2 or 20%");
}

BOOST_FIXTURE_TEST_CASE(what_is_usual_is_no_change, machine_fixture) {
  auto changed = [&](const std::string& now) {
    std::string all;
    for (const auto& key : changed_options(with(""), with(now)))
      all += (all.empty() ? "" : " ") + key;
    return all;
  };
  BOOST_TEST(changed("restartmode=parallel\nrollingbatch=1\nrollingpause=0\nrollingwait=ready\nrollingmaxfail=0\n"
                     "reloadtimeout=30\n") == "");
  BOOST_TEST(changed("restartmode=rolling\nrollingtimeout=3\nreloadsignal=USR1\n") ==
             "restartmode rollingtimeout reloadsignal");
}

BOOST_AUTO_TEST_SUITE_END()
