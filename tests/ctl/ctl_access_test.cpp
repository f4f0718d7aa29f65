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
    {"2.4", "avail --json", R"({"error": {"kind": "denied", "text": "ERROR: not permitted", "hint": null}, "status": 4})" "\n", 4,
     refusing("getAllConfigInfo"), "ERROR: not permitted\n"},
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

// -- whoami and can ------------------------------------------------------------------------------------

const std::string off = "access control is off: whoever gets in may do everything\n";

std::function<void(harness&)> answering(std::string method, rpc_response answer) {
  return [=](harness& l) { l.answers["access." + method] = answer; };
}

rpc_value somebody(rpc_value::array roles, rpc_value::structure rights) {
  return rpc_value::structure{{"user", "carl"},
                              {"how", "peer"},
                              {"from", "unix"},
                              {"server", "unix"},
                              {"roles", std::move(roles)},
                              {"rights", std::move(rights)}};
}
const rpc_value::array web_00 = {"web:web_00"};
const rpc_value carl = somebody({"bouncer"}, {{"status", web_00}, {"restart", web_00}});
const rpc_value ops =
  somebody({"webops", "reader"},
           {{"status", "all"}, {"signal:HUP", rpc_value::array{"a", "b:c"}}, {"stop", rpc_value::array{}}});
const rpc_value nil = somebody({}, {});

/// As if one saw no process but those of the harness, and could start but these.
std::function<void(harness&)> asked_about(names no) {
  return [=](harness& l) {
    l.judge = [=, &l](const rpc_call& call) -> std::optional<rpc_response> {
      if (call.method != "access.can" && call.method != "access.explain")
        return std::nullopt;
      if (call.method == "access.explain" && *call.params.front().string() != "anna")
        return rpc_fault{10, "BAD_NAME: " + *call.params.front().string()};
      const auto& name = *call.params.back().string();
      if (!name.empty() && !l.find(name))
        return rpc_fault{10, "BAD_NAME: " + name};
      return rpc_value(!no.contains(name));
    };
  };
}
std::string wrong(const std::string& action, const std::string& why) {
  return "Error: " + why + "\n" + help_of(action);
}

