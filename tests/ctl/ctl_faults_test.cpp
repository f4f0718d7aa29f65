// Logs, configuration changes, the shell, and daemons that are down, refuse or misbehave: lines in, exact stdout,
// stderr and exit status out. Cases: docs/contract/supervisorctl.md, 14.6 to 14.9, with section 12 where a row is
// tagged Bn; each row prints its vector ids.
#include "apps/ctl/completion.hpp"
#include "apps/ctl/shell.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_faults_test)

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
  std::string url = "unix:///lab.sock";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << "vector " << r.ids << ": " << r.line; }

void check(const row& r) {
  harness daemon;
  r.before(daemon);
  session s(daemon, {{.url = r.url}});
  BOOST_TEST(s.run(r.line) == r.status);
  BOOST_TEST(daemon.stdout_text == r.out);
  BOOST_TEST(daemon.stderr_text == r.err);
}

std::function<void(harness&)> answering(std::string method, std::int64_t code, std::string text) {
  return [=](harness& l) { l.answers["supervisor." + method] = rpc_fault{code, text}; };
}
void shutting_down(harness& l) { // the pre-check is answered, what follows is not
  l.shutting_down = true;
  l.answers["supervisor.getVersion"] = rpc_value("3.0");
}
void shutting_down_at_all(harness& l) { l.shutting_down = true; }

const std::string banner = "==> Press Ctrl-C to exit <==\n";

