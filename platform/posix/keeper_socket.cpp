// See platform/keeper_link.hpp: there is no keeper to have a socket to. Must not make one.
#include "platform/keeper_link.hpp"

#include <cerrno>

namespace troupe::platform {

int make_keeper_sockets(unique_fd&, unique_fd&) { return ENOTSUP; }

int send_message(int, keeper_message, const int*, std::size_t) { return ENOTSUP; }

received receive_message(int, received_message& what, bool) {
  what = {};
  return received::end;
}

} // namespace troupe::platform
