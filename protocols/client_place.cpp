// See client_place.hpp.
#include "protocols/client_place.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace troupe::protocols {

std::string client_place(const config::origin& from, std::optional<std::uint32_t> uid) {
  if (from.is_unix)
    return uid ? "uid " + std::to_string(*uid) : "unix";
  constexpr std::array<std::uint8_t, 12> of_ipv4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  char text[INET6_ADDRSTRLEN] = "";
  if (std::equal(of_ipv4.begin(), of_ipv4.end(), from.ip.begin())) {
    ::inet_ntop(AF_INET, from.ip.data() + of_ipv4.size(), text, sizeof text);
    return text;
  }
  auto network = from.ip;
  std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
  ::inet_ntop(AF_INET6, network.data(), text, sizeof text);
  return std::string(text) + "/64";
}

} // namespace troupe::protocols