// clang-format off
const row log_rows[] = {
    {"160", "tail", "Error: too few arguments\n" + help_of("tail"), 1},
    {"161", "tail a b c d", "Error: too many arguments\n" + help_of("tail"), 1},
    {"162", "tail -f", "Error: tail requires process name\n", 1},
    {"163", "tail -5", "Error: tail requires process name\n", 1},
    {"164", "tail talker bogus", "Error: bad channel 'bogus'\n", 1},
    {"165", "tail -z talker", "Error: bad argument -z\n", 1},
    {"166", "tail - talker", "Error: bad argument -\n", 1},
    {"167", "tail -5 -f cat", "Error: bad channel 'cat'\n", 1},
    {"168", "tail nosuch", "nosuch: ERROR (no such process name)\n", 1},
    {"169", "tail trio:*", "trio:*: ERROR (no such process name)\n", 1},
    {"170", "tail nolog", "nolog: ERROR (no log file)\n", 1},
    {"171", "tail cat", "\n"},
    {"172", "tail -30 talker STDERR", "err 2\nerr 3\nerr 4\nerr 5\nerr 6\n\n"},
    {"173", "tail -0 talker", "out 1\nout 2\n\n"},
    {"174", "tail --5 talker", "\nout 2\n\n"},
    {"2.2", "tail-6 talker", "out 2\n\n"},
    {"B14", "tail -99999999999999999999 talker", "out 1\nout 2\n\n"},
    {"175 (B10)", "tail -2 talker", "\n\n", 0, [](harness& l) { l.find("talker:talker")->out = "\u00e9\n"; }},
    {"176 (B10)", "tail ctl", "\x1b[1mx\r\n\n", 0,
     [](harness& l) { l.post_instead["supervisor.readProcessStdoutLog"] =
                      "<methodResponse><params><param><value><string>\x1b[1mx\r\n</string></value></param></params>"
                      "</methodResponse>"; }},
    {"177", "maintail a b", "Error: too many arguments\n" + help_of("maintail"), 1},
    {"178", "maintail x", "Error: bad argument x\n", 1},
    {"179", "maintail -x", "Error: bad argument -x\n", 1},
    {"180", "maintail -7", "daemon\n\n"},
    {"181 (B5)", "tail -f nosuch", banner, 1, [](harness&) {},
     "unix:///lab.sock/logtail/nosuch/stdout Cannot read, status code 404\nhint: there is no process nosuch\n"},
    {"181, a group's", "tail -f a stderr", banner, 1, [](harness&) {},
     "unix:///lab.sock/logtail/a/stderr Cannot read, status code 404\nhint: there is no process a\n"
     "hint: did you mean trio:a?\n"},
    {"181, a group", "tail -f trio:*", banner, 1, [](harness&) {},
     "unix:///lab.sock/logtail/trio:*/stdout Cannot read, status code 404\n"
     "hint: only one process can be followed, not a group\n"},
    {"181, no log", "tail -f nolog", banner, 1, [](harness&) {},
     "unix:///lab.sock/logtail/nolog/stdout Cannot read, status code 404\nhint: nolog keeps no log of its stdout\n"},
    {"what a control character became stays", "tail ctl", "\ufffd[1mx\n\n", 0,
     [](harness& l) { l.answers["supervisor.readProcessStdoutLog"] = rpc_value("\ufffd[1mx\n"); }},
    {"also at the start of a window", "tail -4 talker", "\ufffd[0m\n", 0,
     [](harness& l) { l.find("talker:talker")->out = "red\x1b[0m"; }},
    {"also right behind a character", "tail -4 talker", "\ufffd[0m\n", 0,
     [](harness& l) { l.find("talker:talker")->out = "\u20ac\x1b[0m"; }},
    {"but not a part of a character", "tail -4 talker", "ab\n\n", 0,
     [](harness& l) { l.find("talker:talker")->out = "x\u00e9ab\n"; }},
    {"be it two", "maintail -5", "ab\n\n", 0, [](harness& l) { l.main_log = "x\u20acab\n"; }},
    {"181 (B5)", "maintail -f", banner, 1, [](harness&) {},
     "unix:///lab.sock/mainlogtail Cannot read, status code 404\nhint: the daemon keeps no log file\n"},
    {"8 (B5)", "tail -f cat", banner, 1,
     [](harness& l) { l.stream_failure = failure{"ConnectionRefusedError", "[Errno 111] Connection refused", ECONNREFUSED}; },
     "unix:///lab.sock/logtail/cat/stdout Cannot connect, error: <class 'ConnectionRefusedError'> "
     "([Errno 111] Connection refused)\n"},
    {"182", "tail -f talker", banner + "out\n\n", 0,
     [](harness& l) { l.streamed["/logtail/talker/stdout"] = "out\n", l.streams_end = follow_end::interrupted; }},
    {"183", "tail -f talker STDERR", banner + "err\n", 0, [](harness& l) { l.streamed["/logtail/talker/stderr"] = "err\n"; }},
    {"B15", "tail -f a/b:\u00e9", banner + "x", 0, [](harness& l) { l.streamed["/logtail/a%2Fb:%C3%A9/stdout"] = "x"; }},
    {"184", "fg", "ERROR: no process name supplied\n" + help_of("fg"), 1},
    {"185", "fg cat sleeper", "ERROR: too many process names supplied\n", 1},
    {"186", "fg nosuch", "ERROR: bad process name supplied\n", 1},
    {"187", "fg failer", "ERROR: process not running\n", 1},
    {"188", "fg cat", banner + "hello\nExiting foreground\n", 0,
     [](harness& l) { l.streamed = {{"/logtail/cat/stdout", "hello\n"}, {"/logtail/cat/stderr", ""}};
                  l.typed = {"hello"}, l.streams_end = follow_end::interrupted; }},
    {"189", "fg cat", banner + "Process got killed\nExiting foreground\n", 0,
     [](harness& l) { l.streamed = {{"/logtail/cat/stdout", ""}, {"/logtail/cat/stderr", ""}}; l.typed = {"x"};
                  l.answers["supervisor.sendProcessStdin"] = rpc_fault{70, "NOT_RUNNING: cat"}; }},
    {"190", "fg cat", banner + "ERROR: <Fault 20: 'NO_FILE: cat'>\nExiting foreground\n", 0,
     [](harness& l) { l.streamed = {{"/logtail/cat/stdout", ""}, {"/logtail/cat/stderr", ""}}; l.typed = {"x"};
                  l.answers["supervisor.sendProcessStdin"] = rpc_fault{20, "NO_FILE: cat"}; }},
};
// clang-format on
BOOST_DATA_TEST_CASE(logs, data::make(log_rows), r) { check(r); }

