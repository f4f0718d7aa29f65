// What people at a terminal get: colours, hints, columns and order of status, --quiet and --errors. Lines in, exact
// stdout, stderr and exit status out; and without a terminal what there always was. Cases: docs/contract/packaging.md,
// 6.1, 6.2, 6.7 (K1, K2, K9).
#include "apps/ctl/color.hpp"
#include "apps/ctl/command_line.hpp"
#include "apps/ctl/hints.hpp"
#include "apps/ctl/json_read.hpp"
#include "apps/ctl/progress.hpp"
#include "apps/ctl/shown_text.hpp"
#include "apps/ctl/status_view.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_comforts_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

using array = rpc_value::array;

std::string without_colors(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\x1b')
      i = text.find('m', i);
    else
      plain += text[i];
  return plain;
}

settings lab() {
  settings chosen;
  chosen.daemon.url = "unix:///lab.sock";
  return chosen;
}

int run(harness& l, const std::string& line, const settings& chosen = lab()) {
  session s(l, chosen);
  return s.run(line);
}

// -- colours -------------------------------------------------------------------------------------------

struct color_row {
  const char* when;
  color_choice choice;
  terminal_facts facts;
  bool expected;
};
std::ostream& operator<<(std::ostream& out, const color_row& r) { return out << r.when; }

constexpr auto automatic = color_choice::automatic;
const terminal_facts a_terminal{.out = true, .err = true, .term = "xterm"};
const terminal_facts dumb{.out = true, .err = true, .term = "dumb"};
const terminal_facts no_color{.out = true, .err = true, .term = "xterm", .no_color = true};
const color_row color_table[] = {
  {"a terminal", automatic, a_terminal, true},
  {"a pipe", automatic, {}, false},
  {"K2: TERM=dumb", automatic, dumb, false},
  {"K2: NO_COLOR", automatic, no_color, false},
  {"CLICOLOR_FORCE, a pipe", automatic, {.force_color = true}, true},
  {"CLICOLOR_FORCE and NO_COLOR", automatic, {.no_color = true, .force_color = true}, false},
  {"K2: always, a pipe", color_choice::always, {}, true},
  {"always and NO_COLOR", color_choice::always, no_color, true},
  {"never", color_choice::never, a_terminal, false},
};

} // namespace

BOOST_DATA_TEST_CASE(colors, data::make(color_table), r) { BOOST_TEST(has_color(r.choice, r.facts) == r.expected); }

BOOST_AUTO_TEST_CASE(states_have_their_colors) {
  const std::pair<const char*, const char*> expected[] = {{"RUNNING", "32"}, {"STARTING", "33"}, {"STOPPING", "33"},
                                                          {"BACKOFF", "33"}, {"FATAL", "31"},    {"UNKNOWN", "31"},
                                                          {"STOPPED", "90"}, {"EXITED", "90"},   {"ODD", ""}};
  for (auto& [state, number] : expected)
    BOOST_TEST(color_of_state(state) == number, state);
  BOOST_TEST(color_of_name("web") == color_of_name("web"));
}

