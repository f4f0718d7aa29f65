// What a child has beside its stdio: one more descriptor at a number of its own, wherever that and all others stand in
// the parent, and its pid in its environment. With both ways to make a child, and under each of them nothing else is
// open. Source: docs/contract/programs.md, 3.1 (`fd:N`) and 4.1 (WATCHDOG_PID).
#include "platform/spawn.hpp"
#include "platform/unique_fd.hpp"
#include "tests/platform/spawn_fixture.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <ostream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(spawn_extra_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace data = boost::unit_test::data;

namespace {

struct extra_fixture : run_fixture {
  explicit extra_fixture(int thread = -1) : run_fixture(thread) { plan.file = "/bin/sh"; }

  /// A child whose extra descriptor is a pipe, which stands at `number_here` (-1: anywhere) in the parent. What it
  /// writes there is what `script` does with $N, its number.
  std::string written(int number, const std::string& script, int number_here = -1) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    unique_fd end{ends[1]};
    if (number_here == ends[0])
      ends[0] = ::dup(ends[0]); // the number is needed
    if (number_here >= 0 && number_here != end.get()) {
      ::dup3(end.get(), number_here, O_CLOEXEC);
      end.reset(number_here);
    }
    plan.extra = {end.get(), number};
    run({"sh", "-c", "N=" + std::to_string(number) + "; " + script});
    is_left_alone = ::fcntl(end.get(), F_GETFD) == FD_CLOEXEC;
    end.reset();
    return drain(ends[0]);
  }
  bool is_left_alone = false; ///< the parent's end, by the last child
};

constexpr char says_hello[] = "echo hello >/proc/$$/fd/$N"; // dash knows numbers of one digit only

/// ls has the last of them itself, at the lowest number that is free.
std::string open_with(int number) {
  std::string text = "0\n1\n2\n";
  if (number == 3)
    return text + "3\n4\n";
  return text + "3\n" + std::to_string(number) + '\n';
}

/// In numerical order.
std::string sorted(const std::string& lines) {
  std::istringstream in(lines);
  std::vector<int> numbers;
  for (int n; in >> n;)
    numbers.push_back(n);
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  for (int n : numbers)
    text += std::to_string(n) + '\n';
  return text;
}

} // namespace

BOOST_DATA_TEST_CASE_F(extra_fixture, arrives, data::make({3, 4, 5, 9, 10, 64, 200, 255}), number) {
  BOOST_TEST(written(number, says_hello) == "hello\n");
  BOOST_TEST(stderr_text == "");
  BOOST_TEST(status == 0);
  BOOST_TEST(is_left_alone);
}

BOOST_DATA_TEST_CASE_F(extra_fixture, nothing_else_is_open, data::make({3, 4, 10, 255}), number) {
  unique_fd strays[] = {unique_fd{::fcntl(null.get(), F_DUPFD, 3)}, unique_fd{::fcntl(null.get(), F_DUPFD, 100)},
                        unique_fd{::fcntl(null.get(), F_DUPFD, 254)}, unique_fd{::fcntl(null.get(), F_DUPFD, 256)}};
  BOOST_TEST(written(number, "ls /proc/self/fd") == "");
  BOOST_TEST(sorted(stdout_text) == open_with(number));
  plan.extra = {};
  run({"sh", "-c", "ls /proc/self/fd"});
  BOOST_TEST(sorted(stdout_text) == "0\n1\n2\n3\n");
}

BOOST_FIXTURE_TEST_CASE(numbers_that_are_in_use_here, extra_fixture) {
  // Where the parent's end has the child's number, and where one of everything else that is open has.
  for (int number = 3; number < 32; ++number) {
    bool is_free = ::fcntl(number, F_GETFD) < 0;
    if (is_free)
      BOOST_TEST(written(number, says_hello, number) == "hello\n");
    else
      BOOST_TEST(written(number, says_hello) == "hello\n");
    BOOST_TEST(is_left_alone);
    BOOST_TEST(stderr_text == "");
  }
  BOOST_TEST(written(200, says_hello, 200) == "hello\n");
}

BOOST_FIXTURE_TEST_CASE(stdio_that_stands_at_the_number, extra_fixture) {
  int out[2];
  int extra[2];
  BOOST_REQUIRE(::pipe2(out, O_CLOEXEC) == 0 && ::pipe2(extra, O_CLOEXEC) == 0);
  ::dup3(out[1], 77, O_CLOEXEC);
  ::dup3(extra[1], 78, O_CLOEXEC);
  plan.argv = {"sh", "-c", "echo out; echo err >&2; echo extra >/proc/$$/fd/77"};
  plan.stdio[0] = 77;
  plan.stdio[1] = 77;
  plan.stdio[2] = 77;
  plan.extra = {78, 77};
  outcome = spawn(plan);
  for (int fd : {77, 78, out[1], extra[1]})
    ::close(fd);
  BOOST_TEST(drain(out[0]) == "out\nerr\n");
  BOOST_TEST(drain(extra[0]) == "extra\n");
  ::waitpid(outcome.pid, &status, 0);
  BOOST_TEST(status == 0);
}

