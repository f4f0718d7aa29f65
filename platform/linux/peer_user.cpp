// See peer_user.hpp.
#include "platform/peer_user.hpp"

#include "platform/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace troupe::platform {

namespace {

struct question {
  nlmsghdr head{};
  inet_diag_req_v2 body{};
};

struct reply {
  nlmsghdr head{};
  inet_diag_msg body{};
};

using address = std::array<std::uint32_t, 4>;

/// Where one end is: its address and, in network order, its port.
bool take_end(const sockaddr_storage& end, address& host, std::uint16_t& port) {
  host.fill(0);
  if (end.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(end);
    host[0] = in.sin_addr.s_addr;
    port = in.sin_port;
    return true;
  }
  if (end.ss_family != AF_INET6)
    return false;
  const auto& in = reinterpret_cast<const sockaddr_in6&>(end);
  std::memcpy(host.data(), &in.sin6_addr, sizeof host);
  port = in.sin6_port;
  return true;
}

} // namespace

std::optional<uid_t> user_of_tcp_peer(int fd) {
  sockaddr_storage ours{};
  sockaddr_storage theirs{};
  socklen_t our_size = sizeof ours;
  socklen_t their_size = sizeof theirs;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&ours), &our_size) != 0 ||
      ::getpeername(fd, reinterpret_cast<sockaddr*>(&theirs), &their_size) != 0)
    return {};

  // Their socket is ours turned around.
  question ask;
  address here;
  address there;
  auto& id = ask.body.id;
  if (!take_end(theirs, there, id.idiag_sport) || !take_end(ours, here, id.idiag_dport))
    return {};
  std::copy(there.begin(), there.end(), id.idiag_src);
  std::copy(here.begin(), here.end(), id.idiag_dst);
  if (ours.ss_family == AF_INET6)
    id.idiag_if = reinterpret_cast<const sockaddr_in6&>(ours).sin6_scope_id;
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  ask.body.sdiag_family = static_cast<std::uint8_t>(ours.ss_family);
  ask.body.sdiag_protocol = IPPROTO_TCP;
  ask.body.idiag_states = ~0U;
  ask.head.nlmsg_len = sizeof ask;
  ask.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  ask.head.nlmsg_flags = NLM_F_REQUEST;

  unique_fd kernel{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  sockaddr_nl to{};
  to.nl_family = AF_NETLINK;
  if (!kernel || ::sendto(kernel.get(), &ask, sizeof ask, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) < 0)
    return {};
  alignas(nlmsghdr) char room[1024];
  auto size = ::recv(kernel.get(), room, sizeof room, MSG_DONTWAIT); // answered within sendto(2)
  reply told;
  if (size < static_cast<ssize_t>(sizeof told))
    return {};
  std::memcpy(&told, room, sizeof told);
  // A listening socket stands in where there is no such connection. What has been closed belongs to nobody, which the
  // kernel shows as root's.
  bool found = told.head.nlmsg_type == SOCK_DIAG_BY_FAMILY && told.body.id.idiag_dport == id.idiag_dport &&
               told.body.id.idiag_sport == id.idiag_sport && told.body.idiag_inode != 0;
  return found ? std::optional<uid_t>(told.body.idiag_uid) : std::nullopt;
}

std::optional<unix_peer> user_of_unix_peer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return {};
  return unix_peer{peer.uid, peer.pid};
}

} // namespace troupe::platform
