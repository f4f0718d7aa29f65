// Server sockets: the HTTP servers' and those of FastCGI programs. Source: the configuration specification, 7.6 (N12);
// lifecycle 8. Beyond it: `[::1]:9001` binds IPv6.
#include "config/text.hpp"
#include "platform/daemon.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace troupe::platform {

using config::fault;

namespace {

constexpr int backlog = 1024;

config::error in_use() {
  return fault(
    "Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut "
    "this program down first before starting supervisord.");
}

config::error socket_error(int error) {
  if (error == EADDRINUSE)
    return in_use();
  return fault("Cannot open an HTTP server: socket.error reported errno." + config::errno_name(error) + " (" +
               std::to_string(error) + ")");
}

bool fill(sockaddr_un& address, const std::string& path) {
  address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return false;
  path.copy(address.sun_path, path.size());
  return true;
}

/// 0, or errno of connecting: who listens at `path`?
int try_connect(const std::string& path) {
  sockaddr_un address;
  if (!fill(address, path))
    return ENAMETOOLONG;
  unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd)
    return errno;
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

std::string user_name() {
  const auto* entry = ::getpwuid(::getuid());
  return entry ? entry->pw_name : std::to_string(::getuid());
}

/// Gives the listening socket at `own` its name `path`. 0, EADDRINUSE where somebody answers there, or errno.
/// A socket nobody listens on is removed; anything else at `path` is not ours to remove (N12).
int put_in_place(const std::string& own, const std::string& path) {
  while (::link(own.c_str(), path.c_str()) != 0) {
    if (errno != EEXIST) // a file system without hard links
      return ::rename(own.c_str(), path.c_str()) == 0 ? 0 : errno;
    struct stat before {};
    struct stat now {};
    if (::lstat(path.c_str(), &before) != 0)
      continue; // gone in between
    if (!S_ISSOCK(before.st_mode))
      return EEXIST;
    switch (int error = try_connect(path)) {
    case 0:
    case EAGAIN:     // a full backlog
    case EPROTOTYPE: // a datagram socket
      return EADDRINUSE;
    case ENOENT:
      continue;
    case ECONNREFUSED:
      break;
    default:
      return error; // EACCES: who knows whether it is in use
    }
    if (::lstat(path.c_str(), &now) == 0 && now.st_ino != before.st_ino)
      continue; // another daemon was faster
    std::fprintf(stderr, "Unlinking stale socket %s\n", path.c_str());
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return errno;
  }
  ::unlink(own.c_str());
  return 0;
}

/// Creates the socket file closed to everyone: on Linux it gets the mode of the socket, less the umask, which is not
/// touched, as other threads may be creating files. 0, or errno.
int bind_closed(int fd, const sockaddr_un& address) {
  ::fchmod(fd, 0);
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

std::string not_permitted(const config::server_options& options) {
  return "Not permitted to chown " + options.file + " to uid/gid (" + std::to_string(options.chown_uid) + ", " +
         std::to_string(options.chown_gid) +
         "); adjust \"sockchown\" value in config file or on command line to values that the current user (" +
         user_name() + ") can successfully chown";
}

struct bound {
  unique_fd fd;
  std::uint64_t inode = 0; ///< of the socket file; 0: none
};

/// Binds under a name of our own and listens there, so that nobody can connect before mode and owner are right, and
/// nobody can find the final name without an answer; then moves it in place.
config::result<bound> open_unix(const config::server_options& options) {
  const auto& path = options.file;
  auto own = path + '.' + std::to_string(::getpid());
  sockaddr_un address;
  if (!fill(address, own))
    return fault("Cannot open an HTTP server: socket.error reported AF_UNIX path too long");
  unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd)
    return socket_error(errno);
  struct stat info {};
  if (::lstat(own.c_str(), &info) == 0) { // left behind by a killed namesake
    if (!S_ISSOCK(info.st_mode))
      return socket_error(EEXIST);
    ::unlink(own.c_str());
  }
  if (int error = bind_closed(fd.get(), address); error != 0)
    return socket_error(error);
  int error = 0;
  bool chown_refused = false;
  if (::chmod(own.c_str(), static_cast<mode_t>(options.chmod)) != 0)
    error = errno;
  else if ((options.chown_uid >= 0 || options.chown_gid >= 0) &&
           ::chown(own.c_str(), static_cast<uid_t>(options.chown_uid), static_cast<gid_t>(options.chown_gid)) != 0) {
    error = errno;
    chown_refused = error == EPERM;
  } else if (::listen(fd.get(), backlog) != 0 || ::lstat(own.c_str(), &info) != 0) {
    error = errno;
  } else {
    error = put_in_place(own, path);
  }
  if (error == 0)
    return bound{std::move(fd), info.st_ino};
  ::unlink(own.c_str());
  return chown_refused ? fault(not_permitted(options)) : socket_error(error);
}

/// The resolver's code, or 0 and the address in `found`.
int resolve(std::string host, int port, addrinfo*& found) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_INET;
  hints.ai_flags = AI_PASSIVE;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    hints.ai_family = AF_INET6;
  }
  return ::getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
}

