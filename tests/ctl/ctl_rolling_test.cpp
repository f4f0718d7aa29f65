// supervisorctl's hup and rollout, and restart as it is and with --rolling. Lines in, exact stdout, stderr, exit status
// and calls out, against a daemon in memory. Cases: docs/contract/programs.md, 7 and 18.4; each row prints its vector
// ids.
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_rolling_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

using troupe::protocols::rpc_call;
using array = rpc_value::array;
using structure = rpc_value::structure;

rpc_value step(const std::string& name, const std::string& what, std::int64_t status = 80,
               const std::string& text = "OK") {
  return structure{{"name", name}, {"what", what}, {"status", status}, {"text", text}};
}

/// Answers as often as it is asked, a part each time.
void rolls(harness& l, std::vector<array> parts, const std::string& state = "done", const std::string& complaint = "",
           array left = {}, array names = {}) {
  auto asked = std::make_shared<std::size_t>(0);
  l.judge = [=](const rpc_call& call) -> std::optional<rpc_response> {
    if (call.method == "troupe.restartRolling")
      return rpc_response(rpc_value(7));
    if (call.method == "troupe.abortRollout")
      return rpc_response(rpc_value(true));
    if (call.method != "troupe.getRollout")
      return std::nullopt;
    auto part = std::min(*asked, parts.size() - 1);
    bool over = ++*asked >= parts.size();
    return rpc_response(rpc_value(structure{{"id", 7},
                                            {"names", names},
                                            {"steps", parts[part]},
                                            {"next", static_cast<int>(*asked)},
                                            {"state", over ? state : "running"},
                                            {"complaint", over ? complaint : ""},
                                            {"not_restarted", left}}));
  };
}

void two_roll(harness& l) {
  rolls(
    l,
    {{step("trio:a", "stopped")}, {step("trio:a", "started")}, {step("trio:b", "stopped"), step("trio:b", "started")}});
}
void first_fails(harness& l) {
  rolls(l, {{step("trio:a", "stopped"), step("trio:a", "started", 50, "SPAWN_ERROR: trio:a")}}, "failed",
        "rolling restart of trio stopped after 1 failure", {"trio:b"});
}
void too_late(harness& l) {
  rolls(l, {{step("trio:a", "stopped"), step("trio:a", "started", 30, "not ready after 5 seconds")}}, "failed",
        "rolling restart of trio stopped after 1 failure");
}
void taken_over(harness& l) {
  two_roll(l);
  l.judge = [inner = l.judge,
             done = std::make_shared<bool>(false)](const rpc_call& call) -> std::optional<rpc_response> {
    if (call.method == "troupe.getRollout" && !std::exchange(*done, true))
      return rpc_fault{30, "FAILED: supervisord was upgraded; the request goes on"};
    return inner(call);
  };
}
std::function<void(harness&)> refuses(rpc_fault fault) {
  return [fault](harness& l) {
    l.judge = [fault](const rpc_call& call) -> std::optional<rpc_response> {
      return call.method.starts_with("troupe.") ? std::optional<rpc_response>(fault) : std::nullopt;
    };
  };
}
const auto supervisors_own = refuses({fault_code::unknown_method, "UNKNOWN_METHOD"});

struct row {
  const char* ids;
  std::string line;
  std::string out;
  int status = 0;
  std::function<void(harness&)> before = two_roll;
  std::string err = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << "vector " << r.ids << ": " << r.line; }

const std::string another = "ERROR: this needs Troupe's supervisord\n";
const std::string both = "trio:a: stopped\ntrio:a: started\ntrio:b: stopped\ntrio:b: started\n";

