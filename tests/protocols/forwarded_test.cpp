// Who is behind a proxy; vector 220 of docs/contract/access.md.
#include "protocols/forwarded.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(forwarded_test)

using namespace troupe;
using namespace troupe::protocols;

namespace {

struct row {
  const char* when;
  std::vector<std::string_view> headers;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

const row rows[] = {
  {"one client", {"192.0.2.7"}, "192.0.2.7"},
  {"220: a forged first entry", {"127.0.0.1, 192.0.2.7"}, "192.0.2.7"},
  {"through two proxies", {"127.0.0.1, 192.0.2.7 ,10.0.0.9"}, "192.0.2.7"},
  {"in two headers", {"127.0.0.1", "192.0.2.7, 10.0.0.9"}, "192.0.2.7"},
  {"in two headers, the last of proxies alone", {"127.0.0.1, 192.0.2.7", "10.0.0.9"}, "192.0.2.7"},
  {"from a proxy itself: nobody further left is believed", {"10.0.0.8, 10.0.0.9"}, "10.0.0.9"},
  {"with a port", {"192.0.2.7:80"}, "192.0.2.7"},
  {"IPv6", {"2001:db8::1"}, "2001:db8::1"},
  {"IPv6 with a port", {"[2001:db8::1]:80"}, "2001:db8::1"},
  {"IPv4 as IPv6", {"127.0.0.1, ::ffff:10.0.0.9"}, "127.0.0.1"},
  {"no address", {"127.0.0.1, unknown"}, "unknown"},
  {"an empty one", {"127.0.0.1,"}, "unknown"},
  {"nothing at all", {""}, "unknown"},
  {"an open bracket", {"127.0.0.1, [::1"}, "::1"},
};

} // namespace

BOOST_DATA_TEST_CASE(the_rightmost_that_is_no_proxy, boost::unit_test::data::make(rows), r) {
  auto proxies = std::vector{config::network_of("10.0.0.0/8").value()};
  auto found = behind_proxies(r.headers, proxies);
  BOOST_TEST(found.address == r.expected);
  BOOST_TEST(!found.from.is_unix);
  if (found.address != "unknown")
    BOOST_TEST((found.from.ip == config::ip_address(r.expected)));
  else
    BOOST_TEST(!config::network_of("loopback").value().holds(found.from));
}

BOOST_AUTO_TEST_CASE(whose_word_counts) {
  auto proxies = std::vector{config::network_of("10.0.0.0/8").value(), config::network_of("unix").value()};
  auto at = [](const char* ip) { return config::origin{false, config::ip_address(ip).value()}; };
  BOOST_TEST(is_trusted(at("10.1.2.3"), proxies));
  BOOST_TEST(is_trusted({.is_unix = true}, proxies));
  BOOST_TEST(!is_trusted(at("192.0.2.1"), proxies));
  BOOST_TEST(!is_trusted(at("10.1.2.3"), {}));
}

BOOST_AUTO_TEST_CASE(of_the_protocol_the_last_word) {
  BOOST_TEST((says_https("https") && says_https("http, HTTPS ")));
  BOOST_TEST((!says_https("https, http") && !says_https("") && !says_https("httpss")));
}

BOOST_AUTO_TEST_SUITE_END()