BOOST_DATA_TEST_CASE_F(extra_fixture, one_of_the_daemon_s_own_stdio, data::make({0, 1, 2}), here) {
  auto said = in_helper([&] { return written(3, says_hello, here) + stderr_text; });
  BOOST_TEST(said == "hello\n");
}

BOOST_FIXTURE_TEST_CASE(a_daemon_without_stdio, extra_fixture) {
  auto said = in_helper([&] { // all pipes, and one that tells of a failed step, get low numbers
    for (int fd = 0; fd < 3; ++fd)
      ::close(fd);
    std::string text;
    for (int number : {3, 4, 5, 6, 7, 8, 9})
      text += written(number, says_hello) + stderr_text;
    plan.file = "/nonexistent";
    (void)written(3, says_hello);
    return text + (outcome.failed == spawn_step::exec ? "exec " : "other ") + std::to_string(outcome.error);
  });
  BOOST_TEST(said == "hello\nhello\nhello\nhello\nhello\nhello\nhello\nexec " + std::to_string(ENOENT));
}

BOOST_FIXTURE_TEST_CASE(a_failed_step_is_told, extra_fixture) {
  plan.file = "/nonexistent";
  for (int number = 3; number < 16; ++number) {
    BOOST_TEST(written(number, says_hello) == "");
    BOOST_TEST((outcome.failed == spawn_step::exec));
    BOOST_TEST(outcome.error == ENOENT);
  }
}

/// Where descriptors are closed number by number, up to the limit, one above it stays.
boost::test_tools::assertion_result closes_all(boost::unit_test::test_unit_id) { return PORTABLE_BUILD == 0; }

BOOST_FIXTURE_TEST_CASE(a_number_above_the_limit, extra_fixture, *boost::unit_test::precondition(closes_all)) {
  // The child has none, and nothing of ours there.
  auto said = in_helper([&] {
    ::fcntl(null.get(), F_DUPFD, 200);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 100;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return written(200, "test -e /proc/$$/fd/200 || echo none") + stdout_text;
  });
  BOOST_TEST(said == "none\n");
}

BOOST_FIXTURE_TEST_CASE(a_sandbox_without_tables_of_one_s_own, extra_fixture) {
  auto said = in_helper([&] {
    if (!forbid_own_tables())
      return std::string("hello\nhello\nhello\n");
    std::string text;
    for (int number : {3, 200, 9}) // the first finds out
      text += written(number, says_hello) + stderr_text;
    return text + (is_left_alone ? "" : "lost");
  });
  BOOST_TEST(said == "hello\nhello\nhello\n");
}

BOOST_FIXTURE_TEST_CASE(nothing_of_it_stays, extra_fixture) {
  auto fds = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  (void)written(3, says_hello); // what is made once per thread exists now
  auto before = fds();
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(written(200, says_hello) == "hello\n"); // ends, as nobody else holds the pipe
  BOOST_TEST(fds() == before);
}

BOOST_FIXTURE_TEST_CASE(no_descriptor_or_no_number, extra_fixture) {
  for (extra_descriptor none : {extra_descriptor{}, extra_descriptor{-1, 3}, extra_descriptor{null.get(), -1},
                                extra_descriptor{null.get(), 2}}) {
    plan.extra = none;
    run({"sh", "-c", "ls /proc/self/fd; echo err >&2"});
    BOOST_TEST(stdout_text == "0\n1\n2\n3\n");
    BOOST_TEST(stderr_text == "err\n");
  }
}

BOOST_FIXTURE_TEST_CASE(its_pid, extra_fixture) {
  plan.envp = {"A=b", "WATCHDOG_PID=", "PATH=/bin:/usr/bin"};
  plan.pid_variable = 1;
  for (int i = 0; i < 2; ++i) { // the plan is as it was
    run({"sh", "-c", "test $WATCHDOG_PID = $$ && echo $A $WATCHDOG_PID"});
    BOOST_TEST(stdout_text == "b " + std::to_string(outcome.pid) + '\n');
    BOOST_TEST(plan.envp[1] == "WATCHDOG_PID=");
  }
  plan.pid_variable = 3;
  run({"sh", "-c", "echo \"$A,$WATCHDOG_PID,$PATH\""});
  BOOST_TEST(stdout_text == "b,,/bin:/usr/bin\n");
}

BOOST_FIXTURE_TEST_CASE(threads_side_by_side, extra_fixture) {
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&right, t] {
      extra_fixture mine(t);
      mine.plan.envp.push_back("WATCHDOG_PID=");
      mine.plan.pid_variable = mine.plan.envp.size() - 1;
      for (int i = 0; i < 20; ++i) {
        auto text = mine.written(3 + t, "test $WATCHDOG_PID = $$ && echo " + std::to_string(i) + " >/proc/$$/fd/$N");
        right += text == std::to_string(i) + '\n' && mine.stderr_text.empty() && mine.status == 0;
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(right == 60);
}

BOOST_AUTO_TEST_SUITE_END()