config::result<bound> open_inet(const config::server_options& options) {
  addrinfo* address = nullptr;
  if (int code = resolve(options.host, options.port, address); code != 0)
    return fault("Cannot open an HTTP server: socket.error reported " + std::to_string(code));
  unique_fd fd{::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  int on = 1;
  int error = 0;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0)
    error = errno;
  ::freeaddrinfo(address);
  if (error != 0)
    return socket_error(error);
  return bound{std::move(fd)};
}

std::string system_text(int error) { return "[Errno " + std::to_string(error) + "] " + std::strerror(error); }

} // namespace

config::result<listening_socket> listening_socket::open(const config::server_options& options) {
  auto made = options.is_unix ? open_unix(options) : open_inet(options);
  if (!made)
    return made.error();
  return listening_socket{options, std::move(made->fd), made->inode};
}

listening_socket::listening_socket(config::server_options options, unique_fd fd, std::uint64_t inode)
    : options_(std::move(options)), fd_(std::move(fd)), inode_(inode) {}

listening_socket::listening_socket(listening_socket&& other) noexcept
    : options_(std::move(other.options_)), fd_(std::move(other.fd_)), inode_(std::exchange(other.inode_, 0)) {}

listening_socket& listening_socket::operator=(listening_socket&& other) noexcept {
  std::swap(options_, other.options_);
  std::swap(fd_, other.fd_);
  std::swap(inode_, other.inode_);
  return *this;
}

listening_socket::~listening_socket() {
  struct stat info {};
  if (inode_ != 0 && ::lstat(options_.file.c_str(), &info) == 0 && info.st_ino == inode_)
    ::unlink(options_.file.c_str());
}

config::result<unique_fd> open_fcgi_socket(const config::fcgi_socket& socket) {
  auto failed = [&](const std::string& reason) {
    return fault("Could not create FastCGI socket " + socket.url() + ": " + reason);
  };
  sockaddr_un address;
  unique_fd fd;
  if (socket.is_unix) {
    if (!fill(address, socket.path))
      return failed("AF_UNIX path too long");
    ::unlink(socket.path.c_str());
    fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd)
      return failed(system_text(errno));
    if (int error = bind_closed(fd.get(), address); error != 0)
      return failed(system_text(error));
    std::string trouble;
    if ((socket.owner_uid >= 0 || socket.owner_gid >= 0) &&
        ::chown(socket.path.c_str(), static_cast<uid_t>(socket.owner_uid), static_cast<gid_t>(socket.owner_gid)) != 0)
      trouble = "Could not change ownership of socket file: " + system_text(errno);
    else if (::chmod(socket.path.c_str(), static_cast<mode_t>(socket.mode)) != 0)
      trouble = "Could not change permissions of socket file: " + system_text(errno);
    if (!trouble.empty()) {
      ::unlink(socket.path.c_str());
      return failed(trouble);
    }
  } else {
    addrinfo* found = nullptr;
    if (int code = resolve(socket.host, socket.port, found); code != 0)
      return failed("[Errno " + std::to_string(code) + "] " + ::gai_strerror(code));
    fd.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int on = 1;
    int error = 0;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0)
      error = errno;
    ::freeaddrinfo(found);
    if (error != 0)
      return failed(system_text(error));
  }
  if (::listen(fd.get(), socket.backlog.value_or(SOMAXCONN)) != 0) {
    int error = errno; // a tcp port is taken here at the latest
    if (socket.is_unix)
      ::unlink(socket.path.c_str());
    return failed(system_text(error));
  }
  return fd;
}

} // namespace troupe::platform
