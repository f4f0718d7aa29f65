// supervisorctl where the daemon refuses something: what is said for fault 403, what a restart does instead.
// Lines in, exact stdout, stderr and exit status out, against a daemon in memory that judges each call.
// Cases: docs/contract/access.md, 2.4, 4 and 12.4; each row prints its vector ids.
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_access_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

using troupe::protocols::rpc_call;
using names = std::set<std::string>;

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

const rpc_fault refusal = {403, "NOT_PERMITTED: anna may not do that"};

std::string first_parameter(const rpc_call& call) {
  auto text = call.params.empty() ? nullptr : call.params.front().string();
  return text ? *text : "";
}

/// Refuses the methods whose name holds `part`: for these names, or, without, for all.
std::function<void(harness&)> refusing(std::string part, names of = {}) {
  return [=](harness& l) {
    l.judge = [=](const rpc_call& call) -> std::optional<rpc_response> {
      bool meant = call.method.find(part) != call.method.npos && (of.empty() || of.contains(first_parameter(call)));
      return meant ? std::optional<rpc_response>(refusal) : std::nullopt;
    };
  };
}

// clang-format off
const row process_rows[] = {
    {"177", "start manual oneshot", "manual: ERROR (not permitted)\noneshot: started\n", 4, refusing("startProcess", {"manual"})},
    {"2.4, the last failure counts", "start manual quickexit", "manual: ERROR (not permitted)\nquickexit: ERROR (spawn error)\n", 7,
     refusing("startProcess", {"manual"})},
    {"180", "stop trio:a", "trio:a: ERROR (not permitted)\n", 4, refusing("stopProcess")},
    {"2.4", "stop trio:*", "trio: ERROR (not permitted)\n", 4, refusing("stopProcessGroup")},
    {"2.4", "stop trio: cat", "trio: ERROR (not permitted)\ncat: stopped\n", 4, refusing("stopProcessGroup")},
    {"2.4", "stop all", "all: ERROR (not permitted)\n", 4, refusing("stopAllProcesses")},
    {"2.4", "start all", "all: ERROR (not permitted)\n", 4, refusing("startAllProcesses")},
    {"2.4", "signal HUP cat sleeper", "cat: ERROR (not permitted)\nsleeper: signalled\n", 4, refusing("signalProcess", {"cat"})},
    {"2.4", "signal HUP trio:*", "trio: ERROR (not permitted)\n", 4, refusing("signalProcessGroup")},
    {"2.4", "signal HUP all", "all: ERROR (not permitted)\n", 4, refusing("signalAllProcesses")},
    {"2.4", "clear cat sleeper", "cat: ERROR (not permitted)\nsleeper: cleared\n", 4, refusing("clearProcessLogs", {"cat"})},
    {"2.4", "clear all", "all: ERROR (not permitted)\n", 4, refusing("clearAllProcessLogs")},
    {"2.4", "clear trio:*", "trio: ERROR (not permitted)\n", 4, refusing("clearProcessLogs")},
    {"2.4, as the daemon picks members", "clear trio:*", "trio:b: cleared\ntrio:c: cleared\n", 0,
     refusing("clearProcessLogs", {"trio:a"})},
    {"2.4, patterns", "stop 'w*' w*", "'w*': ERROR (no such process)\nworker:worker_00: stopped\n"
     "worker:worker_01: ERROR (not permitted)\nworker:worker_02: stopped\n", 4, refusing("stopProcess", {"worker:worker_01"})},
};

const row other_rows[] = {
    {"187", "tail cat", "cat: ERROR (not permitted)\n", 4, refusing("readProcessStdoutLog")},
    {"2.4", "tail cat stderr", "cat: ERROR (not permitted)\n", 4, refusing("readProcessStderrLog")},
    {"186", "maintail", "supervisord: ERROR (not permitted)\n", 4, refusing("readLog")},
    {"2.4", "tail -f cat", "==> Press Ctrl-C to exit <==\n", 1, [](harness& l) { l.stream_status = 403; },
     "unix:///lab.sock/logtail/cat/stdout Cannot read, status code 403\n"},
    {"2.4", "maintail -f", "==> Press Ctrl-C to exit <==\n", 1, [](harness& l) { l.stream_status = 403; },
     "unix:///lab.sock/mainlogtail Cannot read, status code 403\n"},
    {"2.4", "avail", "ERROR: not permitted\n", 4, refusing("getAllConfigInfo")},
    {"2.4", "avail --json", "ERROR: not permitted\n", 4, refusing("getAllConfigInfo")},
    {"2.4", "reread", "ERROR: not permitted\n", 4, refusing("reloadConfig")},
    {"2.4", "update", "ERROR: not permitted\n", 4, refusing("reloadConfig")},
    {"2.4", "reload", "ERROR: not permitted\n", 4, refusing("supervisor.restart")},
    {"185", "shutdown", "ERROR: not permitted\n", 4, refusing("shutdown")},
    {"188", "add db", "ERROR: not permitted: db\n", 4, refusing("addProcessGroup")},
    {"2.4", "add db manual", "ERROR: not permitted: db\nERROR: process group already active\n", 4, refusing("addProcessGroup", {"db"})},
    {"2.4", "remove cat manual", "ERROR: not permitted: cat\nmanual: removed process group\n", 4,
     refusing("removeProcessGroup", {"cat"})},
    {"2.4, between reread and add", "update", "ERROR: not permitted: cat\nsleeper: stopped\nsleeper: updated process group\n"
     "ERROR: not permitted: nolog\n", 4,
     [](harness& l) { refusing("supervisor.", {"cat", "nolog"})(l); l.removed = {"cat"}, l.changed = {"sleeper"}, l.added = {"nolog"}; }},
    {"2.4", "fg cat", "ERROR: not permitted\n", 4, refusing("getProcessInfo")},
    {"2.4, its logs", "fg cat", "==> Press Ctrl-C to exit <==\nERROR: not permitted\n", 4, [](harness& l) { l.stream_status = 403; }},
    {"2.4, its stdin", "fg cat", "==> Press Ctrl-C to exit <==\nERROR: not permitted\n", 4,
     [](harness& l) { refusing("sendProcessStdin")(l); l.streamed = {{"/logtail/cat/stdout", ""}, {"/logtail/cat/stderr", ""}};
                      l.typed = {"x"}; }},
    {"182", "status secret", "secret: ERROR (no such process)\n", 4},
    {"183", "pid secret", "No such process secret\n", 1},
};
// clang-format on
BOOST_DATA_TEST_CASE(refused_processes, data::make(process_rows), r) { check(r); }
BOOST_DATA_TEST_CASE(refused_otherwise, data::make(other_rows), r) { check(r); }

