// health: each state with and without --ready, what a daemon answers or does not; always 0 or 1, and never more than
// fits into the record of a health check. Cases: docs/contract/packaging.md, 3.2 (S5); on real daemons:
// tests/health_test.py.
#include "apps/ctl/health.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_health_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

process_row row_of(process_state state, const std::string& spawnerr = {}) {
  process_row row;
  row.group = "g";
  row.name = "p";
  row.state = state;
  row.statename = to_string(state);
  row.description = "words";
  row.spawnerr = spawnerr;
  return row;
}

std::string lines_for(const process_row& row, bool ready, const unhealthy_book& unhealthy = {}) {
  return lines_of(ailments_of({&row}, unhealthy, ready));
}

struct state_row {
  process_state state;
  const char* spawnerr;
  const char* lines;
  const char* when_ready_is_asked;
};
std::ostream& operator<<(std::ostream& out, const state_row& r) { return out << to_string(r.state) << r.spawnerr; }
const state_row states[] = {
  {process_state::stopped, "", "", ""},
  {process_state::stopped, "Bad exit code 3", "", ""}, // of its last run, which nobody asks for any more
  {process_state::starting, "", "", "g:p STARTING words\n"},
  {process_state::running, "", "", ""},
  {process_state::backoff, "", "g:p BACKOFF words\n", "g:p BACKOFF words\n"},
  {process_state::stopping, "", "", ""},
  {process_state::exited, "", "", ""},
  {process_state::exited, "Bad exit code 3", "g:p EXITED Bad exit code 3\n", "g:p EXITED Bad exit code 3\n"},
  {process_state::fatal, "", "g:p FATAL words\n", "g:p FATAL words\n"},
  {process_state::unknown, "", "g:p UNKNOWN words\n", "g:p UNKNOWN words\n"},
};

} // namespace

BOOST_DATA_TEST_CASE(each_state, data::make(states), r) {
  auto row = row_of(r.state, r.spawnerr);
  BOOST_TEST(lines_for(row, false) == r.lines);
  BOOST_TEST(lines_for(row, true) == r.when_ready_is_asked);
}

BOOST_AUTO_TEST_CASE(who_runs_and_is_unhealthy) {
  auto book = to_unhealthy(R"({"now":1,"processes":[
    {"process":"p","group":"g","health":"unhealthy","health_detail":"HTTP 503"},
    {"process":"q","group":"g","health":"healthy"},{"process":"r","group":"g"},
    {"process":"s","group":"g","health":"unhealthy"}]})");
  BOOST_TEST(book.size() == 2u);
  BOOST_TEST(lines_for(row_of(process_state::running), false, book) == "g:p RUNNING unhealthy: HTTP 503\n");
  BOOST_TEST(lines_for(row_of(process_state::stopped), true, book) == "");
  BOOST_TEST(to_unhealthy("<html>").empty());
  BOOST_TEST(to_unhealthy(R"({"processes":7})").empty());
}

BOOST_AUTO_TEST_CASE(as_many_lines_as_there_is_room_for) {
  auto row = row_of(process_state::fatal);
  row.description = std::string(90, 'x');
  auto lines = lines_of(ailments_of(std::vector<const process_row*>(1000, &row), {}, false));
  BOOST_TEST(lines.size() <= 4096u);
  BOOST_TEST(lines.size() > 3900u);
  auto shown = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n')) - 1;
  BOOST_TEST(lines.ends_with("\nand " + std::to_string(1000 - shown) + " more\n"), lines);
}

BOOST_AUTO_TEST_CASE(words_of_a_program) {
  auto row = row_of(process_state::fatal);
  row.description = "\x1b[2J\n\xff" + std::string(100000, 'x');
  auto lines = lines_for(row, false);
  BOOST_TEST(lines.starts_with("g:p FATAL \\x1b[2J\\x0a\\xffxxx"), lines.substr(0, 40));
  BOOST_TEST(lines.size() < 500u);
  BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 1);
}

