// The options of config/stop_options.hpp: what each takes, what it refuses with which sentence, and what a change of it
// is called: vectors P027 to P034 of docs/contract/programs.md.
#include "config/load.hpp"
#include "config/option_changes.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(stop_options_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct machine_fixture {
  fake_machine machine;
  result<configuration> load_text(const std::string& text) {
    machine.files["/c/c.conf"] = "[supervisord]\n" + text;
    return load(machine.make(), {"c.conf", {}});
  }
  process_options with(const std::string& options) {
    auto cfg = load_text("[program:a]\ncommand=c\n" + options);
    BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
    return *cfg->groups.at(0)->processes.at(0);
  }
  /// Without where it stands.
  std::string refused(const std::string& options) {
    auto cfg = load_text("[program:a]\ncommand=c\n" + options);
    const std::string where = " in section 'program:a' (file: 'c.conf')";
    if (cfg)
      return "it loads";
    BOOST_TEST(cfg.error().what.ends_with(where), cfg.error().what);
    return cfg.error().what.substr(0, cfg.error().what.size() - where.size());
  }
};

std::string seconds(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) : std::to_string(time.count()) + "ms";
}

std::string seconds(std::optional<std::chrono::milliseconds> time) { return time ? seconds(*time) : "-"; }

/// The first signal, and the ladder if there is one: each signal and its own time.
std::string signals(const process_options& p) {
  auto text = std::to_string(p.stopsignal);
  for (const auto& step : p.stops().ladder)
    text += (&step == &p.stops().ladder.front() ? ": " : ", ") + std::to_string(step.signo) + ' ' + seconds(step.time);
  return text;
}

std::string shown(const process_options& p, std::string_view key) {
  constexpr const char* reaches[] = {"as ever", "process", "group", "session", "cgroup", "tree"};
  if (key == "stopsignal")
    return signals(p);
  if (key == "stopcommand")
    return p.stops().command;
  if (key == "stopcommandtimeout")
    return seconds(p.stops().commandtimeout);
  if (key == "killmode")
    return reaches[static_cast<std::size_t>(p.stops().reach)];
  if (key == "sweeptime")
    return seconds(p.stops().sweeptime);
  const std::pair<std::string_view, const hook*> hooks[] = {{"prestart", &p.hooks().prestart},
                                                            {"poststart", &p.hooks().poststart},
                                                            {"prestop", &p.hooks().prestop},
                                                            {"poststop", &p.hooks().poststop}};
  for (const auto& [name, h] : hooks) {
    if (key == name)
      return h->command;
    if (key.starts_with(name) && key.ends_with("timeout"))
      return seconds(h->timeout);
    if (key.starts_with(name))
      return h->aborts ? "abort" : "ignore";
  }
  return "?";
}

/// What comes of `key=value` in a program, or the sentence without its section.
struct row {
  const char* key;
  const char* value;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.key << '=' << r.value; }

#define NO_TIME ": allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"
#define NO_LADDER(value)                                                                                               \
  "Invalid stopsignal value '" value "': allowed are signals, each with :TIME behind it, comma-separated"
