// See socket_file.hpp. bind(2) and connect(2) know paths only, and a name in a folder where others may exchange names
// must not be given away by root: so a child goes into the folder that is held, as the user who gets the file, and
// names it from there. Where nobody else could come in between, none is needed.
#include "platform/socket_file.hpp"

#include "platform/descriptors.hpp"
#include "platform/safe_path.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace troupe::platform {

namespace {

using step = socket_file::step;

struct outcome {
  int error = 0; ///< errno
  step failed = step::bind;
};

constexpr auto same_uid = static_cast<uid_t>(-1);
constexpr auto same_gid = static_cast<gid_t>(-1);

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

/// What `work` says, in a child whose working folder is `folder`. It may only call what is safe after a fork.
template <class Work>
outcome in_folder(int folder, Work work) {
  unique_fd read_end;
  unique_fd write_end;
  if (int error = make_pipe(read_end, write_end); error != 0)
    return {error};
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before); // no handler of the daemon's runs in the child
  auto child = ::fork();
  int error = errno;
  if (child == 0) {
    auto said = ::fchdir(folder) == 0 ? work() : outcome{errno};
    (void)!::write(write_end.get(), &said, sizeof said);
    ::_exit(0);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0)
    return {error};
  write_end.reset();
  outcome said;
  ssize_t size;
  while ((size = ::read(read_end.get(), &said, sizeof said)) < 0 && errno == EINTR) {
  }
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) { // whoever waits for all may have been quicker
  }
  return size == sizeof said ? said : outcome{EIO};
}

/// Whether only root and we can put something else into the place of a name of ours.
bool names_stay(const struct stat& folder) {
  bool is_trusted = folder.st_uid == 0 || folder.st_uid == ::geteuid();
  return !strangers_may_write(folder) || ((folder.st_mode & S_ISVTX) != 0 && is_trusted);
}

/// Nobody can connect before listen(2), so the mode may come before the owner, to whom the name is open afterwards.
outcome make_in_own(int socket, const socket_place& at, const sockaddr_un& address, const socket_rights& rights) {
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {errno};
  if (::fchmodat(at.folder, at.name.c_str(), rights.mode, 0) != 0)
    return {errno, step::mode};
  bool stays = rights.uid == same_uid && rights.gid == same_gid;
  if (!stays && ::fchownat(at.folder, at.name.c_str(), rights.uid, rights.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return {errno, step::owner};
  return {};
}

/// In a child. The umask gives the mode; root becomes whoever gets the file, since what he gave away by its name could
/// be anything by then. The group is his or, on some systems, the folder's, and then he may say otherwise of what is
/// his.
outcome make_among_others(int socket, const char* name, const sockaddr_un& address, const socket_rights& rights) {
  bool is_root = ::geteuid() == 0;
  ::umask(~rights.mode & 0777);
  if (is_root && ((rights.gid != same_gid && ::setegid(rights.gid) != 0) ||
                  (rights.uid != same_uid && ::seteuid(rights.uid) != 0)))
    return {errno, step::owner};
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return {errno};
  bool stays = rights.gid == same_gid && (is_root || rights.uid == same_uid);
  auto uid = is_root ? same_uid : rights.uid;
  if (!stays && ::geteuid() != 0 && ::fchownat(AT_FDCWD, name, uid, rights.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return {errno, step::owner};
  return {};
}

/// The file that was just made, and nothing that took its name.
outcome check(const socket_place& at, const socket_rights& rights, struct stat& info) {
  auto owner = rights.uid == same_uid ? ::geteuid() : rights.uid;
  if (::fstatat(at.folder, at.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return {errno};
  if (!S_ISSOCK(info.st_mode) || info.st_nlink != 1 || info.st_uid != owner)
    return {ESTALE};
  if ((info.st_mode & 07777) != rights.mode)
    return {ENOTSUP, step::mode};
  return {rights.gid == same_gid || info.st_gid == rights.gid ? 0 : ENOTSUP, step::owner};
}

} // namespace

bool fits(const socket_place& at) { return at.path.size() < sizeof sockaddr_un{}.sun_path; }

socket_file make_socket_file(int socket, const socket_place& at, const socket_rights& rights) {
  socket_file made;
  struct stat folder {};
  outcome said;
  if (!fits(at) || ::fstat(at.folder, &folder) != 0) {
    said.error = fits(at) ? errno : ENAMETOOLONG;
  } else if (at.is_steady && names_stay(folder)) {
    said = make_in_own(socket, at, address_of(at.path), rights);
  } else {
    auto address = address_of(at.name);
    said = in_folder(at.folder, [&] { return make_among_others(socket, at.name.c_str(), address, rights); });
  }
  if (said.error == 0)
    said = check(at, rights, made.info);
  made.error = said.error;
  made.failed = said.failed;
  return made;
}

int connect_to_file(int socket, const socket_place& at) {
  if (!fits(at))
    return ENAMETOOLONG;
  auto address = address_of(at.is_steady ? at.path : at.name);
  auto connect = [&]() -> outcome {
    return {::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno};
  };
  return at.is_steady ? connect().error : in_folder(at.folder, connect).error;
}

} // namespace troupe::platform
