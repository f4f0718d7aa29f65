// supervisorctl, where the daemon goes away before it has answered: what changes nothing is asked again, since another
// worker may have taken the place of one that died. Source: docs/contract/survival.md, 4.6.
#include "apps/ctl/session.hpp"
#include "tests/ctl/ctl_harness.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

BOOST_AUTO_TEST_SUITE(ctl_again_test)

using namespace troupe;
using namespace troupe::ctl;
using namespace troupe::ctl::tests;
namespace data = boost::unit_test::data;

namespace {

/// Whose worker dies with the first call of a method, before or after it was done.
struct dying : harness {
  std::string with;
  bool died = false;
  std::variant<http_answer, failure> post(const server& to, const std::string& body, const on_arrival& look) override {
    if (!died && protocols::parse_call(body).value().method == with) {
      died = true;
      return failure{"http.client.RemoteDisconnected", "Remote end closed connection without response"};
    }
    return harness::post(to, body, look);
  }
};

struct death_row {
  const char* line;
  const char* method;
  bool is_asked_again;
};
std::ostream& operator<<(std::ostream& o, const death_row& r) { return o << r.line << ", " << r.method; }
const death_row death_rows[] = {
  // survival.md, 4.6
  {"status", "supervisor.getAllProcessInfo", true}, {"pid", "supervisor.getPID", true},
  {"version", "supervisor.getVersion", true},       {"tail cat", "supervisor.readProcessStdoutLog", true},
  {"start cat", "supervisor.startProcess", false},  {"stop cat", "supervisor.stopProcess", false},
  {"reread", "supervisor.reloadConfig", false},     {"clear cat", "supervisor.clearProcessLogs", false},
};
BOOST_DATA_TEST_CASE(a_daemon_that_dies_is_asked_again_for_what_changes_nothing, data::make(death_rows), r) {
  dying daemon;
  daemon.with = r.method;
  session s(daemon, {{.url = daemon.url}});
  s.run(r.line);
  BOOST_TEST(daemon.died);
  bool told = (daemon.stdout_text + daemon.stderr_text).find("RemoteDisconnected") != std::string::npos;
  BOOST_TEST(told == !r.is_asked_again);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
