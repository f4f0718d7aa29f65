// Where a connection comes from, in the forms that logs, throttles and the rules of access have. Must not know what it
// is for. Source: docs/contract/http.md, 1.6; docs/contract/access.md, 3.3.
#pragma once

#include "config/network.hpp"

#include <string>

#include <sys/socket.h>

namespace troupe::actors {

/// HOST:PORT.
std::string peer_name(const sockaddr_storage& address);
/// Whose failed logins count together, as far as the address tells: a user of this machine at a unix socket, an IPv4
/// address, a network of IPv6, whose hosts have addresses for the taking.
std::string login_address(const sockaddr_storage& address, int fd);
config::origin origin_of(const sockaddr_storage& address);

} // namespace troupe::actors
