// A datagram to the service manager: to a path, to a name, to nobody, to one that does not read.
#include "platform/notify_socket.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(notify_socket_test)

using namespace troupe::platform;
using troupe::tests::scratch;

namespace {

struct manager {
  explicit manager(const std::string& address) : fd(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address.data(), address.size());
    if (at.sun_path[0] == '@')
      at.sun_path[0] = '\0';
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    BOOST_TEST_REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&at), size) == 0);
  }
  ~manager() { ::close(fd); }
  std::string hears() const {
    char bytes[256];
    auto n = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return n < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(n));
  }
  int fd;
};

std::string address_in(const char* const* environment) { return std::string(manager_address(environment)); }

} // namespace

BOOST_AUTO_TEST_CASE(the_address_of_an_environment) {
  const char* none[] = {"A=b", "NOTIFY_SOCKETS=/x", nullptr};
  const char* path[] = {"A=b", "NOTIFY_SOCKET=/run/systemd/notify", nullptr};
  const char* name[] = {"NOTIFY_SOCKET=@here", nullptr};
  BOOST_TEST(address_in(none) == "");
  BOOST_TEST(address_in(path) == "/run/systemd/notify");
  BOOST_TEST(address_in(name) == "@here");
  for (const auto& odd : {std::string(), std::string("/"), std::string("@"), std::string("relative"),
                          std::string("vsock:2:1"), '/' + std::string(200, 'x')}) {
    auto variable = "NOTIFY_SOCKET=" + odd;
    const char* environment[] = {variable.c_str(), nullptr};
    BOOST_TEST(address_in(environment) == "");
  }
}

BOOST_AUTO_TEST_CASE(a_path) {
  scratch folder;
  auto path = folder.in("n");
  manager m{path};
  notify_manager(path, "READY=1\nSTATUS=x");
  notify_manager(path, "STOPPING=1");
  BOOST_TEST(m.hears() == "READY=1\nSTATUS=x");
  BOOST_TEST(m.hears() == "STOPPING=1");
  BOOST_TEST(m.hears() == "nothing");
}

#ifdef __linux__ // others have no such names
BOOST_AUTO_TEST_CASE(a_name_in_the_abstract_space) {
  auto name = "@troupe-notify-test-" + std::to_string(::getpid());
  manager m{name};
  notify_manager(name, "READY=1");
  BOOST_TEST(m.hears() == "READY=1");
}
#endif

BOOST_AUTO_TEST_CASE(nobody_there_and_no_room) {
  scratch folder;
  notify_manager("", "READY=1");
  notify_manager(folder.in("missing"), "READY=1");
  notify_manager(folder.path, "READY=1"); // no socket
  notify_manager('/' + std::string(200, 'x'), "READY=1");
  auto path = folder.in("n");
  manager m{path};
  for (int i = 0; i < 10'000; ++i)
    notify_manager(path, "STATUS=" + std::to_string(i)); // returns, or the test would never end
  BOOST_TEST(m.hears() == "STATUS=0");
}

BOOST_AUTO_TEST_SUITE_END()