// clang-format off
const row who_rows[] = {
    {"169", "whoami", "carl (peer) from unix\nroles: bouncer\nstatus    web:web_00\nrestart   web:web_00\n", 0, answering("whoami", carl)},
    {"170", "whoami", off},
    {"4", "whoami", "carl (peer) from unix\nroles: webops, reader\nstatus    all\nsignal:HUP a, b:c\n", 0, answering("whoami", ops)},
    {"4, none", "whoami", "carl (peer) from unix\nroles: none\n", 0, answering("whoami", nil)},
    {"4, JSON", "whoami --json", "{\"user\": \"carl\", \"how\": \"peer\", \"from\": \"unix\", \"server\": \"unix\", "
     "\"roles\": [\"bouncer\"], \"rights\": {\"status\": [\"web:web_00\"], \"restart\": [\"web:web_00\"]}}\n", 0, answering("whoami", carl)},
    {"4, JSON, off", "whoami --json", "null\n", 0, [](harness&) {}, off},
    {"arguments", "whoami x", wrong("whoami", "whoami accepts no arguments"), 1},
    {"no daemon's faults", "whoami", "error: <class 'xmlrpc.client.Fault'>, <Fault 30: 'FAILED'>\n", 1,
     answering("whoami", rpc_fault{30, "FAILED"})},
    {"no array where one belongs", "whoami", "carl (peer) from unix\nroles: none\n", 0, answering("whoami", somebody({7}, {{"start", 7}}))},
    {"no struct at all", "whoami", " () from \nroles: none\n", 0, answering("whoami", rpc_value("x"))},
    {"171", "can start trio:a", "trio:a: yes\n", 0, asked_about({})},
    {"172", "can start cat", "cat: no\n", 4, asked_about({"cat"})},
    {"173", "can start secret", "secret: ERROR (no such process)\n", 1, asked_about({})},
    {"174", "can shutdown", "shutdown: no\n", 4, asked_about({""})},
    {"4", "can shutdown", "shutdown: yes\n", 0, asked_about({"cat"})},
    {"4", "can host.disk", "host.disk: yes\n", 0, asked_about({})},
    {"4", "can signal:HUP cat:cat sleeper", "cat: yes\nsleeper: no\n", 4, asked_about({"sleeper"})},
    {"4, a group", "can stop trio:* cat", "trio:a: yes\ntrio:b: no\ntrio:c: yes\ncat: yes\n", 4, asked_about({"trio:b"})},
    {"4, no group", "can stop nope:* cat", "nope: ERROR (no such group)\ncat: yes\n", 1, asked_about({})},
    {"4, a pattern", "can stop worker_*", "worker:worker_00: yes\nworker:worker_01: yes\nworker:worker_02: yes\n", 0, asked_about({})},
    {"4, all", "can stop all", "cat: yes\nsleeper: no\n", 4,
     [](harness& l) { std::erase_if(l.all, [](auto& p) { return p.name != "cat" && p.name != "sleeper"; });
                      asked_about({"sleeper:sleeper"})(l); }},
    {"175", "can --as anna stop cat", "cat: no\n", 4, asked_about({"cat"})},
    {"4", "can --as=anna stop cat", "cat: yes\n", 0, asked_about({})},
    {"4, once", "can --as nobody stop cat sleeper", "ERROR: no such user: nobody\n", 1,
     asked_about({})},
    {"4, an unknown process is no unknown user", "can --as anna stop secret", "secret: ERROR (no such process)\n", 1, asked_about({})},
    {"176", "can --as anna stop cat sleeper", "ERROR: not permitted\n", 4, refusing("access.explain")},
    {"off", "can stop cat sleeper", off, 0},
    {"arguments", "can", wrong("can", "can requires a right"), 2},
    {"arguments", "can --as", wrong("can", "--as requires an argument"), 2},
    {"arguments", "can --as anna", wrong("can", "can requires a right"), 2},
    {"arguments", "can strat cat", wrong("can", "no such right 'strat'"), 2},
    {"arguments", "can start", wrong("can", "can start requires a process name"), 2},
    {"arguments", "can shutdown cat", wrong("can", "shutdown is a right over the daemon, it takes no process name"), 2},
};
// clang-format on
BOOST_DATA_TEST_CASE(who_and_what, data::make(who_rows), r) { check(r); }

// -- tokens --------------------------------------------------------------------------------------------

const std::string no_tokens = "ERROR: this daemon keeps no tokens\n";
const rpc_value made = rpc_value::structure{{"id", "abcd1234"}, {"token", "trp_abcd1234s"}, {"expires", 1798761600}};
const rpc_value made_with_text = rpc_value::structure{{"id", "x"}, {"token", "t"}, {"expires", "never"}};
const rpc_value two_tokens = rpc_value::array{rpc_value::structure{{"id", "abcd1234"},
                                                                   {"user", "ci"},
                                                                   {"roles", rpc_value::array{"webops", "reader"}},
                                                                   {"expires", 1798761600},
                                                                   {"used", "2026-11-28"},
                                                                   {"name", "build"}},
                                              rpc_value::structure{{"id", "efgh5678"},
                                                                   {"user", "ci"},
                                                                   {"roles", rpc_value::array{}},
                                                                   {"expires", 1798761600},
                                                                   {"used", ""},
                                                                   {"name", "\u009b2J"}}};
const std::string header = "ID        USER  ROLES          EXPIRES               USED        NAME\n";

