// The actions of supervisorctl: lines in, exact stdout and exit status out, against a daemon in memory.
// Cases: docs/contract/supervisorctl.md, 14.2 to 14.8; each row prints its vector ids.
#include "config/password_forms.hpp"
#include "platform/password.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

struct row {
  const char* ids;
  std::string line;
  std::string out;
  int status = 0;
  std::function<void(harness&)> before = [](harness&) {};
  std::string err = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << "vector " << r.ids << ": " << r.line; }

void check(const row& r) {
  harness daemon;
  r.before(daemon);
  session s(daemon, {{.url = "unix:///lab.sock"}});
  BOOST_TEST(s.run(r.line) == r.status);
  BOOST_TEST(daemon.stdout_text == r.out);
  BOOST_TEST(daemon.stderr_text == r.err);
}

void stopping(harness& l) { *l.find("stubborn") = {"stubborn", "stubborn", process_state::stopping, "", 110}; }
void all_of_trio_stopped(harness& l) {
  for (auto& p : l.all)
    if (p.group == "trio")
      p.state = process_state::stopped, p.pid = 0;
}
void manual_runs(harness& l) { l.find("manual")->state = process_state::running; }

const std::string cat_row = "cat                              RUNNING   pid 101, uptime 0:00:05\n";
const std::string rows =
  "backoff                          BACKOFF   Exited too quickly (process log may have details)\n" + cat_row +
  "failer                           FATAL     Exited too quickly (process log may have details)\n"
  "manual                           STOPPED   Not started\n"
  "missing                          FATAL     can't find command '/nonexistent/cmd'\n"
  "noexec                           STOPPED   Not started\n"
  "nolog                            RUNNING   pid 102, uptime 0:00:05\n"
  "oneshot                          EXITED    Nov 22 11:02 AM\n"
  "quickexit                        STOPPED   Not started\n"
  "sleeper                          RUNNING   pid 103, uptime 0:00:05\n"
  "stubborn                         STOPPED   Not started\n"
  "talker                           RUNNING   pid 104, uptime 0:00:05\n"
  "trio:a                           RUNNING   pid 105, uptime 0:00:05\n"
  "trio:b                           RUNNING   pid 106, uptime 0:00:05\n"
  "trio:c                           STOPPED   Not started\n"
  "worker:worker_00                 RUNNING   pid 107, uptime 0:00:05\n"
  "worker:worker_01                 RUNNING   pid 108, uptime 0:00:05\n"
  "worker:worker_02                 RUNNING   pid 109, uptime 0:00:05\n";
const std::string listing = "\ndefault commands (type help <topic>):\n=====================================\n"
                            "add    exit      open  reload  restart   start   tail   \n"
                            "avail  fg        pid   remove  shutdown  status  update \n"
                            "clear  maintail  quit  reread  signal    stop    version\n\n";

std::function<void(harness&)> only(std::string name) {
  return [name](harness& l) { l.all = {alive_process(name, name, 1)}; };
}

// clang-format off
const row status_rows[] = {
    {"39", "status", rows, 3},
    {"40", "status all", rows, 3},
    {"41", "status all nosuch", rows, 3},
    {"42", "status cat", cat_row},
    {"43", "status cat:cat", cat_row},
    {"44", "status cat:", cat_row},
    {"45", "status cat:*", cat_row},
    {"46", "status trio:*",
     "trio:a                           RUNNING   pid 105, uptime 0:00:05\n"
     "trio:b                           RUNNING   pid 106, uptime 0:00:05\n"
     "trio:c                           STOPPED   Not started\n", 3},
    {"47", "status trio", "trio: ERROR (no such process)\n", 4, [](harness&) {}, "hint: did you mean trio:*?\n"},
    {"48", "status trio:zzz", "trio:zzz: ERROR (no such process)\n", 4},
    {"49", "status nosuch", "nosuch: ERROR (no such process)\n", 4},
    {"50", "status cat*", "cat*: ERROR (no such process)\n", 4},
    {"51", "status nosuch:*", "nosuch: ERROR (no such group)\n", 4},
    {"52", "status :", ": ERROR (no such group)\n", 4},
    {"53", "status cat nosuch", "nosuch: ERROR (no such process)\n" + cat_row, 4},
    {"54", "status nosuch manual",
     "nosuch: ERROR (no such process)\nmanual                           STOPPED   Not started\n", 3},
    {"55", "status cat cat", cat_row + cat_row},
    {"56", "status backoff",
     "backoff                          BACKOFF   Exited too quickly (process log may have details)\n"},
    {"57", "status failer",
     "failer                           FATAL     Exited too quickly (process log may have details)\n", 3},
    {"58", "status missing", "missing                          FATAL     can't find command '/nonexistent/cmd'\n", 3},
    {"59", "status oneshot", "oneshot                          EXITED    Nov 22 11:02 AM\n", 3},
    {"60", "status stubborn", "stubborn                         STOPPING  \n", 0, stopping},
    {"61", "status slow", "slow                             STARTING  \n", 0,
     [](harness& l) { l.all = {{"slow", "slow", process_state::starting, "", 5}}; }},
    {"62", "status", std::string(50, 'n') + "   RUNNING   pid 1, uptime 0:00:05\n", 0, only(std::string(50, 'n'))},
    {"63", "status", "exactly_thirty_chars_in_name_x   RUNNING   pid 1, uptime 0:00:05\n", 0,
     only("exactly_thirty_chars_in_name_x")},
    {"64", "status t\u00e9st_\u00f6\u00e4\u00fc",
     "t\u00e9st_\u00f6\u00e4\u00fc                         RUNNING   pid 1, uptime 0:00:05\n", 0,
     only("t\u00e9st_\u00f6\u00e4\u00fc")},
    {"65", "status", "", 0, [](harness& l) { l.all.clear(); }},
    {"66", "status;version", ";version: ERROR (no such process)\n", 4},
};
// clang-format on
BOOST_DATA_TEST_CASE(status, data::make(status_rows), r) { check(r); }

