// See peer_credentials.hpp. FreeBSD and macOS tell the groups by LOCAL_PEERCRED, Linux and OpenBSD the user and group
// by SO_PEERCRED, others by getpeereid(3).
#include "platform/peer_credentials.hpp"

#include <unistd.h>

#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__DragonFly__)
#include <sys/ucred.h>
#include <sys/un.h>
#endif

namespace troupe::platform {

#if defined(SO_PEERCRED)
std::optional<peer_credentials> credentials_of_unix_peer(int fd, socket_question ask) {
#if defined(__OpenBSD__)
  sockpeercred peer{};
#else
  ucred peer{};
#endif
  socklen_t size = sizeof peer;
  std::optional<peer_credentials> said;
  if (ask(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
    said = peer_credentials{peer.uid, peer.gid, peer.pid, {}};
  return judged(std::move(said), size, sizeof peer, {});
}
#elif defined(LOCAL_PEERCRED) && defined(XUCRED_VERSION)
std::optional<peer_credentials> credentials_of_unix_peer(int fd, socket_question ask) {
  xucred peer{};
  socklen_t size = sizeof peer;
  std::optional<peer_credentials> said;
  if (ask(fd, 0, LOCAL_PEERCRED, &peer, &size) == 0 && peer.cr_version == XUCRED_VERSION && peer.cr_ngroups > 0)
    said = peer_credentials{peer.cr_uid, peer.cr_groups[0], 0, {peer.cr_groups + 1, peer.cr_groups + peer.cr_ngroups}};
  return judged(std::move(said), size, sizeof peer, {});
}
#elif defined(__NetBSD__)
std::optional<peer_credentials> credentials_of_unix_peer(int fd, socket_question) {
  uid_t uid = 0;
  gid_t gid = 0;
  std::optional<peer_credentials> said;
  if (::getpeereid(fd, &uid, &gid) == 0)
    said = peer_credentials{uid, gid, 0, {}};
  return judged(std::move(said), 0, 0, {});
}
#else
std::optional<peer_credentials> credentials_of_unix_peer(int, socket_question) { return {}; }
#endif

} // namespace troupe::platform
