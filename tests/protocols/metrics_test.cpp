// The text of OpenMetrics, sample by sample.
#include "protocols/metrics.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(metrics_test)

using namespace troupe::protocols;
using kind = metrics_writer::kind;

namespace {

BOOST_AUTO_TEST_CASE(families) {
  std::string text;
  metrics_writer out{text};
  out.family("node_up", kind::gauge, "Process Up");
  out.sample({{"group", "g"}, {"name", "n"}}, std::int64_t{1});
  out.sample({}, -0.5);
  out.family("calls", kind::counter, "Calls");
  out.sample({{"method", "a.b"}}, std::uint64_t{18446744073709551615u});
  out.end();
  BOOST_TEST(text == "# TYPE node_up gauge\n# HELP node_up Process Up\n"
                     "node_up{group=\"g\",name=\"n\"} 1\nnode_up -0.5\n"
                     "# TYPE calls counter\n# HELP calls Calls\n"
                     "calls_total{method=\"a.b\"} 18446744073709551615\n# EOF\n");
}

BOOST_AUTO_TEST_CASE(hostile_labels) {
  std::string text;
  metrics_writer out{text};
  out.family("x", kind::gauge, "X");
  text.clear();
  out.sample({{"name", "a\"b\\c\nd\xff\xe2\x82\xac"}}, std::int64_t{0});
  BOOST_TEST(text == "x{name=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\xe2\x82\xac\"} 0\n");
}

BOOST_AUTO_TEST_CASE(times_keep_their_digits) {
  std::string text;
  metrics_writer out{text};
  out.family("x", kind::gauge, "X");
  text.clear();
  out.sample({}, 1795579063.544);
  BOOST_TEST(text == "x 1795579063.544\n");
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