// clang-format off
const row config_rows[] = {
    {"191", "reread", "No config updates to processes\n"},
    {"192", "update", ""},
    {"193", "reread", "extra: available\nnewprog: available\nnolog: disappeared\nsleeper: changed\n", 0,
     [](harness& l) { l.added = {"newprog", "extra"}, l.changed = {"sleeper"}, l.removed = {"nolog"}; }},
    {"194", "add manual", "manual: added process group\n", 0, [](harness& l) { l.inactive = {"manual"}; }},
    {"195", "add manual", "ERROR: process group already active\n"},
    {"196", "add nosuch", "ERROR: no such process/group: nosuch\n", 1},
    {"197", "remove cat", "ERROR: process/group still running: cat\n", 1},
    {"198", "remove manual", "manual: removed process group\n"},
    {"199", "remove all", "ERROR: no such process/group: all\n", 1},
    {"200", "add", ""},
    {"201", "remove", ""},
    {"202", "update nosuch manual", "ERROR: no such group: nosuch\n", 1},
    {"203", "update trio:*", "ERROR: no such group: trio:*\n", 1},
    {"B4", "update y cat x y", "ERROR: no such group: y\nERROR: no such group: x\n", 1},
    {"204", "update sleeper", "sleeper: stopped\nsleeper: updated process group\n", 0,
     [](harness& l) { l.changed = {"cat", "sleeper"}; }},
    {"205", "update sleeper", ""},
    {"206", "update all",
     "cat: stopped\ncat: removed process group\nmanual: stopped\nmanual: removed process group\n"
     "sleeper: stopped\nsleeper: updated process group\nnolog: added process group\n", 0,
     [](harness& l) { l.removed = {"cat", "manual"}, l.changed = {"sleeper"}, l.added = {"nolog"}, l.inactive = {"nolog"}; }},
    {"207", "reread", "ERROR: CANT_REREAD: it's broken\n", 1, answering("reloadConfig", 92, "CANT_REREAD: it's broken")},
    {"208 (B8)", "update", "ERROR: CANT_REREAD: it's broken\n", 1,
     answering("reloadConfig", 92, "CANT_REREAD: it's broken")},
    {"209 (B8)", "update",
     "stubborn: stopped\nERROR: process/group still running: stubborn\ncat: stopped\ncat: removed process group\n", 1,
     [](harness& l) { *l.find("stubborn") = {"stubborn", "stubborn", process_state::stopping, "", 1};
                  l.removed = {"stubborn", "cat"}; }},
    {"6.8", "update", "cat: stopped\ncat: has problems; not removing\n", 1,
     [](harness& l) { l.removed = {"cat"};
                  l.answers["supervisor.stopProcessGroup"] = rpc_value(rpc_value::array{
                      rpc_value::structure{{"name", "cat"}, {"group", "cat"}, {"status", 30}, {"description", "x"}}}); }},
    {"210", "avail",
     "trio:a                           in use    auto      5:999\n"
     "extra                            avail     manual    999:999\n", 0,
     [](harness& l) { l.all = {*l.find("trio:a"), idle_process("extra", process_state::stopped, "")}; l.inactive = {"extra"}; }},
    {"211", "avail x", "Error: avail accepts no arguments\n" + help_of("avail"), 1},
    {"212", "reread x", "Error: reread accepts no arguments\n" + help_of("reread"), 1},
    {"213", "reload x", "Error: reload accepts no arguments\n" + help_of("reload"), 1},
    {"214", "shutdown x", "Error: shutdown accepts no arguments\n" + help_of("shutdown"), 1},
    {"215", "reload", "Restarted supervisord\n"},
    {"216", "shutdown", "Shut down\n"},
};
// clang-format on
BOOST_DATA_TEST_CASE(configuration, data::make(config_rows), r) { check(r); }

// -- down, refusing, faulty ----------------------------------------------------------------------------

const std::string no_socket = "unix:///none";
const std::string refused = "http://127.0.0.1:1";

BOOST_AUTO_TEST_CASE(vectors_217_to_242) {
  for (bool missing : {true, false}) {
    auto url = missing ? no_socket : refused;
    auto said = url + (missing ? " no such file\n" : " refused connection\n");
    check({"217, 218", "status", said, 4, [](harness&) {}, "", url});
    for (auto line : {"pid", "start foo", "start", "stop all", "restart foo", "tail foo", "tail -f foo", "maintail",
                      "fg foo", "clear foo", "signal HUP foo", "version"})
      check({"219-242", line, said, missing ? 7 : 4, [](harness&) {}, "", url});
    for (auto line : {"avail", "reread", "update", "add x", "remove x", "reload"})
      check({"243, 244 (B9)", line, said, 1, [](harness&) {}, "", url});
  }
}

