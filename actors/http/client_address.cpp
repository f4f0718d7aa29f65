// See client_address.hpp.
#include "actors/http/client_address.hpp"

#include "platform/peer_user.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace troupe::actors {

std::string peer_name(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return std::string(text) + ':' + std::to_string(ntohs(in.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    return std::string(text) + ':' + std::to_string(ntohs(in.sin6_port));
  }
  return "localhost:0";
}

std::string login_address(const sockaddr_storage& address, int fd) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    auto host = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    if (ntohl(host.s_addr) >> 24 == IN_LOOPBACKNET) // all of them are anybody's here
      host.s_addr = htonl(INADDR_LOOPBACK);
    ::inet_ntop(AF_INET, &host, text, sizeof text);
    return text;
  }
  if (address.ss_family == AF_INET6) {
    auto network = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    bool mapped = IN6_IS_ADDR_V4MAPPED(&network);
    bool local = IN6_IS_ADDR_LOOPBACK(&network);
    if (!mapped && !local)
      std::fill(network.s6_addr + 8, network.s6_addr + 16, std::uint8_t{0});
    ::inet_ntop(AF_INET6, &network, text, sizeof text);
    return mapped || local ? text : std::string(text) + "/64";
  }
  auto peer = platform::user_of_unix_peer(fd);
  return peer ? "uid " + std::to_string(peer->uid) : "a user of this machine";
}

config::origin origin_of(const sockaddr_storage& address) {
  config::origin from;
  from.is_unix = address.ss_family == AF_UNIX;
  if (address.ss_family == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    std::copy(std::begin(ip.s6_addr), std::end(ip.s6_addr), from.ip.begin());
  } else if (address.ss_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr;
    from.ip[10] = from.ip[11] = 0xff; // as ::ffff:a.b.c.d
    std::memcpy(&from.ip[12], &ip, sizeof ip);
  }
  return from;
}

} // namespace troupe::actors
