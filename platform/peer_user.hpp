// Whose the other end of a connection is, where that is a socket of this machine. The kernel is asked about exactly
// that one connection, however many there are. Must not decide what follows from it. linux/peer_user.cpp asks by
// sock_diag(7); posix/peer_user.cpp knows of unix sockets only. Cases: tests/platform/listening_socket_test.cpp.
#pragma once

#include <optional>

#include <sys/types.h>

namespace troupe::platform {

/// The user who made the socket at the other end of the TCP connection `fd`. None: it is on another machine, or closed
/// already, or the kernel does not say (CONFIG_INET_DIAG).
std::optional<uid_t> user_of_tcp_peer(int fd);

struct unix_peer {
  uid_t uid = 0;
  pid_t pid = 0; ///< 0: it cannot be seen
};

/// Who connected, or began to listen, at the other end of the unix socket `fd`. None: the system does not say.
std::optional<unix_peer> user_of_unix_peer(int fd);

} // namespace troupe::platform
