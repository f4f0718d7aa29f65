// See peer_credentials.hpp.
#include "platform/peer_credentials.hpp"

#include "platform/unique_fd.hpp"

#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

namespace troupe::platform {

namespace {

void read_number(const char* file, std::uint32_t& number) {
  unique_fd in{::open(file, O_RDONLY | O_CLOEXEC)};
  char text[16];
  auto size = in ? ::read(in.get(), text, sizeof text) : -1;
  if (size > 0)
    std::from_chars(text, text + size, number);
}

const ids_of_strangers& strangers() {
  static const auto ids = [] {
    ids_of_strangers read;
    read_number("/proc/sys/kernel/overflowuid", read.uid);
    read_number("/proc/sys/kernel/overflowgid", read.gid);
    return read;
  }();
  return ids;
}

/// None, where the kernel does not say: then only `gid` counts.
std::vector<std::uint32_t> groups_of(int fd, socket_question ask) {
  static_assert(sizeof(gid_t) == sizeof(std::uint32_t));
  constexpr std::size_t usual = 32;
  constexpr std::size_t most = 65536; // NGROUPS_MAX
  std::vector<std::uint32_t> groups(usual);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(std::uint32_t));
    if (ask(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(std::min<std::size_t>(groups.size(), size / sizeof(std::uint32_t)));
      return groups;
    }
    auto wanted = size / sizeof(std::uint32_t); // what it takes, after ERANGE
    if (errno != ERANGE || wanted <= groups.size() || wanted > most)
      return {};
    groups.resize(wanted);
  }
}

} // namespace

std::optional<peer_credentials> credentials_of_unix_peer(int fd, socket_question ask) {
  ucred peer{};
  socklen_t size = sizeof peer;
  std::optional<peer_credentials> said;
  if (ask(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
    said = peer_credentials{peer.uid, peer.gid, peer.pid, groups_of(fd, ask)};
  return judged(std::move(said), size, sizeof peer, strangers());
}

} // namespace troupe::platform
