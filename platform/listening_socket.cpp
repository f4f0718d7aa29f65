// Server sockets: the HTTP servers' and those of FastCGI programs. Must not accept, or make a file by its
// path alone (socket_file.hpp). Source: docs/contract/configuration.md, 7.6 (N12);
// lifecycle 8. Beyond it: `[::1]:9001` binds IPv6.
#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/descriptors.hpp"
#include "platform/peer_user.hpp"
#include "platform/safe_path.hpp"
#include "platform/socket_file.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

using config::fault;

namespace {

constexpr int backlog = 1024;

/// Why there is no server, and errno, if there is one.
struct refusal {
  config::error why;
  int number = 0;
};

/// `object`: which socket; behind Supervisor's whole sentence.
refusal socket_error(int error, const std::string& object) {
  if (error == EADDRINUSE)
    return {
      fault("Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut "
            "this program down first before starting supervisord. (" +
            object + ')'),
      error};
  return {fault("Cannot open an HTTP server: socket.error reported errno." + config::errno_name(error) + " (" +
                std::to_string(error) + ") (" + object + ')'),
          error};
}

/// The name of a unix socket, in a folder that is held.
class socket_name {
public:
  explicit socket_name(const std::string& path) : path_(path), at_(find_place(path, last_link::keep)) {}

