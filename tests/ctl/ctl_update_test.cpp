// supervisorctl's apply, and update in mode process, as they are watched: lines in, exact stdout, exit status and calls
// out, against a daemon in memory. Source: docs/contract/programs.md, 6.
#include "apps/ctl/http_wire.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ctl_update_test)

using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

using troupe::protocols::rpc_call;
using array = rpc_value::array;
using structure = rpc_value::structure;

rpc_value step(const std::string& name, const std::string& what) { return structure{{"name", name}, {"what", what}}; }
rpc_value failed(const std::string& name, std::int64_t status, const std::string& text) {
  return structure{{"name", name}, {"what", "failed"}, {"status", status}, {"description", text}};
}

/// A part for each question, which says what is known so far.
void is_watched(harness& l, std::vector<array> parts, const std::string& complaint = "") {
  auto asked = std::make_shared<std::size_t>(0);
  auto told = std::make_shared<std::int64_t>(0);
  l.judge = [=](const rpc_call& call) -> std::optional<rpc_response> {
    if (call.method == "troupe.apply") {
      BOOST_REQUIRE(call.params.size() == 2);
      BOOST_REQUIRE(call.params[1].member("watch"));
      return rpc_response(rpc_value(structure{{"update", 5001}}));
    }
    if (call.method != "troupe.getUpdate")
      return std::nullopt;
    BOOST_TEST(*call.params.at(0).integer() == 5001);
    BOOST_TEST(*call.params.at(1).integer() == *told);
    auto part = parts.at((*asked)++);
    *told += static_cast<std::int64_t>(part.size());
    bool over = *asked == parts.size();
    structure answer{{"id", 5001},
                     {"state", !over               ? "running"
                               : complaint.empty() ? "done"
                                                   : "failed"},
                     {"steps", std::move(part)},
                     {"next", *told}};
    if (over && !complaint.empty())
      answer.emplace_back("complaint", complaint);
    return rpc_response(rpc_value(std::move(answer)));
  };
}

void in_three_parts(harness& l) {
  is_watched(l,
             {{step("trio:a", "changed"), step("trio:b", "restarted")}, {}, {step("trio", "updated process group")}});
}
void one_fails(harness& l) {
  is_watched(l, {{failed("trio:a", 50, "waiting for db:ready"), step("trio:b", "started")}});
}
void is_cut_off(harness& l) { is_watched(l, {{step("trio:a", "restarted")}}, "FAILED: an actor has died meanwhile"); }
void ends_amid_it(harness& l) { is_watched(l, {{step("trio:a", "restarted")}}, "SHUTDOWN_STATE"); }
void nothing(harness& l) { is_watched(l, {{}}); }

/// Another binary, which knows nothing of it, has taken over; `first` says that it has done so.
void is_forgotten(harness& l, rpc_fault fault) {
  l.judge = [=, first = std::make_shared<bool>(true)](const rpc_call& call) -> std::optional<rpc_response> {
    if (call.method == "troupe.apply")
      return rpc_response(rpc_value(structure{{"update", 5001}}));
    if (call.method != "troupe.getUpdate")
      return std::nullopt;
    if (std::exchange(*first, false))
      return rpc_fault{30, "FAILED: supervisord was upgraded; the request goes on"};
    return fault;
  };
}
void another_binary(harness& l) { is_forgotten(l, {10, "BAD_NAME: 5001"}); }
void it_ends(harness& l) { is_forgotten(l, {6, "SHUTDOWN_STATE"}); }

/// That knows no flag `watch`.
void older(harness& l) {
  l.judge = [](const rpc_call& call) -> std::optional<rpc_response> {
    if (call.method != "troupe.apply")
      return std::nullopt;
    if (call.params.at(1).member("watch"))
      return rpc_fault{2, "INCORRECT_PARAMETERS: troupe.apply takes mode"};
    return rpc_response(rpc_value(structure{{"steps", array{step("trio:a", "restarted")}}}));
  };
}
void supervisors_own(harness& l) {
  l.judge = [](const rpc_call& call) -> std::optional<rpc_response> {
    if (call.method == "troupe.apply")
      return rpc_fault{1, "UNKNOWN_METHOD"};
    return std::nullopt;
  };
}
void refuses(harness& l) {
  l.judge = [](const rpc_call& call) -> std::optional<rpc_response> {
    if (call.method == "troupe.apply")
      return rpc_fault{30, "FAILED: the plan is out of date"};
    return std::nullopt;
  };
}

struct row {
  const char* line;
  void (*before)(harness&);
  std::string out;
  int status = 0;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.line; }

const std::string all = "trio:a: changed\ntrio:b: restarted\ntrio: updated process group\n";
// clang-format off
const row table[] = {
  {"apply", in_three_parts, all},
  {"apply trio", in_three_parts, all},
  {"update --mode process", in_three_parts, all},
  {"apply", nothing, ""},
  {"apply", one_fails, "trio:a: ERROR (spawn error)\ntrio:b: started\n", 1},
  {"apply", is_cut_off, "trio:a: restarted\nERROR: an actor has died meanwhile\n", 1},
  {"apply", ends_amid_it, "trio:a: restarted\nERROR: supervisor shutting down\n", 1},
  {"apply", another_binary, "ERROR: the update was cut off: another supervisord has taken over\n", 1},
  {"apply", it_ends, "ERROR: supervisor shutting down\n", 1},
  {"apply", older, "trio:a: restarted\n"},
  {"apply --plan x", refuses, "ERROR: the plan is out of date\n", 1},
  {"apply", supervisors_own, "ERROR: this needs Troupe's supervisord\n", 3},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(table), r) {
  harness daemon;
  r.before(daemon);
  session s(daemon, {{.url = "unix:///lab.sock"}});
  BOOST_TEST(s.run(r.line) == r.status);
  BOOST_TEST(daemon.stdout_text == r.out);
}

/// 15.1: methods of ours have an address of their own.
BOOST_AUTO_TEST_CASE(addresses) {
  auto address = [](std::string_view method) {
    std::string body;
    troupe::protocols::append_call(body, method, {});
    auto request = post_request({}, {}, body);
    return request.substr(0, request.find(" HTTP/"));
  };
  BOOST_TEST(address("troupe.graph") == "POST /RPC2/troupe");
  BOOST_TEST(address("supervisor.getState") == "POST /RPC2");
  BOOST_TEST(address("access.whoami") == "POST /RPC2");
}

BOOST_AUTO_TEST_SUITE_END()
