// The method table on a status board without actors: what reads answer, what is handed on, what is refused, and the
// introspection of 7.3. What the actors do with a request is the business of tests/interop_test.py.
#include "actors/core/cells.hpp"
#include "actors/io/child_io.hpp"
#include "actors/rpc/rpc_methods.hpp"
#include "actors/rpc/rpc_table.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(rpc_methods_test)

using namespace troupe;
using namespace troupe::actors;
using protocols::rpc_value;
using array = rpc_value::array;
namespace data = boost::unit_test::data;

namespace {

struct stage {
  stage() {
    auto options = std::make_shared<config::process_options>();
    options->name = "cat";
    options->command = "/bin/cat";
    cell = std::make_shared<process_cell>();
    cell->id = 1;
    cell->options = options;
    cell->group = "cat";
    group.processes.push_back(cell);
    auto group_options = std::make_shared<config::group_options>();
    group_options->name = "cat";
    group_options->processes.push_back(options);
    group.options = group_options;
    board.add_group(group);
    board.set_loaded(std::make_shared<const std::vector<config::group_options_ptr>>(
      std::vector<config::group_options_ptr>{group_options}));
  }

  /// A response, parsed; "-> " and the request in short where the actors are asked.
  std::string ask(const std::string& method, const array& params = {}) {
    std::string text;
    protocols::rpc_writer writer{text};
    writer.begin_response();
    auto step = methods.call(*who, method, params, writer);
    if (auto* f = std::get_if<protocols::rpc_fault>(&step))
      return std::to_string(f->code) + ' ' + f->text;
    if (auto* r = std::get_if<control_request>(&step))
      return "-> " + std::to_string(static_cast<int>(r->what)) + ' ' + std::to_string(static_cast<int>(r->of)) + ' ' +
             r->group + '/' + r->process + ' ' + std::to_string(static_cast<int>(r->task.what)) +
             (r->task.wait ? " wait" : "") + (r->task.signo ? " sig" + std::to_string(*r->task.signo) : "");
    writer.end_response();
    result = std::get<rpc_value>(protocols::parse_response(text).value());
    return "ok";
  }

