// Who made the connection of a unix socket: user, group, and the groups he had besides. That is as of the connect(2),
// whoever has the descriptor now, and no name service is asked. Must not decide what follows from it. linux/ asks by
// SO_PEERCRED and SO_PEERGROUPS, posix/ by what other systems have. Source: docs/contract/access.md, 3.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <sys/socket.h>
#include <sys/types.h>

namespace troupe::platform {

struct peer_credentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  pid_t pid = 0;                     ///< for records only: it may be another's by now; 0: it cannot be seen
  std::vector<std::uint32_t> groups; ///< besides `gid`, as far as the system tells
};

/// getsockopt(2), or what a test puts in its place.
using socket_question = int (*)(int fd, int level, int name, void* value, socklen_t* size);

/// None: nobody who can be told from others, because the system did not say, or shows an id that stands for strangers.
std::optional<peer_credentials> credentials_of_unix_peer(int fd, socket_question ask = &::getsockopt);

/// What the kernel shows instead of the ids of another user namespace.
struct ids_of_strangers {
  std::uint32_t uid = 65534;
  std::uint32_t gid = 65534;
};

/// `said`: the credentials, if the call succeeded; `size`: how many bytes of it were filled in, of `whole`.
std::optional<peer_credentials> judged(std::optional<peer_credentials> said, std::size_t size, std::size_t whole,
                                       const ids_of_strangers& strangers);

} // namespace troupe::platform
