// The options of config/check_options.hpp: what each takes, what it refuses with which sentence, and where: vectors
// P035 to P045 of docs/contract/programs.md, and what expressions may be.
#include "config/line_expression.hpp"
#include "config/load.hpp"
#include "config/option_changes.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <iterator>

BOOST_AUTO_TEST_SUITE(check_options_test)

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
  std::string refused(const std::string& text) {
    auto cfg = load_text(text);
    return cfg ? "it loads" : cfg.error().what;
  }
};

/// Kind, and what of the others is set; `shown` only where it is not the value.
std::string shown(const check_form& form, const std::string& value) {
  constexpr const char* kinds[] = {"none", "notify", "fd", "tcp", "unix", "http", "exec", "logline"};
  std::string text = kinds[static_cast<std::size_t>(form.what)];
  if (!form.host.empty())
    text += " [" + form.host.str() + ']';
  if (form.number != 0)
    text += ' ' + std::to_string(form.number);
  if (!form.text.empty())
    text += " <" + form.text.str() + '>';
  return form.shown == value ? text : text + " shown as '" + form.shown.str() + '\'';
}

std::string seconds(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) : std::to_string(time.count()) + "ms";
}

std::string shown(const process_options& p, const std::string& key, const std::string& value) {
  const auto& ready = p.ready();
  const auto& health = p.health();
  constexpr const char* actions[] = {"restart", "signal", "event", "none"};
  if (key == "ready" || key == "health")
    return shown(key == "ready" ? ready.form : health.form, value);
  if (key == "readytimeout" || key == "readyinterval")
    return seconds(key == "readytimeout" ? ready.timeout : ready.interval);
  if (key == "healthinterval" || key == "healthtimeout")
    return seconds(key == "healthinterval" ? health.interval : health.timeout);
  if (key == "healthretries")
    return std::to_string(health.most_failures());
  if (key == "healthstartperiod")
    return seconds(health.startperiod);
  std::string action = actions[static_cast<std::size_t>(health.then)];
  return health.signo != 0 ? action + ' ' + std::to_string(health.signo) : action;
}

/// What comes of `key=value` in a program, or the sentence without its section.
struct row {
  const char* key;
  const char* value;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.key << '=' << r.value; }

#define NO_TIME ": allowed is a time, such as 5, 0.5, 500ms, 2m, 1h or 1d"
#define NO_READY(value)                                                                                                \
  "Invalid ready value '" value "': allowed are startsecs, notify, fd:N, tcp:HOST:PORT, unix:PATH, http://HOST/PATH, " \
  "exec:COMMAND and logline:REGEX"
#define NO_HEALTH(value)                                                                                               \
  "Invalid health value '" value "': allowed are notify, tcp:HOST:PORT, unix:PATH, http://HOST/PATH and exec:COMMAND"