BOOST_AUTO_TEST_CASE(status_on_a_terminal_only_gains_colors) {
  harness plain, colored;
  colored.facts = a_terminal;
  BOOST_TEST(run(plain, "status") == run(colored, "status"));
  BOOST_TEST(plain.stdout_text != colored.stdout_text);
  BOOST_TEST(plain.stdout_text == without_colors(colored.stdout_text));
  BOOST_TEST(colored.stdout_text.find("\x1b[32mRUNNING\x1b[0m   pid 101") != std::string::npos);
  BOOST_TEST(colored.stdout_text.find("\x1b[90mSTOPPED\x1b[0m   Not started") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_description_cannot_paint) {
  process_row evil{"a\xe2\x80\xae", "a\xe2\x80\xae", process_state::running, "RUNNING", "\x1b]0;x\a\x1b[31m"};
  BOOST_TEST(without_colors(status_table({&evil}, {.color = true})).ends_with("RUNNING   \\x1b]0;x\\x07\\x1b[31m\n"));
  BOOST_TEST(status_table({&evil}, {.careful = true}).starts_with("a\\u202e  "));
}

// -- options -------------------------------------------------------------------------------------------

namespace {

struct option_row {
  const char* argument;
  const char* wrong; ///< empty: it is fine
};
std::ostream& operator<<(std::ostream& out, const option_row& r) { return out << r.argument; }
const option_row option_table[] = {
  {"--color=auto", ""},
  {"--color=always", ""},
  {"--color=never", ""},
  {"--color=red", "invalid value for --color 'red': value 'red' is not auto, always or never"},
  {"--errors=stderr", ""},
  {"--errors=file", "invalid value for --errors 'file': value 'file' is not stdout or stderr"},
  {"--timeout=2.5", ""},
  {"--timeout=soon", "invalid value for --timeout 'soon': value 'soon' is not a number of seconds"},
  {"--timeout=-1", "invalid value for --timeout '-1': value '-1' is not a number of seconds"},
  {"--quiet", ""},
  {"-q", ""},
  {"--qui", "option --qui not recognized"}, // prefixes of older options stay theirs, and new ones have none
  {"--col", "option --col not recognized"},
  {"--co=x", ""}, // --configuration
};

} // namespace

BOOST_DATA_TEST_CASE(options, data::make(option_table), r) {
  auto line = parse_command_line({r.argument});
  BOOST_TEST((line ? "" : line.error().what) == r.wrong);
}

BOOST_AUTO_TEST_CASE(quiet_says_only_what_is_wrong) {
  auto quiet = lab();
  quiet.quiet = quiet.errors_to_stderr = true;
  harness l;
  BOOST_TEST(run(l, "start manual", quiet) == 0);
  BOOST_TEST(l.stdout_text + l.stderr_text == "");
  BOOST_TEST(run(l, "status manual", quiet) == 0);
  BOOST_TEST(run(l, "status failer", quiet) == 3);
  BOOST_TEST(l.stdout_text + l.stderr_text == "");
  BOOST_TEST(run(l, "start manual missing trio:*", quiet) == 1);
  BOOST_TEST(l.stdout_text == "");
  BOOST_TEST(l.stderr_text == "manual: ERROR (already started)\nmissing: ERROR (no such file)\n");
}

BOOST_AUTO_TEST_CASE(failures_on_stderr) {
  auto apart = lab();
  apart.errors_to_stderr = true;
  harness l;
  BOOST_TEST(run(l, "start manual missing nosuch:*", apart) == 2);
  BOOST_TEST(l.stdout_text == "manual: started\n");
  BOOST_TEST(l.stderr_text == "missing: ERROR (no such file)\nnosuch: ERROR (no such group)\n");
  harness m;
  BOOST_TEST(run(m, "tail nosuch bogus", apart) == 1);
  BOOST_TEST(m.stdout_text == "");
  BOOST_TEST(m.stderr_text == "Error: bad channel 'bogus'\n");
}

// -- hints ---------------------------------------------------------------------------------------------

namespace {

struct hint_row {
  const char* line;
  const char* out;
  const char* hint; ///< after `hint: `; empty: none
  std::function<void(harness&)> before = [](harness&) {};
  const char* url = "unix:///lab.sock";
};
std::ostream& operator<<(std::ostream& out, const hint_row& r) { return out << r.line << " " << r.url; }

void logs_an_error(harness& l) { l.find("failer:failer")->err = "one\nKeyError: 'DB_URL'\n\n"; }
void cannot_reread(harness& l) { l.answers.emplace("supervisor.reloadConfig", rpc_fault{92, "CANT_REREAD: no"}); }
void wants_login(harness& l) { l.login = {"joe", "sekrit"}; }
void holds_escapes(harness& l) {
  l.find("failer:failer")->err = "\x1b]0;x\a\xe2\x80\xae"
                                 "evil\n";
}

const hint_row hint_table[] = {
  {"status", "unix:///nosuch.sock no such file\n",
   "no daemon has made that socket. Start one (systemctl start supervisor), or name another: -c, -s. supervisorctl "
   "doctor "
   "tells more",
   [](harness&) {}, "unix:///nosuch.sock"},
  {"status", "http://127.0.0.1:1 refused connection\n",
   "nobody listens at that address: the daemon is down, or has another one in [inet_http_server]", [](harness&) {},
   "http://127.0.0.1:1"},
  {"status", "Server requires authentication\n", "set username and password in [supervisorctl], or use -u and -p",
   wants_login},
  {"start a", "a: ERROR (no such process)\n", "group trio has it as trio:a"},
  {"start slepper", "slepper: ERROR (no such process)\n", "did you mean sleeper?"},
  {"start trio", "trio: ERROR (no such process)\n", "did you mean trio:*?"},
  {"start zzzzzzzz", "zzzzzzzz: ERROR (no such process)\n", ""},
  {"start failer", "failer: ERROR (spawn error)\n",
   "failer; its stderr ends: KeyError: 'DB_URL'; supervisorctl tail failer stderr", logs_an_error},
  {"start failer", "failer: ERROR (spawn error)\n",
   "failer; its stderr ends: \xef\xbf\xbd]0;x\xef\xbf\xbd\\u202e"
   "evil; supervisorctl tail failer stderr",
   holds_escapes},
  {"reread", "ERROR: CANT_REREAD: no\n", "supervisord --test -c FILE lists every fault", cannot_reread},
  {"statsu", "*** Unknown syntax: statsu\n", "did you mean status?"},
  {"frobnicate", "*** Unknown syntax: frobnicate\n", ""},
};

} // namespace

BOOST_DATA_TEST_CASE(hints_are_for_terminals, data::make(hint_table), r) {
  for (bool terminal : {true, false}) {
    harness l;
    r.before(l);
    l.facts.err = terminal;
    auto chosen = lab();
    chosen.daemon.url = r.url;
    run(l, r.line, chosen);
    BOOST_TEST(l.stdout_text == r.out);
    bool hinted = l.stderr_text.find(std::string("hint: ") + r.hint + "\n") != std::string::npos;
    if (*r.hint == '\0')
      BOOST_TEST(l.stderr_text == "");
    else if (terminal)
      BOOST_TEST(hinted, l.stderr_text);
    else if (std::string_view(r.line) != "start trio") // which scripts see, too
      BOOST_TEST(!hinted);
  }
}

BOOST_AUTO_TEST_CASE(hints_of_sockets) {
  BOOST_TEST(hint_for_refusal("unix:///x") ==
             "the socket is there, but nobody listens: the daemon ended without removing it");
  BOOST_TEST(hint_for_closed_socket("root", 0140700) ==
             "the socket belongs to root, mode 0700: use sudo, or set chmod=0770 and chown=root:GROUP in "
             "[unix_http_server]");
  BOOST_TEST(hint_for_configuration("/etc/s.conf") == "supervisord --test -c /etc/s.conf lists every fault");
}

// -- texts of others -----------------------------------------------------------------------------------

namespace {

struct text_row {
  const char* given;
  const char* shown;         ///< as a name
  const char* on_a_terminal; ///< as a line of a log
  const char* in_a_file;
};
std::ostream& operator<<(std::ostream& out, const text_row& r) { return out << r.shown; }
const text_row text_table[] = {
  {"plain caf\xc3\xa9\t|", "plain caf\xc3\xa9\t|", "plain caf\xc3\xa9\t|", "plain caf\xc3\xa9\t|"},
  {"\x1b]0;x\a!", "\\x1b]0;x\\x07!", "!", "!"},
  {"\x1b]0;x\x1b\\!", "\\x1b]0;x\\x1b\\!", "!", "!"},
  {"\x1b]0;never ends", "\\x1b]0;never ends", "\\x1b]0;never ends", "]0;never ends"},
  {"\x1b[2J\x1b[1;1Hx", "\\x1b[2J\\x1b[1;1Hx", "x", "x"},
  {"\x1b[1;31mred\x1b[0m", "\\x1b[1;31mred\\x1b[0m", "\x1b[1;31mred\x1b[0m\x1b[0m", "red"},
  {"\x1b[?25lx", "\\x1b[?25lx", "x", "x"},
  {"\x1b(Bx", "\\x1b(Bx", "x", "x"},
  {"10%\r20%\r", "10%\\x0d20%\\x0d", "10%\\x0d20%", "10%\r20%\r"},
  {"a\b\a\x7f", "a\\x08\\x07\\x7f", "a\\x08\\x07\\x7f", "a\b\x7f"},
  {"\xc2\x9b"
   "2J",
   "\\x9b2J", "\\x9b2J", "2J"},
  {"\x9b"
   "2J",
   "\\x9b2J", "\\x9b2J",
   "\x9b"
   "2J"},
  {"\xe2\x80\xae"
   "txt.exe",
   "\\u202etxt.exe", "\\u202etxt.exe",
   "\xe2\x80\xae"
   "txt.exe"},
  {"\xe2\x81\xa6\xd8\x9c", "\\u2066\\u061c", "\\u2066\\u061c", "\xe2\x81\xa6\xd8\x9c"},
  {"a\nb", "a\\x0ab", "a\\x0ab", "a\nb"},
  {"\xf0\x9f\x98\x80\xff", "\xf0\x9f\x98\x80\\xff", "\xf0\x9f\x98\x80\\xff", "\xf0\x9f\x98\x80\xff"},
};

} // namespace

BOOST_DATA_TEST_CASE(texts_of_others, data::make(text_table), r) {
  BOOST_TEST(displayable(r.given) == r.shown);
  BOOST_TEST(log_line_for_terminal(r.given) == r.on_a_terminal);
  BOOST_TEST(log_line_for_file(r.given) == r.in_a_file);
}

BOOST_AUTO_TEST_CASE(lines_are_cut_without_their_colors) {
  BOOST_TEST(cut_to_columns("abc", 5) == "abc");
  BOOST_TEST(cut_to_columns("\xc3\xa4\xc3\xb6\xc3\xbc", 2) == "\xc3\xa4\xc3\xb6");
  BOOST_TEST(cut_to_columns("\x1b[32mRUNNING\x1b[0m x", 3) == "\x1b[32mRUN\x1b[0m");
  BOOST_TEST(in_utf8("a\xff\xc3") == "a\xef\xbf\xbd\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(reads_json) {
  auto value = from_json(R"( {"a": [1, -2.5, true, null, "x\n\u00e9\ud83d\ude00\"\\"], "b": {"c": 1e3}} )");
  BOOST_REQUIRE(value);
  auto items = value->member("a")->items();
  BOOST_TEST(*(*items)[0].integer() == 1);
  BOOST_TEST(*(*items)[1].real() == -2.5);
  BOOST_TEST(*(*items)[2].boolean());
  BOOST_TEST((*items)[3].nil());
  BOOST_TEST(*(*items)[4].string() == "x\n\xc3\xa9\xf0\x9f\x98\x80\"\\");
  BOOST_TEST(*number_in(*value->member("b"), "c") == 1000);
  for (auto bad : {"", "{", "[1,]", "{\"a\" 1}", "\"", "\"\\q\"", "nul", "1 2", "[\"\\u12\"]"})
    BOOST_TEST(!from_json(bad), bad);
  BOOST_TEST(!from_json(std::string(10000, '[')));
}

