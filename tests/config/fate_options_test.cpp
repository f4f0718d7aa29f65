// `type` and the options of config/fate_options.hpp: what each takes, what it refuses with which sentence, what does
// not go together, and what a change of it is called: vectors P041 to P043, P046 and P076 of docs/contract/programs.md.
#include "config/dependency_graph.hpp"
#include "config/diff.hpp"
#include "config/load.hpp"
#include "config/option_changes.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(fate_options_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;
using lines = std::vector<std::string>;

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
  /// What `--test` lists; a start ends with the first of it.
  lines faults_of(const std::string& text) {
    lines all;
    for (const auto& fault : check(machine.make(), request_for(text)).faults)
      all.push_back(fault.at.file.substr(fault.at.file.rfind('/') + 1) + ':' + std::to_string(fault.at.line) + ": " +
                    fault.what);
    auto cfg = load(machine.make(), request_for(text));
    BOOST_TEST(cfg.has_value() == all.empty());
    if (!cfg)
      BOOST_TEST(all.at(0).ends_with(": " + cfg.error().what), cfg.error().what);
    return all;
  }
};

std::string shown(const process_options& p, std::string_view key) {
  const auto& essential = p.essential();
  if (key == "type")
    return p.oneshot() ? "oneshot" : "service";
  if (key == "essential" || key == "critical")
    return essential.essential ? "yes" : "no";
  if (key == "essential_exitcode")
    return essential.exitcode ? std::to_string(*essential.exitcode) : "program";
  return std::string(essential.on_exit ? " exit" : "") + (essential.on_fatal ? " fatal" : "") +
         (essential.on_unhealthy ? " unhealthy" : "");
}

/// What comes of `key=value` in a program, or the sentence without its section.
struct row {
  const char* key;
  const char* value;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.key << '=' << r.value; }

#define IN_A " in section 'program:a' (file: 'c.conf')"
#define NO_TYPE(value) "c.conf:4: Invalid type value '" value "': allowed are service and oneshot" IN_A
#define NO_LIST(value) "c.conf:4: Invalid essential_on value '" value "': allowed are exit, fatal and unhealthy" IN_A
#define NO_CODE(value)                                                                                                 \
  "c.conf:4: Invalid essential_exitcode value '" value "': allowed are program and a number from 0 to 255" IN_A
// clang-format off
const row rows[] = {
  {"type", "service", "service"},
  {"type", "oneshot", "oneshot"},
  {"type", "OneShot", "oneshot"},
  {"type", "simple", NO_TYPE("simple")},
  {"type", "", NO_TYPE("")},
  {"essential", "true", "yes"},
  {"essential", "on", "yes"},
  {"essential", "no", "no"},
  {"essential", "very", "c.conf:4: not a valid boolean value: 'very'" IN_A},
  {"critical", "true", "yes"},
  {"critical", "false", "no"},
  {"critical", "very", "c.conf:4: not a valid boolean value: 'very'" IN_A},
  {"essential_on", "exit", " exit"},
  {"essential_on", "fatal", " fatal"},
  {"essential_on", "unhealthy", " unhealthy"},
  {"essential_on", "Unhealthy , EXIT", " exit unhealthy"},
  {"essential_on", "fatal,unhealthy,exit", " exit fatal unhealthy"},
  {"essential_on", "exit,exit", " exit"},
  {"essential_on", "", NO_LIST("")},
  {"essential_on", "exit,", NO_LIST("exit,")},
  {"essential_on", "none", NO_LIST("none")},
  {"essential_on", "exit, stop", NO_LIST("exit, stop")},
  {"essential_on", "exit fatal", NO_LIST("exit fatal")},
  {"essential_exitcode", "program", "program"},
  {"essential_exitcode", "Program", "program"},
  {"essential_exitcode", "0", "0"},
  {"essential_exitcode", "255", "255"},
  {"essential_exitcode", "300", NO_CODE("300")}, // P046
  {"essential_exitcode", "256", NO_CODE("256")},
  {"essential_exitcode", "-1", NO_CODE("-1")},
  {"essential_exitcode", "99999999999999999999", NO_CODE("99999999999999999999")},
  {"essential_exitcode", "TERM", NO_CODE("TERM")},
  {"essential_exitcode", "", NO_CODE("")},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, values, data::make(rows), r) {
  auto options = std::string(r.key) + '=' + r.value + '\n';
  auto faults = faults_of(a + options);
  BOOST_TEST(faults.size() < 2u);
  BOOST_TEST((faults.empty() ? shown(with(options), r.key) : faults.front()) == r.expected);
}