// clang-format off
const row other_rows[] = {
    {"67", "pid", "42\n"},
    {"68", "pid all", "0\n101\n0\n0\n0\n0\n102\n0\n0\n103\n0\n104\n105\n106\n0\n107\n108\n109\n"},
    {"69", "pid all nosuch", "0\n101\n0\n0\n0\n0\n102\n0\n0\n103\n0\n104\n105\n106\n0\n107\n108\n109\n"},
    {"70", "pid cat manual", "101\n0\n", 7},
    {"71", "pid backoff", "0\n", 7},
    {"72", "pid nosuch cat", "No such process nosuch\n101\n", 1},
    {"73, members", "pid trio:*", "105\n106\n0\n", 7},
    {"73, members", "pid worker:", "107\n108\n109\n"},
    {"73", "pid nosuch:*", "No such process nosuch:*\n", 1},
    {"74", "pid stubborn", "110\n", 0, stopping},
    {"75", "version", "4.4.0.dev0\n"},
    {"76", "help", listing},
    {"77", "?", listing},
    {"78", "help help", help_of("help")},
    {"79", "?tail", help_of("tail")},
    {"80", "help start stop", "*** No help on start stop\n"},
    {"81", "help EOF", "*** No help on EOF\n"},
    {"help passwd", "help passwd", "passwd\t\task for a password, twice, and print the line for [user:x]\n"
     "passwd < file\tthe same for the first line of a file; no daemon is asked\n"},
    {"82", "help nosuch", "*** No help on nosuch\n"},
    {"83", "bogus arg", "*** Unknown syntax: bogus arg\n", 1},
    {"84", "STATUS", "*** Unknown syntax: STATUS\n", 1},
    {"85", "!ls", "*** Unknown syntax: !ls\n", 1},
    {"86", "statuscat", "*** Unknown syntax: statuscat\n", 1},
    {"87", "exit x y", "\n"},
    {"88", "open", "ERROR: url must be http:// or unix://\n", 1},
    {"89", "open ftp://x", "ERROR: url must be http:// or unix://\n", 1},
    {"90", "open 127.0.0.1:9001", "ERROR: url must be http:// or unix://\n", 1},
    {"91", "open http://127.0.0.1:1", "http://127.0.0.1:1 refused connection\n", 0, [](harness&) {},
     "hint: the server URL is that of `open`; does supervisord run, and does it listen there?\n"},
    {"92", "open unix:///lab.sock", rows},
    {"25", "version -s U", "Error: version accepts no arguments\n" + help_of("version"), 1},
    {"28", "-i", "*** Unknown syntax: -i\n", 1},
    {"29", "", ""},
    {"30", "pid cat", "101\n"},
    {"31", "pid   cat    sleeper", "101\n103\n"},
    {"32", "signal CONT cat", "cat: signalled\n"},
};
// clang-format on
BOOST_DATA_TEST_CASE(others, data::make(other_rows), r) { check(r); }

