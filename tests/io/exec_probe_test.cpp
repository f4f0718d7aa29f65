// Commands as probes: real children, made and waited for by the test. What becomes of their output, their time and
// their end, and that nobody hears of one that is not wanted any more.
#include "actors/io/exec_probe.hpp"
#include "tests/io/probe_stage.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <ostream>

BOOST_AUTO_TEST_SUITE(exec_probe_test)

using namespace troupe;
using namespace troupe::actors;
using tests::probe_stage;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

namespace {

struct exec_stage : probe_stage {
  static config::check_form command(const std::string& text) { return form(kind::exec, "", 0, text); }
};

struct row {
  const char* command;
  const char* result;
  const char* said;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.command; }

const row rows[] = {
  // clang-format off
  {"true",                                  "ok",                    ""},
  {"/bin/sh -c 'echo fine'",                "ok",                    ""},
  {"false",                                 "exit status 1",         ""},
  {"/bin/sh -c 'exit 7'",                   "exit status 7",         ""},
  {"/bin/sh -c 'echo one; echo two >&2; exit 3'", "exit status 3",   "health: one\nhealth: two\n"},
  {"/bin/sh -c 'printf no-newline; exit 1'", "exit status 1",        "health: no-newline\n"},
  {"/bin/sh -c 'kill -9 $$'",               "terminated by SIGKILL", ""},
  {"/bin/sh -c 'cat; exit 4'",              "exit status 4",         ""}, // stdin is /dev/null
  {"no-such-command-anywhere",              "can't find command 'no-such-command-anywhere'", ""},
  {"'unclosed",                             "No closing quotation (character 1)", ""},
  {"",                                      "command is empty",      ""},
  {"/",                                     "command at '/' is a directory", ""},
  // clang-format on
};

struct lines_row {
  const char* output;
  const char* lines;
};
std::ostream& operator<<(std::ostream& out, const lines_row& r) { return out << r.output; }

const lines_row lines_rows[] = {
  // clang-format off
  {"",            ""},
  {"a",           "health: a\n"},
  {"a\n",         "health: a\n"},
  {"a\nb",        "health: a\nhealth: b\n"},
  {"\n\n",        "health: \nhealth: \n"},
  {"\x1b[1ma\r\n", "health: \x1b[1ma\r\n"},
  // clang-format on
};

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(lines_rows), r) { BOOST_TEST(lines_with_name(r.output, "health") == r.lines); }

BOOST_DATA_TEST_CASE_F(exec_stage, ends, data::make(rows), r) {
  BOOST_TEST(answer_to(command(r.command)) == r.result);
  BOOST_TEST(said == r.said);
  BOOST_TEST(maker.signals.empty());
}

BOOST_FIXTURE_TEST_CASE(the_place_of_the_program, exec_stage) {
  options->directory = folder.path;
  options->umask = 027;
  begin(command("/bin/sh -c 'pwd >&2; umask; echo $SUPERVISOR_PID $SUPERVISOR_PROCESS_NAME; exit 1'"), 20s, 4711);
  BOOST_TEST(answer() == "exit status 1");
  BOOST_TEST(said == "health: " + folder.path + "\nhealth: 0027\nhealth: 4711 p\n");
}

