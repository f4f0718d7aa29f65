// See notify_socket.hpp.
#include "platform/notify_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::platform {

std::string_view manager_address(const char* const* environment) {
  constexpr std::string_view variable = "NOTIFY_SOCKET=";
  for (const auto* entry = environment; *entry; ++entry)
    if (std::string_view text{*entry}; text.starts_with(variable)) {
      text.remove_prefix(variable.size());
      bool known = text.size() > 1 && (text[0] == '/' || text[0] == '@');
      return known && text.size() < sizeof sockaddr_un::sun_path ? text : std::string_view();
    }
  return {};
}

void notify_manager(std::string_view address, std::string_view text) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (address.empty() || address.size() >= sizeof to.sun_path)
    return;
  std::copy(address.begin(), address.end(), to.sun_path);
  if (to.sun_path[0] == '@')
    to.sun_path[0] = '\0';
  int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  if (socket < 0)
    return;
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  while (::sendto(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
                  size) < 0)
    if (errno != EINTR)
      break;
  ::close(socket);
}

} // namespace troupe::platform