// clang-format off
const row start_rows[] = {
    {"93", "start", "Error: start requires a process name\n" + help_of("start"), 2},
    {"94", "stop", "Error: stop requires a process name\n" + help_of("stop"), 1},
    {"95", "restart", "Error: restart requires a process name\n" + help_of("restart"), 1},
    {"96", "start manual", "manual: started\n"},
    {"97", "start manual", "manual: ERROR (already started)\n", 0, manual_runs},
    {"98", "stop manual", "manual: stopped\n", 0, manual_runs},
    {"99", "stop manual", "manual: ERROR (not running)\n"},
    {"100", "start cat:cat", "cat: ERROR (already started)\n"},
    {"101", "start manual:*", "manual: started\n"},
    {"102", "start manual:*", "", 0, manual_runs},
    {"103", "start nosuch", "nosuch: ERROR (no such process)\n", 1},
    {"104", "start trio", "trio: ERROR (no such process)\n", 1, [](harness&) {}, "hint: did you mean trio:*?\n"},
    {"105", "start trio:zzz", "trio:zzz: ERROR (no such process)\n", 1},
    {"106", "start nosuch:*", "nosuch: ERROR (no such group)\n", 2},
    {"107", "stop nosuch:", "nosuch: ERROR (no such group)\n", 1},
    {"108", "start trio:*", "trio:a: started\ntrio:b: started\ntrio:c: started\n", 0, all_of_trio_stopped},
    {"109", "stop trio:a trio:b", "trio:a: stopped\ntrio:b: stopped\n"},
    {"110", "start missing", "missing: ERROR (no such file)\n", 1},
    {"111", "start noexec", "noexec: ERROR (file is not executable)\n", 1},
    {"112", "start failer", "failer: ERROR (spawn error)\n", 7},
    {"113", "start quickexit", "quickexit: ERROR (spawn error)\n", 7},
    {"114", "start backoff", "backoff: ERROR (already started)\n"},
    {"115", "stop backoff", "backoff: stopped\n"},
    {"116", "start missing cat manual",
     "missing: ERROR (no such file)\ncat: ERROR (already started)\nmanual: started\n", 1},
    {"117", "start missing quickexit", "missing: ERROR (no such file)\nquickexit: ERROR (spawn error)\n", 7},
    {"118", "start quickexit missing", "quickexit: ERROR (spawn error)\nmissing: ERROR (no such file)\n", 1},
    {"119", "start manual missing:* nosuch:*",
     "manual: started\nmissing: ERROR (no such file)\nnosuch: ERROR (no such group)\n", 2},
    {"120", "start stubborn", "stubborn: ERROR (abnormal termination)\n", 7, stopping},
    {"121", "stop stubborn", "stubborn: ERROR (not running)\n", 0, stopping},
    {"122", "restart stubborn", "stubborn: ERROR (not running)\nstubborn: ERROR (abnormal termination)\n", 7, stopping},
    {"125", "restart manual", "manual: stopped\nmanual: started\n", 0, manual_runs},
    {"126", "restart oneshot", "oneshot: ERROR (not running)\noneshot: started\n"},
    {"127", "restart cat sleeper", "cat: stopped\nsleeper: stopped\ncat: started\nsleeper: started\n"},
    {"128", "restart nosuch", "nosuch: ERROR (no such process)\nnosuch: ERROR (no such process)\n", 1},
    {"129", "restart nosuch:*", "nosuch: ERROR (no such group)\nnosuch: ERROR (no such group)\n", 2},
    {"130", "stop all",
     "backoff: stopped\ncat: stopped\nnolog: stopped\nsleeper: stopped\ntalker: stopped\ntrio:a: stopped\n"
     "trio:b: stopped\nworker:worker_00: stopped\nworker:worker_01: stopped\nworker:worker_02: stopped\n"},
    {"131", "stop all", "", 0, [](harness& l) { l.all = {idle_process("x", process_state::stopped, "")}; }},
    {"132", "start all nosuch",
     "failer: ERROR (spawn error)\nmanual: started\nmissing: ERROR (no such file)\n"
     "noexec: ERROR (file is not executable)\noneshot: started\nquickexit: ERROR (spawn error)\nstubborn: started\n"
     "trio:c: started\n", 7},
};
// clang-format on
BOOST_DATA_TEST_CASE(start_and_stop, data::make(start_rows), r) { check(r); }