#define NO_ACTION(value) "Invalid healthaction value '" value "': allowed are restart, signal:NAME, event and none"
// clang-format off
const row rows[] = {
  {"ready", "startsecs", "none shown as ''"},
  {"ready", "StartSecs", "none shown as ''"},
  {"ready", "notify", "notify"},
  {"ready", "Notify", "notify shown as 'notify'"},
  {"ready", "notify:", NO_READY("notify:")},
  {"ready", "notify-watchdog", NO_READY("notify-watchdog")},
  {"ready", "", NO_READY("")},
  {"ready", "fd", NO_READY("fd")},
  {"ready", "fd:3", "fd 3"},
  {"ready", "fd:255", "fd 255"},
  {"ready", "fd:2", NO_READY("fd:2")}, // P037
  {"ready", "fd:256", NO_READY("fd:256")},
  {"ready", "fd:", NO_READY("fd:")},
  {"ready", "fd:3x", NO_READY("fd:3x")},
  {"ready", "fd:+3", NO_READY("fd:+3")},
  {"ready", "fd:99999999999", NO_READY("fd:99999999999")},
  {"ready", "tcp:5432", "tcp [127.0.0.1] 5432"}, // P035
  {"ready", "TCP:5432", "tcp [127.0.0.1] 5432"},
  {"ready", "tcp:[::1]:80", "tcp [::1] 80"}, // P036
  {"ready", "tcp:[fe80::1%%eth0]:80", "tcp [fe80::1%eth0] 80 shown as 'tcp:[fe80::1%eth0]:80'"},
  {"ready", "tcp:db.example:65535", "tcp [db.example] 65535"},
  {"ready", "tcp:db:0", NO_READY("tcp:db:0")},
  {"ready", "tcp:65536", NO_READY("tcp:65536")},
  {"ready", "tcp:-1", NO_READY("tcp:-1")},
  {"ready", "tcp:db", NO_READY("tcp:db")},
  {"ready", "tcp:db:", NO_READY("tcp:db:")},
  {"ready", "tcp::80", NO_READY("tcp::80")},
  {"ready", "tcp:::1:80", NO_READY("tcp:::1:80")},
  {"ready", "tcp:[::1]", NO_READY("tcp:[::1]")},
  {"ready", "tcp:[::1]80", NO_READY("tcp:[::1]80")},
  {"ready", "tcp:[::1:80", NO_READY("tcp:[::1:80")},
  {"ready", "tcp:[127.0.0.1]:80", NO_READY("tcp:[127.0.0.1]:80")},
  {"ready", "tcp:[::g]:80", NO_READY("tcp:[::g]:80")},
  {"ready", "tcp://db:80", NO_READY("tcp://db:80")},
  {"ready", "tcp:a b:80", NO_READY("tcp:a b:80")},
  {"ready", "unix:/run/x.sock", "unix </run/x.sock>"},
  {"ready", "unix:x y.sock", "unix <x y.sock>"},
  {"ready", "unix:", NO_READY("unix:")},
  {"ready", "http://h/ready?x=1", "http [h] 80 </ready?x=1> shown as 'http://h/ready'"},
  {"ready", "http://h:8080/", "http [h] 8080 </>"},
  {"ready", "http://h", "http [h] 80 </>"},
  {"ready", "HTTP://h:81", "http [h] 81 </>"},
  {"ready", "http://[::1]:81/x", "http [::1] 81 </x>"},
  {"ready", "http://[::1]/x", "http [::1] 80 </x>"},
  {"ready", "http://h:/", NO_READY("http://h:/")},
  {"ready", "http:///x", NO_READY("http:///x")},
  {"ready", "http:h/x", NO_READY("http:h/x")},
  {"ready", "http://u@h/x", NO_READY("http://u@h/x")},
  {"ready", "http://h?x", NO_READY("http://h?x")},
  {"ready", "http://h/a b", NO_READY("http://h/a b")},
  {"ready", "http://h/a#b", NO_READY("http://h/a#b")},
  {"ready", "https://h/", NO_READY("https://h/")}, // P038
  {"ready", "exec:/bin/check -q 'a b'", "exec </bin/check -q 'a b'> shown as 'exec:/bin/check'"},
  {"ready", "exec:/bin/x 'y", "Invalid ready value \"exec:/bin/x 'y\": No closing quotation"},
  {"ready", "exec:/bin/x \\", "Invalid ready value 'exec:/bin/x \\\\': No escaped character"},
  {"ready", "exec:\"/my dir/x\" secret", "exec <\"/my dir/x\" secret> shown as 'exec:/my dir/x'"},
  {"ready", "exec:KEY=secret\\ x y", "exec <KEY=secret\\ x y> shown as 'exec:'"},
  {"ready", "exec:", "Invalid ready value 'exec:': command is empty"},
  {"ready", "logline:listening on [0-9]+", "logline <listening on [0-9]+>"},
  {"ready", "logline:(a", "Invalid ready value 'logline:(a': Unmatched ( or \\("}, // P039
  {"ready", "logline:(a)\\1", "Invalid ready value 'logline:(a)\\\\1': back-references are not allowed"},
  {"ready", "logline:", NO_READY("logline:")},
  {"ready", "logline", NO_READY("logline")},
  {"ready", "often", NO_READY("often")},
  {"readytimeout", "0", "0"},
  {"readytimeout", "1.5", "1500ms"},
  {"readytimeout", "-1", "Invalid readytimeout value '-1'" NO_TIME},
  {"readyinterval", "0.1", "100ms"},
  {"readyinterval", "0", "Invalid readyinterval value '0': allowed is a time of 0.1 or more"},
  {"readyinterval", "99ms", "Invalid readyinterval value '99ms': allowed is a time of 0.1 or more"},
  {"readyinterval", "x", "Invalid readyinterval value 'x'" NO_TIME},
  {"health", "notify", "notify"},
  {"health", "notify-watchdog", "notify shown as 'notify'"}, // P044
  {"health", "tcp:80", "tcp [127.0.0.1] 80"},
  {"health", "unix:x.sock", "unix <x.sock>"},
  {"health", "http://h:81/health", "http [h] 81 </health>"},
  {"health", "exec:check", "exec <check>"},
  {"health", "exec: ", "Invalid health value 'exec:': command is empty"},
  {"health", "fd:3", NO_HEALTH("fd:3")},
  {"health", "logline:x", NO_HEALTH("logline:x")},
  {"health", "startsecs", NO_HEALTH("startsecs")},
  {"health", "none", "none shown as ''"}, // what a template asks for is taken back
  {"healthinterval", "30", "30"},
  {"healthinterval", "0", "Invalid healthinterval value '0': allowed is a time of 0.1 or more"},
  {"healthtimeout", "1ms", "1ms"},
  {"healthtimeout", "0", "Invalid healthtimeout value '0': allowed is a time above 0"},
  {"healthtimeout", "", "Invalid healthtimeout value ''" NO_TIME},
  {"healthretries", "1", "1"},
  {"healthretries", "1000", "1000"},
  {"healthretries", "0", "Invalid healthretries value '0': allowed is a number from 1 to 1000"},
  {"healthretries", "1001", "Invalid healthretries value '1001': allowed is a number from 1 to 1000"},
  {"healthretries", "x", "invalid literal for int() with base 10: 'x'"},
  {"healthstartperiod", "30s", "30"},
  {"healthstartperiod", "x", "Invalid healthstartperiod value 'x'" NO_TIME},
  {"healthaction", "Restart", "restart"},
  {"healthaction", "event", "event"},
  {"healthaction", "none", "none"},
  {"healthaction", "signal:HUP", "signal 1"},
  {"healthaction", "Signal:sigusr1", "signal 10"},
  {"healthaction", "signal:FOO", NO_ACTION("signal:FOO")},
  {"healthaction", "signal:", NO_ACTION("signal:")},
  {"healthaction", "signal", NO_ACTION("signal")},
  {"healthaction", "event:", NO_ACTION("event:")},
  {"healthaction", "reboot", NO_ACTION("reboot")}, // P045
};