  tests::scratch folder;
  platform::main_log log{{.path = folder.in("main.log")}};
  status_board board;
  caller_ptr who = whoever_gets_in(board);
  child_io io{log, {}};
  process_cell_ptr cell;
  group_cell group;
  std::vector<std::string> published;
  rpc_methods methods{{board,
                       io,
                       log,
                       "me",
                       [this](const protocols::event& e) { published.push_back(e.body); },
                       {"supervisor", "other"}}};
  rpc_value result;
};

// -- moments ------

BOOST_AUTO_TEST_CASE(the_year_2038) {
  constexpr std::int64_t start = 2'200'000'000, stop = 2'200'000'300, now = 2'200'000'307;
  constexpr std::int64_t last = std::numeric_limits<std::int32_t>::max();
  process_status p;
  auto options = std::make_shared<config::process_options>();
  options->name = "cat";
  auto who = std::make_shared<process_identity>();
  who->options = options;
  who->group = "cat";
  p.who = who;
  p.state = process_state::running;
  p.pid = 7;
  p.laststart = start * 1'000'000;
  p.laststop = stop * 1'000'000;
  auto shown = [&](bool whole) {
    std::string text;
    protocols::rpc_writer writer{text, whole};
    writer.begin_response();
    write_info(writer, p, now);
    writer.end_response();
    return std::get<rpc_value>(protocols::parse_response(text).value());
  };
  for (bool whole : {false, true}) {
    auto info = shown(whole);
    BOOST_TEST(*info.member("description")->string() == "pid 7, uptime 0:05:07");
    BOOST_TEST(*info.member("start")->integer() == (whole ? start : last));
    BOOST_TEST(*info.member("stop")->integer() == (whole ? stop : last));
    BOOST_TEST(*info.member("now")->integer() == (whole ? now : last));
  }
}

// -- who is called, and with what ------

struct row {
  std::string method;
  array params;
  std::string expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.method << " -> " << r.expected; }

const row calls[] = {
  {"supervisor.nope", {}, "1 UNKNOWN_METHOD"}, // 56
  {"foo.bar", {}, "1 UNKNOWN_METHOD"},
  {"getPID", {}, "1 UNKNOWN_METHOD"},
  {"supervisor.supervisord.options", {}, "1 UNKNOWN_METHOD"},
  {"supervisor._update", {}, "1 UNKNOWN_METHOD"},
  {".getPID", {}, "1 UNKNOWN_METHOD"},
  {"supervisor.", {}, "1 UNKNOWN_METHOD"},
  {" supervisor.getPID ", {}, "1 UNKNOWN_METHOD"}, // 57
  {"other.getVersion", {}, "ok"},                  // any [rpcinterface:x]
  {"system.getPID", {}, "1 UNKNOWN_METHOD"},
  {"supervisor.listMethods", {}, "1 UNKNOWN_METHOD"},
  {"supervisor.getPID", {1}, "2 INCORRECT_PARAMETERS"},       // 58
  {"supervisor.startProcess", {}, "2 INCORRECT_PARAMETERS"},  // 59
  {"supervisor.startProcess", {1}, "2 INCORRECT_PARAMETERS"}, // 60
  {"supervisor.startProcess", {rpc_value()}, "2 INCORRECT_PARAMETERS"},
  {"supervisor.startProcess", {"cat", 0, 1}, "2 INCORRECT_PARAMETERS"}, // 103
  {"supervisor.getProcessInfo", {rpc_value::structure{}}, "2 INCORRECT_PARAMETERS"},
  {"supervisor.startProcess", {"cat"}, "-> 0 0 cat/cat 0 wait"},
  {"supervisor.startProcess", {"cat", "notabool"}, "-> 0 0 cat/cat 0 wait"}, // 102
  {"supervisor.startProcess", {"cat", false}, "-> 0 0 cat/cat 0"},
  {"supervisor.startProcess", {"cat", 0}, "-> 0 0 cat/cat 0"},
  {"supervisor.startProcess", {"cat", ""}, "-> 0 0 cat/cat 0"},
  {"supervisor.startProcess", {"cat", array{}}, "-> 0 0 cat/cat 0"},
  {"supervisor.startProcess", {"cat", rpc_value::structure{}}, "-> 0 0 cat/cat 0"},
  {"supervisor.startProcess", {"cat", rpc_value()}, "-> 0 0 cat/cat 0"},
  {"supervisor.startProcess", {"cat", 0.5}, "-> 0 0 cat/cat 0 wait"},
  {"supervisor.startProcess", {"g:p"}, "-> 0 0 g/p 0 wait"},
  {"supervisor.startProcess", {"g:*"}, "-> 0 1 g/ 0 wait"},
  {"supervisor.startProcess", {"g:"}, "-> 0 1 g/ 0 wait"},         // 105
  {"supervisor.startProcessGroup", {"g:*"}, "-> 0 1 g:*/ 0 wait"}, // a group of that name: there is none, 107
  {"supervisor.startAllProcesses", {}, "-> 0 2 / 0 wait"},
  {"supervisor.stopAllProcesses", {false}, "-> 0 2 / 1"},
  {"supervisor.stopProcess", {"cat"}, "-> 0 0 cat/cat 1 wait"},
  {"supervisor.signalProcess", {"cat", "CONT"}, "-> 0 0 cat/cat 2 sig18"}, // 118
  {"supervisor.signalProcess", {"cat", "sigcont"}, "-> 0 0 cat/cat 2 sig18"},
  {"supervisor.signalProcess", {"cat", " CONT "}, "-> 0 0 cat/cat 2 sig18"},
  {"supervisor.signalProcess", {"cat", 18}, "-> 0 0 cat/cat 2 sig18"},
  {"supervisor.signalProcess", {"cat", "+18"}, "-> 0 0 cat/cat 2 sig18"},
  {"supervisor.signalProcess", {"cat", "0"}, "-> 0 0 cat/cat 2 sig0"},
  {"supervisor.signalProcess", {"cat", "HUPP"}, "-> 0 0 cat/cat 2"}, // refused when the name is known to be right
  {"supervisor.signalProcess", {"cat", array{}}, "2 INCORRECT_PARAMETERS"},
  {"supervisor.signalProcessGroup", {"g", "HUP"}, "-> 0 1 g/ 2 sig1"},
  {"supervisor.signalAllProcesses", {"HUP"}, "-> 0 2 / 2 sig1"},
  {"supervisor.addProcessGroup", {"g"}, "-> 1 0 / 0"},
  {"supervisor.removeProcessGroup", {"g"}, "-> 2 0 / 0"},
  {"supervisor.reloadConfig", {}, "-> 3 0 / 0"},
  {"supervisor.shutdown", {}, "-> 4 0 / 0"},
  {"supervisor.restart", {}, "-> 5 0 / 0"},
  {"supervisor.getProcessInfo", {"nope"}, "10 BAD_NAME: nope"},
  {"supervisor.getProcessInfo", {"cat:*"}, "10 BAD_NAME: cat:*"}, // 92
  {"supervisor.getProcessInfo", {"cat:"}, "10 BAD_NAME: cat:"},
  {"supervisor.getProcessInfo", {""}, "10 BAD_NAME: "},
  {"supervisor.getProcessInfo", {"CAT"}, "10 BAD_NAME: CAT"},
  {"supervisor.sendProcessStdin", {"cat", 5}, "2 INCORRECT_PARAMETERS: 5"}, // 124
  {"supervisor.sendProcessStdin", {"nope", 5}, "2 INCORRECT_PARAMETERS: 5"},
  {"supervisor.sendProcessStdin", {"cat:*", "x"}, "10 BAD_NAME: cat:*"}, // 125
  {"supervisor.sendProcessStdin", {"cat", "x"}, "70 NOT_RUNNING: cat"},
  {"supervisor.readProcessStdoutLog", {"cat", "zz", 10}, "2 INCORRECT_PARAMETERS"}, // 64
  {"supervisor.readProcessStdoutLog", {"cat", 0, 0}, "20 NO_FILE"},                 // 143
  {"supervisor.clearProcessLogs", {"cat"}, "ok"},
  {"system.methodHelp", {"nope"}, "4 SIGNATURE_UNSUPPORTED"}, // 87
  {"system.methodSignature", {rpc_value::structure{}}, "4 SIGNATURE_UNSUPPORTED"},
  {"system.listMethods", {"x"}, "2 INCORRECT_PARAMETERS"}, // 89
};

BOOST_DATA_TEST_CASE_F(stage, a_call, data::make(calls), r) { BOOST_TEST(ask(r.method, r.params) == r.expected); }

BOOST_FIXTURE_TEST_CASE(while_the_daemon_stops, stage) { // 160, 161
  board.set_daemon(daemon_state::shutdown);
  for (auto method : {"getState", "getPID", "shutdown", "restart", "getAllProcessInfo", "reloadConfig"})
    BOOST_TEST(ask(std::string("supervisor.") + method) == "6 SHUTDOWN_STATE");
  BOOST_TEST(ask("supervisor.getProcessInfo", {"nope"}) == "6 SHUTDOWN_STATE");
  BOOST_TEST(ask("supervisor.sendRemoteCommEvent", {"a", "b"}) == "ok");
  BOOST_TEST(ask("system.listMethods") == "ok");
  BOOST_TEST(ask("supervisor.getPID", {1}) == "2 INCORRECT_PARAMETERS");
  BOOST_TEST(ask("supervisor.nope") == "1 UNKNOWN_METHOD");
}

BOOST_FIXTURE_TEST_CASE(any_scalar_makes_an_event, stage) {
  ask("supervisor.sendRemoteCommEvent", {"t", "d"});
  ask("supervisor.sendRemoteCommEvent", {1, true});
  ask("supervisor.sendRemoteCommEvent", {1.5, 2.0});
  BOOST_TEST(ask("supervisor.sendRemoteCommEvent", {array{}, "x"}) == "2 INCORRECT_PARAMETERS");
  BOOST_TEST(published == std::vector<std::string>({"type:t\nd", "type:1\nTrue", "type:1.5\n2.0"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_process_that_never_ran, stage) { // 93, 94
  BOOST_REQUIRE(ask("supervisor.getProcessInfo", {"cat"}) == "ok");
  for (auto key : {"start", "stop", "state", "exitstatus", "pid"})
    BOOST_TEST(*result.member(key)->integer() == 0);
  for (auto key : {"spawnerr", "logfile", "stdout_logfile", "stderr_logfile"})
    BOOST_TEST(*result.member(key)->string() == "");
  BOOST_TEST(*result.member("description")->string() == "Not started");
  BOOST_TEST(*result.member("statename")->string() == "STOPPED");
  BOOST_TEST(result.members()->size() == 14u);
}

BOOST_FIXTURE_TEST_CASE(where_there_is_none_of_that_name_another_stands_in, stage) { // 92
  for (auto [group_name, name, there] : {std::tuple{"cat", "cat", true},
                                         {"cat", "a", false},
                                         {"cat", "z", false},
                                         {"a", "cat", false},
                                         {"z", "z", false}}) {
    auto found = board.find_or_any(group_name, name);
    BOOST_REQUIRE(found);
    BOOST_TEST(found->who == cell);
    BOOST_TEST(board.has(group_name, name) == there);
  }
  board.remove_group("cat");
  BOOST_TEST(!board.find_or_any("cat", "cat"));
  BOOST_TEST(!board.has("cat", "cat"));
}

BOOST_FIXTURE_TEST_CASE(what_is_published_is_seen_at_once, stage) {
  BOOST_REQUIRE(ask("supervisor.getAllProcessInfo") == "ok");
  BOOST_TEST(*result.items()->at(0).member("state")->integer() == 0);
  cell->record.state = process_state::running;
  cell->record.pid = 77;
  cell->record.laststart = 1'000'000;
  board.publish(cell);
  BOOST_REQUIRE(ask("supervisor.getAllProcessInfo") == "ok");
  BOOST_TEST(*result.items()->at(0).member("state")->integer() == 20);
  BOOST_TEST(*result.items()->at(0).member("pid")->integer() == 77);
  BOOST_TEST(*result.items()->at(0).member("start")->integer() == 1);
  board.remove_group("cat");
  BOOST_REQUIRE(ask("supervisor.getAllProcessInfo") == "ok");
  BOOST_TEST(result.items()->empty());
  BOOST_TEST(ask("supervisor.getProcessInfo", {"cat"}) == "10 BAD_NAME: cat");
}

BOOST_FIXTURE_TEST_CASE(the_status_of_all_is_written_once_for_everybody, stage) {
  auto whole = [&](const std::string& method = "supervisor.getAllProcessInfo", const array& params = {}) {
    return methods.whole_response(*who, {method, params});
  };
  auto first = whole();
  BOOST_REQUIRE(first);
  for (auto again = whole(); again != first; again = whole()) // unless a second has just ended
    first = again;
  BOOST_TEST(whole("other.getAllProcessInfo") != nullptr);
  do {
    first = whole();
    BOOST_REQUIRE(ask("supervisor.getAllProcessInfo") == "ok");
  } while (whole() != first);
  BOOST_TEST((std::get<rpc_value>(protocols::parse_response(*first).value()) == result));
  BOOST_TEST(who->view().all_info.response == first);
  who->view().all_info = {}; // where nobody is there who may ask again
  auto anew = whole();
  BOOST_TEST(anew != first);
  BOOST_TEST((std::get<rpc_value>(protocols::parse_response(*anew).value()).items()->size() == 1U));
  cell->record.pid = 78;
  board.publish(cell);
  auto second = whole();
  BOOST_TEST(second != first);
  BOOST_TEST(second->find("<int>78</int>") != std::string::npos);
  BOOST_TEST(first->find("<int>78</int>") == std::string::npos); // who is still sending it is not disturbed
  BOOST_TEST(whole("nope.getAllProcessInfo") == nullptr);
  BOOST_TEST(whole("supervisor.getState") == nullptr);
  BOOST_TEST(whole("supervisor.getAllProcessInfo", {1}) == nullptr);
  board.set_daemon(daemon_state::shutdown);
  BOOST_TEST(whole() == nullptr);
}

BOOST_FIXTURE_TEST_CASE(configuration, stage) { // 158, 159
  BOOST_REQUIRE(ask("supervisor.getAllConfigInfo") == "ok");
  const auto& one = result.items()->at(0);
  BOOST_TEST(one.members()->size() == 30u);
  for (auto key : {"uid", "serverurl", "directory"})
    BOOST_TEST(*one.member(key)->string() == "none");
  BOOST_TEST(*one.member("stopsignal")->integer() == 15);
  BOOST_TEST(*one.member("exitcodes")->items()->at(0).integer() == 0);
  BOOST_TEST(*one.member("autorestart")->string() == "unexpected");
  BOOST_TEST(*one.member("stdout_logfile")->string() == "auto");
  BOOST_TEST(*one.member("inuse")->boolean());
}

// -- introspection: 7.3 ------

struct signature_row {
  const char* method;
  std::vector<std::string> types;
};
std::ostream& operator<<(std::ostream& out, const signature_row& r) { return out << r.method; }

const signature_row signatures[] = {
  {"supervisor.addProcessGroup", {"boolean", "string"}},
  {"supervisor.clearAllProcessLogs", {"array"}},
  {"supervisor.clearLog", {"boolean"}},
  {"supervisor.clearProcessLog", {"boolean", "string"}},
  {"supervisor.clearProcessLogs", {"boolean", "string"}},
  {"supervisor.getAPIVersion", {"string"}},
  {"supervisor.getAllConfigInfo", {"array"}},
  {"supervisor.getAllProcessInfo", {"array"}},
  {"supervisor.getIdentification", {"string"}},
  {"supervisor.getPID", {"int"}},
  {"supervisor.getProcessInfo", {"struct", "string"}},
  {"supervisor.getState", {"struct"}},
  {"supervisor.getSupervisorVersion", {"string"}},
  {"supervisor.getVersion", {"string"}},
  {"supervisor.readLog", {"string", "int", "int"}},
  {"supervisor.readMainLog", {"string", "int", "int"}},
  {"supervisor.readProcessLog", {"string", "string", "int", "int"}},
  {"supervisor.readProcessStderrLog", {"string", "string", "int", "int"}},
  {"supervisor.readProcessStdoutLog", {"string", "string", "int", "int"}},
  {"supervisor.reloadConfig", {"array"}},
  {"supervisor.removeProcessGroup", {"boolean", "string"}},
  {"supervisor.restart", {"boolean"}},
  {"supervisor.sendProcessStdin", {"boolean", "string", "string"}},
  {"supervisor.sendRemoteCommEvent", {"boolean", "string", "string"}},
  {"supervisor.shutdown", {"boolean"}},
  {"supervisor.signalAllProcesses", {"array", "string"}},
  {"supervisor.signalProcess", {"boolean", "string", "string"}},
  {"supervisor.signalProcessGroup", {"array", "string", "string"}},
  {"supervisor.startAllProcesses", {"array", "boolean"}},
  {"supervisor.startProcess", {"boolean", "string", "boolean"}},
  {"supervisor.startProcessGroup", {"array", "string", "boolean"}},
  {"supervisor.stopAllProcesses", {"array", "boolean"}},
  {"supervisor.stopProcess", {"boolean", "string", "boolean"}},
  {"supervisor.stopProcessGroup", {"array", "string", "boolean"}},
  {"supervisor.tailProcessLog", {"array", "string", "int", "int"}},
  {"supervisor.tailProcessStderrLog", {"array", "string", "int", "int"}},
  {"supervisor.tailProcessStdoutLog", {"array", "string", "int", "int"}},
  {"system.listMethods", {"array"}},
  {"system.methodHelp", {"string", "string"}},
  {"system.methodSignature", {"array", "string"}},
  {"system.multicall", {"array", "array"}},
};

BOOST_DATA_TEST_CASE_F(stage, signature_and_help, data::make(signatures), r) {
  BOOST_REQUIRE(ask("system.methodSignature", {r.method}) == "ok");
  std::vector<std::string> types;
  for (const auto& type : *result.items())
    types.push_back(*type.string());
  BOOST_TEST(types == r.types, boost::test_tools::per_element());
  BOOST_REQUIRE(ask("system.methodHelp", {r.method}) == "ok");
  const auto& help = *result.string();
  BOOST_TEST(help.find("@return " + r.types[0]) != help.npos);
  auto params = static_cast<std::size_t>(0);
  for (auto at = help.find("@param "); at != help.npos; at = help.find("@param ", at + 1))
    ++params;
  BOOST_TEST(params == r.types.size() - 1);
}

BOOST_AUTO_TEST_CASE(the_list_of_methods) { // 88
  stage s;
  rpc_methods plain{{s.board, s.io, s.log, "me", {}, {"supervisor"}}};
  std::string text;
  protocols::rpc_writer writer{text};
  writer.begin_response();
  plain.call(*s.who, "system.listMethods", {}, writer);
  writer.end_response();
  auto names = std::get<rpc_value>(protocols::parse_response(text).value());
  BOOST_REQUIRE(names.items()->size() == std::size(signatures));
  for (std::size_t i = 0; i < std::size(signatures); ++i)
    BOOST_TEST(*names.items()->at(i).string() == signatures[i].method);
}

// -- multicall ------

std::string entry_text(const rpc_value& list) {
  auto found = rpc_methods::entries({list});
  if (auto* f = std::get_if<protocols::rpc_fault>(&found))
    return "fault " + std::to_string(f->code);
  std::string text;
  for (const auto& e : std::get<0>(found))
    if (auto* f = std::get_if<protocols::rpc_fault>(&e))
      text += std::to_string(f->code) + ' ' + f->text + '|';
    else
      text += std::get<protocols::rpc_call>(e).method + '/' +
              std::to_string(std::get<protocols::rpc_call>(e).params.size()) + '|';
  return text;
}

BOOST_AUTO_TEST_CASE(calls_in_a_multicall) {
  using structure = rpc_value::structure;
  BOOST_TEST(entry_text(array{}) == ""); // 77
  BOOST_TEST(entry_text(array{structure{{"methodName", "a.b"}}}) == "a.b/0|");
  BOOST_TEST(entry_text(array{structure{{"methodName", "a.b"}, {"params", array{1, 2}}}}) == "a.b/2|");
  BOOST_TEST(entry_text(array{structure{}}) == "2 INCORRECT_PARAMETERS: No methodName|"); // 79
  BOOST_TEST(entry_text(array{structure{{"methodName", "system.multicall"}, {"params", array{array{}}}}}) ==
             "2 INCORRECT_PARAMETERS: Recursive system.multicall forbidden|"); // 80
  BOOST_TEST(entry_text(array{structure{{"methodName", "a.b"}, {"params", "abc"}}}) == "2 INCORRECT_PARAMETERS|");
  BOOST_TEST(entry_text(array{structure{{"methodName", 5}}}) == "2 INCORRECT_PARAMETERS|");
  BOOST_TEST(entry_text(4) == "fault 2");     // 83
  BOOST_TEST(entry_text("abc") == "fault 2"); // 84
  BOOST_TEST(entry_text(array{5}) == "fault 2");
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
