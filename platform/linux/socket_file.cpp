// See socket_file.hpp. A file that is held by a descriptor has a name in procfs that nobody can exchange.
#include "platform/socket_file.hpp"

#include "platform/unique_fd.hpp"

#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace troupe::platform {

namespace {

std::string held_name(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

/// The path as it is written, where it cannot lead elsewhere by now.
std::optional<sockaddr_un> address_of(const socket_place& at) {
  sockaddr_un address{};
  auto path = at.is_steady ? at.path : held_name(at.folder) + '/' + at.name;
  if (at.path.size() >= sizeof address.sun_path || path.size() >= sizeof address.sun_path)
    return std::nullopt;
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  return address;
}

/// The socket file that was just made, and nothing that took its name: ours, and with no other name.
unique_fd hold(const socket_place& at, struct stat& info) {
  unique_fd file{::openat(at.folder, at.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)};
  if (!file || ::fstat(file.get(), &info) != 0)
    return {};
  if (S_ISSOCK(info.st_mode) && info.st_nlink == 1 && info.st_uid == ::geteuid())
    return file;
  errno = ESTALE;
  return {};
}

} // namespace

bool fits(const socket_place& at) { return address_of(at).has_value(); }

/// The file gets the mode of the socket, less the umask, which is not touched, as other threads may be creating files:
/// it is closed to everyone until its mode is set.
socket_file make_socket_file(int socket, const socket_place& at, const socket_rights& rights) {
  using step = socket_file::step;
  socket_file made;
  auto fails = [&](step at_step) {
    made.error = errno;
    made.failed = at_step;
    return made;
  };
  auto address = address_of(at);
  ::fchmod(socket, 0);
  errno = ENAMETOOLONG;
  if (!address || ::bind(socket, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return fails(step::bind);
  auto file = hold(at, made.info);
  if (!file)
    return fails(step::bind);
  if (::chmod(held_name(file.get()).c_str(), rights.mode) != 0)
    return fails(step::mode);
  bool stays = rights.uid == static_cast<uid_t>(-1) && rights.gid == static_cast<gid_t>(-1);
  if (!stays && ::fchownat(file.get(), "", rights.uid, rights.gid, AT_EMPTY_PATH) != 0)
    return fails(step::owner);
  return made;
}

int connect_to_file(int socket, const socket_place& at) {
  auto address = address_of(at);
  if (!address)
    return ENAMETOOLONG;
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 ? 0 : errno;
}

} // namespace troupe::platform
