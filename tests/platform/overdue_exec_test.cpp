// A process that hangs becomes another binary when its time is over, with the words and the environment that were
// prepared; one that was ready stays what it is (docs/contract/survival.md, 6.2, phase 7).
#include "platform/overdue_exec.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

#include <fcntl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(overdue_exec_test)

using namespace troupe;
using std::chrono::milliseconds;

namespace {

/// In a child, which is not to come back.
template <class What>
int status_of_child(What what) {
  auto pid = ::fork();
  BOOST_REQUIRE(pid >= 0);
  if (pid == 0) {
    what();
    ::_exit(1);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status;
}

platform::overdue_exec shell(const std::string& script) {
  return {::open("/bin/sh", O_RDONLY), {"sh", "-c", script}, {"LEFT=42"}};
}

} // namespace

BOOST_AUTO_TEST_CASE(who_hangs_is_replaced) {
  auto status = status_of_child([] {
    platform::execute_after(milliseconds{1}, shell("exit $LEFT"));
    for (;;)
      ::pause();
  });
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 42);
}

BOOST_AUTO_TEST_CASE(the_signal_is_not_left_blocked) {
  // a second alarm ends the shell
  auto status = status_of_child([] {
    platform::execute_after(milliseconds{1}, shell("kill -ALRM $$; exit 3"));
    for (;;)
      ::pause();
  });
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(WTERMSIG(status) == SIGALRM);
}

BOOST_AUTO_TEST_CASE(the_last_word_counts) {
  auto status = status_of_child([] {
    platform::execute_after(std::chrono::minutes{5}, shell("exit 5"));
    platform::execute_after(milliseconds{1}, shell("exit 6"));
    for (;;)
      ::pause();
  });
  BOOST_TEST(WEXITSTATUS(status) == 6);
}

BOOST_AUTO_TEST_CASE(who_cannot_be_executed_changes_nothing) {
  auto status = status_of_child([] {
    platform::execute_after(milliseconds{1}, {-1, {"sh"}, {}});
    ::pause(); // until the signal
    ::_exit(7);
  });
  BOOST_TEST(WEXITSTATUS(status) == 7);
}

BOOST_AUTO_TEST_CASE(who_is_ready_stays) {
  platform::execute_after(std::chrono::minutes{5}, shell("exit 1"));
  itimerval left{};
  BOOST_REQUIRE(::getitimer(ITIMER_REAL, &left) == 0);
  BOOST_TEST(left.it_value.tv_sec > 200);
  platform::execute_no_more();
  BOOST_REQUIRE(::getitimer(ITIMER_REAL, &left) == 0);
  BOOST_TEST((left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0));
  struct sigaction now {};
  BOOST_REQUIRE(::sigaction(SIGALRM, nullptr, &now) == 0);
  BOOST_TEST((now.sa_handler == SIG_DFL));
}

BOOST_AUTO_TEST_SUITE_END()