// -- status --------------------------------------------------------------------------------------------

namespace {

struct status_row {
  const char* line;
  const char* names; ///< that are shown, or what is wrong
  int status;
};
std::ostream& operator<<(std::ostream& out, const status_row& r) { return out << r.line; }

/// The first words of its lines, but of those of help.
std::string first_words(const std::string& text) {
  std::string names;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    if (auto line = text.substr(at, text.find('\n', at) - at); line.starts_with("Error"))
      return line;
    else
      (names += names.empty() ? "" : " ") += line.substr(0, line.find(' '));
  return names;
}

const char* feed_text =
  "event: status\ndata: {\"now\": 2000000000, \"daemon\": {}, \"processes\": ["
  R"({"id": 1, "group": "cat", "process": "cat", "state": "RUNNING", "statecode": 20, "pid": 101, "start": 50,)"
  R"( "stop": 0, "description": "pid 101", "last_end": "", "restarts": 0, "stdout": true, "stderr": true},)"
  R"({"id": 2, "group": "sleeper", "process": "sleeper", "state": "RUNNING", "statecode": 20, "pid": 103, "start": 70,)"
  R"( "stop": 40, "description": "pid 103", "last_end": "terminated by SIGKILL", "restarts": 7},)"
  R"({"id": 3, "group": "failer", "process": "failer", "state": "FATAL", "statecode": 200, "pid": 0, "start": 60,)"
  R"( "stop": 61, "description": "x", "last_end": "exit status 1", "restarts": 2}]})"
  "\n\nevent: usage\ndata: [{\"id\": 1, \"cpu\": 3.25, \"memory\": 42991616, \"processes\": 1}, "
  "{\"id\": 2, \"cpu\": 90.0, \"memory\": 1024, \"processes\": 1}]\n\n";

const status_row status_table_rows[] = {
  {"status --state FATAL,backoff", "backoff failer missing", 3},
  {"status --state=RUNNING trio:*", "trio:a trio:b", 0},
  {"status --strict cat sleeper", "cat sleeper", 0},
  {"status --strict backoff", "backoff", 3},
  {"status backoff", "backoff", 0},
  {"status --strict --state RUNNING trio:*", "trio:a trio:b", 3},
  {"status --sort name sleeper cat", "cat sleeper", 0},
  {"status --sort state cat failer", "failer cat", 3},
  {"status --sort cpu cat sleeper failer", "sleeper cat failer", 3},
  {"status --sort mem cat sleeper failer", "cat sleeper failer", 3},
  {"status --sort restarts cat sleeper failer", "sleeper failer cat", 3},
  {"status --sort start cat sleeper failer", "sleeper failer cat", 3},
  {"status --sort size", "Error: --sort takes name, state, cpu, mem, restarts or start", 2},
  {"status --state BUSY", "Error: no such state 'BUSY'", 2},
  {"status --watch=soon", "Error: bad interval 'soon'", 2},
  {"status --unknown cat", "--unknown: cat", 4},
};

} // namespace