  int error() const { return at_.folder ? 0 : at_.error; }
  std::string object() const { return at_.refusal.empty() ? path_ : path_ + ": " + at_.refusal; }
  /// `suffix`: of a name of our own beside it.
  socket_place place(const std::string& suffix = "") const {
    return {path_ + suffix, at_.folder.get(), at_.name + suffix, at_.is_steady};
  }
  bool look(struct stat& info, const std::string& suffix = "") const {
    return ::fstatat(at_.folder.get(), (at_.name + suffix).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  }
  int remove(const std::string& suffix = "") const {
    return ::unlinkat(at_.folder.get(), (at_.name + suffix).c_str(), 0) == 0 ? 0 : errno;
  }
  /// The name with the suffix also gets the one without. 0, or errno.
  int link_to_final(const std::string& suffix) const {
    int in = at_.folder.get();
    return ::linkat(in, (at_.name + suffix).c_str(), in, at_.name.c_str(), 0) == 0 ? 0 : errno;
  }
  int rename_to_final(const std::string& suffix) const {
    int in = at_.folder.get();
    return ::renameat(in, (at_.name + suffix).c_str(), in, at_.name.c_str()) == 0 ? 0 : errno;
  }
  unique_fd folder() && { return std::move(at_.folder); }

private:
  std::string path_;
  platform::place at_;
};

socket_rights rights(int mode, std::int64_t uid, std::int64_t gid) {
  return {static_cast<mode_t>(mode), static_cast<uid_t>(uid), static_cast<gid_t>(gid)};
}

/// 0, or errno of connecting: who listens there? `listener`: the process that began to, as far as it can be seen.
int try_connect(const socket_name& name, pid_t* listener = nullptr) {
  auto fd = make_socket(AF_UNIX, SOCK_STREAM, blocking::no);
  if (!fd)
    return errno;
  if (int error = connect_to_file(fd.get(), name.place()); error != 0)
    return error;
  if (listener)
    *listener = user_of_unix_peer(fd.get()).value_or(unix_peer{}).pid;
  return 0;
}

std::string user_name() {
  const auto* entry = ::getpwuid(::getuid());
  return entry ? entry->pw_name : std::to_string(::getuid());
}

/// Gives the listening socket with `suffix` its name. 0, EADDRINUSE where somebody answers there, or errno.
/// A socket nobody listens on is removed; anything else of that name is not ours to remove (N12).
int put_in_place(const socket_name& name, const std::string& suffix, const std::string& path) {
  while (int error = name.link_to_final(suffix)) {
    if (error != EEXIST) // a file system without hard links
      return name.rename_to_final(suffix);
    struct stat before {};
    struct stat now {};
    if (!name.look(before))
      continue; // gone in between
    if (!S_ISSOCK(before.st_mode))
      return EEXIST;
    switch (error = try_connect(name)) {
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
    if (name.look(now) && now.st_ino != before.st_ino)
      continue; // another daemon was faster
    std::fprintf(stderr, "Unlinking stale socket %s\n", path.c_str());
    if (error = name.remove(); error != 0 && error != ENOENT)
      return error;
  }
  name.remove(suffix);
  return 0;
}

/// Whether another daemon that lives made the socket. Where only children of one that has gone still hold it, or a
/// section of this one that has the same path, it is replaced, as ever.
bool is_anothers(const socket_name& name) {
  pid_t listener = 0;
  switch (try_connect(name, &listener)) {
  case 0:
    return listener <= 0 ||
           (listener != ::getpid() && listener != daemon_pid() && (::kill(listener, 0) == 0 || errno != ESRCH));
  case ECONNREFUSED:
  case ENOENT:
    return false;
  default:
    return true;
  }
}

/// 0, or errno: what is there is no socket, or in use. One that a stranger has put there (/tmp is open to all) is no
/// other daemon's, and keeps nobody from starting. `owner`: whose ours will be.
int make_way(const socket_name& name, std::int64_t owner) {
  struct stat there {};
  if (!name.look(there))
    return 0;
  if (!S_ISSOCK(there.st_mode))
    return EEXIST;
  bool may_be_ours = there.st_uid == 0 || there.st_uid == ::geteuid() || std::int64_t{there.st_uid} == owner;
  if (may_be_ours && is_anothers(name))
    return EADDRINUSE;
  int error = name.remove();
  return error == ENOENT ? 0 : error;
}

std::string not_permitted(const config::server_options& options) {
  return "Not permitted to chown " + options.file + " to uid/gid (" + std::to_string(options.chown_uid) + ", " +
         std::to_string(options.chown_gid) +
         "); adjust \"sockchown\" value in config file or on command line to values that the current user (" +
         user_name() + ") can successfully chown";
}

struct bound {
  unique_fd fd;
  unique_fd folder; ///< of the socket file
  struct stat file {};
};

/// Binds under a name of our own and listens there, so that nobody can connect before mode and owner are right, and
/// nobody can find the final name without an answer; then moves it in place.
boost::system::result<bound, refusal> open_unix(const config::server_options& options) {
  socket_name name{options.file};
  auto suffix = '.' + std::to_string(::getpid());
  if (name.error() != 0)
    return socket_error(name.error(), name.object());
  if (!fits(name.place(suffix)))
    return refusal{
      fault("Cannot open an HTTP server: socket.error reported AF_UNIX path too long (" + options.file + ')')};
  auto fd = make_socket(AF_UNIX, SOCK_STREAM, blocking::no);
  if (!fd)
    return socket_error(errno, name.object());
  struct stat info {};
  if (name.look(info, suffix)) { // left behind by a killed namesake
    if (!S_ISSOCK(info.st_mode))
      return socket_error(EEXIST, name.object() + suffix);
    name.remove(suffix);
  }
  auto made =
    make_socket_file(fd.get(), name.place(suffix), rights(options.chmod, options.chown_uid, options.chown_gid));
  int error = made.error;
  if (error == EADDRINUSE) // somebody was quicker: what has the name is his
    return socket_error(error, name.object());
  bool chown_refused = error == EPERM && made.failed == socket_file::step::owner;
  if (error == 0 && ::listen(fd.get(), backlog) != 0)
    error = errno;
  if (error == 0)
    error = put_in_place(name, suffix, options.file);
  if (error == 0)
    return bound{std::move(fd), std::move(name).folder(), made.info};
  name.remove(suffix);
  return chown_refused ? refusal{fault(not_permitted(options)), error} : socket_error(error, name.object());
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

boost::system::result<bound, refusal> open_inet(const config::server_options& options) {
  auto object = options.host + ':' + std::to_string(options.port);
  addrinfo* address = nullptr;
  if (int code = resolve(options.host, options.port, address); code != 0)
    return refusal{
      fault("Cannot open an HTTP server: socket.error reported " + std::to_string(code) + " (" + object + ')')};
  auto fd = make_socket(address->ai_family, SOCK_STREAM, blocking::no);
  int on = 1;
  int error = 0;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0)
    error = errno;
  ::freeaddrinfo(address);
  if (error != 0)
    return socket_error(error, object);
  return bound{std::move(fd), {}, {}};
}

std::string system_text(int error) { return "[Errno " + std::to_string(error) + "] " + std::strerror(error); }

/// Makes the socket file, and says what is wrong, if anything.
std::string bind_fcgi(const config::fcgi_socket& socket, const socket_name& name, int fd) {
  if (name.error() != 0)
    return system_text(name.error()) + (name.object() == socket.path ? "" : ": " + name.object());
  if (!fits(name.place()))
    return "AF_UNIX path too long";
  if (int error = make_way(name, socket.owner_uid); error != 0)
    return system_text(error);
  auto made = make_socket_file(fd, name.place(), rights(socket.mode, socket.owner_uid, socket.owner_gid));
  if (made.error == 0)
    return {};
  switch (made.failed) {
  case socket_file::step::bind:
    return system_text(made.error); // whatever has the name, it is not what we made
  case socket_file::step::mode:
    name.remove();
    return "Could not change permissions of socket file: " + system_text(made.error);
  case socket_file::step::owner:
    name.remove();
    return "Could not change ownership of socket file: " + system_text(made.error);
  }
  return {};
}

} // namespace

config::result<listening_socket> listening_socket::open(const config::server_options& options, int* refused) {
  auto made = options.is_unix ? open_unix(options) : open_inet(options);
  if (!made) {
    if (refused)
      *refused = made.error().number;
    return made.error().why;
  }
  return listening_socket{options, std::move(made->fd), std::move(made->folder), made->file};
}

listening_socket::listening_socket(config::server_options options, unique_fd fd, unique_fd folder,
                                   const struct stat& file)
    : options_(std::move(options)), fd_(std::move(fd)), folder_(std::move(folder)), file_(file) {}

listening_socket listening_socket::of_before(const config::server_options& options, unique_fd fd, unique_fd folder,
                                             const struct stat& file) {
  return {options, std::move(fd), std::move(folder), file};
}

listening_socket::~listening_socket() { remove_file(); }

void listening_socket::remove_file() const noexcept {
  struct stat info {};
  const char* name = options_.file.c_str() + options_.file.rfind('/') + 1;
  if (folder_ && ::fstatat(folder_.get(), name, &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_ino == file_.st_ino &&
      info.st_dev == file_.st_dev)
    ::unlinkat(folder_.get(), name, 0);
}

unique_fd listening_socket::duplicate() const { return unique_fd{::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 3)}; }

/// A socket file that somebody has removed, replaced or given other rights is made anew.
bool listening_socket::serves(const config::server_options& next) const {
  if (!fd_ || next.is_unix != options_.is_unix || next.file != options_.file || next.host != options_.host ||
      next.port != options_.port || next.chmod != options_.chmod || next.chown_uid != options_.chown_uid ||
      next.chown_gid != options_.chown_gid)
    return false;
  if (!next.is_unix)
    return true;
  struct stat there {};
  return folder_ && ::lstat(next.file.c_str(), &there) == 0 && there.st_ino == file_.st_ino &&
         there.st_dev == file_.st_dev && (there.st_mode & 07777) == static_cast<mode_t>(next.chmod) &&
         (next.chown_uid < 0 || std::int64_t{there.st_uid} == next.chown_uid) &&
         (next.chown_gid < 0 || std::int64_t{there.st_gid} == next.chown_gid);
}

config::result<unique_fd> open_fcgi_socket(const config::fcgi_socket& socket) {
  auto failed = [&](const std::string& reason) {
    return fault("Could not create FastCGI socket " + socket.url() + ": " + reason);
  };
  unique_fd fd;
  std::optional<socket_name> name;
  if (socket.is_unix) {
    fd = make_socket(AF_UNIX, SOCK_STREAM, blocking::yes);
    if (!fd)
      return failed(system_text(errno));
    name.emplace(socket.path);
    if (auto trouble = bind_fcgi(socket, *name, fd.get()); !trouble.empty())
      return failed(trouble);
  } else {
    addrinfo* found = nullptr;
    if (int code = resolve(socket.host, socket.port, found); code != 0)
      return failed("[Errno " + std::to_string(code) + "] " + ::gai_strerror(code));
    fd = make_socket(found->ai_family, SOCK_STREAM, blocking::yes);
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
    if (name)
      name->remove();
    return failed(system_text(error));
  }
  return fd;
}

} // namespace troupe::platform
