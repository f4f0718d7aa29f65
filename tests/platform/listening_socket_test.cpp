// Server sockets: modes, names that are taken, and the sentences when they cannot be had. Vectors C298 to C305 of the
// docs/contract/configuration.md, V166 to V170 of docs/contract/lifecycle.md; N12, N19. Beyond files_test.cpp.
#include "platform/daemon.hpp"
#include "platform/peer_user.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

BOOST_AUTO_TEST_SUITE(listening_socket_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace config = troupe::config;
namespace fs = std::filesystem;

namespace {

const std::string in_use = "Another program is already listening on a port that one of our HTTP servers is configured "
                           "to use.  Shut this program down first before starting supervisord.";
const std::string refused = "Cannot open an HTTP server: socket.error reported ";

config::server_options unix_server(const std::string& file, int mode = 0700) {
  config::server_options options;
  options.is_unix = true;
  options.file = file;
  options.chmod = mode;
  return options;
}

config::server_options inet_server(const std::string& host, int port) {
  config::server_options options;
  options.host = host;
  options.port = port;
  return options;
}

/// Supervisor's sentence, without the object that follows it.
std::string outcome(const config::server_options& options) {
  auto opened = listening_socket::open(options);
  auto text = opened ? "open" : opened.error().what;
  auto object = " (" + (options.is_unix ? options.file : options.host + ':' + std::to_string(options.port)) + ')';
  return text.ends_with(object) ? text.substr(0, text.size() - object.size()) : text;
}

int port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : ~0U;
}

unique_fd bound_socket(const std::string& path, int type = SOCK_STREAM) {
  unique_fd fd{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  BOOST_REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

int connect_to(const std::string& path) {
  unique_fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(modes_are_exact, scratch) {
  for (int mode : {0700, 0600, 0770, 0777, 0}) {
    auto server = listening_socket::open(unix_server(in("s"), mode)).value();
    BOOST_TEST(mode_of(in("s")) == static_cast<unsigned>(mode));
    BOOST_TEST(std::distance(fs::directory_iterator(path), {}) == 1); // FILE.PID is gone
    BOOST_TEST(::fcntl(server.fd(), F_GETFD) == FD_CLOEXEC);
    BOOST_TEST((::fcntl(server.fd(), F_GETFL) & O_NONBLOCK) != 0);
    BOOST_TEST(connect_to(in("s")) == 0);
  }
  BOOST_TEST(fs::is_empty(path));
}

BOOST_FIXTURE_TEST_CASE(the_umask_is_left_alone, scratch) {
  auto said = in_helper([&] {
    ::umask(0);
    auto server = listening_socket::open(unix_server(in("s"), 0600)).value();
    auto mode = mode_of(in("s"));
    return std::to_string(::umask(0)) + ' ' + std::to_string(mode);
  });
  BOOST_TEST(said == "0 384");
}

BOOST_FIXTURE_TEST_CASE(owners, scratch) {
  if (::getuid() != 0)
    return;
  auto options = unix_server(in("s"), 0660);
  options.chown_uid = 65534;
  options.chown_gid = 12;
  auto server = listening_socket::open(options).value();
  struct stat info {};
  ::stat(in("s").c_str(), &info);
  BOOST_TEST(info.st_uid == 65534U);
  BOOST_TEST(info.st_gid == 12U);
  BOOST_TEST(mode_of(in("s")) == 0660U);
}

BOOST_FIXTURE_TEST_CASE(chown_refused, scratch) { // C305, N19
  if (::getuid() != 0)
    return;
  fs::permissions(path, fs::perms(0777));
  auto options = unix_server(in("s"));
  options.chown_uid = 0;
  options.chown_gid = 0;
  auto said = in_helper([&] {
    become_nobody();
    return outcome(options);
  });
  BOOST_TEST(said ==
             "Not permitted to chown " + in("s") +
               " to uid/gid (0, 0); adjust \"sockchown\" value in config file or on command line to values that "
               "the current user (nobody) can successfully chown");
  BOOST_TEST(fs::is_empty(path));
}

BOOST_FIXTURE_TEST_CASE(a_stale_socket_is_replaced, scratch) { // C299
  { auto gone = bound_socket(in("s")); }
  auto said = in_helper([&] {
    int err = ::open(in("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ::dup2(err, 2);
    return outcome(unix_server(in("s")));
  });
  BOOST_TEST(said == "open");
  BOOST_TEST(read("err") == "Unlinking stale socket " + in("s") + "\n");
}

BOOST_FIXTURE_TEST_CASE(a_socket_in_use_stays, scratch) { // C298
  auto first = listening_socket::open(unix_server(in("s"))).value();
  BOOST_TEST(outcome(unix_server(in("s"))) == in_use);
  BOOST_TEST(connect_to(in("s")) == 0);
  auto datagrams = bound_socket(in("d"), SOCK_DGRAM);
  BOOST_TEST(outcome(unix_server(in("d"))) == in_use);
  BOOST_TEST(exists("d"));
}

BOOST_FIXTURE_TEST_CASE(somebody_else_s_socket_stays, scratch) { // one that may not even be tried
  if (::getuid() != 0)
    return;
  fs::permissions(path, fs::perms(0777));
  auto first = listening_socket::open(unix_server(in("s"))).value();
  auto said = in_helper([&] {
    become_nobody();
    return outcome(unix_server(in("s")));
  });
  BOOST_TEST(said == refused + "errno.EACCES (13)");
  BOOST_TEST(connect_to(in("s")) == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_socket_stays, scratch) { // N12
  write("f", "text");
  fs::create_directory(in("d"));
  fs::create_symlink("nowhere", in("l"));
  for (const char* name : {"f", "d", "l"}) {
    BOOST_TEST(outcome(unix_server(in(name))) == refused + "errno.EEXIST (17)", name);
    BOOST_TEST(exists(name));
  }
  BOOST_TEST(read("f") == "text");
  write("s." + std::to_string(::getpid()), "in the way");
  BOOST_TEST(outcome(unix_server(in("s"))).starts_with(refused + "errno.EEXIST (17)"));
  BOOST_TEST(read("s." + std::to_string(::getpid())) == "in the way");
}

BOOST_FIXTURE_TEST_CASE(places_that_do_not_do, scratch) {
  BOOST_TEST(outcome(unix_server("/nope/s.sock")) == refused + "errno.ENOENT (2)");                 // C303
  BOOST_TEST(outcome(unix_server(in(std::string(120, 's')))) == refused + "AF_UNIX path too long"); // C304
  auto pid = std::to_string(::getpid());
  auto longest = 107 - path.size() - 1 - 1 - pid.size(); // so that FILE.PID just fits
  BOOST_TEST(outcome(unix_server(in(std::string(longest, 's')))) == "open");
  BOOST_TEST(outcome(unix_server(in(std::string(longest + 1, 's')))) == refused + "AF_UNIX path too long");
}

BOOST_FIXTURE_TEST_CASE(only_one_s_own_file_is_removed, scratch) { // #613
  auto first = std::make_unique<listening_socket>(listening_socket::open(unix_server(in("s"))).value());
  fs::remove(in("s"));
  auto second = listening_socket::open(unix_server(in("s"))).value();
  first.reset();
  BOOST_TEST(connect_to(in("s")) == 0);
  auto fd = second.duplicate();
  BOOST_TEST(connect_to(in("s")) == 0);
  { auto last = std::move(second); }
  BOOST_TEST(!exists("s"));
}

BOOST_AUTO_TEST_CASE(inet) { // C300, C301
  auto server = listening_socket::open(inet_server("127.0.0.1", 0)).value();
  BOOST_TEST(outcome(inet_server("127.0.0.1", port_of(server.fd()))) == in_use);
  BOOST_TEST(::fcntl(server.fd(), F_GETFD) == FD_CLOEXEC);
  BOOST_TEST(outcome(inet_server("192.0.2.55", 9001)) == refused + "errno.EADDRNOTAVAIL (99)");
  BOOST_TEST(outcome(inet_server("", 0)) == "open");
  BOOST_TEST(outcome(inet_server("localhost", 0)) == "open");
  BOOST_TEST(outcome(inet_server("[127.0.0.1]", 0)).starts_with(refused + "-")); // brackets are for IPv6
}

BOOST_AUTO_TEST_CASE(inet_version_6) {
  unique_fd any{::socket(AF_INET6, SOCK_STREAM, 0)};
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  if (::bind(any.get(), reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) != 0)
    return; // this machine has none
  auto server = listening_socket::open(inet_server("[::1]", 0)).value();
  BOOST_TEST(port_of(server.fd()) > 0);
  BOOST_TEST(outcome(inet_server("[::1]", port_of(server.fd()))) == in_use);
}

BOOST_FIXTURE_TEST_CASE(fcgi_unix, scratch) { // V166, V167
  config::fcgi_socket socket;
  socket.path = in("f");
  if (::getuid() == 0)
    socket.owner_uid = socket.owner_gid = 65534;
  {
    auto fd = open_fcgi_socket(socket).value();
    BOOST_TEST(mode_of(in("f")) == 0700U);
    BOOST_TEST(connect_to(in("f")) == 0);
    BOOST_TEST(::fcntl(fd.get(), F_GETFD) == FD_CLOEXEC);
    BOOST_TEST((::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) == 0); // children expect a blocking one
    struct stat info {};
    ::stat(in("f").c_str(), &info);
    BOOST_TEST((::getuid() != 0 || (info.st_uid == 65534 && info.st_gid == 65534)));
  }
  BOOST_TEST(exists("f")); // stays after the close
  socket.path = in(std::string(120, 'f'));
  BOOST_TEST(open_fcgi_socket(socket).error().what ==
             "Could not create FastCGI socket unix://" + socket.path + ": AF_UNIX path too long");
}

BOOST_FIXTURE_TEST_CASE(fcgi_sockets_take_no_place_of_others, scratch) {
  config::fcgi_socket options;
  options.is_unix = true;
  options.path = in("f");
  write("f", "text");
  BOOST_TEST(open_fcgi_socket(options).error().what.ends_with("[Errno 17] File exists"));
  BOOST_TEST(read("f") == "text");
  fs::remove(in("f"));
  int ready[2];
  int over[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  BOOST_REQUIRE(::pipe(over) == 0);
  auto other = ::fork(); // another daemon
  if (other == 0) {
    auto fd = open_fcgi_socket(options);
    char byte = 0;
    ::close(over[1]);
    (void)!::write(ready[1], "x", 1);
    (void)!::read(over[0], &byte, 1);
    ::_exit(0);
  }
  char byte = 0;
  BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
  BOOST_TEST(open_fcgi_socket(options).error().what.ends_with("[Errno 98] Address already in use"));
  if (::getuid() == 0) { // that of a stranger, who must not keep the daemon from starting
    BOOST_REQUIRE(::chown(in("f").c_str(), 65534, 65534) == 0);
    BOOST_TEST(static_cast<bool>(open_fcgi_socket(options)));
  }
  ::close(over[1]);
  ::waitpid(other, nullptr, 0);
  BOOST_TEST(static_cast<bool>(open_fcgi_socket(options))); // a stale one
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_can_be_exchanged, scratch) { // the socket is made in the one that was judged
  if (::getuid() != 0)
    return;
  fs::create_directories(in("home/run"));
  fs::create_directories(in("vault"));
  for (const char* name : {"home", "home/run"})
    BOOST_REQUIRE(::chown(in(name).c_str(), 65534, 65534) == 0);
  auto server = listening_socket::open(unix_server(in("home/run/s"))).value();
  BOOST_TEST(mode_of(in("home/run/s")) == 0700U);
  fs::rename(in("home/run"), in("home/x"));
  fs::create_symlink(in("vault"), in("home/run"));
  BOOST_REQUIRE(::lchown(in("home/run").c_str(), 65534, 65534) == 0);
  BOOST_TEST(outcome(unix_server(in("home/run/t"))).find("belongs to uid 65534") != std::string::npos);
  BOOST_TEST(fs::is_empty(in("vault")));
}

BOOST_FIXTURE_TEST_CASE(sockets_for_the_owner_of_the_folder, scratch) { // who may exchange their names
  if (::getuid() != 0)
    return;
  fs::create_directories(in("home/run"));
  for (const char* name : {"home", "home/run"})
    BOOST_REQUIRE(::chown(in(name).c_str(), 65534, 65534) == 0);
  for (const char* name : {"home/f", "home/run/f"}) {
    config::fcgi_socket socket;
    socket.path = in(name);
    socket.owner_uid = 65534;
    socket.owner_gid = 12;
    socket.mode = 0620;
    for (int i = 0; i < 2; ++i) { // the second one in the place of the first
      auto opened = open_fcgi_socket(socket);
      BOOST_TEST_REQUIRE(static_cast<bool>(opened), (opened ? "" : opened.error().what));
      struct stat info {};
      BOOST_TEST(::lstat(in(name).c_str(), &info) == 0);
      BOOST_TEST((info.st_uid == 65534 && info.st_gid == 12));
      BOOST_TEST(mode_of(in(name)) == 0620U);
      BOOST_TEST(connect_to(in(name)) == 0);
    }
  }
  auto options = unix_server(in("home/run/s"), 0770);
  options.chown_uid = options.chown_gid = 65534;
  auto server = listening_socket::open(options).value();
  BOOST_TEST(server.serves(options));
  BOOST_TEST(connect_to(in("home/run/s")) == 0);
  BOOST_TEST(outcome(options) == in_use);
}

BOOST_FIXTURE_TEST_CASE(fcgi_owner_refused, scratch) {
  if (::getuid() != 0)
    return;
  fs::permissions(path, fs::perms(0777));
  config::fcgi_socket socket;
  socket.path = in("f");
  socket.owner_uid = 0;
  auto said = in_helper([&] {
    become_nobody();
    return open_fcgi_socket(socket).error().what;
  });
  BOOST_TEST(said == "Could not create FastCGI socket unix://" + in("f") +
                       ": Could not change ownership of socket file: [Errno 1] Operation not permitted");
  BOOST_TEST(fs::is_empty(path));
}

/// Whose peer_user.hpp says a connection is that `user` makes, by way of `family`; "nobody's" where it does not say.
std::string peer_of(int family, uid_t user, bool closed) {
  unique_fd listener{::socket(family, SOCK_STREAM, 0)};
  sockaddr_in6 any{}; // 0.0.0.0 as well: all of it is zero but the family
  any.sin6_family = static_cast<sa_family_t>(family);
  auto size = static_cast<socklen_t>(family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&any), size) != 0 || ::listen(listener.get(), 1) != 0)
    return "no such family";
  if (::seteuid(user) != 0)
    return "no such user";
  unique_fd client{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<in_port_t>(port_of(listener.get())));
  if (::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    return "no connection";
  unique_fd served;
  while (!served)
    served.reset(::accept(listener.get(), nullptr, nullptr));
  if (closed)
    client.reset();
  auto found = user_of_tcp_peer(served.get());
  return found ? std::to_string(*found) : "nobody's";
}

BOOST_AUTO_TEST_CASE(users_of_tcp_connections) {
  auto known = [](uid_t user) { return PORTABLE_BUILD != 0 ? "nobody's" : std::to_string(user); };
  for (int family : {AF_INET, AF_INET6}) {
    if (in_helper([=] { return peer_of(family, ::geteuid(), false); }) == "no such family" && family == AF_INET6)
      continue;
    BOOST_TEST(in_helper([=] { return peer_of(family, ::geteuid(), false); }) == known(::geteuid()));
    BOOST_TEST(in_helper([=] { return peer_of(family, ::geteuid(), true); }) == "nobody's"); // not root's
    if (::getuid() == 0)
      BOOST_TEST(in_helper([=] { return peer_of(family, 65534, false); }) == known(65534));
  }
  int ends[2];
  BOOST_TEST(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  BOOST_TEST(!user_of_tcp_peer(ends[0]));
  ::close(ends[0]);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(fcgi_tcp) { // V170
  config::fcgi_socket socket;
  socket.is_unix = false;
  socket.host = "127.0.0.1";
  auto free = open_fcgi_socket(socket).value();
  socket.port = port_of(free.get());
  BOOST_TEST(open_fcgi_socket(socket).error().what ==
             "Could not create FastCGI socket tcp://127.0.0.1:" + std::to_string(socket.port) +
               ": [Errno 98] Address already in use");
}

BOOST_AUTO_TEST_SUITE_END()