std::function<void(harness&)> failing(std::string type, std::string text) {
  return [=](harness& l) { l.instead = failure{type, text}; };
}
std::function<void(harness&)> sending(int status, std::string reason, std::string body = "") {
  return [=](harness& l) { l.instead = http_answer{status, reason, body}; };
}
std::function<void(harness&)> without_interface() { return answering("getVersion", 1, "UNKNOWN_METHOD"); }

const std::string denied = "error: <class 'PermissionError'>, [Errno 13] Permission denied\n";
const std::string old_api = "Sorry, this version of supervisorctl expects to talk to a server with API version 3.0, "
                            "but the remote version is 2.0.\n";
const std::string no_interface =
  "Sorry, supervisord responded but did not recognize the supervisor namespace commands that supervisorctl uses to "
  "control it.  Please check that the [rpcinterface:supervisor] section is enabled in the configuration file (see "
  "sample.conf).\n";
const std::string down = "error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>\n";
std::string protocol_error(const std::string& what) {
  return "error: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for 127.0.0.1/RPC2: " + what + ">\n";
}
void wants_login(harness& l) { l.login = {"joe", "sekrit"}; }

// clang-format off
const row fault_rows[] = {
    {"245", "shutdown", "ERROR: unix:///none no such file (already shut down?)\n", 1, [](harness&) {}, "", no_socket},
    {"246", "shutdown", "ERROR: http://127.0.0.1:1 refused connection (already shut down?)\n", 1, [](harness&) {}, "", refused},
    {"247", "version x", "Error: version accepts no arguments\n" + help_of("version"), 1, [](harness&) {}, "", no_socket},
    {"248", "status", denied, 1, failing("PermissionError", "[Errno 13] Permission denied")},
    {"249", "shutdown", denied, 1, failing("PermissionError", "[Errno 13] Permission denied")},
    {"250", "status", old_api, 4, [](harness& l) { l.api = "2.0"; }},
    {"251", "pid", old_api, 5, [](harness& l) { l.api = "2.0"; }},
    {"252", "status", no_interface, 4, without_interface()},
    {"253", "pid", no_interface, 3, without_interface()},
    {"254", "avail", "error: <class 'xmlrpc.client.Fault'>, <Fault 1: 'UNKNOWN_METHOD'>\n", 1,
     answering("getAllConfigInfo", 1, "UNKNOWN_METHOD")},
    {"255", "status", down, 1, shutting_down_at_all},
    {"7", "start cat", down, 1, shutting_down_at_all},
    {"4", "start all", down, 1, shutting_down},
    {"256", "avail", "ERROR: supervisor shutting down\n", 1, shutting_down},
    {"257", "reread", "ERROR: supervisor shutting down\n", 1, shutting_down},
    {"258", "update", "ERROR: already shutting down\n", 1, shutting_down},
    {"259", "add x", "ERROR: shutting down\n", 1, shutting_down},
    {"260", "shutdown", "ERROR: already shutting down\n", 0, shutting_down},
    {"261", "reload", "ERROR: already shutting down\n", 1, shutting_down},
    {"262-264 (B1)", "status", "Server requires authentication\n", 1, wants_login},
    {"267", "status", protocol_error("500 Internal Server Error"), 1, sending(500, "Internal Server Error")},
    {"7", "status", protocol_error("302 Found"), 1, sending(302, "Found")},
    {"7", "avail", protocol_error("204 No Content"), 1, sending(204, "No Content")},
    {"268", "status", "error: <class 'xml.parsers.expat.ExpatError'>, no element found: line 1, column 0\n", 1,
     sending(200, "OK")},
    {"7", "status", "error: <class 'xml.parsers.expat.ExpatError'>, syntax error: line 1, column 0\n", 1,
     sending(200, "OK", "hello")},
    {"269", "status",
     "error: <class 'http.client.RemoteDisconnected'>, Remote end closed connection without response\n", 1,
     failing("http.client.RemoteDisconnected", "Remote end closed connection without response")},
    {"270", "stop cat", "SOME_TEXT\n", 1, answering("stopProcess", 30, "SOME_TEXT")},
    {"271 (B6)", "start cat sleeper", "cat: ERROR (SOME_TEXT)\nsleeper: ERROR (SOME_TEXT)\n", 1,
     answering("startProcess", 30, "SOME_TEXT")},
    {"272 (B7)", "fg cat", "ERROR: <Fault 30: 'SOME_TEXT'>\n", 1, answering("getProcessInfo", 30, "SOME_TEXT")},
    {"273", "maintail", "supervisord: ERROR (no log file)\n", 1, answering("readLog", 20, "NO_FILE")},
    {"274", "maintail", "supervisord: ERROR (unknown error reading log)\n", 1, answering("readLog", 30, "FAILED")},
    {"no password", "status", "http://127.0.0.1:1 refused connection\n", 4, [](harness&) {}, "", "http://me:se@krit@127.0.0.1:1"},
    {"no password", "shutdown", "ERROR: http://127.0.0.1:1 refused connection (already shut down?)\n", 1, [](harness&) {}, "",
     "http://me:sekrit@127.0.0.1:1"},
    {"what to do", "status", denied, 1, [](harness& l) { l.instead = failure{"PermissionError",
     "[Errno 13] Permission denied", 13, "ask ann"}; }, "hint: ask ann\n"},
    {"36", "version", "error: <class 'ValueError'>, Unknown protocol for serverurl \"unix:///x\"\n", 1, [](harness&) {}, "",
     "\"unix:///x\""},
    {"7 (quoting)", "add x", "error: <class 'xmlrpc.client.Fault'>, <Fault 92: \"it's\\nbad\">\n", 1,
     answering("addProcessGroup", 92, "it's\nbad")},
};
// clang-format on
BOOST_DATA_TEST_CASE(faults, data::make(fault_rows), r) { check(r); }

