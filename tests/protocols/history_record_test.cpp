// Records of the history: what is kept of each kind, as a value for those who may see all and for others, and as lines.
// Source: docs/contract/history.md, 7.2 and 7.4.
#include "protocols/history_record.hpp"
#include "protocols/json.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

BOOST_AUTO_TEST_SUITE(history_record_test)

using namespace troupe::protocols;
using troupe::platform::history_row;
using config_kind = troupe::config::history_kind;
namespace data = boost::unit_test::data;

namespace {

constexpr std::int64_t at = 1'795'835'528'113'000; // 2026-11-28 03:12:08.113 UTC

std::string line_of(const rpc_value& record) {
  auto lines = history_text({record}, utc_zone());
  return lines.size() == 1 ? lines.front() : std::to_string(lines.size()) + " lines";
}

std::string line_of(config_kind kind, std::string name, std::string what, std::string who = {}, bool whole = true) {
  return line_of(history_value({7, at, kind, std::move(name), std::move(who), 0, std::move(what)}, whole));
}

audit_record restart() {
  audit_record of;
  of.id = "r1";
  of.user = "anna";
  of.how = "token";
  of.token = "ci-7";
  of.from = "10.0.0.7:4711";
  of.verb = "restart";
  of.target = "db";
  of.call = "access.restartProcess";
  of.came = audit_record::outcome::done;
  of.ms = 2100;
  return of;
}

struct row {
  const char* what;
  const char* line;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.what; }

// clang-format off
const row of_the_daemon[] = {
  {R"({"event":"start","version":"0.9.0","pid":7})", "2026-11-28 03:12:08.113 supervisord      started             0.9.0 (pid 7)"},
  {R"({"event":"stop","reason":"shutdown"})", "2026-11-28 03:12:08.113 supervisord      stopped             shutdown"},
  {R"({"event":"clock","ms":-3600000})", "2026-11-28 03:12:08.113 supervisord      clock set           back 1:00:00"},
  {R"({"event":"lost","count":12})", "2026-11-28 03:12:08.113 supervisord      lost 12             records: more came than could be written"},
  {R"({"event":"upgrade","from":"0.9.0","version":"0.9.1","ms":12})", "2026-11-28 03:12:08.113 supervisord      upgraded            0.9.0 -> 0.9.1, 12 ms"},
  {R"({"event":"renewed","version":"0.9.1"})", "2026-11-28 03:12:08.113 supervisord      renewed             0.9.1"},
  {"no JSON", "2026-11-28 03:12:08.113 supervisord"},
};
// clang-format on

} // namespace

