// The options of config/restart_options.hpp: what each takes, what it refuses with which sentence, and where: vectors
// P001 to P026 of docs/contract/programs.md.
#include "config/diff.hpp"
#include "config/load.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdio>

BOOST_AUTO_TEST_SUITE(restart_options_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct machine_fixture {
  fake_machine machine;
  result<configuration> load_text(const std::string& text) {
    machine.files["/c/s.conf"] = text;
    return load(machine.make(), {"/c/s.conf", {}});
  }
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string seconds(std::chrono::milliseconds time) { return number(static_cast<double>(time.count()) / 1000); }

std::string list(const exit_code_list& codes) {
  std::string out;
  for (int code : codes)
    out += (out.empty() ? "" : " ") + std::to_string(code);
  return out;
}

std::string shown(const process_options& p, const std::string& key) {
  const auto& r = p.restarts();
  if (key == "backoff")
    return r.backoff == backoff_kind::linear ? "linear" : r.backoff == backoff_kind::fixed ? "fixed" : "exponential";
  if (key == "backoffmin")
    return seconds(r.backoffmin);
  if (key == "backofffactor")
    return number(r.backofffactor);
  if (key == "backoffmax")
    return r.backoffmax ? seconds(*r.backoffmax) : "none";
  if (key == "backoffjitter")
    return number(r.backoffjitter);
  if (key == "backoffreset")
    return seconds(r.backoffreset);
  if (key == "restartdelay")
    return seconds(r.restartdelay);
  if (key == "restartlimit")
    return r.restartlimit ? std::to_string(r.restartlimit->count) + " in " + seconds(r.restartlimit->time) : "none";
  if (key == "restartlimitaction")
    return r.limit_waits ? "wait" : "fatal";
  if (key == "exitcodes")
    return list(p.exitcodes);
  if (key == "successexitcodes")
    return list(r.successexitcodes);
  if (key == "norestartexitcodes")
    return list(r.norestartexitcodes);
  if (key == "startretries")
    return p.startretries == endless ? "endless" : std::to_string(p.startretries);
  if (key == "startdelay")
    return seconds(r.startdelay);
  return key == "startstagger" ? seconds(r.startstagger) : "no such option";
}

/// What comes of `key=value` in a program, or the sentence without its section.
struct row {
  const char* key;
  const char* value;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.key << '=' << r.value; }

#define NO_TIME ": allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"
#define NO_RATE ": allowed is a count and a time, such as 5/60s"
#define NO_SHARE ": allowed is a share, such as 0.2 or 20%"
// clang-format off
const row rows[] = {
  {"restartdelay", "5", "5"}, // P001
  {"restartdelay", "0.5", "0.5"}, // P002
  {"restartdelay", "500ms", "0.5"}, // P003
  {"restartdelay", "2m", "120"}, // P004
  {"restartdelay", "1d", "86400"}, // P005
  {"restartdelay", "-1", "Invalid restartdelay value '-1'" NO_TIME}, // P006
  {"restartdelay", "5 min", "Invalid restartdelay value '5 min'" NO_TIME}, // P007
  {"restartdelay", "", "Invalid restartdelay value ''" NO_TIME}, // P008
  {"restartlimit", "5/60s", "5 in 60"}, // P009
  {"restartlimit", "5/1m", "5 in 60"}, // P010
  {"restartlimit", "0/60", "Invalid restartlimit value '0/60'" NO_RATE}, // P011
  {"restartlimit", "5", "Invalid restartlimit value '5'" NO_RATE}, // P012
  {"restartlimit", "5/0", "Invalid restartlimit value '5/0'" NO_RATE},
  {"restartlimitaction", "Wait", "wait"},
  {"restartlimitaction", "fatal", "fatal"},
  {"restartlimitaction", "stop", "Invalid restartlimitaction value 'stop': allowed are fatal and wait"},
  {"backoffjitter", "20%", "0.2"}, // P013
  {"backoffjitter", "20%%", "0.2"}, // as others write it
  {"backoffjitter", "1", "1"},
  {"backoffjitter", "0", "0"},
  {"backoffjitter", "1.5", "Invalid backoffjitter value '1.5'" NO_SHARE}, // P014
  {"backoffjitter", "101%", "Invalid backoffjitter value '101%'" NO_SHARE},
  {"backoffjitter", "%", "Invalid backoffjitter value '%'" NO_SHARE},
  {"backoffjitter", "1e-1", "Invalid backoffjitter value '1e-1'" NO_SHARE},
  {"backoff", "FIXED", "fixed"}, // P015
  {"backoff", "cubic", "Invalid backoff value 'cubic': allowed are linear, exponential and fixed"}, // P016
  {"backoffmin", "100ms", "0.1"},
  {"backofffactor", "1.5", "1.5"},
  {"backofffactor", "0.5", "Invalid backofffactor value '0.5': allowed is a number from 1 to 10"},
  {"backofffactor", "10.1", "Invalid backofffactor value '10.1': allowed is a number from 1 to 10"},
  {"backofffactor", "x", "Invalid backofffactor value 'x': allowed is a number from 1 to 10"},
  {"backoffmax", "90", "90"},
  {"backoffreset", "1h", "3600"},
  {"startretries", "infinite", "endless"}, // P021
  {"startretries", "Infinite", "endless"},
  {"startretries", "-1", "-1"}, // P022
  {"startretries", "many", "invalid literal for int() with base 10: 'many'"},
  {"exitcodes", "0,SIGTERM", "0 -15"}, // P023
  {"exitcodes", "0, term", "0 -15"}, // P024
  {"exitcodes", "256", "not a valid list of exit codes: '256'"}, // P025
  {"exitcodes", "255,128,127", "255 128 127"},
  {"norestartexitcodes", "SIGFOO", "not a valid list of exit codes: 'SIGFOO'"}, // P026
  {"norestartexitcodes", "64, 78", "64 78"},
  {"successexitcodes", "143,INT", "143 -2"},
  {"startdelay", "10s", "10"},
  {"startstagger", "x", "Invalid startstagger value 'x'" NO_TIME},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, values, data::make(rows), r) {
  auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\n" + std::string(r.key) + '=' + r.value + '\n');
  if (cfg)
    BOOST_TEST(shown(*cfg->groups.at(0)->processes.at(0), r.key) == r.expected);
  else
    BOOST_TEST(cfg.error().what == r.expected + std::string(" in section 'program:a' (file: '/c/s.conf')"));
}

BOOST_FIXTURE_TEST_CASE(restartpause_is_short_for_three, machine_fixture) {
  auto all = [this](const std::string& options) {
    auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\n" + options);
    BOOST_REQUIRE(cfg);
    const auto& p = *cfg->groups.at(0)->processes.at(0);
    return shown(p, "backoff") + ' ' + shown(p, "backoffmin") + ' ' + shown(p, "restartdelay");
  };
  BOOST_TEST(all("") == "linear 1 0");
  BOOST_TEST(all("restartpause=3\n") == "fixed 3 3");               // P018
  BOOST_TEST(all("restartpause=3\nbackoffmin=5\n") == "fixed 5 3"); // P019
  BOOST_TEST(all("backoffmin=5\nrestartpause=3\n") == "fixed 5 3"); // whatever the order
  BOOST_TEST(all("backoff=linear\nrestartdelay=1\nrestartpause=3\n") == "linear 3 1");
}

BOOST_FIXTURE_TEST_CASE(nothing_is_held_for_who_asks_for_nothing, machine_fixture) {
  auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\n[program:b]\ncommand=c\nbackoffmin=2\n"
                       "[program:c]\ncommand=c\nbackoffmin=2\n");
  BOOST_REQUIRE(cfg);
  auto of = [&](int i) { return cfg->groups.at(i)->processes.at(0)->policy; };
  BOOST_TEST(!of(0));
  BOOST_REQUIRE(of(1));
  BOOST_TEST(of(1) == of(2)); // one for both
}

BOOST_FIXTURE_TEST_CASE(of_the_daemon, machine_fixture) {
  auto cfg = load_text("[supervisord]\nstartconcurrency=4\nrestartbudget=20/10s\n");
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->supervisord.startconcurrency == 4);
  BOOST_TEST(cfg->supervisord.restartbudget->count == 20);
  BOOST_TEST((cfg->supervisord.restartbudget->time == std::chrono::seconds{10}));
  auto refused = load_text("[supervisord]\nstartconcurrency=100001\n");
  BOOST_REQUIRE(!refused);
  BOOST_TEST(
    refused.error().what.starts_with("Invalid startconcurrency value '100001': allowed is a number from 0 to 100000"));
  BOOST_TEST(load_text("[supervisord]\nrestartbudget=20\n")
               .error()
               .what.starts_with("Invalid restartbudget value '20': allowed is a count and a time, such as 5/60s"));
}

BOOST_FIXTURE_TEST_CASE(a_reload_sees_a_change, machine_fixture) {
  auto with = [this](const std::string& options) {
    auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\n" + options);
    BOOST_REQUIRE(cfg);
    return cfg->groups;
  };
  for (const auto* option :
       {"backoff=fixed", "backoffmin=2", "backofffactor=3", "backoffmax=5", "backoffjitter=0.1", "backoffreset=5",
        "restartdelay=1", "restartlimit=5/60", "restartlimitaction=wait", "successexitcodes=1", "norestartexitcodes=1",
        "startdelay=1", "startstagger=1", "startretries=infinite", "exitcodes=TERM", "restartpause=1"}) {
    auto changed = with(std::string(option) + '\n');
    BOOST_TEST_CONTEXT(option) {
      BOOST_TEST(compare(with(""), changed).changed.size() == 1U);
      BOOST_TEST(compare(changed, with(std::string(option) + '\n')).changed.empty());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
