// Where a program says how it is: a datagram socket for each spawn, what comes over it, and whether whoever sent that
// may speak for the program. linux/notify_inbox.cpp knows the senders; elsewhere they are unknown, and all are refused.
// Must not know what is said (protocols/notify_message.hpp), nor log. Our own manager: notify_socket.hpp.
// Source: docs/contract/programs.md, 3.2. Cases: tests/platform/notify_inbox_test.cpp.
#pragma once

#include "platform/unique_fd.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/types.h>

namespace troupe::platform {

struct notify_inbox {
  unique_fd socket;    ///< does not block
  std::string address; ///< for NOTIFY_SOCKET: `@supervisord/PID/16 hex digits`, or an absolute path
};

/// `directory`: empty for the abstract name space, which ENOTSUP says is not there; else an absolute path. The file in
/// it has mode 0600 and is given to `owner`; nobody else could ever send to it. `random` makes the name. ENAMETOOLONG
/// where the path does not fit into an address, EINVAL where it is relative.
boost::system::result<notify_inbox> make_notify_inbox(const std::string& directory, std::optional<uid_t> owner,
                                                      std::uint64_t random);

/// Removes the file, if there is one, and closes the socket. The file stays where only the socket is closed.
void close_notify_inbox(notify_inbox& inbox);

/// Of a daemon before this one: the address is asked of the system.
notify_inbox inbox_of(unique_fd socket);

constexpr std::size_t most_notify_bytes = 8192;
constexpr uid_t unknown_uid = static_cast<uid_t>(-1); ///< nobody's

struct notify_datagram {
  std::string text;        ///< may be empty; is, where it was too long
  pid_t pid = 0;           ///< of the sender; 0: not known, or in another name space
  uid_t uid = unknown_uid; ///< likewise
  bool too_long = false;
};

/// The next one, or nothing: none waits. Descriptors that come along are closed, which may be what the sender waits
/// for.
std::optional<notify_datagram> receive_notify(int socket);

/// Whether what `sender` says is the program's own: `sender` is its child, of its child's process group, or descends
/// from it; or is gone by now and was the program's user, as is asked of one without a pid. `child` may be gone.
bool is_of_child(pid_t sender, uid_t sender_uid, pid_t child, uid_t program_uid);

// -- what each system does in its own way -----------------------------------------------------------------------------

/// The kernel is to say who sends. Before the socket has an address. 0, or errno.
int ask_for_senders(int socket);
/// Takes the sender from a piece of control data, if it is one of those.
void take_sender(const cmsghdr& control, notify_datagram& into);
bool has_abstract_names();

} // namespace troupe::platform