// clang-format off
const row rows[] = {
  {"stopsignal", "TERM", "15"},
  {"stopsignal", "sigusr1", "10"},
  {"stopsignal", "2", "2"},
  {"stopsignal", "KILL", "9"},
  {"stopsignal", "FOO", "value 'FOO' is not a valid signal name"},
  {"stopsignal", "", "value '' is not a valid signal name"},
  {"stopsignal", "0", "value '0' is not a valid signal number"},
  {"stopsignal", "TERM 30", "value 'TERM 30' is not a valid signal name"},
  {"stopsignal", "TERM:30,INT:10", "15: 15 30, 2 10"}, // P028
  {"stopsignal", "TERM,QUIT", "15: 15 -, 3 -"}, // P029, without stopwaitsecs
  {"stopsignal", "TERM:30", "15: 15 30"},
  {"stopsignal", "int:1.5 , SigQuit : 500ms,3,9", "2: 2 1500ms, 3 500ms, 3 -, 9 -"},
  {"stopsignal", "TERM:0, KILL:2m", "15: 15 0, 9 120"},
  {"stopsignal", "TERM:x", NO_LADDER("TERM:x")}, // P030
  {"stopsignal", "TERM:-1", NO_LADDER("TERM:-1")},
  {"stopsignal", "TERM:5:6", NO_LADDER("TERM:5:6")},
  {"stopsignal", "TERM:", NO_LADDER("TERM:")},
  {"stopsignal", ":30", NO_LADDER(":30")},
  {"stopsignal", ":", NO_LADDER(":")},
  {"stopsignal", ",", NO_LADDER(",")},
  {"stopsignal", "TERM,", NO_LADDER("TERM,")},
  {"stopsignal", ",TERM", NO_LADDER(",TERM")},
  {"stopsignal", "TERM,,INT", NO_LADDER("TERM,,INT")},
  {"stopsignal", "FOO:3", "value 'FOO' is not a valid signal name"}, // P031
  {"stopsignal", "TERM, FOO", "value 'FOO' is not a valid signal name"},
  {"stopsignal", "TERM, 999:1", "value '999' is not a valid signal number"},
  {"stopsignal", "KILL:1,TERM", "Invalid stopsignal value 'KILL:1,TERM': KILL must be the last"}, // P032
  {"stopsignal", "TERM,9,9", "Invalid stopsignal value 'TERM,9,9': KILL must be the last"},
  {"stopcommand", "/bin/quit -q 'a b'", "/bin/quit -q 'a b'"},
  {"stopcommand", "", "Invalid stopcommand value '': command is empty"},
  {"stopcommand", "/bin/x \"y", "Invalid stopcommand value '/bin/x \"y': No closing quotation"},
  {"stopcommandtimeout", "5", "5"},
  {"stopcommandtimeout", "0", "0"},
  {"stopcommandtimeout", "-5", "Invalid stopcommandtimeout value '-5'" NO_TIME},
  {"killmode", "process", "process"},
  {"killmode", "Group", "group"},
  {"killmode", "session", "session"},
  {"killmode", "cgroup", "cgroup"},
  {"killmode", "tree", "tree"},
  {"killmode", "subreaper", "tree"}, // P034
  {"killmode", "Subreaper", "tree"},
  {"killmode", "all", "Invalid killmode value 'all': allowed are process, group, session, cgroup and tree"},
  {"killmode", "", "Invalid killmode value '': allowed are process, group, session, cgroup and tree"},
  {"sweeptime", "500ms", "500ms"},
  {"sweeptime", "0", "0"},
  {"sweeptime", "soon", "Invalid sweeptime value 'soon'" NO_TIME},
  {"prestart", "/bin/x", "/bin/x"},
  {"prestart", "/bin/x 'y", "Invalid prestart value \"/bin/x 'y\": No closing quotation"}, // P027
  {"prestart", "/bin/x \\", "Invalid prestart value '/bin/x \\\\': No escaped character"},
  {"prestart", "", "Invalid prestart value '': command is empty"},
  {"prestarttimeout", "1m", "60"},
  {"prestarttimeout", "0", "0"},
  {"prestarttimeout", "x", "Invalid prestarttimeout value 'x'" NO_TIME},
  {"prestartfailure", "abort", "abort"},
  {"prestartfailure", "Ignore", "ignore"},
  {"prestartfailure", "stop", "Invalid prestartfailure value 'stop': allowed are abort and ignore"},
  {"poststart", "sh -c 'echo %%s'", "sh -c 'echo %s'"},
  {"poststart", "'", "Invalid poststart value \"'\": No closing quotation"},
  {"poststarttimeout", "0.5", "500ms"},
  {"poststarttimeout", "", "Invalid poststarttimeout value ''" NO_TIME},
  {"poststartfailure", "ABORT", "abort"},
  {"poststartfailure", "ignore", "ignore"},
  {"poststartfailure", "", "Invalid poststartfailure value '': allowed are abort and ignore"},
  {"prestop", "/bin/drain", "/bin/drain"},
  {"prestop", "a \\", "Invalid prestop value 'a \\\\': No escaped character"},
  {"prestoptimeout", "0", "0"},
  {"prestoptimeout", "1w", "Invalid prestoptimeout value '1w'" NO_TIME},
  {"poststop", "/bin/tidy", "/bin/tidy"},
  {"poststop", "\"", "Invalid poststop value '\"': No closing quotation"},
  {"poststoptimeout", "1h", "3600"},
  {"poststoptimeout", "never", "Invalid poststoptimeout value 'never'" NO_TIME},
  {"poststopfailure", "abort", "abort"},
  {"poststopfailure", "no", "Invalid poststopfailure value 'no': allowed are abort and ignore"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, values, data::make(rows), r) {
  auto options = std::string(r.key) + '=' + r.value + '\n';
  auto refusal = refused(options);
  BOOST_TEST((refusal == "it loads" ? shown(with(options), r.key) : refusal) == r.expected);
}

BOOST_FIXTURE_TEST_CASE(defaults, machine_fixture) {
  auto p = with("");
  BOOST_TEST(!p.policy);
  BOOST_TEST(!with("stopsignal=INT\nstopwaitsecs=5\nstopasgroup=true\n").policy);
  BOOST_TEST(signals(p) == "15");
  BOOST_TEST(p.stops().command == "");
  BOOST_TEST(!p.stops().commandtimeout); // stopwaitsecs
  BOOST_TEST((p.stops().reach == kill_reach::as_ever));
  BOOST_TEST(seconds(p.stops().sweeptime) == "2");
  for (const char* name : {"prestart", "poststart", "prestop", "poststop"}) {
    BOOST_TEST(shown(p, name) == "");
    BOOST_TEST(shown(p, name + std::string("timeout")) == "30");
  }
  BOOST_TEST(p.hooks().prestart.aborts);
  BOOST_TEST(!p.hooks().poststart.aborts);
  BOOST_TEST(!p.hooks().poststop.aborts);
}

BOOST_FIXTURE_TEST_CASE(a_step_without_a_time_has_stopwaitsecs, machine_fixture) { // P029
  auto p = with("stopsignal=TERM,QUIT\nstopwaitsecs=7\n");
  BOOST_TEST(signals(p) == "15: 15 -, 3 -");
  BOOST_TEST(p.stopwaitsecs == 7);
}

BOOST_FIXTURE_TEST_CASE(a_stop_needs_no_veto, machine_fixture) { // there is no prestopfailure: it is unknown
  auto cfg = load_text("[program:a]\ncommand=c\nprestopfailure=abort\n");
  BOOST_REQUIRE(cfg);
  BOOST_REQUIRE(!cfg->notices.empty());
  BOOST_TEST(cfg->notices.front().text ==
             "c.conf:4: unknown option 'prestopfailure' in [program:a] is ignored (did you mean 'prestartfailure'?)");
}

BOOST_FIXTURE_TEST_CASE(killmode_and_killasgroup, machine_fixture) {
  constexpr const char* no = "killmode does not go with killasgroup";
  BOOST_TEST(refused("killmode=group\nkillasgroup=true\n") == no); // P033
  BOOST_TEST(refused("killasgroup=true\nkillmode=process\n") == no);
  BOOST_TEST(refused("killmode=tree\nkillasgroup=true\nstopasgroup=true\n") == no);
  BOOST_TEST(refused("killmode=group\nkillasgroup=false\n") == "it loads");
  BOOST_TEST(refused("killmode=process\nstopasgroup=true\n") == "it loads"); // which implies it where nothing is said
  BOOST_TEST(refused("killmode=group\nkillasgroup=false\nstopasgroup=true\n") ==
             "Cannot set stopasgroup=true and killasgroup=false");
  machine.files["/c/c.conf"] = "[supervisord]\n[program:a]\ncommand=c\nkillasgroup=true\nkillmode=group\nprestart='\n";
  auto faults = check(machine.make(), {"c.conf", {}}).faults; // all of them, each at its line
  BOOST_REQUIRE(faults.size() == 2u);
  BOOST_TEST(faults.at(0).what.starts_with("Invalid prestart value"));
  BOOST_TEST(faults.at(1).what == "killmode does not go with killasgroup in section 'program:a' (file: 'c.conf')");
  BOOST_TEST(faults.at(1).at.line == 5);
}

BOOST_FIXTURE_TEST_CASE(they_expand_as_command_does, machine_fixture) {
  auto cfg = load_text("[program:a]\ncommand=c\nnumprocs=2\nprocess_name=a%(process_num)d\nenvironment=P=\"9\"\n"
                       "prestart=%(here)s/check %(ENV_P)s\nstopcommand=quit %(process_num)d\n"
                       "poststoptimeout=1%(process_num)d\nstopsignal=TERM,INT\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  const auto& first = *cfg->groups.at(0)->processes.at(0);
  const auto& second = *cfg->groups.at(0)->processes.at(1);
  BOOST_TEST(second.hooks().prestart.command == "/c/check 9");
  BOOST_TEST(first.stops().command == "quit 0");
  BOOST_TEST(second.stops().command == "quit 1");
  BOOST_TEST(shown(second, "poststoptimeout") == "11");
  BOOST_TEST(signals(first) == "15: 15 -, 2 -");
  BOOST_TEST(signals(second) == "15: 15 -, 2 -");
}

BOOST_FIXTURE_TEST_CASE(from_a_template, machine_fixture) {
  auto of = [&](const std::string& own) {
    auto cfg = load_text("[template:t]\nstopsignal=TERM:5,INT\nprestart=x\n[program:a]\ncommand=c\ntemplate=t\n" + own);
    BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
    return *cfg->groups.at(0)->processes.at(0);
  };
  BOOST_TEST(signals(of("")) == "15: 15 5, 2 -");
  BOOST_TEST(of("").hooks().prestart.command == "x");
  BOOST_TEST(signals(of("stopsignal=HUP\n")) == "1");
}

BOOST_FIXTURE_TEST_CASE(a_change_is_told_by_its_option, machine_fixture) {
  auto changed = [&](const std::string& before, const std::string& now) {
    std::string all;
    for (const auto& key : changed_options(with(before), with(now)))
      all += (all.empty() ? "" : " ") + key;
    return all;
  };
  BOOST_TEST(changed("stopsignal=TERM:5,INT\n", "stopsignal=15:5000ms, SIGINT\n") == "");
  BOOST_TEST(changed("stopsignal=TERM:5,INT\n", "stopsignal=TERM:6,INT\n") == "stopsignal");
  BOOST_TEST(changed("stopsignal=TERM:5,INT\n", "stopsignal=TERM:5\n") == "stopsignal");
  BOOST_TEST(changed("stopsignal=TERM:5,INT\n", "stopsignal=TERM:5,QUIT\n") == "stopsignal");
  BOOST_TEST(changed("stopsignal=TERM:5,INT\n", "stopsignal=TERM\n") == "stopsignal");
  BOOST_TEST(changed("stopsignal=TERM\n", "stopsignal=TERM,INT\n") == "stopsignal");
  BOOST_TEST(changed("", "sweeptime=2\nprestarttimeout=30\nprestartfailure=abort\npoststartfailure=ignore\n") == "");
  BOOST_TEST(changed("killmode=subreaper\n", "killmode=tree\n") == "");
  BOOST_TEST(changed("", "killmode=process\nsweeptime=3\nstopcommand=x\nstopcommandtimeout=10\n") ==
             "stopcommand stopcommandtimeout killmode sweeptime");
  BOOST_TEST(changed("prestart=a\npoststart=a\nprestop=a\npoststop=a\n", "prestart=b\npoststart=a\npoststop=c\n") ==
             "prestart prestop poststop");
  BOOST_TEST(changed("", "prestartfailure=ignore\npoststopfailure=abort\nprestoptimeout=0\n") ==
             "prestartfailure prestoptimeout poststopfailure");
}

BOOST_AUTO_TEST_SUITE_END()
