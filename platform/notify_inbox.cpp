// See notify_inbox.hpp.
#include "platform/notify_inbox.hpp"

#include "platform/daemon.hpp"
#include "platform/descriptors.hpp"
#include "platform/safe_path.hpp"
#include "platform/socket_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

#ifdef MSG_CMSG_CLOEXEC
constexpr int receive_flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
#else
constexpr int receive_flags = MSG_DONTWAIT; // a child that is forked in between closes all it does not know
#endif

constexpr std::size_t most_descriptors = 253; ///< that Linux lets one datagram carry
constexpr std::size_t control_room = 1536;    ///< for those, and the sender
static_assert(control_room >= CMSG_SPACE(most_descriptors * sizeof(int)) + 256);

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

/// 0, or errno.
int bind_name(int socket, const std::string& address) {
  if (!has_abstract_names())
    return ENOTSUP;
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (address.size() > sizeof at.sun_path)
    return ENAMETOOLONG;
  address.copy(at.sun_path, address.size());
  at.sun_path[0] = '\0';
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&at), size) == 0 ? 0 : errno;
}

/// 0, or errno; then nothing of ours is left behind.
int bind_file(int socket, const std::string& path, std::optional<uid_t> owner) {
  if (!path.starts_with('/'))
    return EINVAL;
  if (path.size() >= sizeof sockaddr_un{}.sun_path)
    return ENAMETOOLONG;
  auto found = find_place(path, last_link::keep);
  if (!found.folder)
    return found.error;
  socket_place at{path, found.folder.get(), found.name, found.is_steady};
  if (!fits(at))
    return ENAMETOOLONG;
  constexpr mode_t only_the_owner = 0600;
  auto made = make_socket_file(socket, at, {only_the_owner, owner.value_or(unknown_uid)});
  if (made.error != 0 && made.failed != socket_file::step::bind) // else whatever has the name may be another's
    ::unlinkat(at.folder, at.name.c_str(), 0);
  return made.error;
}

void close_all_in(const cmsghdr& control) {
  const auto* bytes = CMSG_DATA(&control);
  auto count = (control.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (std::size_t i = 0; i < count; ++i) {
    int fd = -1;
    std::memcpy(&fd, bytes + i * sizeof fd, sizeof fd);
    ::close(fd);
  }
}

/// Also where the control data did not fit as a whole: what arrived is ours, the rest the kernel closes.
void take_control(msghdr& head, notify_datagram& into) {
  for (auto* control = CMSG_FIRSTHDR(&head); control; control = CMSG_NXTHDR(&head, control))
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS)
      close_all_in(*control);
    else
      take_sender(*control, into);
}

} // namespace

boost::system::result<notify_inbox> make_notify_inbox(const std::string& directory, std::optional<uid_t> owner,
                                                      std::uint64_t random) {
  auto fails = [](int error) { return boost::system::error_code(error, boost::system::system_category()); };
  notify_inbox inbox{make_socket(AF_UNIX, SOCK_DGRAM, blocking::no), {}};
  if (!inbox.socket)
    return fails(errno);
  if (int error = ask_for_senders(inbox.socket.get()); error != 0)
    return fails(error);
  bool is_file = !directory.empty();
  inbox.address = is_file ? directory + (directory.ends_with('/') ? "" : "/") + hex(random) + ".sock"
                          : "@supervisord/" + std::to_string(daemon_pid()) + '/' + hex(random);
  int error =
    is_file ? bind_file(inbox.socket.get(), inbox.address, owner) : bind_name(inbox.socket.get(), inbox.address);
  if (error != 0)
    return fails(error);
  return inbox;
}

void close_notify_inbox(notify_inbox& inbox) {
  if (inbox.socket && inbox.address.starts_with('/')) {
    auto at = find_place(inbox.address, last_link::keep);
    struct stat there {};
    if (at.folder && ::fstatat(at.folder.get(), at.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISSOCK(there.st_mode))
      ::unlinkat(at.folder.get(), at.name.c_str(), 0);
  }
  inbox = {};
}

notify_inbox inbox_of(unique_fd socket) {
  sockaddr_un at{};
  socklen_t size = sizeof at;
  bool known = socket && ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0 &&
               at.sun_family == AF_UNIX && size > offsetof(sockaddr_un, sun_path);
  std::string address;
  if (known)
    address.assign(at.sun_path, size - offsetof(sockaddr_un, sun_path));
  bool is_file = address.starts_with('/');
  if (is_file)
    address.resize(std::strlen(address.c_str())); // with its end
  else if (!address.empty())
    address.front() = '@';
  return {std::move(socket), std::move(address)};
}

std::optional<notify_datagram> receive_notify(int socket) {
  std::array<char, most_notify_bytes> bytes;
  alignas(cmsghdr) std::array<unsigned char, control_room> control;
  iovec into{bytes.data(), bytes.size()};
  msghdr head{};
  ssize_t size;
  do {
    head = {};
    head.msg_iov = &into;
    head.msg_iovlen = 1;
    head.msg_control = control.data();
    head.msg_controllen = control.size();
    size = ::recvmsg(socket, &head, receive_flags);
  } while (size < 0 && errno == EINTR);
  if (size < 0)
    return {};
  notify_datagram said;
  take_control(head, said);
  said.too_long = (head.msg_flags & MSG_TRUNC) != 0;
  if (!said.too_long)
    said.text.assign(bytes.data(), static_cast<std::size_t>(size));
  return said;
}

} // namespace troupe::platform