BOOST_DATA_TEST_CASE(status_rows, data::make(status_table_rows), r) {
  harness l;
  l.fed["/api/v1/events"] = {feed_text};
  BOOST_TEST(run(l, r.line) == r.status);
  BOOST_TEST(first_words(l.stdout_text) == r.names);
}

BOOST_AUTO_TEST_CASE(details_stand_behind_the_columns_of_old) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  harness l;
  l.fed["/api/v1/events"] = {std::string(feed_text).substr(0, 100), std::string(feed_text).substr(100)};
  BOOST_TEST(run(l, "status -v cat sleeper failer manual") == 3);
  BOOST_TEST(l.stdout_text ==
             "cat                              RUNNING   pid 101, uptime 0:00:05                             "
             "3.2%    41M         0  -\n"
             "sleeper                          RUNNING   pid 103, uptime 0:00:05                            "
             "90.0%     1K         7  SIGKILL, Jan 01 00:00\n"
             "failer                           FATAL     Exited too quickly (process log may have details)      -"
             "      -         2  exit 1, Jan 01 00:01\n"
             "manual                           STOPPED   Not started                                            -"
             "      -         -  -\n");
  BOOST_TEST(l.stderr_text == "");
}

BOOST_AUTO_TEST_CASE(a_header_is_for_terminals) {
  harness l;
  l.facts = {.out = true, .err = false, .term = "dumb"};
  l.fed["/api/v1/events"] = {feed_text};
  run(l, "status -v cat");
  BOOST_TEST(first_words(l.stdout_text) == "NAME cat");
}

