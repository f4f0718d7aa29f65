// Vectors 24, 53 and 54 of docs/contract/access.md, and the edges of ranges.
#include "config/network.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(network_test)

namespace config = troupe::config;

BOOST_AUTO_TEST_CASE(what_a_network_holds) {
  struct row {
    const char* network;
    const char* from; ///< an address, or "unix"
    bool held;
  };
  const row rows[] = {
    {"10.0.0.0/8", "10.1.2.3", true},
    {"10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"::ffff:10.0.0.0/104", "10.1.2.3", true},
    {"10.0.0.0/8", "11.0.0.1", false},
    {"10.0.0.0/8", "unix", false},
    {"10.1.2.0/23", "10.1.3.255", true},
    {"10.1.2.0/23", "10.1.4.0", false},
    {"192.168.1.9", "192.168.1.9", true},
    {"192.168.1.9", "192.168.1.8", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "203.0.113.9", true},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::1", false},
    {"unix", "unix", true},
    {"unix", "127.0.0.1", false},
    {"loopback", "::1", true},
    {"loopback", "127.9.9.9", true},
    {"loopback", "::ffff:127.0.0.1", true},
    {"loopback", "128.0.0.1", false},
    {"loopback", "unix", false},
  };
  for (const auto& r : rows) {
    auto network = config::network_of(r.network);
    BOOST_REQUIRE_MESSAGE(network, r.network);
    config::origin from;
    from.is_unix = std::string(r.from) == "unix";
    if (!from.is_unix)
      from.ip = config::ip_address(r.from).value();
    BOOST_TEST(network->holds(from) == r.held, r.network << " and " << r.from);
  }
}

BOOST_AUTO_TEST_CASE(no_networks) {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0", "::/129",
                           "fe80::1%eth0", "host", "", "/8", "10.0.0.0 /8"}) {
    auto network = config::network_of(text);
    BOOST_REQUIRE_MESSAGE(!network, text);
    BOOST_TEST(network.error().what == "not a network: '" + std::string(text) + "'");
  }
}

BOOST_AUTO_TEST_SUITE_END()