BOOST_FIXTURE_TEST_CASE(its_time_is_over, exec_stage) {
  begin(command("/bin/sh -c 'echo so far; exec sleep 1000'"), 100ms);
  BOOST_TEST(answer() == "no answer within 0.1 seconds");
  BOOST_TEST_REQUIRE(maker.signals.size() == 1U);
  BOOST_TEST(maker.signals[0].first == maker.children[0].pid);
  BOOST_TEST(maker.signals[0].second == SIGKILL);
  run_until([this] { return maker.all_gone(); });
  BOOST_TEST(results.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_it_said_before_its_time_was_over, exec_stage) {
  begin(command("/bin/sh -c 'echo so far; touch " + folder.in("said") + "; exec sleep 1000'"), 2s);
  BOOST_TEST(answer() == "no answer within 2 seconds");
  BOOST_TEST_REQUIRE(folder.exists("said"));
  BOOST_TEST(said == "health: so far\n");
}

BOOST_FIXTURE_TEST_CASE(only_the_first_of_its_output_is_kept, exec_stage) {
  BOOST_TEST(answer_to(command("/bin/sh -c 'head -c 1000000 /dev/zero; exit 1'")) == "exit status 1");
  BOOST_TEST(said == "health: " + std::string(4096, '\0') + "\n");
}

/// Who holds the pipe open, or writes into it for ever, does not delay the answer.
BOOST_FIXTURE_TEST_CASE(a_grandchild_stays, exec_stage) {
  BOOST_TEST(answer_to(command("/bin/sh -c 'sleep 1000 & echo $!; exit 1'")) == "exit status 1");
  BOOST_TEST_REQUIRE(said.starts_with("health: "));
  ::kill(std::stoi(said.substr(8)), SIGKILL);
  said.clear();
  BOOST_TEST(answer_to(command("/bin/sh -c 'echo $$; yes & exit 2'")) == "exit status 2");
  ::kill(-maker.children.back().pid, SIGKILL); // its group
}

BOOST_FIXTURE_TEST_CASE(nobody_wants_it_any_more, exec_stage) {
  begin(command("sleep 1000"));
  run_until([this] { return !maker.children.empty(); });
  running.reset();
  run_until([this] { return maker.all_gone(); });
  run_what_is_due();
  BOOST_TEST(results.empty());
}

BOOST_FIXTURE_TEST_CASE(unwanted_before_it_is_made, exec_stage) {
  maker.holds = true;
  begin(command("sleep 1000"));
  run_until([this] { return !maker.waiting.empty(); });
  running.reset();
  BOOST_TEST(maker.signals.empty());
  maker.make_all();
  BOOST_TEST_REQUIRE(maker.signals.size() == 1U);
  BOOST_TEST(maker.signals[0].second == SIGKILL);
  run_until([this] { return maker.all_gone(); });
  run_what_is_due();
  BOOST_TEST(results.empty());
}

BOOST_FIXTURE_TEST_CASE(its_time_is_over_before_it_is_made, exec_stage) {
  maker.holds = true;
  begin(command("sleep 1000"), 50ms);
  BOOST_TEST(answer() == "no answer within 0.05 seconds");
  running.reset();
  desk.reset(); // and all that knew it
  maker.make_all();
  BOOST_TEST(maker.signals.size() == 1U);
  run_until([this] { return maker.all_gone(); });
}

BOOST_FIXTURE_TEST_CASE(one_that_has_ended_is_not_signalled, exec_stage) {
  begin(command("true"));
  run_until([this] { return !maker.children.empty(); });
  while (!maker.all_gone())
    maker.reap(); // the loop has not heard of it
  running.reset();
  run_what_is_due();
  BOOST_TEST(results.empty());
  BOOST_TEST(maker.signals.empty());
}

BOOST_FIXTURE_TEST_CASE(it_cannot_be_made, exec_stage) {
  struct {
    int error;
    const char* detail;
  } const table[] = {{EAGAIN, "Resource temporarily unavailable"}, {ETIMEDOUT, "its command cannot be reached"}};
  maker.holds = true;
  for (const auto& r : table) {
    begin(command("true"));
    run_until([this] { return !maker.waiting.empty(); });
    std::exchange(maker.waiting, {})[0].spawned(-1, r.error);
    BOOST_TEST(answer() == r.detail);
  }
}

BOOST_FIXTURE_TEST_CASE(begun_and_dropped_at_once, exec_stage) {
  begin(command("true"));
  running.reset();
  run_what_is_due();
  BOOST_TEST(results.empty());
  BOOST_TEST(maker.children.empty());
}

BOOST_AUTO_TEST_SUITE_END()