// clang-format off
const row table[] = {
    {"P249", "restart trio:* --rolling", both},
    {"P249", "restart --rolling --batch 2 --pause=1s trio:a trio:b --wait healthy --max-fail 1 --timeout 5 --all", both},
    {"P250", "restart trio:* --rolling", "trio:a: stopped\ntrio:a: ERROR (spawn error)\nERROR: rolling restart of trio stopped after 1 failure, not restarted: trio:b\n", 1, first_fails},
    {"7", "restart trio:* --rolling", "trio:a: stopped\ntrio:a: ERROR (not ready after 5 seconds)\nERROR: rolling restart of trio stopped after 1 failure\n", 1, too_late},
    {"7", "restart trio:* --rolling", "ERROR: a rolling restart of trio is under way\n", 1, refuses({30, "FAILED: a rolling restart of trio is under way"})},
    {"7", "restart trio:* --rolling --batch x", "ERROR: bad batch x\n", 1, refuses({30, "FAILED: bad batch x"})},
    {"7", "restart nosuch --rolling", "nosuch: ERROR (no such process)\n", 1},
    {"7", "restart nosuch:* --rolling", "nosuch: ERROR (no such group)\n", 1},
    {"6.3 of survival.md", "restart trio:* --rolling", both, 0, taken_over},
    {"P256", "restart trio:* --rolling", another, 3, supervisors_own},
    {"P256", "rollout", another, 3, supervisors_own},
    {"P256", "hup trio:a", another, 3, supervisors_own},
    {"7", "rollout", both},
    {"7", "rollout 7", both},
    {"7", "rollout 9", "ERROR: no such rolling restart: 9\n", 1, refuses({10, "BAD_NAME: 9"})},
    {"7", "rollout x", "ERROR: no such rolling restart: x\n", 1},
    {"7", "rollout abort 7", "7: aborted\n"},
    {"7", "rollout abort 7", "ERROR: rolling restart 7 is over\n", 1, refuses({30, "FAILED: rolling restart 7 is over"})},
    {"7", "rollout abort 9", "ERROR: no such rolling restart: 9\n", 1, refuses({10, "BAD_NAME: 9"})},
    {"P253", "hup cat", "cat: ERROR (not running)\n", 7, refuses({70, "NOT_RUNNING: cat"})},
    {"7", "hup cat", "cat: ERROR (reload failed: exit status 1)\n", 1, refuses({30, "FAILED: reload failed: exit status 1"})},
    {"7", "hup cat", "cat: ERROR (reload timed out)\n", 1, refuses({30, "FAILED: reload timed out"})},
    {"access 2.4", "hup cat", "cat: ERROR (not permitted)\n", 4, refuses({403, "NOT_PERMITTED: anna may not signal cat"})},
    {"7", "hup nosuch", "nosuch: ERROR (no such process)\n", 1},
};
// clang-format on

/// Has read its files again.
void reloads(harness& l) {
  l.judge = [](const rpc_call& call) -> std::optional<rpc_response> {
    return call.method == "troupe.hupProcess" ? std::optional<rpc_response>(rpc_value(true)) : std::nullopt;
  };
}

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(table), r) {
  harness daemon;
  r.before(daemon);
  session s(daemon, {{.url = "unix:///lab.sock"}});
  BOOST_TEST(s.run(r.line) == r.status);
  BOOST_TEST(daemon.stdout_text == r.out);
  BOOST_TEST(daemon.stderr_text == r.err);
}

BOOST_AUTO_TEST_CASE(whom_a_hup_means) {
  for (const auto& [line, expected] : {std::pair{"hup trio:*", "trio:a: reloaded\ntrio:b: reloaded\n"},
                                       {"hup cat trio:b", "cat: reloaded\ntrio:b: reloaded\n"},
                                       {"hup trio:[bc]", "trio:b: reloaded\ntrio:c: reloaded\n"}}) {
    harness daemon;
    reloads(daemon);
    session s(daemon, {{.url = "unix:///lab.sock"}});
    BOOST_TEST(s.run(line) == 0);
    BOOST_TEST(daemon.stdout_text == expected);
  }
}

/// Rule Z: a daemon that has said nothing sees the calls it has always seen.
BOOST_AUTO_TEST_CASE(a_plain_restart_asks_nothing_more) {
  harness daemon;
  session s(daemon, {{.url = "unix:///lab.sock"}});
  s.run("restart trio:*");
  BOOST_TEST(daemon.calls == (std::vector<std::string>{"supervisor.getVersion", "supervisor.stopProcessGroup",
                                                       "supervisor.startProcessGroup"}),
             boost::test_tools::per_element());
  BOOST_TEST(s.run("restart --frobnicate") == 1); // P251
  BOOST_TEST(
    daemon.stdout_text.ends_with("--frobnicate: ERROR (no such process)\n--frobnicate: ERROR (no such process)\n"));
}

BOOST_AUTO_TEST_CASE(a_plain_restart_may_be_a_rolling_one) {
  harness daemon;
  rolls(daemon, {{}, {step("trio:a", "stopped"), step("trio:a", "started")}}, "done", "", {}, {"trio:a", "trio:b"});
  daemon.may_roll = true;
  session s(daemon, {{.url = "unix:///lab.sock"}});
  BOOST_TEST(s.run("restart trio:* cat") == 0);
  BOOST_TEST(daemon.stdout_text == "trio:a: stopped\ntrio:a: started\n"
                                   "trio:c: ERROR (not running)\ncat: stopped\ntrio:c: started\ncat: started\n");
}

BOOST_AUTO_TEST_CASE(none_of_them_is) {
  harness daemon;
  daemon.may_roll = true;
  daemon.answers.emplace("troupe.restartRolling", rpc_value(0));
  session s(daemon, {{.url = "unix:///lab.sock"}});
  BOOST_TEST(s.run("restart cat") == 0);
  BOOST_TEST(daemon.stdout_text == "cat: stopped\ncat: started\n");
}

BOOST_AUTO_TEST_CASE(help_explains_the_flags) {
  harness daemon;
  session s(daemon, {{.url = "unix:///lab.sock"}});
  s.run("help rollout");
  s.run("help hup");
  for (const auto* word : {"--rolling", "--batch", "--max-fail", "reloadcommand"})
    BOOST_TEST(daemon.stdout_text.find(word) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
