// See keeper_link.hpp: one message. Used by the keeper, too: libc only, no allocation.
#include "platform/keeper_link.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace troupe::platform {

namespace {

constexpr std::size_t room_for = 8; ///< descriptors; more than a message may have, so that all of them can be closed
constexpr int wanted_buffer = 1 << 20;

void widen(int socket) {
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &wanted_buffer, sizeof wanted_buffer) != 0)
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &wanted_buffer, sizeof wanted_buffer);
}

void take_descriptors(msghdr& header, received_message& what) {
  for (auto* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    auto count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      if (what.descriptors < most_sent_along)
        what.fds[what.descriptors++] = fd;
      else
        ::close(fd);
    }
  }
}

} // namespace

int make_keeper_sockets(unique_fd& keeper_end, unique_fd& worker_end) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return errno;
  keeper_end.reset(ends[0]);
  worker_end.reset(ends[1]);
  widen(ends[0]);
  widen(ends[1]);
  return 0;
}

int send_message(int socket, keeper_message message, const int* fds, std::size_t count) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * most_sent_along)] = {};
  int wanted[most_sent_along];
  std::size_t n = 0;
  for (std::size_t i = 0; i < count && n < most_sent_along; ++i)
    if (fds[i] >= 0)
      wanted[n++] = fds[i];
  message.fds = static_cast<std::uint16_t>(n);
  iovec bytes{&message, sizeof message};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  if (n > 0) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(sizeof(int) * n);
    auto* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int) * n);
    std::memcpy(CMSG_DATA(c), wanted, sizeof(int) * n);
  }
  while (::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

received receive_message(int socket, received_message& what, bool inherit) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * room_for)];
  what = {};
  iovec bytes{&what.message, sizeof what.message};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t n = -1;
  // A peer that died with messages unread leaves one error, which comes before what it had sent.
  while ((n = ::recvmsg(socket, &header, MSG_DONTWAIT | (inherit ? 0 : MSG_CMSG_CLOEXEC))) < 0)
    if (errno != EINTR && errno != ECONNRESET)
      return errno == EAGAIN || errno == EWOULDBLOCK ? received::nothing : received::end;
  if (n == 0) // nobody sends a message without bytes
    return received::end;
  take_descriptors(header, what);
  what.size = (header.msg_flags & MSG_TRUNC) != 0 ? 0 : static_cast<std::size_t>(n);
  what.cut = (header.msg_flags & MSG_CTRUNC) != 0;
  return received::one;
}

} // namespace troupe::platform
