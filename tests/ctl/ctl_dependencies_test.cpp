// supervisorctl's graph, and start, stop and restart with their flags for dependencies. Lines in, exact stdout, stderr
// and exit status out, against a daemon in memory that answers as Troupe's does. Cases: docs/contract/programs.md, 1.7
// and 18.4; each row prints its vector ids.
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_dependencies_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

using troupe::protocols::rpc_call;
using array = rpc_value::array;
using structure = rpc_value::structure;

rpc_value item(std::string shown, bool met, bool soft, std::string state, array members) {
  return structure{{"item", shown}, {"condition", "ready"}, {"met", met},
                   {"soft", soft},  {"state", state},       {"members", std::move(members)}};
}

rpc_value program(std::string group, std::string name, std::string state, array items) {
  return structure{{"name", name}, {"group", group}, {"statename", state}, {"items", std::move(items)}};
}

/// sleeper depends on cat, and that on talker, failer and trio.
void some_depend(harness& l) {
  array of_cat = {item("talker:ready", true, false, "RUNNING", {"talker"}),
                  item("failer:ready", false, true, "FATAL", {"failer"}),
                  item("trio:ready", false, false, "2 of 3", {"trio:a", "trio:b", "trio:c"})};
  array of_sleeper = {item("cat:ready", true, false, "RUNNING", {"cat"})};
  l.answers.emplace("troupe.graph", rpc_value(array{program("cat", "cat", "RUNNING", std::move(of_cat)),
                                                    program("sleeper", "sleeper", "RUNNING", std::move(of_sleeper))}));
}

void none_depends(harness& l) { l.answers.emplace("troupe.graph", rpc_value(array{})); }

void supervisors_own(harness& l) {
  l.judge = [](const rpc_call& call) -> std::optional<rpc_response> {
    bool ours = call.method.starts_with("troupe.");
    return ours ? std::optional<rpc_response>(rpc_fault{fault_code::unknown_method, "UNKNOWN_METHOD"}) : std::nullopt;
  };
}

rpc_value result(const std::string& name) {
  return structure{{"name", name}, {"group", name}, {"status", 80}, {"description", "OK"}};
}

/// Stops `whom` in that order, whatever is named.
std::function<void(harness&)> trees_of(std::vector<std::string> whom) {
  return [whom](harness& l) {
    l.judge = [&l, whom](const rpc_call& call) -> std::optional<rpc_response> {
      if (call.method != "troupe.stopTree")
        return std::nullopt;
      array results;
      for (const auto& name : whom) {
        l.find(name)->state = process_state::stopped;
        results.push_back(result(name));
      }
      return rpc_response(rpc_value(std::move(results)));
    };
  };
}

/// Whoever asks may not stop, and has restarts done, whose starts end in that order.
std::function<void(harness&)> restarts_only(std::vector<std::string> whom, bool may_restart = true) {
  return [=](harness& l) {
    l.judge = [=](const rpc_call& call) -> std::optional<rpc_response> {
      if (call.method == "troupe.stopTree" || (call.method == "troupe.restartTree" && !may_restart))
        return rpc_fault{fault_code::not_permitted, "NOT_PERMITTED: anna may not stop cat"};
      if (call.method != "troupe.restartTree")
        return std::nullopt;
      array results;
      for (const auto& name : whom)
        results.push_back(result(name));
      return rpc_response(rpc_value(std::move(results)));
    };
  };
}

/// Starts what is named, whatever it depends on.
void starts_alone(harness& l) {
  l.judge = [](const rpc_call& call) -> std::optional<rpc_response> {
    return call.method == "troupe.startAlone" ? std::optional<rpc_response>(rpc_value(true)) : std::nullopt;
  };
}

struct row {
  const char* ids;
  std::string line;
  std::string out;
  int status = 0;
  std::function<void(harness&)> before = some_depend;
  std::string err = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << "vector " << r.ids << ": " << r.line; }

const std::string of_cat = "cat  RUNNING\n  + talker:ready  RUNNING\n  ~ failer:ready  FATAL\n  - trio:ready  2 of 3\n";
const std::string of_sleeper = "sleeper  RUNNING\n  + cat:ready  RUNNING\n";
const std::string another = "ERROR: this needs Troupe's supervisord\n";

