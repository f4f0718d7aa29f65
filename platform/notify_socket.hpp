// The door to the service manager that started us: one datagram to the address in NOTIFY_SOCKET. Nobody waits for it or
// learns that it was lost. Must not know what it says (protocols/notify_text.hpp). libc only, no allocation, no
// exceptions: the keeper sends with this, too. Cases: tests/platform/notify_socket_test.cpp.
#pragma once

#include <string_view>

namespace troupe::platform {

/// Path of a unix socket, or `@` and a name in the abstract space. Empty: nobody has started us who wants to know, or
/// its address is of another kind. It lies in the environment.
std::string_view manager_address(const char* const* environment);

/// Does nothing where there is no address, nobody there, or no room.
void notify_manager(std::string_view address, std::string_view text);

} // namespace troupe::platform