BOOST_FIXTURE_TEST_CASE(defaults, machine_fixture) {
  auto p = with("");
  BOOST_TEST(!p.policy);
  BOOST_TEST(shown(p, "type") == "service");
  BOOST_TEST(shown(p, "essential") == "no");
  BOOST_TEST(shown(p, "essential_on") == " exit fatal");
  BOOST_TEST(shown(p, "essential_exitcode") == "program");
  BOOST_TEST(!p.asked().fails_group);
  BOOST_TEST((p.restart == autorestart::unexpected));
}

BOOST_FIXTURE_TEST_CASE(a_name_and_its_other_name, machine_fixture) {
  const lines expected{"c.conf:5: essential and critical name one option: give only one" IN_A};
  BOOST_TEST(faults_of(a + "essential=true\ncritical=true\n") == expected, boost::test_tools::per_element());
}

// -- one-shots -----------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_oneshot_is_not_restarted_unless_it_says_so, machine_fixture) {
  auto restarts = [&](const std::string& text) { return loaded(text).groups.at(0)->processes.at(0)->restart; };
  BOOST_TEST((restarts(a + "type=oneshot\n") == autorestart::never)); // P042
  BOOST_TEST((restarts(a + "type=oneshot\nautorestart=unexpected\n") == autorestart::unexpected));
  BOOST_TEST((restarts(a + "type=oneshot\nautorestart=false\n") == autorestart::never));
  BOOST_TEST((restarts(a + "type=service\n") == autorestart::unexpected));
  BOOST_TEST(
    (restarts("[program-default]\nautorestart=unexpected\n" + a + "type=oneshot\n") == autorestart::unexpected));
  BOOST_TEST((restarts("[DEFAULT]\nautorestart=unexpected\n" + a + "type=oneshot\n") == autorestart::unexpected));
  BOOST_TEST(
    (restarts("[template:t]\nautorestart=unexpected\n" + a + "type=oneshot\ntemplate=t\n") == autorestart::unexpected));
  BOOST_TEST((restarts("[template:t]\ntype=oneshot\n" + a + "template=t\n") == autorestart::never));
  BOOST_TEST((restarts("[program-default]\nautorestart=true\n" + a + "type=oneshot\nautorestart=false\n") ==
              autorestart::never));
}

BOOST_FIXTURE_TEST_CASE(what_does_not_go_with_a_oneshot, machine_fixture) {
  auto all = [&](const std::string& text, const lines& expected) {
    BOOST_TEST(faults_of(text) == expected, boost::test_tools::per_element());
  };
  const std::string no_restart = "autorestart=true does not go with type=oneshot" IN_A;
  const std::string no_ready = "ready does not go with type=oneshot" IN_A;
  all(a + "autorestart=true\ntype=oneshot\n", {"c.conf:4: " + no_restart}); // P043
  all(a + "type=oneshot\nautorestart=Yes\n", {"c.conf:5: " + no_restart});
  all("[template:t]\nautorestart=true\n" + a + "template=t\ntype=oneshot\n", {"c.conf:3: " + no_restart});
  all(a + "type=oneshot\nready=tcp:1\n", {"c.conf:5: " + no_ready}); // P041
  all(a + "ready=notify\nautorestart=true\ntype=oneshot\n", {"c.conf:5: " + no_restart, "c.conf:4: " + no_ready});
  all(a + "type=oneshot\nready=startsecs\nreadytimeout=5\n", {});
  all(a + "type=service\nready=tcp:1\nautorestart=true\n", {});
  all("[template:t]\nready=tcp:1\n" + a + "template=t\ntype=oneshot\nready=startsecs\n", {});
  all(a + "type=oneshot\nkillmode=group\nkillasgroup=true\n",
      {"c.conf:5: killmode does not go with killasgroup" IN_A}); // one does not hide the other
}

BOOST_FIXTURE_TEST_CASE(they_expand_as_command_does, machine_fixture) {
  auto cfg = loaded(a + "numprocs=2\nprocess_name=a%(process_num)d\nenvironment=T=\"oneshot\"\ntype=%(ENV_T)s\n"
                        "essential_exitcode=7%(process_num)d\n");
  const auto& second = *cfg.groups.at(0)->processes.at(1);
  BOOST_TEST(shown(second, "type") == "oneshot");
  BOOST_TEST(shown(second, "essential_exitcode") == "71");
  BOOST_TEST((second.restart == autorestart::never));
}