// clang-format off
const row table[] = {
    {"P234", "graph", of_cat + of_sleeper},
    {"P234", "graph cat", of_cat},
    {"P234", "graph cat:*", of_cat},
    {"1.7, of one without items", "graph manual", "manual  STOPPED\n"},
    {"1.7, in the order of the words", "graph sleeper cat", of_sleeper + of_cat},
    {"P235", "graph", "No dependencies\n", 0, none_depends},
    {"P235", "graph all", "No dependencies\n", 0, none_depends},
    {"P236", "graph --dot",
     "digraph programs {\n"
     "  \"cat\" -> \"talker\" [label=\"ready\"];\n"
     "  \"cat\" -> \"failer\" [label=\"ready\"];\n"
     "  \"cat\" -> \"trio:a\" [label=\"ready\"];\n"
     "  \"cat\" -> \"trio:b\" [label=\"ready\"];\n"
     "  \"cat\" -> \"trio:c\" [label=\"ready\"];\n"
     "  \"sleeper\" -> \"cat\" [label=\"ready\"];\n}\n"},
    {"P236", "graph sleeper --dot", "digraph programs {\n  \"sleeper\" -> \"cat\" [label=\"ready\"];\n}\n"},
    {"P236", "graph --dot", "digraph programs {\n}\n", 0, none_depends},
    {"P237", "graph nosuch", "nosuch: ERROR (no such process)\n", 1},
    {"P237", "graph nosuch:*", "nosuch: ERROR (no such process)\n", 1},
    {"P237", "graph trio", "trio: ERROR (no such process)\n", 1, some_depend, "hint: did you mean trio:*?\n"},
    {"P237", "graph nosuch sleeper", "nosuch: ERROR (no such process)\n" + of_sleeper, 1},
    {"1.7", "graph --reverse",
     "cat  RUNNING\n  sleeper  cat:ready\nfailer  FATAL\n  cat  failer:ready\ntalker  RUNNING\n  cat  talker:ready\n"
     "trio:a  RUNNING\n  cat  trio:ready\ntrio:b  RUNNING\n  cat  trio:ready\ntrio:c  STOPPED\n  cat  trio:ready\n"},
    {"1.7", "graph talker --reverse", "talker  RUNNING\n  cat  talker:ready\n"},
    {"1.7", "graph --reverse manual", "manual  STOPPED\n"},
    {"1.7", "graph --reverse --dot talker", "digraph programs {\n  \"cat\" -> \"talker\" [label=\"ready\"];\n}\n"},
    {"15.1", "graph --json sleeper",
     R"([{"name": "sleeper", "group": "sleeper", "statename": "RUNNING", "items": [{"item": "cat:ready", "condition": "ready", )"
     R"("met": true, "soft": false, "state": "RUNNING", "members": ["cat"]}]}])" "\n"},
    {"15.1", "graph --json --reverse cat",
     R"([{"name": "sleeper", "group": "sleeper", "statename": "RUNNING", "items": [{"item": "cat:ready", "condition": "ready", )"
     R"("met": true, "soft": false, "state": "RUNNING", "members": ["cat"]}]}])" "\n"},
    {"15.1", "graph --json manual", "[]\n"},
    {"15.1, complaints beside JSON", "graph --json nosuch", "[]\n", 1, some_depend, "nosuch: ERROR (no such process)\n"},
    {"P256", "graph", another, 3, supervisors_own},
    {"P172", "start --no-deps manual", "manual: started\n", 0, starts_alone},
    {"15.1, a flag anywhere", "start manual --no-deps stubborn", "manual: started\nstubborn: started\n", 0, starts_alone},
    {"P172", "start --no-deps nosuch", "nosuch: ERROR (no such process)\n", 1, starts_alone},
    {"P172", "start --no-deps manual", another, 3, supervisors_own},
    {"P260", "stop --with-dependents cat", "sleeper: stopped\ncat: stopped\n", 0, trees_of({"sleeper", "cat"})},
    {"P260", "stop cat --with-dependents", "sleeper: stopped\ncat: stopped\n", 0, trees_of({"sleeper", "cat"})},
    {"P260", "stop --with-dependents manual", "manual: ERROR (not running)\n", 0, trees_of({})},
    {"P260", "stop --with-dependents cat", another, 3, supervisors_own},
    {"access 2.4", "stop --with-dependents cat", "cat: ERROR (not permitted)\n", 4, restarts_only({})},
    {"P251, any other is a name", "stop --frobnicate", "--frobnicate: ERROR (no such process)\n", 1},
    {"1.5", "restart --with-dependents cat", "sleeper: stopped\ncat: stopped\ncat: started\nsleeper: started\n", 0,
     trees_of({"sleeper", "cat"})},
    {"1.5, what did not run is started, too", "restart --with-dependents manual", "manual: started\n", 0, trees_of({})},
    {"access 2.4", "restart --with-dependents cat", "sleeper: stopped\ncat: stopped\ncat: started\nsleeper: started\n", 0,
     restarts_only({"cat", "sleeper"})},
    {"access 2.4", "restart --with-dependents manual", "manual: started\n", 0, restarts_only({"manual"})},
    {"access 2.4", "restart --with-dependents cat", "cat: ERROR (not permitted)\n", 4, restarts_only({}, false)},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(table), r) {
  harness daemon;
  r.before(daemon);
  session s(daemon, {{.url = "unix:///lab.sock"}});
  BOOST_TEST(s.run(r.line) == r.status);
  BOOST_TEST(daemon.stdout_text == r.out);
  BOOST_TEST(daemon.stderr_text == r.err);
}

BOOST_AUTO_TEST_CASE(help_explains_the_flags) {
  harness daemon;
  session s(daemon, {{.url = "unix:///lab.sock"}});
  s.run("help graph");
  for (const auto* word : {"graph", "--reverse", "--dot"})
    BOOST_TEST(daemon.stdout_text.find(word) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