struct expression {
  const char* what;
  std::string text;
  const char* fault;
};
std::ostream& operator<<(std::ostream& out, const expression& e) { return out << e.what; }

#define TOO_LONG "longer than 1024 elements with its repetitions written out"
const expression expressions[] = {
  {"plain", "ready to (accept|serve) connections on port [0-9]{1,5}\\.?", ""},
  {"anchors", "^\\[INFO\\] +([a-z]+: )?ready$", ""},
  {"words", "\\bready\\b|(^| )up( |$)", ""},
  {"as long as may be", std::string(1024, 'a'), ""},
  {"longer", std::string(1025, 'a'), "longer than 1024 bytes"},
  {"a back-reference", "(a)b\\1", "back-references are not allowed"},
  {"behind a backslash", "(a)\\\\1", ""},
  {"in a bracket", "(a)[\\1]", ""},
  {"behind a bracket that holds one", "(a)[]]\\2", "back-references are not allowed"},
  {"behind one with a class", "(a)[^][:alpha:]x]\\9", "back-references are not allowed"},
  {"a zero", "a\\0", ""},
  {"many", "a{255}", ""},
  {"many of many", "(a{1,50}){1,50}", TOO_LONG},
  {"of many", "((a{1,255}){1,255}){1,255}", TOO_LONG},
  {"one behind the other", "a{40}{40}", TOO_LONG},
  {"side by side", "a{600}b{600}", TOO_LONG},
  {"without end", "(a{511,}){2}", TOO_LONG},
  {"at most", "(ba{,40}){,40}", TOO_LONG},
  {"doubled and doubled", "(((((((((((a+)+)+)+)+)+)+)+)+)+)+)+", TOO_LONG},
  {"doubled often", "([a-z]+(\\.[a-z]+)+ )+ready", ""},
  {"in a bracket it is none", "[a{255}]{255}", ""},
  {"nor behind a backslash", "a\\{255}{255}", ""},
  {"none at all", "(a){0}", ""},
  {"an anchor", "((^| )a)+", "anchors cannot be repeated"},
  {"of a word", "(\\<a)*", "anchors cannot be repeated"},
  {"so often", "(a$){2}", "anchors cannot be repeated"},
  {"nothing again and again", "(a?)*", "what may be empty cannot be repeated"},
  {"nothing in one alternative", "(a|b*c?)+", "what may be empty cannot be repeated"},
  {"nothing so often", "(a{,2}){3}", "what may be empty cannot be repeated"},
  {"nothing in front of something", "(a*b)+(a?b|c){2}", ""},
  {"nothing behind something", "(ab*)+(a|bc?){2}", ""},
  {"eight anchors", "^(^|$)(^|$)(\\b|\\B)$", ""},
  {"nine", "^(^|$)(^|$)(\\b|\\B)$$", "more than 8 anchors"},
  {"perhaps", "(^a)?b", ""},
  {"a bracket without end", "[[:alpha:", "Unmatched [, [^, [:, [., or [="},
  {"a repetition of nothing", "*a", "Invalid preceding regular expression"},
  {"an interval without end", "a{1", "Unmatched \\{"},
  {"a backslash at the end", "a\\", "Trailing backslash"},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, values, data::make(rows), r) {
  auto cfg = load_text("[program:a]\ncommand=c\n" + std::string(r.key) + '=' + r.value + '\n');
  if (cfg)
    BOOST_TEST(shown(*cfg->groups.at(0)->processes.at(0), r.key, r.value) == r.expected);
  else
    BOOST_TEST(cfg.error().what == r.expected + std::string(" in section 'program:a' (file: 'c.conf')"));
}