// -- the shell -----------------------------------------------------------------------------------------

struct shell_row {
  const char* ids;
  std::deque<std::string> typed;
  std::string out;
  std::function<void(harness&)> before = [](harness&) {};
  std::string url = "unix:///lab.sock";
};
std::ostream& operator<<(std::ostream& out, const shell_row& r) { return out << "vector " << r.ids; }

const std::string one_row = "cat                              RUNNING   pid 101, uptime 0:00:05\n";
const std::string question = "Really shut the remote supervisord process down y/N? ";

// clang-format off
const shell_row shell_rows[] = {
    {"275", {}, one_row + "supervisor> \n"},
    {"276", {"version", "bogus", "", "pid"},
     one_row + "supervisor> 4.4.0.dev0\nsupervisor> *** Unknown syntax: bogus\nsupervisor> supervisor> 42\nsupervisor> \n"},
    {"277", {"version", "quit", "pid"}, one_row + "supervisor> 4.4.0.dev0\nsupervisor> \n"},
    {"278", {"shutdown", "n", "version"},
     one_row + "supervisor> " + question + "supervisor> 4.4.0.dev0\nsupervisor> \n"},
    {"2.3", {"shutdown", "yup"}, one_row + "supervisor> " + question + "Shut down\nsupervisor> \n"},
    {"B12", {"shutdown"}, one_row + "supervisor> " + question + "supervisor> \n"},
    {"279", {"status"}, "unix:///none no such file\nsupervisor> unix:///none no such file\nsupervisor> \n", [](harness&) {}, no_socket},
    {"280", {"^C", "version"}, one_row + "supervisor> \n"},
    {"2.1", {"shutdown", "^C", "version"}, one_row + "supervisor> " + question + "\n"},
    {"281", {"tail -f talker"}, one_row + "supervisor> " + banner + "out\n\nsupervisor> \n",
     [](harness& l) { l.streamed["/logtail/talker/stdout"] = "out\n", l.streams_end = follow_end::interrupted; }},
    {"282", {"joe", "sekrit", "version"},
     "Server requires authentication\nUsername:Password:\n\n" + one_row + "supervisor> 4.4.0.dev0\nsupervisor> \n", wants_login},
    {"2.3", {"joe", "wrong", "joe", "sekrit"},
     "Server requires authentication\nUsername:Password:\n\nServer requires authentication\nUsername:Password:\n\n" +
         one_row + "supervisor> \n", wants_login},
    {"2.1", {"EOF x"}, one_row + "supervisor> \n"},
};
// clang-format on
BOOST_DATA_TEST_CASE(shell, data::make(shell_rows), r) {
  harness daemon;
  std::erase_if(daemon.all, [](auto& p) { return p.name != "cat"; });
  r.before(daemon);
  daemon.typed = r.typed;
  session s(daemon, {{.url = r.url}, true, true});
  run_shell(s, "supervisor");
  BOOST_TEST(daemon.stdout_text == r.out);
}

