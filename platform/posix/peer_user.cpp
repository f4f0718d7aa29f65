// See peer_user.hpp. Of unix sockets, Linux and OpenBSD tell by an option, the other BSDs and macOS by getpeereid(3).
#include "platform/peer_user.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace troupe::platform {

std::optional<uid_t> user_of_tcp_peer(int) { return {}; }

#if defined(SO_PEERCRED)
std::optional<unix_peer> user_of_unix_peer(int fd) {
#if defined(__OpenBSD__)
  sockpeercred peer{};
#else
  ucred peer{};
#endif
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return {};
  return unix_peer{peer.uid, peer.pid};
}
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__DragonFly__)
std::optional<unix_peer> user_of_unix_peer(int fd) {
  unix_peer peer;
  gid_t group = 0;
  if (::getpeereid(fd, &peer.uid, &group) != 0)
    return {};
  return peer;
}
#else
std::optional<unix_peer> user_of_unix_peer(int) { return {}; }
#endif

} // namespace troupe::platform