BOOST_DATA_TEST_CASE(what_an_expression_may_be, data::make(expressions), e) {
  BOOST_TEST(fault_of_expression(e.text) == e.fault);
}

BOOST_FIXTURE_TEST_CASE(defaults, machine_fixture) {
  auto p = with("");
  BOOST_TEST(!p.policy);
  BOOST_TEST(!p.ready().form);
  BOOST_TEST(!p.health().form);
  BOOST_TEST((p.ready().timeout == std::chrono::seconds{60}));
  BOOST_TEST((p.ready().interval == std::chrono::seconds{1}));
  BOOST_TEST((p.health().interval == std::chrono::seconds{10}));
  BOOST_TEST((p.health().timeout == std::chrono::seconds{3}));
  BOOST_TEST((p.health().startperiod == std::chrono::seconds{0}));
  BOOST_TEST(p.health().most_failures() == 3);
  BOOST_TEST(with("health=notify-watchdog\n").health().most_failures() == 1); // P044
  BOOST_TEST(with("health=notify\nhealthretries=3\n").health().most_failures() == 3);
}

BOOST_FIXTURE_TEST_CASE(a_listener_says_other_things_on_its_stdout, machine_fixture) { // P040
  const std::string listener = "[eventlistener:e]\ncommand=c\nevents=TICK_5\n";
  BOOST_TEST(
    refused(listener + "ready=logline:x\n") ==
    "ready=logline does not go with [eventlistener:e]: its stdout carries the eventlistener protocol in section "
    "'eventlistener:e' (file: 'c.conf')");
  BOOST_TEST(refused("[template:t]\nready=logline:x\n" + listener + "template=t\nready=notify\n") == "it loads");
}

BOOST_FIXTURE_TEST_CASE(events_of_checks_can_be_asked_for, machine_fixture) { // P089
  auto cfg =
    load_text("[eventlistener:e]\ncommand=c\nevents=PROCESS_HEALTH,PROCESS_HEALTH_HEALTHY,PROCESS_HEALTH_UNHEALTHY,"
              "PROCESS_NOTICE,PROCESS_NOTICE_HOOK,PROCESS_NOTICE_LEFTOVER,PROCESS_NOTICE_SKIPPED,"
              "PROCESS_NOTICE_LIMIT\n");
  BOOST_TEST(cfg.has_value(), (cfg ? "" : cfg.error().what));
}

