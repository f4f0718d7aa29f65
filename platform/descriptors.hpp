// New descriptors that no child inherits: pipes, sockets, connections. Must not know what they are for.
// linux/descriptors.cpp makes them so in one system call, posix/descriptors.cpp in two.
#pragma once

#include "platform/unique_fd.hpp"

#include <sys/socket.h>

namespace troupe::platform {

/// 0, or errno.
int make_pipe(unique_fd& read_end, unique_fd& write_end);

enum class blocking { yes, no };

/// Empty: errno says why.
unique_fd make_socket(int family, int type, blocking how);

/// The next connection to `listening`, which does not block. Empty: errno says why.
unique_fd accept_connection(int listening, sockaddr* address, socklen_t* size);

/// What `fd` leads to, opened once more, so that its flags are nobody else's. Empty: errno; no system need be able to.
unique_fd open_again(int fd, int flags);

/// Makes room for so many bytes in a pipe, where the system can.
void widen_pipe(int pipe, int bytes);

} // namespace troupe::platform