// -- restart -------------------------------------------------------------------------------------------

/// Refuses start and stop as `refused` says, and answers access.restartProcess like this.
std::function<void(harness&)> restarting(std::string refused, rpc_response answer, names of = {}) {
  return [=](harness& l) {
    refusing(refused, of)(l);
    l.answers["access.restartProcess"] = answer;
  };
}

rpc_value result(std::string group, std::string name, int status) {
  return rpc_value::structure{
    {"name", name}, {"group", group}, {"status", status}, {"description", status == 80 ? "OK" : "FAULT"}};
}
const rpc_value one_of_trio = rpc_value::array{result("trio", "a", 80)};
const rpc_value two_of_trio = rpc_value::array{result("trio", "a", 80), result("trio", "b", 50)};
const rpc_value yes = true;
const rpc_fault no_such_method = {1, "UNKNOWN_METHOD"};
const std::string both = "trio:a: stopped\ntrio:a: started\n";

// clang-format off
const row restart_rows[] = {
    {"179", "restart trio:a", both, 0, restarting("supervisor.st", yes)},
    {"2.4, stop but not start", "restart trio:a", both, 0, restarting("supervisor.start", yes)},
    {"2.4", "restart cat trio:a sleeper", "cat: stopped\n" + both + "sleeper: stopped\ncat: started\nsleeper: started\n", 0,
     restarting("supervisor.st", yes, {"trio:a"})},
    {"2.4", "restart trio:*", both, 0, restarting("supervisor.st", one_of_trio)},
    {"2.4", "restart trio:", both + "trio:b: stopped\ntrio:b: ERROR (spawn error)\n", 7, restarting("supervisor.st", two_of_trio)},
    {"2.4", "restart all", both, 0, restarting("supervisor.st", one_of_trio)},
    {"2.4", "restart t*:a", both, 0, restarting("supervisor.st", yes)},
    {"2.4, a start that fails", "restart trio:a", "trio:a: ERROR (spawn error)\n", 7,
     restarting("supervisor.st", rpc_fault{50, "SPAWN_ERROR: trio:a"})},
    {"2.4, denied", "restart trio:a cat", "trio:a: ERROR (not permitted)\ncat: stopped\ncat: started\n", 4,
     restarting("supervisor.st", refusal, {"trio:a"})},
    {"2.4, denied, though start is not", "restart trio:a", "trio:a: ERROR (not permitted)\n", 4, restarting("supervisor.stop", refusal)},
    {"2.4, no such method", "restart trio:a", "trio:a: ERROR (not permitted)\n", 4, restarting("supervisor.st", no_such_method)},
    {"2.4, denied", "restart trio:*", "trio: ERROR (not permitted)\n", 4, restarting("supervisor.st", refusal)},
    {"2.4, denied", "restart all", "all: ERROR (not permitted)\n", 4, restarting("supervisor.st", refusal)},
    {"2.3, gone meanwhile", "restart trio:*", "trio: ERROR (no such group)\n", 2,
     restarting("supervisor.st", rpc_fault{10, "BAD_NAME: trio:*"})},
    {"as ever", "restart cat", "cat: stopped\ncat: started\n"},
};
// clang-format on
BOOST_DATA_TEST_CASE(restarts, data::make(restart_rows), r) { check(r); }

BOOST_AUTO_TEST_CASE(a_restart_as_one_act_waits_and_names_what_it_means) {
  const std::pair<std::string, std::string> meant[] = {
    {"restart trio:a", "trio:a"}, {"restart trio:", "trio:*"}, {"restart cat", "cat"}, {"restart all", "*:*"}};
  for (const auto& [line, name] : meant) {
    harness daemon;
    std::vector<rpc_value::array> asked;
    daemon.judge = [&](const rpc_call& call) -> std::optional<rpc_response> {
      if (call.method == "access.restartProcess")
        asked.push_back(call.params);
      return call.method == "access.restartProcess"            ? std::optional<rpc_response>(yes)
             : call.method.find("Process") != call.method.npos ? std::optional<rpc_response>(refusal)
                                                               : std::nullopt;
    };
    session s(daemon, {{.url = "unix:///lab.sock"}});
    s.run(line);
    BOOST_TEST_REQUIRE(asked.size() == 1u);
    BOOST_TEST_REQUIRE(asked[0].size() == 2u);
    BOOST_TEST(*asked[0][0].string() == name);
    BOOST_TEST(*asked[0][1].boolean() == true);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