// clang-format off
const row signal_rows[] = {
    {"133", "signal HUP", "Error: signal requires a signal name and a process name\n" + help_of("signal"), 1},
    {"134", "clear", "Error: clear requires a process name\n" + help_of("clear"), 1},
    {"135", "signal CONT cat", "cat: signalled\n"},
    {"136", "signal cont cat", "cat: signalled\n"},
    {"137", "signal SIGCONT cat", "cat: signalled\n"},
    {"138", "signal 18 cat", "cat: signalled\n"},
    {"139", "signal 0 cat", "cat: signalled\n"},
    {"140", "signal BOGUS cat", "cat: ERROR (bad signal name)\n", 1},
    {"141", "signal 999 cat", "cat: ERROR (bad signal name)\n", 1},
    {"142", "signal -1 cat", "cat: ERROR (bad signal name)\n", 1},
    {"143", "signal HUP nosuch", "nosuch: ERROR (no such process)\n", 1},
    {"144", "signal HUP nosuch:*", "nosuch: ERROR (no such group)\n", 1},
    {"145", "signal cat CONT", "CONT: ERROR (no such process)\n", 1},
    {"146", "signal CONT oneshot", "oneshot: ERROR (not running)\n", 7},
    {"147", "signal CONT cat oneshot", "cat: signalled\noneshot: ERROR (not running)\n", 7},
    {"148", "signal CONT oneshot nosuch", "oneshot: ERROR (not running)\nnosuch: ERROR (no such process)\n", 1},
    {"149", "signal CONT trio:*", "trio:a: signalled\ntrio:b: signalled\n"},
    {"150", "signal BOGUS trio:*", "trio:a: ERROR (bad signal name)\ntrio:b: ERROR (bad signal name)\n", 1},
    {"151", "signal CONT quickexit:*", ""},
    {"152", "signal CONT stubborn", "stubborn: signalled\n", 0, stopping},
    {"153", "clear cat sleeper", "cat: cleared\nsleeper: cleared\n"},
    {"154", "clear cat nosuch", "cat: cleared\nnosuch: ERROR (no such process)\n", 1},
    {"155", "clear nolog", "nolog: cleared\n"},
    {"156", "clear manual", "manual: cleared\n"},
    {"157", "clear all", "trio:a: cleared\n", 0, [](harness& l) { l.all = {alive_process("trio", "a", 1)}; }},
    {"158 (B2)", "clear trio:*", "trio:a: cleared\ntrio:b: cleared\ntrio:c: cleared\n"},
    {"158 (B2)", "clear nosuch:*", "nosuch: ERROR (no such group)\n", 1},
    {"159", "clear cat", "cat: ERROR (failed)\n", 1,
     [](harness& l) { l.answers["supervisor.clearProcessLogs"] = rpc_fault{30, "FAILED: cat"}; }},
};
// clang-format on
BOOST_DATA_TEST_CASE(signal_and_clear, data::make(signal_rows), r) { check(r); }

// -- beyond ------------------------------------------------------------------------------------------