BOOST_AUTO_TEST_CASE(a_token_that_is_refused_gives_way_to_who_logs_in) {
  harness daemon;
  daemon.login = {"joe", "sekrit"};
  daemon.typed = {"joe", "sekrit"};
  session s(daemon, {{.url = daemon.url, .token = "trp_x"}, true, true});
  BOOST_TEST(s.run("version") == 0);
  BOOST_TEST(daemon.stdout_text.ends_with("\n4.4.0.dev0\n"));
  BOOST_TEST(!s.chosen().daemon.token);
}

BOOST_AUTO_TEST_CASE(vector_283_a_question_without_a_shell) {
  harness daemon;
  daemon.typed = {"n"};
  session s(daemon, {{.url = daemon.url}, true});
  BOOST_TEST(s.run("shutdown") == 0);
  BOOST_TEST(daemon.stdout_text == question);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_is_down_is_looked_for_where_the_file_said) {
  for (auto line : {"status", "start x", "avail", "shutdown"}) {
    harness daemon;
    session s(daemon, {.daemon = {.url = no_socket}, .source = "that of F"});
    s.run(line);
    BOOST_TEST(daemon.stdout_text.find("no such file") != std::string::npos);
    BOOST_TEST(daemon.stderr_text ==
               "hint: the server URL is that of F; does supervisord run, and does it listen there?\n");
  }
}

BOOST_AUTO_TEST_CASE(names_that_would_move_the_cursor_are_not_completed) {
  harness daemon;
  daemon.all = {alive_process("a\u009b2J", "a\u009b2J", 1), alive_process("ab", "ab", 2)};
  session s(daemon, {{.url = daemon.url}, true, true});
  completer complete(s);
  BOOST_TEST(complete("start a") == (std::vector<std::string>{"ab", "ab:*"}), boost::test_tools::per_element());
}

// -- completion ----------------------------------------------------------------------------------------

struct tab {
  const char* ids;
  std::string typed;
  std::vector<std::string> offered;
};
std::ostream& operator<<(std::ostream& out, const tab& t) { return out << "vector " << t.ids << ": " << t.typed; }
// clang-format off
const tab tabs[] = {
    {"284", "status tr", {"trio:*", "trio:a", "trio:b", "trio:c"}},
    {"285", "status trio:", {"trio:*", "trio:a", "trio:b", "trio:c"}},
    {"286", "add t", {"talker", "trio"}},
    {"287", "open ", {}},
    {"2.5", "st", {"start", "status", "stop"}},
    {"2.5", "help re", {"reload", "remove", "reread", "restart"}},
    {"2.5", "h", {"help"}},
    {"beyond, unlisted", "wa", {"wait"}},
    {"beyond", "wait ca", {"cat", "cat:*"}},
    {"access 4, unlisted", "wh", {"whoami", "why"}},
    {"access 4, unlisted", "ca", {"can"}},
    {"access 4, unlisted", "help to", {"token", "top"}},
    {"access 4, unlisted", "pa", {"passwd"}},
    {"access 4", "can st", {"start", "status", "stdin", "stop"}},
    {"access 4", "can start tr", {"trio:*", "trio:a", "trio:b", "trio:c"}},
    {"access 4", "token ", {"create", "list", "revoke"}},
    {"access 4", "token revoke ", {}},
    {"B13", "e x", {}},
    {"2.5", "pid ca", {"cat", "cat:*"}},
    {"2.5", "pid cat:", {"cat:*", "cat:cat"}},
    {"2.5", "signal HUP sl", {"sleeper", "sleeper:*"}},
    {"2.5", "start all", {}},
    {"2.5", "  update wo", {"worker"}},
};
// clang-format on
BOOST_DATA_TEST_CASE(completion, data::make(tabs), pressed) {
  harness daemon;
  session s(daemon, {{.url = daemon.url}, true, true});
  completer complete(s);
  BOOST_TEST(complete(pressed.typed) == pressed.offered, boost::test_tools::per_element());
  complete(pressed.typed);
  BOOST_TEST(daemon.calls.size() <= 1u);
  BOOST_TEST(complete("").size() == 22u);
}

BOOST_AUTO_TEST_CASE(completion_without_a_daemon_is_silent) {
  harness daemon;
  session s(daemon, {{.url = no_socket}, true, true});
  completer complete(s);
  BOOST_TEST(complete("status ").empty());
  BOOST_TEST(daemon.stdout_text == "");
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
