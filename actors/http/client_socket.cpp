// See client_socket.hpp.
#include "actors/http/client_socket.hpp"

#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace troupe::actors {

void set_options_of_client(int fd) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
#ifdef TCP_KEEPIDLE // elsewhere the system's own two hours hold
  constexpr std::pair<int, int> seconds_and_probes[] = {{TCP_KEEPIDLE, 60}, {TCP_KEEPINTVL, 15}, {TCP_KEEPCNT, 4}};
  for (auto [option, value] : seconds_and_probes)
    ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
#endif
}

bool concerns_one_connection(int error) {
  switch (error) {
  case EINTR:
  case ECONNABORTED:
  case EPERM:
  case EPROTO:
  case ENETDOWN:
  case ENETUNREACH:
  case EHOSTDOWN:
  case EHOSTUNREACH:
    return true;
  default:
    return false;
  }
}

} // namespace troupe::actors