BOOST_FIXTURE_TEST_CASE(restarts_and_dependencies_expand_as_command_does, machine_fixture) { // 0.3.2
  auto cfg = load_text("[program:a]\ncommand=c\nnumprocs=2\nprocess_name=a%(process_num)d\nenvironment=P=\"9\"\n"
                       "backoffmin=%(process_num)d.5\nrestartdelay=%(ENV_P)s\nrestartlimit=%(ENV_P)s/%(numprocs)ds\n"
                       "successexitcodes=6%(process_num)d\nstartdelay=%(process_num)dm\ndepends_on=b\n"
                       "depends_timeout=1%(process_num)d\nbackoffjitter=%(process_num)d5%\nrollingbatch=%(ENV_P)s%%\n"
                       "[program:b]\ncommand=c\nrollingbatch=%(numprocs)d\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  const auto& second = *cfg->groups.at(0)->processes.at(1);
  BOOST_TEST(second.restarts().backoffmin.count() == 1500);
  BOOST_TEST(second.restarts().restartdelay.count() == 9000);
  BOOST_TEST(second.restarts().startdelay.count() == 60000);
  BOOST_TEST(cfg->groups.at(0)->processes.at(0)->restarts().startdelay.count() == 0);
  BOOST_TEST(second.restarts().backoffjitter == 0.15);
  BOOST_TEST(cfg->groups.at(0)->processes.at(0)->restarts().backoffjitter == 0.05);
  BOOST_TEST(second.rolling().batch.value().share == 0.09);
  BOOST_TEST(cfg->groups.at(1)->processes.at(0)->rolling().batch.value().count == 1);
}

BOOST_FIXTURE_TEST_CASE(they_expand_as_command_does, machine_fixture) {
  auto cfg = load_text("[program:a]\ncommand=c\nnumprocs=2\nprocess_name=a%(process_num)d\nenvironment=P=\"9\"\n"
                       "ready=tcp:800%(process_num)d\nhealth=exec:%(here)s/check %(ENV_P)s\n"
                       "readytimeout=1%(process_num)d\nhealthretries=%(numprocs)d\n");
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  const auto& second = *cfg->groups.at(0)->processes.at(1);
  BOOST_TEST(second.ready().form.number == 8001);
  BOOST_TEST(second.ready().form.shown == "tcp:8001");
  BOOST_TEST(second.health().form.text == "/c/check 9");
  BOOST_TEST((second.ready().timeout == std::chrono::seconds{11}));
  BOOST_TEST(second.health().most_failures() == 2);
}

BOOST_FIXTURE_TEST_CASE(from_a_template, machine_fixture) {
  auto of = [&](const std::string& own) {
    auto cfg =
      load_text("[template:t]\nready=notify\nhealthaction=signal:HUP\n[program:a]\ncommand=c\ntemplate=t\n" + own);
    BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
    return *cfg->groups.at(0)->processes.at(0);
  };
  BOOST_TEST(of("").ready().form.shown == "notify");
  BOOST_TEST(of("").health().signo == 1);
  BOOST_TEST(!of("ready=startsecs\n").ready().form);
  BOOST_TEST(of("healthaction=event\n").health().signo == 0);
}

BOOST_FIXTURE_TEST_CASE(a_change_is_told_by_its_option, machine_fixture) {
  const auto before = with("ready=tcp:1\nhealth=tcp:1\nhealthaction=signal:HUP\n");
  auto changed = [&](const std::string& options) {
    std::string all;
    for (const auto& key : changed_options(before, with(options)))
      all += (all.empty() ? "" : " ") + key;
    return all;
  };
  const std::string same = "ready=tcp:1\nhealth=tcp:1\nhealthaction=signal:HUP\n";
  BOOST_TEST(changed(same) == "");
  BOOST_TEST(changed(same + "readytimeout=60\nreadyinterval=1\nhealthtimeout=3\n") == ""); // as it is anyway
  BOOST_TEST(changed("ready=tcp:2\nhealth=tcp:1\nhealthaction=signal:INT\n") == "ready healthaction");
  BOOST_TEST(changed(same + "readytimeout=5\nreadyinterval=5\nhealthinterval=5\nhealthtimeout=5\nhealthretries=5\n"
                            "healthstartperiod=5\n") ==
             "readytimeout readyinterval healthinterval healthtimeout healthretries healthstartperiod");
}

BOOST_FIXTURE_TEST_CASE(where_the_sockets_are, machine_fixture) {
  auto folder = [this](const std::string& value) {
    machine.files["/c/c.conf"] = "[supervisord]\n" + value;
    auto cfg = load(machine.make(), {"c.conf", {}});
    return cfg ? cfg->supervisord.notifydir : cfg.error().what;
  };
  BOOST_TEST(folder("") == "");
  BOOST_TEST(folder("notifydir=/tmp\n") == "/tmp");
  BOOST_TEST(folder("notifydir=%(here)s\n") == "/c");
  BOOST_TEST(folder("notifydir=~\n") == "/root");
  BOOST_TEST(folder("notifydir=/nowhere\n").starts_with("/nowhere is not an existing directory"));
}

BOOST_AUTO_TEST_SUITE_END()
