// New descriptors that no child inherits: pipes, sockets, connections. Must not know what they are for.
// linux/descriptors.cpp makes them so in one system call, posix/descriptors.cpp in two.
#pragma once

#include "platform/unique_fd.hpp"

#include <cstddef>

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

/// Room in the process's table for so many descriptors, as far as its limit goes. Before the first thread: Linux makes
/// whoever opens one too many wait for 10 to 20 ms, for all processors, when the table is common to threads.
void make_room_for(std::size_t descriptors);

/// Makes room for so many bytes in a pipe, where the system can.
void widen_pipe(int pipe, int bytes);

} // namespace troupe::platform
