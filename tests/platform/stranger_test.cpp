// How a process ended that somebody else waits for. Vectors 82, 88 of docs/contract/survival.md.
#include "platform/stranger.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

BOOST_AUTO_TEST_SUITE(stranger_test)

using namespace troupe::platform;

namespace {

bool kernel_tells() {
  utsname name{};
  int major = 0;
  int minor = 0;
  return ::uname(&name) == 0 && std::sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
         (major > 6 || (major == 6 && minor >= 15));
}

pid_t start(int signo) {
  auto pid = ::fork();
  if (pid == 0) {
    if (signo != 0)
      ::raise(signo);
    ::_exit(7);
  }
  return pid;
}

} // namespace

BOOST_AUTO_TEST_CASE(its_end_is_known_once_it_was_reaped) { // 82
  for (int signo : {0, SIGKILL}) {
    auto at = since_boot();
    auto pid = start(signo);
    auto held = hold_stranger(pid, at);
    BOOST_TEST_REQUIRE(static_cast<bool>(held));
    int status = -1;
    pollfd p{held.get(), POLLIN, 0};
    BOOST_TEST(::poll(&p, 1, 20000) == 1);
    auto of_zombie = end_of_stranger(held.get(), pid);
    BOOST_TEST(::waitpid(pid, &status, 0) == pid);
    BOOST_TEST(of_zombie.value_or(-1) == status);
    BOOST_TEST(end_of_stranger(held.get(), pid).value_or(-1) == (kernel_tells() ? status : -1));
    BOOST_TEST(!hold_stranger(pid, at));
  }
}

BOOST_AUTO_TEST_CASE(another_of_that_pid_is_not_held) { // 88
  BOOST_TEST(!hold_stranger(0, since_boot()));
  BOOST_TEST(!hold_stranger(1, since_boot()));
  BOOST_TEST(!hold_stranger(::getpid(), since_boot() + 60'000'000));
  BOOST_TEST(!hold_stranger(::getpid(), 1));
}

BOOST_AUTO_TEST_SUITE_END()
