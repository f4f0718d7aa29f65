// Which fault of several is told first (the read order of section 4), how each is worded when it comes through a group,
// and what `check` lists. Every order here was seen in the reference program, N rows apart.
#include "config/load.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(faults_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

/// What the daemon says of commands, made up.
program_verdict verdict_of(const process_options& program) {
  if (program.command.view().starts_with('\''))
    return {"can't parse command: told so", {}};
  return {{}, program.command.view().starts_with("/nope") ? "can't find it" : ""};
}

struct machine_fixture {
  fake_machine machine;
  findings found;
  result<configuration> load_text(const std::string& text) {
    machine.files["/c/s.conf"] = text;
    return load(machine.make(), {"/c/s.conf", {}});
  }
  /// `line: sentence` of each fault.
  std::vector<std::string> check_text(const std::string& text) {
    machine.files["/c/s.conf"] = text;
    std::vector<std::string> lines;
    found = check(machine.make(), {"/c/s.conf", {}}, verdict_of);
    for (const auto& fault : found.faults)
      lines.push_back(std::to_string(fault.at.line) + ": " + fault.what);
    return lines;
  }
};

struct row {
  const char* when;
  const char* text;     ///< after [supervisord]
  const char* expected; ///< the beginning of the sentence; "ok" if it loads
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

#define IN_A " in section 'program:a' (file: '/c/s.conf')"

#define NO_AUTH                                                                                                        \
  "Section [inet_http_server] contains incomplete authentication: If a username or a password is specified, both the " \
  "username and password must be specified "

// clang-format off
const row firsts[] = {
  {"user after programs", "user=nope\n[program:a]\ncommand=c\nstartsecs=x\n", "invalid literal for int() with base 10: 'x'" IN_A},
  {"user after servers", "user=nope\n[inet_http_server]\n", "section [inet_http_server] has no port value"},
  {"user after rpcinterfaces", "user=nope\n[rpcinterface:x]\n", "section [rpcinterface:x] does not"},
  {"environment last", "environment=A\nstrip_ansi=x\n", "not a valid boolean value: 'x'"},
  {"groups before programs", "[program:a]\nstartsecs=x\n[group:g]\nprograms=zz\n", "[group:g] names unknown"},
  {"programs before listeners", "[eventlistener:e]\n[program:a]\n", "program section program:a does not"},
  {"listeners before fcgi", "[fcgi-program:f]\n[eventlistener:e]\n", "[eventlistener:e] section requires"},
  {"fcgi before servers", "[inet_http_server]\n[fcgi-program:f]\n", "[fcgi-program:f] section requires"},
  {"inet before unix", "[unix_http_server]\n[inet_http_server]\n", "section [inet_http_server] has no port value"},
  {"inet: credentials, port", "[inet_http_server]\nport=x\nusername=u\n", "Section [inet_http_server] contains incomplete"},
  {"unix: credentials, chown", "[unix_http_server]\nfile=/tmp/s\nchown=nope\nusername=u\n", "Section [unix_http_server] contains"},
  {"unix: chown, chmod", "[unix_http_server]\nfile=/tmp/s\nchmod=x\nchown=nope\n", "Invalid sockchown value nope"},
  {"a name with an empty password", "[inet_http_server]\nport=1\nusername=u\npassword=\n", "Section [inet_http_server] contains"},
  {"a password of nothing", "[inet_http_server]\nport=1\nusername=u\npassword=%(ENV_EMPTY)s\n", NO_AUTH "(password expands to nothing)"},
  {"a name and password of nothing", "[inet_http_server]\nport=1\nusername=%(ENV_EMPTY)s\npassword=%(ENV_EMPTY)s\n", NO_AUTH "(username expands to nothing)"},
  {"a name of nothing", "[unix_http_server]\nfile=/tmp/s\nusername=%(ENV_EMPTY)s\npassword=p\n", "Section [unix_http_server] contains"},
  {"a password of blanks", "[unix_http_server]\nfile=/tmp/s\nusername=u\npassword=%(ENV_BLANKS)s\n", "Section [unix_http_server] contains"},
  {"an unfinished password alone", "[inet_http_server]\nport=1\npassword=%(ENV_EMPTY)s\n", "Section [inet_http_server] contains"},
  {"a hash", "[inet_http_server]\nport=1\nusername=u\npassword={SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d\n", "ok"},
  {"an empty name with a password", "[inet_http_server]\nport=1\nusername=\npassword=p\n", "Section [inet_http_server] contains"}, // N3
  {"an empty name and password", "[inet_http_server]\nport=1\nusername=\npassword=\n", "ok"},
  {"a password alone", "[inet_http_server]\nport=1\npassword=\n", "Section [inet_http_server] contains"},
  {"nothing of a password is repeated", "[inet_http_server]\nport=1\nusername=u\npassword=50%(cent)s\n",
   "The value of 'inet_http_server.password' cannot be expanded: a % is written %%, an environment variable %(ENV_NAME)s"},
  {"rpcinterface: factory first", "[rpcinterface:x]\nfoo=%(bad)s\n", "section [rpcinterface:x] does not specify"},
  {"rpcinterface: an empty factory", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=\n", " cannot be resolved within [rpcinterface:x]: "},
  {"rpcinterface: another factory", "[rpcinterface:x]\nfoo=%(bad)s\nsupervisor.rpcinterface_factory=n\n", "n cannot be resolved within [rpcinterface:x]: "},
  {"rpcinterface: then its options", "[rpcinterface:x]\nfoo=%(bad)s\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
   "Format string for 'rpcinterface:x.foo' contains"},
  {"rpcinterface: Python", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=my.module:make\n",
   "my.module:make cannot be resolved within [rpcinterface:x]: only supervisor.rpcinterface:make_main_rpcinterface is built in, "
   "and no Python is loaded; give a shared object (/path/lib.so:symbol) or, instead of the factory, a program (command=...)"},
  {"rpcinterface: a shared object", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=/c/s.conf:symbol_1\nany=option\n", "ok"},
  {"rpcinterface: no such object", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=/c/no.so:s\n",
   "/c/no.so:s cannot be resolved within [rpcinterface:x]: there is no file /c/no.so"},
  {"rpcinterface: a directory", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=/tmp:s\n",
   "/tmp:s cannot be resolved within [rpcinterface:x]: there is no file /tmp"},
  {"rpcinterface: a relative path", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=s.conf:s\n",
   "s.conf:s cannot be resolved within [rpcinterface:x]: only"},
  {"rpcinterface: no symbol", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=/c/s.conf\n", "/c/s.conf cannot be resolved"},
  {"rpcinterface: an odd symbol", "[rpcinterface:x]\nsupervisor.rpcinterface_factory=/c/s.conf:a-b\n", "/c/s.conf:a-b cannot"},
  {"rpcinterface: a program", "[rpcinterface:x]\ncommand=/bin/x\ntimeout=5\nany=option\n", "ok"},
  {"rpcinterface: both", "[rpcinterface:x]\ncommand=/bin/x\nsupervisor.rpcinterface_factory=n\n", "n cannot be resolved"},
  {"rpcinterface: an odd timeout", "[rpcinterface:x]\ncommand=/bin/x\ntimeout=x\n", "invalid literal for int() with base 10: 'x'"},
  {"rpcinterface: no timeout", "[rpcinterface:x]\ncommand=/bin/x\ntimeout=0\n", "Invalid timeout value 0"},
  {"rpcinterface: a command in [DEFAULT]", "[DEFAULT]\ncommand=/bin/x\n[rpcinterface:x]\n", "section [rpcinterface:x] does not specify"},
  {"listener: a handler", "[eventlistener:e]\ncommand=c\nevents=EVENT\nresult_handler=/c/s.conf:judge\n", "ok"},
  {"rpcinterface: on a line of its own", "[rpcinterface:x]\nsupervisor.rpcinterface_factory =\n  supervisor.rpcinterface : make_main_rpcinterface [x, y]\n", "ok"},
  {"listener: the default on a line of its own", "[eventlistener:e]\ncommand=c\nevents=EVENT\nresult_handler=\n  supervisor.dispatchers:default_handler\n", "ok"},
  {"listener: that of supervisor_stdout", "[eventlistener:e]\ncommand=c\nevents=EVENT\nresult_handler=supervisor_stdout:event_handler[x]\n", "ok"},
  {"listener: Python as handler", "[eventlistener:e]\ncommand=c\nevents=EVENT\nresult_handler=m:f\n",
   "m:f cannot be resolved within [eventlistener:e]: only supervisor.dispatchers:default_handler is built in, and no Python is "
   "loaded; give a shared object (/path/lib.so:symbol)"},
  {"listener: no such handler", "[eventlistener:e]\ncommand=c\nevents=EVENT\nresult_handler=/c/no.so:s\n",
   "/c/no.so:s cannot be resolved within [eventlistener:e]: there is no file /c/no.so"},
  {"group: its name", "[group:a b]\npriority=x\n", "Invalid name: 'a b' because of character: ' '"},
  {"group: priority before members", "[group:g]\npriority=x\nprograms=zz\n", "invalid literal for int() with base 10: 'x'"},
  {"group: an empty member", "[group:g]\nprograms=,\n", "[group:g] names unknown program or fcgi-program "},
  {"member: name", "[program:a b]\ncommand=c\n[group:g]\nprograms=a b\n",
   "Invalid name: 'a b' because of character: ' ' in section 'program:a b' (file: '/c/s.conf')"},
  {"member: priority", "[program:a]\ncommand=c\npriority=x\n[group:g]\nprograms=a\n", "invalid literal for int() with base 10: 'x'" IN_A},
  {"member of fcgi: user", "[fcgi-program:a]\ncommand=c\nuser=nope\nsocket=x\n[group:g]\nprograms=a\n",
   "Invalid user name nope in section 'fcgi-program:a' (file: '/c/s.conf')"},
  {"member of fcgi: names of a program", "[fcgi-program:a]\ncommand=c\nuser=%(group_name)s\nsocket=unix:///s\n[group:root]\nprograms=a\n", "ok"},
  {"member of fcgi: empty socket", "[fcgi-program:a]\ncommand=c\nsocket=\n[group:g]\nprograms=a\n", "ok"},
  {"fcgi: user before backlog", "[fcgi-program:f]\nuser=nope\nsocket_backlog=0\n", "Invalid user name nope"},
  {"fcgi: backlog before owner", "[fcgi-program:f]\nsocket_owner=nope\nsocket_backlog=0\n", "Invalid socket_backlog value 0"},
  {"fcgi: owner before mode", "[fcgi-program:f]\nsocket_owner=nope\nsocket_mode=x\n", "Invalid socket_owner value nope"},
  {"fcgi: mode before socket", "[fcgi-program:f]\nsocket_mode=x\n", "Invalid socket_mode value x"},
  {"fcgi: empty socket", "[fcgi-program:f]\ncommand=c\nsocket=\n", "[fcgi-program:f] section requires a \"socket\" line"},
  {"fcgi: socket before the rest", "[fcgi-program:f]\nstartsecs=x\n", "[fcgi-program:f] section requires"},
  {"listener: events before its name", "[eventlistener:e x]\n", "[eventlistener:e x] section requires an \"events\" line"},
  {"listener: redirect_stderr before its name", "[eventlistener:e x]\nevents=EVENT\nredirect_stderr=1\n", "[eventlistener:e x] section sets redirect_stderr"},
  {"listener: its name", "[eventlistener:e x]\nevents=EVENT\n", "Invalid name: 'e x' because of character: ' ' in section 'eventlistener:e x'"},
  {"listener: redirect_stderr is read narrowly", "[eventlistener:e]\nevents=EVENT\nredirect_stderr=%(program_name)s\n",
   "Format string for 'eventlistener:e.redirect_stderr' contains"},
  {"program: process_name before numprocs", "[program:a]\nnumprocs=2\nprocess_name=a b\n", "Invalid name: 'a b'"},
  {"program: numprocs before killasgroup", "[program:a]\nnumprocs=2\nstopasgroup=1\nkillasgroup=0\n", "%(process_num) must be present"},
  {"program: environment before command", "[program:a]\nenvironment=A\n", "Unexpected end of key/value pairs (character 1 of the value)" IN_A},
  {"program: logs before command", "[program:a]\nstdout_logfile=/nope/x\n", "The directory named as part of the path /nope/x"},
  {"program: command before the names", "[program:a]\nprocess_name=%(nope)s\n", "program section program:a does not specify a command" IN_A},
  {"program: the names at last", "[program:a]\nprocess_name=%(nope)s\ncommand=c\n", "Format string for 'process_name' contains"},
  {"any suffix makes a server", "[inet_http_serverx]\n", "section [inet_http_serverx] has no port value"}, // K8
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE_F(machine_fixture, first_fault, data::make(firsts), r) {
  auto loaded = load_text(std::string("[supervisord]\n") + r.text);
  auto said = loaded ? "ok" : loaded.error().what;
  BOOST_TEST(said.starts_with(r.expected), said);
  // check tells the same fault, be it among others.
  auto all = check_text(std::string("[supervisord]\n") + r.text);
  BOOST_TEST(all.empty() == (said == "ok"));
  if (said != "ok")
    BOOST_TEST(std::any_of(all.begin(), all.end(), [&](auto& line) { return line.ends_with(": " + said); }));
}

BOOST_FIXTURE_TEST_CASE(check_lists_every_faulty_option, machine_fixture) {
  auto all = check_text("[supervisord]\n"
                        "loglevel=loud\n"
                        "minfds=many\n"
                        "user=nope\n"
                        "[program:a]\n"
                        "startsecs=x\n"
                        "priority=y\n"
                        "numprocs=3\n"
                        "process_name=%(process_num)d\n"
                        "stdout_logfile=/nope/%(process_num)d\n"
                        "[eventlistener:e]\n"
                        "buffer_size=0\n"
                        "command=%(nope)s\n"
                        "[group:g]\n"
                        "programs=a,b,c\n");
  const std::vector<std::string> expected{
    "3: invalid literal for int() with base 10: 'many'", // the order in which they are read
    "2: bad logging level name 'loud'",
    "7: invalid literal for int() with base 10: 'y'" IN_A,
    "6: invalid literal for int() with base 10: 'x'" IN_A,
    "10: The directory named as part of the path /nope/0 does not exist" IN_A, // once, not for each process
    "5: program section program:a does not specify a command" IN_A,
    "15: [group:g] names unknown program or fcgi-program b",
    "15: [group:g] names unknown program or fcgi-program c",
    "12: [eventlistener:e] section sets invalid buffer_size (0)",
    "11: [eventlistener:e] section requires an \"events\" line",
    "13: Format string for 'eventlistener:e.command' contains names ('nope') which cannot be expanded "
    "(character 1 of the value). Available names: ENV_*, group_name, here, host_node_name, numprocs, "
    "process_num, program_name in section 'eventlistener:e' (file: '/c/s.conf')",
    "4: Invalid user name nope",
  };
  BOOST_TEST(all == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(check_of_files_that_cannot_be_read, machine_fixture) {
  auto one = [](const std::string& sentence) { return std::vector<std::string>{sentence}; };
  BOOST_TEST(check_text("x\n") == one("1: File contains no section headers.\nfile: '/c/s.conf', line: 1\n'x\\n'"),
             boost::test_tools::per_element());
  BOOST_TEST(check_text("[supervisord]\n[program:a]\r\ncommand=/bin/caf\xe9\n") ==
               one("3: 'utf-8' codec can't decode byte 0xe9 in position 43: invalid continuation byte"),
             boost::test_tools::per_element());
  BOOST_TEST(check_text("[program:a]\n") == one("0: .ini file does not include supervisord section"),
             boost::test_tools::per_element());
  BOOST_TEST(check(machine.make(), {"nope", {}}).faults.at(0).what == "could not find config file nope");
  // A bad line does not hide what else is wrong.
  BOOST_TEST(check_text("[supervisord]\nbad\n[program:a]\n").size() == 2);
}

BOOST_FIXTURE_TEST_CASE(user_of_the_command_line_has_no_place, machine_fixture) {
  machine.files["/c/s.conf"] = "[supervisord]\nuser=root\n";
  overrides over;
  over.user = "nope";
  auto loaded = load(machine.make(), {"/c/s.conf", over});
  BOOST_TEST(loaded.error().what == "Invalid user name nope");
  BOOST_TEST(loaded.error().at.file == "");
}

// -- nothing of a value that may be a secret -------------------------------------------------------

// clang-format off
const row secrets[] = { // each holds hunter2, written or in the environment
  {"environment: a quotation", "environment=A=\"hunter2\n", "No closing quotation (character 3 of the value)"},
  {"environment: an =", "[program:a]\ncommand=c\nenvironment=A=hunter2,B\n", "Unexpected end"},
  {"environment: a sign", "[program:a]\ncommand=c\nenvironment=A=hunter2@x,B=1\n", "Unexpected end of key/value pairs: an = is missing (character 11"},
  {"environment: expansion", "[program:a]\ncommand=c\nenvironment=A=\"hunter2%\"\n", "Format string for 'environment' is badly"},
  {"command: expansion", "[program:a]\ncommand=c -p hunter2%(\n", "Format string for 'program:a.command' is badly"},
  {"command: a name", "[program:a]\ncommand=c -p hunter2 %(ENV_NO)s\n", "Format string for 'program:a.command' contains names ('ENV_NO')"},
  {"a number", "[program:a]\ncommand=c\nstartsecs=%(ENV_SECRET)s\n", "invalid literal for int() with base 10: '%(ENV_SECRET)s'"},
  {"a user", "[program:a]\ncommand=c\nuser=%(ENV_SECRET)s\n", "Invalid user name %(ENV_SECRET)s"},
  {"a number of its own", "[program:a]\ncommand=c\nenvironment=MY=hunter2\ndirectory=/tmp/%(ENV_MY)s\nstdout_logfile_backups=%(ENV_MY)s\n", "The value of 'program:a.stdout_logfile_backups' is not valid once"},
  {"a list", "[eventlistener:a]\ncommand=c\nevents=TICK_5,%(ENV_SECRET)s\n", "The value of 'eventlistener:a.events' is not valid once"},
  {"a plug-in", "[rpcinterface:a]\nsupervisor.rpcinterface_factory=%(ENV_SECRET)s\n", "%(ENV_SECRET)s cannot be resolved within [rpcinterface:a]"},
  {"a log", "[program:a]\ncommand=c\nstdout_logfile=/%(ENV_SECRET)s/x\n", "The directory named as part of the path /%(ENV_SECRET)s/x does not exist"},
  {"a daemon's option", "loglevel=%(ENV_SECRET)s\n", "bad logging level name '%(ENV_SECRET)s'"},
  {"a line without indent", "[program:a]\nenvironment=A=\"1\",\nhunter2\n", "Source contains parsing errors: '/c/s.conf'\n\t[line  4]: (not shown)"},
  {"a line without =", "[program:a]\ncommand /bin/x --key hunter2\n", "Source contains parsing errors: '/c/s.conf'\n\t[line  3]: (not shown)"},
};
// clang-format on

BOOST_DATA_TEST_CASE_F(machine_fixture, no_secret_in_an_error, data::make(secrets), r) {
  auto text = std::string("[supervisord]\n") + r.text;
  auto loaded = load_text(text);
  BOOST_REQUIRE(!loaded);
  auto said = loaded.error().what;
  BOOST_TEST(said.starts_with(r.expected), said);
  check_text(text);
  for (const auto& fault : found.faults)
    said += fault.what;
  for (const auto& notice : found.notices)
    said += notice.text;
  BOOST_TEST(said.find("unter2") == std::string::npos, said);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_no_configuration_keeps_its_secrets, machine_fixture) {
  BOOST_TEST(load_text("DB_PASSWORD=hunter2\n").error().what.find("hunter2") == std::string::npos);
}

// -- what only a check looks at --------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(check_looks_at_what_a_start_would_stumble_over, machine_fixture) {
  auto all = check_text("[supervisord]\n"
                        "[unix_http_server]\nfile=/nope/s.sock\n"
                        "[program:a]\ncommand=c\ndirectory=/nope\n"
                        "[program:b]\ncommand='c\n"
                        "[program:c]\ncommand=/nope/c\n"
                        "[fcgi-program:d]\ncommand=c\nsocket=unix:///nope/d.sock\n");
  const std::vector<std::string> expected{
    "6: there is no directory '/nope'" IN_A,
    "8: can't parse command: told so in section 'program:b' (file: '/c/s.conf')",
    "13: there is no directory for the socket /nope/d.sock",
    "3: there is no directory for the socket /nope/s.sock",
  };
  BOOST_TEST(all == expected, boost::test_tools::per_element());
  BOOST_REQUIRE(found.notices.size() == 1);
  BOOST_TEST(found.notices[0].text == "/c/s.conf:10: can't find it in section 'program:c'");
  BOOST_TEST(load_text(machine.files["/c/s.conf"]).has_value()); // but a start does not
}

BOOST_FIXTURE_TEST_CASE(a_fault_does_not_hide_the_warnings, machine_fixture) {
  check_text("[supervisord]\n[program:a]\ncomand=c\n");
  BOOST_REQUIRE(found.faults.size() == 1);
  BOOST_REQUIRE(found.notices.size() == 1);
  BOOST_TEST(found.notices[0].text.ends_with("(did you mean 'command'?)"));
}

BOOST_FIXTURE_TEST_CASE(a_hash_that_nobody_can_log_in_with_is_told, machine_fixture) { // closed for good, so it starts
  const std::string server = "[supervisord]\n[inet_http_server]\nport=1\nusername=u\npassword=";
  for (const auto* password : {"{SHA}", "{SHA}82AB876D1387BFAFE46CC1C8A2EF074EAE50CB1D"}) {
    auto cfg = load_text(server + password + '\n');
    BOOST_REQUIRE(cfg);
    BOOST_REQUIRE(cfg->notices.size() == 1);
    BOOST_TEST((cfg->notices[0].level == log_level::warn));
    BOOST_TEST(cfg->notices[0].text.starts_with("[inet_http_server]: a password that begins with {SHA} goes on with"));
    BOOST_TEST(cfg->servers.at(0).password.view() == password);
  }
  BOOST_TEST(load_text(server + "{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d\n")->notices.empty());
}

BOOST_FIXTURE_TEST_CASE(an_included_file_that_cannot_be_read_is_named, machine_fixture) {
  auto on = machine.make();
  on.glob = [](const std::string&) { return std::vector<std::string>{"/c/gone.conf"}; };
  machine.files["/c/s.conf"] = "[supervisord]\n[include]\nfiles=*.conf\n";
  on.read_file = [read = machine.make().read_file](const std::string& path) { return read(path); };
  auto cfg = load(on, {"/c/s.conf", {}});
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->notices.at(0).text == "/c/s.conf:3: could not read included file /c/gone.conf");
}

// -- what loads, but not quite as one would think ---------------------------------------------------

BOOST_FIXTURE_TEST_CASE(names_are_checked_before_expansion_only, machine_fixture) { // K9
  auto cfg = load_text("[supervisord]\nenvironment=Q=\" a/b \"\n[program:a]\ncommand=c\nprocess_name=%(ENV_Q)s\n");
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->groups.at(0)->processes.at(0)->name == " a/b ");
}

BOOST_FIXTURE_TEST_CASE(log_files_expand_here_the_second_time, machine_fixture) { // N16
  auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\nstdout_logfile=%%(here)s/x\n");
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->groups.at(0)->processes.at(0)->out.logfile.path == "/c/x");
}

BOOST_FIXTURE_TEST_CASE(of_twins_in_a_group_the_later_takes_the_place, machine_fixture) {
  auto cfg = load_text("[supervisord]\n[program:a]\ncommand=1\nprocess_name=p\n[program:b]\ncommand=2\n"
                       "[program:c]\ncommand=3\nprocess_name=p\n[group:g]\nprograms=a,b,c,b\n");
  BOOST_REQUIRE(cfg);
  std::string commands;
  for (const auto& process : cfg->groups.at(0)->processes)
    commands += process->command;
  BOOST_TEST(commands == "32");
}

BOOST_FIXTURE_TEST_CASE(own_interfaces_take_no_options, machine_fixture) { // a start tells it with the first server
  const std::string interfaces = "[supervisord]\n[rpcinterface:supervisor]\n"
                                 "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
                                 "retries=1\n[rpcinterface:troupe]\nsupervisor.rpcinterface_factory=troupe:main\nx=1\n";
  auto faults_of = [&](const std::string& text) {
    machine.files["/c/s.conf"] = text;
    std::string lines;
    for (const auto& fault : check(machine.make(), {"/c/s.conf", {}}).faults)
      lines += std::to_string(fault.at.line) + ": " + fault.what + '\n';
    return lines;
  };
  BOOST_TEST(faults_of(interfaces) == "");
  BOOST_TEST(faults_of(interfaces + "[inet_http_server]\nport=127.0.0.1:1\n") ==
             "4: [rpcinterface:supervisor] takes no option 'retries'\n"
             "7: [rpcinterface:troupe] takes no option 'x'\n");
}

BOOST_FIXTURE_TEST_CASE(process_numbers_at_the_end_of_their_range, machine_fixture) {
  auto cfg = load_text("[supervisord]\n[program:a]\ncommand=c\nnumprocs=2\nnumprocs_start=99999999999999999999\n"
                       "process_name=%(process_num)d\n");
  BOOST_REQUIRE(cfg);
  BOOST_TEST(cfg->groups.at(0)->processes.size() == 2);
}

struct unknown_row {
  const char* text;
  const char* warning; ///< after file:line; null: none
};
std::ostream& operator<<(std::ostream& out, const unknown_row& r) { return out << r.text; }

// clang-format off
const unknown_row unknowns[] = {
  {"[program:a]\ncommand=c\nautostrat=1\n", "unknown option 'autostrat' in [program:a] is ignored (did you mean 'autostart'?)"},
  {"[program:a]\ncommand=c\nstdout_logfile_syslog=1\n", "unknown option 'stdout_logfile_syslog' in [program:a] is ignored (did you mean 'stdout_syslog'?)"},
  {"[program:a]\ncommand=c\nlogfile=/x\n", "unknown option 'logfile' in [program:a] is ignored (did you mean 'stdout_logfile'?)"},
  {"[program:a]\ncommand=c\nstderr_maxbytes=1\n", "unknown option 'stderr_maxbytes' in [program:a] is ignored (did you mean 'stderr_logfile_maxbytes'?)"},
  {"[program:a]\ncommand=c\nzzzzzz=1\n", "unknown option 'zzzzzz' in [program:a] is ignored"},
  {"[program:a]\ncommand=c\nevents=1\n", "unknown option 'events' in [program:a] is ignored"},
  {"[eventlistener:a]\ncommand=c\nevents=EVENT\nstartsec=1\n", "unknown option 'startsec' in [eventlistener:a] is ignored (did you mean 'startsecs'?)"},
  {"[Program:a]\n", "unknown section [Program:a] is ignored (did you mean 'program:NAME'?)"},
  {"[program]\n", "unknown section [program] is ignored (did you mean 'program:NAME'?)"},
  {"[ supervisord ]\n", "unknown section [ supervisord ] is ignored (did you mean 'supervisord'?)"},
  {"[supervisord:x]\n", "unknown section [supervisord:x] is ignored (did you mean 'supervisord'?)"},
  {"[zzzzzz]\n", "unknown section [zzzzzz] is ignored"},
  {"[inet_http_serverx]\nport=1\n", nullptr},
  {"[inet_http_server:b]\nprot=1\nport=1\n", "unknown option 'prot' in [inet_http_server:b] is ignored (did you mean 'port'?)"},
  {"[supervisorctl]\nprompt=x\n[ctlplugin:x]\na=b\n[DEFAULT]\nq=1\n", nullptr},
};
// clang-format on

BOOST_DATA_TEST_CASE_F(machine_fixture, unknown_names, data::make(unknowns), r) {
  auto cfg = load_text(std::string("[supervisord]\n") + r.text);
  BOOST_REQUIRE_MESSAGE(cfg, cfg.error().what);
  BOOST_REQUIRE(cfg->notices.size() == (r.warning ? 1 : 0));
  if (r.warning) {
    const auto& text = cfg->notices[0].text;
    BOOST_TEST(text.substr(text.find(": ") + 2) == r.warning);
    BOOST_TEST(text.starts_with("/c/s.conf:"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