BOOST_AUTO_TEST_CASE(changes_of_state) {
  using enum process_state;
  auto ended = history_json(state_change{running, exited, 4711, 0, "killed by SIGKILL", 33'124'000'000, {}});
  BOOST_TEST(ended == R"({"from":"RUNNING","to":"EXITED","pid":4711,"exit":"killed by SIGKILL","ran":33124})");
  BOOST_TEST(line_of(config_kind::state, "web", ended) ==
             "2026-11-28 03:12:08.113 web              RUNNING -> EXITED   killed by SIGKILL (pid 4711, ran 9:12:04)");
  auto failed = history_json(state_change{starting, backoff, 0, 2, {}, {}, "can't find command '/x'"});
  BOOST_TEST(line_of(config_kind::state, "a-group:a-process", failed) ==
             "2026-11-28 03:12:08.113 a-group:a-process STARTING -> BACKOFF can't find command '/x', try 2");
  auto began = history_json(state_change{});
  BOOST_TEST(began == R"({"from":"STOPPED","to":"STOPPED"})");
}

BOOST_AUTO_TEST_CASE(ends) {
  auto death = history_json(unasked_end{"exit status 1", 9, 400'000, process_state::exited, 1});
  BOOST_TEST(death == R"({"end":{"text":"exit status 1"},"pid":9,"seconds":0.4,"state":"EXITED","try":1})");
  BOOST_TEST(line_of(config_kind::death, "web", death) ==
             "2026-11-28 03:12:08.113 web              death               exit status 1 (pid 9, ran 0.4 s)");
}

BOOST_DATA_TEST_CASE(the_daemon, data::make(of_the_daemon), r) {
  BOOST_TEST(line_of(config_kind::daemon, "", r.what) == r.line);
}

BOOST_AUTO_TEST_CASE(calls) {
  auto done = history_json(restart());
  BOOST_TEST(line_of(config_kind::command, "db", done, "anna") ==
             "2026-11-28 03:12:08.113 db               command             restart by anna (token ci-7) from 10.0.0.7: "
             "done in 2.1 s");
  BOOST_TEST(line_of(config_kind::command, "db", done, "anna", false) ==
             "2026-11-28 03:12:08.113 db               command             restart: done in 2.1 s");
  BOOST_TEST(line_of(config_kind::command, "", done, "anna").find("restart db by anna") != std::string::npos);
  auto failed = restart();
  failed.came = audit_record::outcome::failed;
  failed.fault = 50;
  failed.ms.reset();
  BOOST_TEST(line_of(config_kind::command, "db", history_json(failed)).ends_with("restart: failed (fault 50)"));
}

BOOST_AUTO_TEST_CASE(what_became_of_a_call_stands_behind_it) {
  auto asked = restart();
  asked.came = audit_record::outcome::begun;
  asked.ms.reset();
  auto done = history_json(restart());
  done.insert(done.size() - 1, R"(,"of":3)");
  auto first = history_value({3, at, config_kind::command, "db", "anna", 0, history_json(asked)}, true);
  auto second = history_value({5, at + 2'100'000, config_kind::command, "db", "anna", 0, done}, true);
  BOOST_TEST(history_text({first, second}, utc_zone()) ==
               std::vector<std::string>{"2026-11-28 03:12:08.113 db               command             restart by anna "
                                        "(token ci-7) from 10.0.0.7: done in 2.1 s"},
             boost::test_tools::per_element());
  BOOST_TEST(history_text({first}, utc_zone()).front().ends_with("from 10.0.0.7")); // it is under way
  BOOST_TEST(history_text({second}, utc_zone()).size() == 1);
}

BOOST_AUTO_TEST_CASE(whoever_may_not_know_who_does_not) {
  history_row row{7, at, config_kind::command, "db", "anna", 0, history_json(restart())};
  auto whole = history_value(row, true);
  BOOST_TEST(*whole.member("who")->string() == "anna");
  BOOST_TEST(whole.member("what")->member("by")->member("from")->string());
  BOOST_TEST(*whole.member("at")->string() == "2026-11-28T03:12:08.113000Z");
  auto part = history_value(row, false);
  BOOST_TEST(!part.member("who"));
  BOOST_TEST(!part.member("what")->member("by"));
  std::string text;
  json_writer{text}.value(part);
  for (const char* secret : {"anna", "10.0.0.7", "ci-7", "token"})
    BOOST_TEST(text.find(secret) == std::string::npos, secret);
}

BOOST_AUTO_TEST_CASE(calls_that_only_read_or_are_refused_are_not_kept) {
  BOOST_TEST(is_history(restart()));
  for (auto came : {audit_record::outcome::denied, audit_record::outcome::hidden, audit_record::outcome::refused}) {
    auto of = restart();
    of.came = came;
    BOOST_TEST(!is_history(of));
  }
  auto read = restart();
  read.verb = "tail";
  BOOST_TEST(!is_history(read));
  auto sign_in = restart();
  sign_in.call.clear();
  BOOST_TEST(!is_history(sign_in));
}

BOOST_AUTO_TEST_CASE(states_of_a_moment) {
  auto what = history_json(state_change{process_state::starting, process_state::running, 12, 0, {}, {}, {}});
  auto record = history_value({1, at, config_kind::state, "web", {}, 0, what}, false);
  BOOST_TEST(states_text({record}, utc_zone()).front() ==
             "web              RUNNING             since 2026-11-28 03:12:08.113 (pid 12)");
}

BOOST_AUTO_TEST_SUITE_END()