BOOST_AUTO_TEST_CASE(another_daemon_does_not_tell_details) { // K12
  harness l;
  BOOST_TEST(run(l, "status -v cat") == 0);
  BOOST_TEST(l.stderr_text == "CPU, memory, restarts and last ends are unknown: this daemon has no /api/v1\n");
  BOOST_TEST(l.stdout_text.find("      -      -         -  -\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_has_details_only_with_v) {
  harness l;
  l.fed["/api/v1/events"] = {feed_text};
  run(l, "status --json cat");
  BOOST_TEST(l.stdout_text.find("cpu") == std::string::npos);
  l.stdout_text.clear();
  run(l, "status -v --json sleeper");
  BOOST_TEST(
    l.stdout_text.ends_with(R"("cpu": 90, "memory": 1024, "restarts": 7, "last_end": "terminated by SIGKILL"}])"
                            "\n"));
}

BOOST_AUTO_TEST_CASE(memory_is_short) {
  const std::pair<std::int64_t, const char*> expected[] = {
    {0, "0K"}, {1024, "1K"}, {42991616, "41M"}, {1 << 20, "1.0M"}, {std::int64_t{5} << 29, "2.5G"}};
  for (auto& [bytes, text] : expected)
    BOOST_TEST(memory_text(bytes) == text);
}

BOOST_AUTO_TEST_CASE(watch_shows_a_picture_for_each_change) {
  harness l;
  l.streams_last = true;
  l.fed["/api/v1/events"] = {feed_text, "event: ping\ndata: 1\n\n",
                             "event: change\ndata: {\"now\": 2000000001, \"daemon\": {}, \"changed\": [{\"id\": 1, "
                             "\"group\": \"cat\", \"process\": "
                             "\"cat\", \"state\": \"STOPPED\", \"statecode\": 0, \"pid\": 0, \"description\": \"Not "
                             "started\"}], \"removed\": [2]}\n\n"};
  BOOST_TEST(run(l, "status --watch cat sleeper:*") == 0);
  BOOST_TEST(l.stdout_text == "cat                              RUNNING   pid 101\n"
                              "sleeper                          RUNNING   pid 103\n"
                              "\n"
                              "sleeper: ERROR (no such group)\n"
                              "cat                              STOPPED   Not started\n");
}

BOOST_AUTO_TEST_CASE(watch_on_a_terminal_moves_the_cursor_home_only) {
  harness l;
  l.streams_last = true;
  l.facts = {.out = true, .err = false, .term = "dumb", .columns = 40, .lines = 3};
  l.fed["/api/v1/events"] = {feed_text};
  run(l, "status --watch");
  BOOST_TEST(l.stdout_text.starts_with("\x1b[Hcat                              RUNNING\x1b[K\n"
                                       "failer                           FATAL  \x1b[K\n\x1b[J"));
}

// -- progress ------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(progress_tells_who_is_awaited) {
  auto row = [](const char* group, const char* name, process_state state) {
    return process_row{group, name, state, std::string(troupe::protocols::to_string(state)), ""};
  };
  const std::vector<process_row> rows = {row("g", "a", process_state::running), row("g", "b", process_state::starting),
                                         row("g", "c", process_state::fatal), row("g", "d", process_state::stopped),
                                         row("x\x1b[2J", "x", process_state::stopping)};
  BOOST_TEST(progress_text("starting", {"g:*"}, rows, 1, 3, false) == "starting g:*  2/4  / g:b STARTING, 3 s");
  BOOST_TEST(progress_text("stopping", {"g:*"}, rows, 0, 0, true) ==
             "stopping g:*  2/4  \xe2\xa0\x8b g:b STARTING, 0 s");
  BOOST_TEST(progress_text("stopping", {"all"}, {rows.back()}, 0, 9, false) ==
             "stopping all  | x\\x1b[2J:x STOPPING, 9 s");
  BOOST_TEST(progress_text("stopping", {"nosuch"}, {}, 2, 1, false) == "stopping nosuch  -, 1 s");
}

BOOST_AUTO_TEST_SUITE_END()