// clang-format off
const row beyond_rows[] = {
    {"glob", "status work*_0[12]",
     "worker:worker_01                 RUNNING   pid 108, uptime 0:00:05\n"
     "worker:worker_02                 RUNNING   pid 109, uptime 0:00:05\n"},
    {"glob", "stop trio:? worker_*",
     "trio:a: stopped\ntrio:b: stopped\ntrio:c: ERROR (not running)\nworker:worker_00: stopped\n"
     "worker:worker_01: stopped\nworker:worker_02: stopped\n"},
    {"glob", "pid s*r", "103\n"},
    {"json", "version --json", "{\"version\": \"4.4.0.dev0\"}\n"},
    {"json", "status --json cat nosuch",
     "[{\"name\": \"cat\", \"group\": \"cat\", \"state\": 20, \"statename\": \"RUNNING\", "
     "\"description\": \"pid 101, uptime 0:00:05\", \"pid\": 101}]\n", 4, [](harness&) {},
     "nosuch: ERROR (no such process)\n"},
    {"json", "reread --json", "{\"added\": [\"new\"], \"changed\": [], \"removed\": [\"a\\\"\\u000a\"]}\n", 0,
     [](harness& l) { l.added = {"new"}, l.removed = {"a\"\n"}; }},
    {"hint", "start a x:cat", "a: ERROR (no such process)\nx:cat: ERROR (no such process)\n", 1, [](harness&) {},
     "hint: did you mean trio:a?\nhint: did you mean cat?\n"},
    {"hint", "restart a", "a: ERROR (no such process)\na: ERROR (no such process)\n", 1, [](harness&) {},
     "hint: did you mean trio:a?\n"},
    {"hint", "tail a", "a: ERROR (no such process name)\n", 1, [](harness&) {}, "hint: did you mean trio:a?\n"},
    {"hint", "fg a", "ERROR: bad process name supplied\n", 1, [](harness&) {}, "hint: did you mean trio:a?\n"},
    {"hint", "pid a", "No such process a\n", 1, [](harness&) {}, "hint: did you mean trio:a?\n"},
    {"hint", "wait a", "a: ERROR (no such process)\n", 1, [](harness&) {}, "hint: did you mean trio:a?\n"},
    {"glob and name", "start trio:[ab] manual trio:c", "trio:a: ERROR (already started)\n"
     "trio:b: ERROR (already started)\nmanual: started\ntrio:c: started\n"},
    {"control characters", "status x*", "x\\x9b2Jy                         FATAL     a\tb\\x9b\\x7f\u00e9\n", 3,
     [](harness& l) { l.all = {idle_process("x\u009b2Jy", process_state::fatal, "a\tb\u009b\x7f\u00e9")}; }},
    {"control characters", "stop cat", "\\x1b]0;x\\x07\n", 1,
     [](harness& l) { l.post_instead["supervisor.stopProcess"] = // no daemon's encoder would send them
         "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>30</int></value></member>"
         "<member><name>faultString</name><value><string>\x1b]0;x\a</string></value></member></struct></value></fault>"
         "</methodResponse>"; }},
    {"control characters", "reread --json", "{\"added\": [\"\\u0009\\u007f\\u009b\u00e9\"], \"changed\": [], \"removed\": []}\n", 0,
     [](harness& l) { l.added = {"\t\x7f\u009b\u00e9"}; }},
    {"wait", "wait cat", "cat: RUNNING\n"},
    {"wait", "wait manual --state running --timeout 1", "manual: RUNNING\n", 0,
     [](harness& l) { l.each_pause = [&l] { manual_runs(l); }; }},
    {"wait", "wait cat manual --timeout=1", "cat: RUNNING\nmanual: ERROR (still STOPPED)\n", 124},
    {"wait", "wait nosuch", "nosuch: ERROR (no such process)\n", 1},
    {"wait", "wait", "Error: wait requires a process name\n" + help_of("wait"), 2},
    {"wait", "wait cat --state UP", "Error: no such state 'UP'\n" + help_of("wait"), 2},
};
// clang-format on
BOOST_DATA_TEST_CASE(beyond, data::make(beyond_rows), r) { check(r); }

// clang-format off
const row json_rows[] = {
    {"6.6", "stop --json cat nosuch",
     R"json({"results": [{"name": "cat", "group": "cat", "process": "cat", "action": "stop", "ok": true, "code": 80, "fault": null, "text": "cat: stopped"}, )json"
     R"json({"name": "nosuch", "group": "nosuch", "process": "nosuch", "action": "stop", "ok": false, "code": 10, "fault": "BAD_NAME", )json"
     R"json("text": "nosuch: ERROR (no such process)"}], "status": 1})json" "\n", 1},
    {"6.6", "add --json", "{\"results\": [], \"status\": 0}\n"},
    {"6.6", "pid --json cat", R"json({"results": [{"name": "cat", "group": "cat", "process": "cat", "pid": 101}], "status": 0})json" "\n"},
    {"6.6", "tail --json talker",
     R"json({"name": "talker:talker", "channel": "stdout", "line": "out 1"})json" "\n"
     R"json({"name": "talker:talker", "channel": "stdout", "line": "out 2"})json" "\n"},
    {"6.6", "reload --json", "{\"ok\": true}\n"},
    {"6.6", "shutdown --json", R"json({"error": {"kind": "failed", "text": "ERROR: already shutting down", "hint": null}, "status": 0})json" "\n", 0,
     [](harness& l) { l.shutting_down = true; }, "ERROR: already shutting down\n"},
    {"6.6", "start trio:d cat --json",
     R"json({"results": [{"name": "trio:d", "group": "trio", "process": "d", "action": "start", "ok": false, "code": 10, "fault": "BAD_NAME", )json"
     R"json("text": "trio:d: ERROR (no such process)"}, {"name": "cat", "group": "cat", "process": "cat", "action": "start", "ok": true, )json"
     R"json("code": 60, "fault": "ALREADY_STARTED", "text": "cat: ERROR (already started)"}], "status": 1})json" "\n", 1},
};
// clang-format on
BOOST_DATA_TEST_CASE(json, data::make(json_rows), r) { check(r); }