// -- what waits for them -------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(conditions_by_default, machine_fixture) {
  auto shown_item = [&](const std::string& target, const std::string& others) {
    auto cfg = loaded(a + "depends_on=" + target + '\n' + others);
    std::vector<dependent> all;
    std::size_t of_a = 0;
    for (const auto& group : cfg.groups)
      for (const auto& p : group->processes) {
        of_a = p->name == "a" ? all.size() : of_a;
        all.push_back(
          {group->name.str(), p->name.str(), p->section.str(), p->oneshot(), p->dependencies().items, false});
      }
    return dependency_graph::build(all).first.items_of(of_a).at(0).shown;
  };
  const std::string b = "[program:b]\ncommand=c\ntype=oneshot\n", d = "[program:d]\ncommand=c\n";
  BOOST_TEST(shown_item("b", b) == "b:exited_ok"); // P076
  BOOST_TEST(shown_item("b:started", b) == "b:started");
  BOOST_TEST(shown_item("b/2", b + "numprocs=3\nprocess_name=%(process_num)d\n") == "b:exited_ok/2");
  BOOST_TEST(shown_item("d", d) == "d:ready");
  BOOST_TEST(shown_item("g", b + "[group:g]\nprograms=b\n") == "g:exited_ok");
  BOOST_TEST(shown_item("g", b + d + "[group:g]\nprograms=b,d\n") == "g:ready"); // of both kinds
  BOOST_TEST(shown_item("g:b", b + d + "[group:g]\nprograms=b,d\n") == "g:b:exited_ok");
}

// -- groups --------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(onfailure, machine_fixture) {
  const std::string group = a + "[program:b]\ncommand=c\nstartsecs=0\n[group:g]\nprograms=a,b\n";
  auto fate = [&](const std::string& option) { return loaded(group + option).groups.at(0)->onfailure; };
  BOOST_TEST((fate("") == group_fate::none));
  BOOST_TEST((fate("onfailure=none\n") == group_fate::none));
  BOOST_TEST((fate("onfailure=stopgroup\n") == group_fate::stop));
  BOOST_TEST((fate("onfailure=RestartGroup\n") == group_fate::restart));
  for (const char* bad : {"restart", ""}) {
    const lines expected{"c.conf:9: Invalid onfailure value '" + std::string(bad) +
                         "': allowed are none, stopgroup and restartgroup"};
    BOOST_TEST(faults_of(group + "onfailure=" + bad + '\n') == expected, boost::test_tools::per_element());
  }
}

BOOST_FIXTURE_TEST_CASE(members_tell_their_group, machine_fixture) {
  auto cfg = loaded(a + "[program:b]\ncommand=c\nbackoffmin=2\n[program:d]\ncommand=c\n[group:g]\nprograms=a,b\n"
                        "onfailure=stopgroup\n[group:h]\nprograms=a\nonfailure=none\n");
  auto of = [&](std::size_t group, std::size_t i) { return cfg.groups.at(group)->processes.at(i); };
  BOOST_REQUIRE(cfg.groups.size() == 3u);
  BOOST_TEST(!of(0, 0)->policy); // d, on its own
  BOOST_TEST(of(1, 0)->asked().fails_group);
  BOOST_TEST(of(1, 1)->asked().fails_group);
  BOOST_TEST(of(1, 0)->restarts().backoffmin.count() == 1000); // what b asks for is b's
  BOOST_TEST(of(1, 1)->restarts().backoffmin.count() == 2000);
  BOOST_TEST(!of(2, 0)->policy); // the same program in h
}

// -- changes -------------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(a_change_is_told_by_its_option, machine_fixture) {
  auto changed = [&](const std::string& before, const std::string& now) {
    std::string all;
    for (const auto& key : changed_options(with(before), with(now)))
      all += (all.empty() ? "" : " ") + key;
    return all;
  };
  BOOST_TEST(changed("", "type=service\nessential=false\nessential_on=fatal,exit\nessential_exitcode=program\n") == "");
  BOOST_TEST(changed("critical=true\n", "essential=true\n") == "");
  BOOST_TEST(changed("", "type=oneshot\n") == "autorestart type"); // its default goes with it
  BOOST_TEST(changed("autorestart=false\n", "type=oneshot\n") == "type");
  BOOST_TEST(changed("essential=true\n", "critical=no\nessential_on=exit\nessential_exitcode=0\n") ==
             "essential essential_on essential_exitcode");
  BOOST_TEST(changed("essential_on=exit,fatal\n", "essential_on=exit,fatal,unhealthy\n") == "essential_on");
  BOOST_TEST(changed("essential_on=exit\n", "essential_on=fatal\n") == "essential_on");
}

BOOST_FIXTURE_TEST_CASE(a_group_changes_with_its_onfailure, machine_fixture) {
  auto changed = [&](const std::string& before, const std::string& now) {
    auto groups = [&](const std::string& option) { return loaded(a + "[group:g]\nprograms=a\n" + option).groups; };
    return compare(groups(before), groups(now)).changed == lines{"g"};
  };
  BOOST_TEST(!changed("", "onfailure=none\n"));
  BOOST_TEST(changed("", "onfailure=stopgroup\n"));
  BOOST_TEST(changed("onfailure=restartgroup\n", "onfailure=stopgroup\n"));
}

BOOST_AUTO_TEST_SUITE_END()