// -- the action ----------------------------------------------------------------------------------------

namespace {

const char quick[] = "Exited too quickly (process log may have details)";

struct asked {
  explicit asked(const std::string& state = "RUNNING") {
    l.answers["supervisor.getState"] = rpc_value(rpc_value::structure{{"statecode", 1}, {"statename", state}});
  }
  int run(const std::string& line) {
    settings chosen;
    chosen.daemon.url = "unix:///lab.sock";
    chosen.interactive = true;
    l.stdout_text.clear();
    return session(l, chosen).run(line);
  }
  harness l;
};

} // namespace

BOOST_AUTO_TEST_CASE(all_or_those_named) {
  asked a;
  BOOST_TEST(a.run("health cat trio:* oneshot") == 0);
  BOOST_TEST(a.l.stdout_text == "");
  BOOST_TEST(a.run("health cat failer missing") == 1);
  BOOST_TEST(a.l.stdout_text ==
             std::string("failer FATAL ") + quick + "\nmissing FATAL can't find command '/nonexistent/cmd'\n");
  BOOST_TEST(a.run("health") == 1);
  BOOST_TEST(a.l.stdout_text.starts_with(std::string("backoff BACKOFF ") + quick + "\nfailer FATAL"));
  BOOST_TEST(a.run("health cat nobody --redy") == 1);
  BOOST_TEST(a.l.stdout_text == "nobody: ERROR (no such process)\n--redy: ERROR (no such process)\n");
}

BOOST_AUTO_TEST_CASE(unhealthy_by_its_own_check) {
  asked a;
  a.l.fed["/api/v1/status"] = {R"({"processes":[{"process":"cat","group":"cat","health":"unheal)", R"(thy"}]})"};
  BOOST_TEST(a.run("health cat sleeper") == 1);
  BOOST_TEST(a.l.stdout_text == "cat RUNNING unhealthy\n");
}

BOOST_AUTO_TEST_CASE(a_daemon_that_does_not_answer) {
  asked a;
  a.l.url = "unix:///another.sock";
  BOOST_TEST(a.run("health") == 1);
  BOOST_TEST(a.l.stdout_text == "daemon does not answer\n");
  BOOST_TEST(a.run("health --json") == 1);
  BOOST_TEST(a.l.stdout_text ==
             "{\"healthy\": false, \"daemon\": null, \"reasons\": [{\"name\": null, \"state\": null, "
             "\"text\": \"daemon does not answer\"}]}\n");
  BOOST_TEST(a.l.stderr_text == "");
}

BOOST_AUTO_TEST_CASE(one_that_wants_a_password_is_not_given_any) {
  asked a;
  a.l.login = {"me", "secret"};
  a.l.typed = {"me", "secret"};
  BOOST_TEST(a.run("health") == 1);
  BOOST_TEST(a.l.stdout_text == "Server requires authentication\n");
  BOOST_TEST(a.l.typed.size() == 2u);
}

BOOST_AUTO_TEST_CASE(one_that_is_on_its_way) {
  asked a("RESTARTING");
  BOOST_TEST(a.run("health") == 1);
  BOOST_TEST(a.l.stdout_text == "daemon is RESTARTING\n");
}

BOOST_AUTO_TEST_CASE(as_json) {
  asked a;
  BOOST_TEST(a.run("health cat --json") == 0);
  BOOST_TEST(a.l.stdout_text == "{\"healthy\": true, \"daemon\": \"RUNNING\", \"reasons\": []}\n");
  BOOST_TEST(a.run("health missing --json") == 1);
  BOOST_TEST(a.l.stdout_text == "{\"healthy\": false, \"daemon\": \"RUNNING\", \"reasons\": [{\"name\": \"missing\", "
                                "\"state\": \"FATAL\", \"text\": \"can't find command '/nonexistent/cmd'\"}]}\n");
}

BOOST_AUTO_TEST_SUITE_END()