BOOST_AUTO_TEST_CASE(json_of_what_is_for_a_terminal_is_refused) {
  harness daemon;
  session s(daemon, {.daemon = {.url = daemon.url}, .json = true});
  BOOST_TEST(s.run("fg cat") == 2);
  BOOST_TEST(daemon.stdout_text ==
             R"({"error": {"kind": "usage", "text": "Error: fg is for a terminal, it has no JSON output", )"
             R"("hint": null}, "status": 2})"
             "\n");
  BOOST_TEST(daemon.stderr_text == "Error: fg is for a terminal, it has no JSON output\n");
  BOOST_TEST(daemon.calls.empty());
}

BOOST_AUTO_TEST_CASE(json_is_asked_for_line_by_line) {
  harness daemon;
  session s(daemon, {.daemon = {.url = daemon.url}});
  s.run("version --json");
  s.run("version");
  BOOST_TEST(daemon.stdout_text == "{\"version\": \"4.4.0.dev0\"}\n4.4.0.dev0\n");
}

BOOST_AUTO_TEST_CASE(an_unknown_action_may_be_a_program) {
  harness daemon;
  session s(daemon, {{.url = daemon.url}});
  s.run("foo bar  baz");
  BOOST_TEST(daemon.became == (std::vector<std::string>{"supervisorctl-foo", "bar", "baz"}),
             boost::test_tools::per_element());
  BOOST_TEST((daemon.became_with == context::variables{{"SUPERVISOR_SERVER_URL", daemon.url}}));
  session known(daemon, {{.url = daemon.url, .username = "u", .password = "p"}});
  known.run("foo");
  BOOST_TEST((daemon.became_with == context::variables{{"SUPERVISOR_SERVER_URL", daemon.url},
                                                       {"SUPERVISOR_USERNAME", "u"},
                                                       {"SUPERVISOR_PASSWORD", "p"}}));
  session bearer(daemon, {{.url = daemon.url, .username = "u", .password = "p", .token = "trp_x"}});
  bearer.run("foo");
  BOOST_TEST((daemon.became_with == context::variables{{"SUPERVISOR_SERVER_URL", daemon.url},
                                                       {"SUPERVISOR_USERNAME", "token"},
                                                       {"SUPERVISOR_PASSWORD", "trp_x"}}));
}

} // namespace

// -- passwd ------------------------------------------------------------------------------------------

struct passwd_row {
  const char* when;
  bool on_a_terminal;
  std::deque<std::string> typed;
  const char* err;
  int status;
};
std::ostream& operator<<(std::ostream& out, const passwd_row& r) { return out << r.when; }

// clang-format off
const passwd_row passwd_rows[] = {
    {"196: a pipe", false, {"open sesame", "not this"}, "", 0},
    {"a terminal", true, {"open sesame", "open sesame"}, "Password: Again: ", 0},
    {"a slip", true, {"open sesame", "open sesam"}, "Password: Again: Error: the two are not the same\n", 1},
    {"once only", true, {"open sesame"}, "Password: Again: Error: the two are not the same\n", 1},
    {"nothing", true, {}, "Password: Error: no password was given\n", 1},
    {"an empty line", false, {""}, "Error: the password is empty\n", 1},
    {"a long one", false, {std::string(513, 'a')}, "Error: a password has at most 512 bytes\n", 1},
    {"a NUL", false, {std::string("a\0b", 3)}, "Error: a password cannot hold a NUL byte\n", 1},
};
// clang-format on
BOOST_DATA_TEST_CASE(passwd, data::make(passwd_rows), r) {
  harness daemon;
  daemon.on_a_terminal = r.on_a_terminal;
  daemon.typed = r.typed;
  session s(daemon, {{.url = "unix:///none"}});
  BOOST_TEST(s.run("passwd") == r.status);
  BOOST_TEST(daemon.stderr_text == r.err);
  BOOST_TEST(daemon.calls.empty());
  if (r.status != 0)
    BOOST_TEST(daemon.stdout_text == "");
  if (r.status != 0)
    return;
  BOOST_REQUIRE(daemon.stdout_text.starts_with("password=$y$"));
  auto hash = daemon.stdout_text.substr(9, daemon.stdout_text.size() - 10);
  auto kept = troupe::config::stored_password_of(hash, troupe::config::host::real());
  BOOST_REQUIRE(kept);
  BOOST_TEST(troupe::platform::password_is(*kept, "open sesame"));
}

BOOST_AUTO_TEST_SUITE_END()
