// Whose the other end of a connection is, where that is a socket of this machine. The kernel is asked about exactly
// that one connection, however many there are. Must not decide what follows from it. Source: sock_diag(7). Cases:
// tests/platform/listening_socket_test.cpp.
#pragma once

#include <optional>

#include <sys/types.h>

namespace troupe::platform {

/// The user who made the socket at the other end of the TCP connection `fd`. None: it is on another machine, or closed
/// already, or the kernel does not say (CONFIG_INET_DIAG). Not for unix sockets, which have SO_PEERCRED.
std::optional<uid_t> user_of_tcp_peer(int fd);

} // namespace troupe::platform
