// Options that come from [program-default] and [template:x], and %(ENV_X:-text)s: vectors P049 to P061 of
// docs/contract/programs.md.
#include "config/diff.hpp"
#include "config/expansion.hpp"
#include "config/load.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(templates_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct machine_fixture {
  fake_machine machine;
  result<configuration> load_text(const std::string& text) {
    machine.files["/c/s.conf"] = "[supervisord]\n" + text;
    return load(machine.make(), {"/c/s.conf", {}});
  }
  /// startsecs, autorestart and environment of the first process, or the fault with its line.
  std::string loaded(const std::string& text) {
    auto cfg = load_text(text);
    if (!cfg)
      return std::to_string(cfg.error().at.line) + ": " + cfg.error().what;
    const auto& p = *cfg->groups.at(0)->processes.at(0);
    auto out = std::to_string(p.startsecs) + (p.restart == autorestart::always ? " always" : "");
    for (const auto& [name, value] : p.env)
      out += ' ' + std::string(name) + '=' + std::string(value);
    return out;
  }
};

struct row {
  const char* id;
  const char* text; ///< from line 2 on
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id; }

#define A "[program:a]\ncommand=c\n"
#define IN_A " in section 'program:a' (file: '/c/s.conf')"
// clang-format off
const row rows[] = {
  {"P049", "[program-default]\nstartsecs=5\n" A, "5"},
  {"P050", "[program-default]\nstartsecs=5\n" A "startsecs=2\n", "2"},
  {"P051", "[program-default]\nstartsecs=5\n[template:t]\nstartsecs=7\n" A "template=t\n", "7"},
  {"P052", "[template:t]\nstartsecs=7\n[template:u]\nstartsecs=8\n" A "template=t,u\n", "8"},
  {"from the last to the first", "[template:t]\nstartsecs=7\n[template:u]\nautorestart=true\n" A "template=t, u\n", "7 always"},
  {"P053", A "template=zz\n", "4: template names unknown template 'zz'" IN_A},
  {"P054", "[template:t]\ntemplate=u\n[template:u]\ntemplate=t\n" A, "3: template leads back to itself: t -> u -> t in section 'template:t' (file: '/c/s.conf')"},
  {"it names itself", "[template:t]\ntemplate=t\n" A, "3: template leads back to itself: t -> t in section 'template:t' (file: '/c/s.conf')"},
  {"a circle further on", "[template:s]\ntemplate=t\n[template:t]\ntemplate=u\n[template:u]\ntemplate=t\n" A "template=s\n", "5: template leads back to itself: t -> u -> t in section 'template:t' (file: '/c/s.conf')"},
  {"a template of an unknown one", "[template:t]\ntemplate=zz\n" A, "3: template names unknown template 'zz' in section 'template:t' (file: '/c/s.conf')"},
  {"parents beneath", "[template:p]\nstartsecs=3\nautorestart=true\n[template:t]\ntemplate=p\nstartsecs=7\n" A "template=t\n", "7 always"},
  {"parents of a later one above an earlier one", "[template:p]\nstartsecs=3\n[template:u]\ntemplate=p\n[template:t]\nstartsecs=7\n" A "template=t,u\n", "3"},
  {"above [DEFAULT]", "[DEFAULT]\nstartsecs=9\n[program-default]\nstartsecs=5\n" A, "5"},
  {"[DEFAULT] may name one", "[DEFAULT]\ntemplate=t\n[template:t]\nstartsecs=7\n" A, "7"},
  {"P055", "[program-default]\nenvironment=A=\"1\",B=\"1\"\n" A "environment=B=\"2\"\n", "1 B=2 A=1"},
  {"variables along the line", "[program-default]\nenvironment=A=0,B=0,C=0\n[template:t]\nenvironment=A=1,B=1\n[template:u]\nenvironment=A=2\n" A "template=t,u\nenvironment=D=3\n", "1 D=3 A=2 B=1 C=0"},
  {"and none of its own", "[template:t]\nenvironment=A=%(program_name)s\n" A "template=t\n", "1 A=a"},
  {"a fault of them", "[template:t]\nenvironment=A\n" A "template=t\n", "3: Unexpected end of key/value pairs (character 1 of the value)" IN_A},
  {"P057", "[template:t]\nstartsecs=x\n" A "template=t\n", "3: invalid literal for int() with base 10: 'x'" IN_A},
  {"the user's name expands", "[template:t]\ncommand=/bin/%(program_name)s\nstartsecs=4\n[program:a]\ntemplate=t\n", "4"},
  {"a template alone makes no process", "[template:t]\ncommand=c\n" A "startsecs=6\n", "6"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, layers, data::make(rows), r) { BOOST_TEST(loaded(r.text) == r.expected); }

BOOST_FIXTURE_TEST_CASE(p056_listeners_have_templates_only, machine_fixture) {
  auto cfg =
    load_text("[program-default]\nredirect_stderr=true\nstartsecs=5\n[template:t]\nstartsecs=7\nevents=TICK_5\n"
              "[eventlistener:e]\ncommand=c\ntemplate=t\n[eventlistener:f]\ncommand=c\nevents=TICK_5\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  const auto& e = *cfg->groups.at(0)->processes.at(0);
  BOOST_TEST(!e.redirect_stderr);
  BOOST_TEST(e.startsecs == 7);
  BOOST_TEST(cfg->groups.at(0)->events == std::vector<std::string>{"TICK_5"}, boost::test_tools::per_element());
  BOOST_TEST(cfg->groups.at(1)->processes.at(0)->startsecs == 1);
}

BOOST_FIXTURE_TEST_CASE(of_members_and_sockets, machine_fixture) {
  auto cfg = load_text("[program-default]\nstartsecs=5\n[template:t]\nsocket=unix:///tmp/%(program_name)s.sock\n"
                       "[program:a]\ncommand=c\n[group:g]\nprograms=a\npriority=1\n"
                       "[fcgi-program:f]\ncommand=c\ntemplate=t\npriority=2\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  BOOST_TEST(cfg->groups.at(0)->name == "g");
  BOOST_TEST(cfg->groups.at(0)->processes.at(0)->startsecs == 5);
  BOOST_TEST(cfg->groups.at(1)->socket->path == "/tmp/f.sock");
  BOOST_TEST(cfg->groups.at(1)->processes.at(0)->startsecs == 5);
}

BOOST_FIXTURE_TEST_CASE(names_expand_where_the_template_stands, machine_fixture) {
  machine.files["/c/more/t.conf"] = "[template:t]\ncommand=%(here)s/run\nenvironment=HOME=\"%(here)s\"\n";
  auto on = machine.make();
  on.glob = [](const std::string&) { return std::vector<std::string>{"/c/more/t.conf"}; };
  machine.files["/c/s.conf"] = "[supervisord]\n[include]\nfiles=more/*.conf\n[program:a]\ntemplate=t\n";
  auto cfg = load(on, {"/c/s.conf", {}});
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  const auto& p = *cfg->groups.at(0)->processes.at(0);
  BOOST_TEST(p.command == "/c/more/run");
  BOOST_TEST((*p.env.begin()).second == "/c/more");
}

BOOST_FIXTURE_TEST_CASE(what_they_change_is_a_change_of_the_programs, machine_fixture) {
  auto groups = [this](const std::string& text) { return load_text(text)->groups; };
  auto before = groups("[template:t]\nstartsecs=7\n[program:a]\ncommand=c\ntemplate=t\n[program:b]\ncommand=c\n");
  auto after = groups("[template:t]\nstartsecs=8\n[program:a]\ncommand=c\ntemplate=t\n[program:b]\ncommand=c\n");
  auto unused = groups("[template:x]\nstartsecs=8\n[program:a]\ncommand=c\nstartsecs=7\n[program:b]\ncommand=c\n");
  BOOST_TEST(compare(before, after).changed == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  BOOST_TEST(compare(before, unused).changed.empty());
  BOOST_TEST(compare(before, unused).added.empty());
}

BOOST_FIXTURE_TEST_CASE(all_faults_are_listed, machine_fixture) {
  machine.files["/c/s.conf"] =
    "[supervisord]\n[template:t]\ntemplate=t\n[template:u]\ntemplate=zz\n[program:a]\ncommand=c\n";
  auto found = check(machine.make(), {"/c/s.conf", {}});
  BOOST_TEST(found.faults.size() == 2U);
  machine.files["/c/s.conf"] =
    "[supervisord]\n[program:a]\ncommand=c\ntemplate=x\n[program:b]\ncommand=c\ntemplate=y\n";
  BOOST_TEST(check(machine.make(), {"/c/s.conf", {}}).faults.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_option_is_told_once, machine_fixture) {
  auto cfg =
    load_text("[template:t]\nstartsec=7\n[program:a]\ncommand=c\ntemplate=t\n[program:b]\ncommand=c\ntemplate=t\n");
  BOOST_REQUIRE(cfg);
  BOOST_REQUIRE(cfg->notices.size() == 1);
  BOOST_TEST(cfg->notices[0].text ==
             "/c/s.conf:3: unknown option 'startsec' in [program:a] is ignored (did you mean 'startsecs'?)");
}

namespace {

struct otherwise {
  const char* text;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const otherwise& o) { return out << o.text; }

const otherwise forms[] = {
  {"/x %(ENV_NO:-d e)s", "/x d e"}, // P058
  {"%(ENV_EMPTY:-d)s", "d"},        // P059
  {"%(ENV_NO:-a(b)c)s", "a(b)c"},   // P060
  {"%(ENV_SET:-d)s", "v"},
  {"%(ENV_NO:-)s!", "!"},
  {"%(ENV_NO:-%(here)s)s", "%(here)s"}, // it is not expanded again
  {"%(ENV_NO:-d)5s", "    d"},
  {"%(ENV_NO:-a:-b)s", "a:-b"},
};

} // namespace

BOOST_DATA_TEST_CASE(variables_that_are_not_set, data::make(forms), f) {
  const variables env{{"SET", "v"}, {"EMPTY", ""}};
  expansion_scope scope;
  scope.env = &env;
  auto found = expand(f.text, scope, "command");
  BOOST_REQUIRE_MESSAGE(found, found.error().what);
  BOOST_TEST(*found == f.expected);
}

BOOST_AUTO_TEST_CASE(p061_without_one_it_is_an_error_as_before) {
  const variables env;
  expansion_scope scope;
  scope.env = &env;
  BOOST_TEST(!expand("%(ENV_NO)s", scope, "command"));
  BOOST_TEST(!expand("%(here:-x)s", scope, "command")); // of variables only
}

BOOST_AUTO_TEST_SUITE_END()
