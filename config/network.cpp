// See network.hpp.
#include "config/network.hpp"

#include "config/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace troupe::config {

namespace {

constexpr std::array<std::uint8_t, 12> of_ipv4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_ipv4(const ip_bytes& ip) { return std::equal(of_ipv4.begin(), of_ipv4.end(), ip.begin()); }

bool same_bits(const ip_bytes& a, const ip_bytes& b, unsigned count) {
  auto whole = count / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin()))
    return false;
  auto rest = count % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

} // namespace

std::optional<ip_bytes> ip_address(std::string_view text) {
  std::string name(text);
  ip_bytes ip{};
  if (name.find('\0') != std::string::npos)
    return {};
  if (inet_pton(AF_INET6, name.c_str(), ip.data()) == 1)
    return ip;
  std::copy(of_ipv4.begin(), of_ipv4.end(), ip.begin());
  if (inet_pton(AF_INET, name.c_str(), ip.data() + of_ipv4.size()) == 1)
    return ip;
  return {};
}

bool network::holds(const origin& from) const {
  switch (is) {
  case kind::unix_sockets:
    return from.is_unix;
  case kind::loopback: {
    constexpr ip_bytes v6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return !from.is_unix && (from.ip == v6 || (is_ipv4(from.ip) && from.ip[12] == 127));
  }
  case kind::range:
    return !from.is_unix && same_bits(ip, from.ip, prefix);
  }
  return false;
}

result<network> network_of(std::string_view text) {
  network made;
  if (text == "unix") {
    made.is = network::kind::unix_sockets;
    return made;
  }
  if (text == "loopback") {
    made.is = network::kind::loopback;
    return made;
  }
  auto wrong = fault("not a network: " + quoted(text));
  auto slash = text.find('/');
  auto ip = ip_address(text.substr(0, slash));
  if (!ip)
    return wrong;
  made.ip = *ip;
  if (slash == text.npos)
    return made;
  auto digits = text.substr(slash + 1);
  bool written_as_ipv4 = text.find(':') == text.npos;
  unsigned bits = 0;
  auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failed != std::errc() || end != digits.data() + digits.size() || bits > (written_as_ipv4 ? 32u : 128u))
    return wrong;
  made.prefix = static_cast<std::uint8_t>(written_as_ipv4 ? 96 + bits : bits);
  return made;
}

} // namespace troupe::config
