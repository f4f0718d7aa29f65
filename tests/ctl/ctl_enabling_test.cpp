// supervisorctl's disable and enable. Lines in, exact stdout, stderr and exit status out, against a daemon in memory
// that answers as Troupe's does. Cases: docs/contract/programs.md, 11 and 18.4; each row prints its vector ids.
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <map>

BOOST_AUTO_TEST_SUITE(ctl_enabling_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

using troupe::protocols::rpc_call;
using array = rpc_value::array;
using structure = rpc_value::structure;

rpc_value result(const std::string& name, std::int64_t status, const std::string& description) {
  auto [group, process] = split_name(name);
  return structure{{"name", *process}, {"group", group}, {"status", status}, {"description", description}};
}

/// Answers in another order than it is asked. manual is STOPPED, and failer cannot be started.
void answers(harness& l, const std::string& suffix) {
  l.judge = [&l, suffix](const rpc_call& call) -> std::optional<rpc_response> {
    bool disables = call.method == "troupe.disable";
    if (!disables && call.method != "troupe.enable")
      return std::nullopt;
    if (disables && *call.params.at(1).string() == "25:00")
      return rpc_fault{30, "FAILED: bad time 25:00"};
    bool now = *call.params.back().boolean();
    array results;
    const auto& names = *call.params.at(0).items();
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      const auto& full = *name->string();
      results.push_back(result(full, 80, disables ? "disabled" + suffix : "enabled"));
      bool runs = l.find(split_name(full).group == *split_name(full).process ? split_name(full).group : full)->state ==
                  process_state::running;
      if (now && disables == runs)
        results.push_back(full == "failer:failer" ? result(full, 50, "SPAWN_ERROR: failer")
                                                  : result(full, 80, disables ? "stopped" : "started"));
    }
    return rpc_response(rpc_value(std::move(results)));
  };
}

void remembers(harness& l) { answers(l, ""); }
void forgets(harness& l) { answers(l, " (until supervisord ends)"); }

void refuses(harness& l, std::int64_t code) {
  l.judge = [code](const rpc_call& call) -> std::optional<rpc_response> {
    bool ours = call.method.starts_with("troupe.");
    return ours ? std::optional<rpc_response>(rpc_fault{code, "anna may not admin"}) : std::nullopt;
  };
}
void supervisors_own(harness& l) { refuses(l, fault_code::unknown_method); }
void denies(harness& l) { refuses(l, fault_code::not_permitted); }

struct row {
  const char* ids;
  std::string line;
  std::string out;
  int status = 0;
  void (*before)(harness&) = remembers;
  std::string err = "";
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << "vector " << r.ids << ": " << r.line; }

const std::string another = "ERROR: this needs Troupe's supervisord\n";

// clang-format off
const row table[] = {
  {"P254", "disable cat --now", "cat: disabled\ncat: stopped\n"},
  {"P254", "disable --now cat", "cat: disabled\ncat: stopped\n"},
  {"P254", "disable cat", "cat: disabled (until supervisord ends)\n", 0, forgets},
  {"11", "disable cat manual --now", "cat: disabled\ncat: stopped\nmanual: disabled\n"},
  {"11", "disable trio:*", "trio:a: disabled\ntrio:b: disabled\ntrio:c: disabled\n"},
  {"11", "disable trio:a cat trio:a", "trio:a: disabled\ncat: disabled\n"},
  {"11", "disable tr?o:[ab]", "trio:a: disabled\ntrio:b: disabled\n"},
  {"11", "disable cat --until 2h", "cat: disabled\n"},
  {"11", "disable --until=06:00 cat", "cat: disabled\n"},
  {"P255", "disable cat --until 25:00", "ERROR: bad time 25:00\n", 1},
  {"P255", "disable cat --until=25:00", "ERROR: bad time 25:00\n", 1},
  {"11", "enable cat --now", "cat: enabled\n"},
  {"11", "enable manual --now", "manual: enabled\nmanual: started\n"},
  {"11", "enable failer --now", "failer: enabled\nfailer: ERROR (spawn error)\n", 7},
  {"11", "enable cat --until 25:00", "--until: ERROR (no such process)\n25:00: ERROR (no such process)\ncat: enabled\n", 1},
  {"11, any other is a name", "disable --later cat", "--later: ERROR (no such process)\ncat: disabled\n", 1},
  {"11", "disable nosuch", "nosuch: ERROR (no such process)\n", 1},
  {"11", "disable nosuch:* cat", "nosuch: ERROR (no such group)\ncat: disabled\n", 1},
  {"15.1", "disable cat --json", R"([{"name": "cat", "group": "cat", "status": 80, "description": "disabled"}])" "\n"},
  {"15.1", "enable nosuch --json", "[]\n", 1, remembers, "nosuch: ERROR (no such process)\n"},
  {"P256", "disable cat", another, 3, supervisors_own},
  {"P256", "enable cat --now", another, 3, supervisors_own},
  {"access", "disable cat trio:a", "cat: ERROR (not permitted)\ntrio:a: ERROR (not permitted)\n", 4, denies},
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

BOOST_AUTO_TEST_CASE(what_is_no_way_to_ask) {
  for (std::string line :
       {"disable", "enable", "disable --now", "disable --until 2h", "disable cat --until", "disable cat --until="}) {
    harness daemon;
    remembers(daemon);
    session s(daemon, {{.url = "unix:///lab.sock"}});
    BOOST_TEST(s.run(line) == 1);
    BOOST_TEST(daemon.stdout_text.starts_with("Error: "), line);
  }
}

BOOST_AUTO_TEST_SUITE_END()