// clang-format off
const row token_rows[] = {
    {"4", "token create", "trp_abcd1234s\n", 0, answering("createToken", made), "id abcd1234, expires 2027-01-01T00:00:00Z\n"},
    {"4", "token create", "t\n", 0, answering("createToken", made_with_text), "id x, expires never\n"},
    {"4, stdout is for the token", "token create", "", 4, refusing("createToken"), "ERROR: not permitted\n"},
    {"3.5", "token create --ttl 9d", "", 1, answering("createToken", rpc_fault{2, "INCORRECT_PARAMETERS: ttl is at most 7d"}),
     "ERROR: INCORRECT_PARAMETERS: ttl is at most 7d\n"},
    {"off", "token create", "", 1, [](harness&) {}, no_tokens},
    {"4", "token list", header + "abcd1234  ci    webops,reader  2027-01-01T00:00:00Z  2026-11-28  build\n"
     "efgh5678  ci    -              2027-01-01T00:00:00Z  -           \\x9b2J\n", 0, answering("listTokens", two_tokens)},
    {"4, none", "token list", "ID  USER  ROLES  EXPIRES  USED  NAME\n", 0, answering("listTokens", rpc_value::array{})},
    {"4", "token list --user ci", "ERROR: not permitted\n", 4, refusing("listTokens")},
    {"off", "token list", no_tokens, 1},
    {"195", "token revoke nope", "nope: ERROR (no such token)\n", 1, answering("revokeToken", rpc_fault{10, "BAD_NAME: nope"})},
    {"4", "token revoke a b", "a: revoked\nb: revoked\n", 0, answering("revokeToken", true)},
    {"3.5", "token revoke a b", "a: ERROR (FAILED: disk)\nb: ERROR (FAILED: disk)\n", 1, answering("revokeToken", rpc_fault{30, "FAILED: disk"})},
    {"4", "token revoke a b", "ERROR: not permitted\n", 4, refusing("revokeToken")},
    {"off", "token revoke a b", no_tokens, 1},
    {"arguments", "token", wrong("token", "token requires create, list or revoke"), 2},
    {"arguments", "token mint", wrong("token", "token requires create, list or revoke, not mint"), 2},
    {"arguments", "token create --ttl", wrong("token", "--ttl requires an argument"), 2},
    {"arguments", "token create --ttl 5", wrong("token", "not a valid duration: '5'"), 2},
    {"arguments", "token create --rolle x", wrong("token", "no such option --rolle"), 2},
    {"arguments", "token create build", wrong("token", "there is nothing to do with build"), 2},
    {"arguments", "token list --name x", wrong("token", "no such option --name"), 2},
    {"arguments", "token revoke", wrong("token", "token revoke requires the ID of a token"), 2},
};
// clang-format on
BOOST_DATA_TEST_CASE(tokens, data::make(token_rows), r) { check(r); }

BOOST_AUTO_TEST_CASE(what_a_token_is_to_be_is_sent_as_it_was_said) {
  const std::pair<std::string, rpc_value> asked[] = {
    {"token create", rpc_value::structure{}},
    {"token create --role webops,reader --role=hup --ttl 12h --name build --network 10.0.0.0/8 --user ci",
     rpc_value::structure{{"ttl", 43200},
                          {"name", "build"},
                          {"user", "ci"},
                          {"roles", rpc_value::array{"webops", "reader", "hup"}},
                          {"networks", rpc_value::array{"10.0.0.0/8"}}}},
    {"token list", rpc_value::structure{}},
    {"token list --user ci", rpc_value::structure{{"user", "ci"}}},
    {"token revoke abcd1234", "abcd1234"},
  };
  for (const auto& [line, parameter] : asked) {
    harness daemon;
    rpc_value::array sent;
    daemon.judge = [&](const rpc_call& call) -> std::optional<rpc_response> {
      sent = call.params;
      return rpc_value(true);
    };
    session s(daemon, {{.url = "unix:///lab.sock"}});
    s.run(line);
    BOOST_TEST_CONTEXT(line) {
      BOOST_TEST_REQUIRE(sent.size() == 1u);
      BOOST_TEST(bool(sent[0] == parameter));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_words_of_access_are_explained_but_not_listed) {
  harness daemon;
  session s(daemon, {{.url = "unix:///lab.sock"}});
  s.run("help");
  for (auto name : {"whoami", "can", "token"}) {
    BOOST_TEST(daemon.stdout_text.find(name) == std::string::npos);
    BOOST_TEST(help_of(name).starts_with(name));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
