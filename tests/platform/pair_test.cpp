// Siblings: children that the caller makes and its parent waits for, with their pids in shared memory; and whether
// there can be a pair at all. Vector 6 of docs/contract/survival.md. Where children are made by fork(2) there is none.
#include "platform/pair.hpp"
#include "platform/spawn.hpp"
#include "tests/scratch.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>
#include <utility>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(pair_test)

using namespace troupe::platform;

namespace {

spawn_plan shell(const std::string& text, int out) {
  spawn_plan plan;
  plan.file = "/bin/sh";
  plan.argv = {"sh", "-c", text};
  plan.envp = {"PATH=/bin:/usr/bin"};
  plan.stdio[0] = plan.stdio[1] = plan.stdio[2] = out;
  return plan;
}

/// clone(2) with CLONE_PARENT is refused from now on, as in a sandbox.
bool refuse_siblings() {
  sock_filter program[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_PARENT, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter{sizeof program / sizeof *program, program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(there_can_be_a_pair_where_siblings_can_be_made) {
  BOOST_TEST(trouble_with_pair() == (siblings_can_be_made() ? "" : "clone: ENOSYS"));
  BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1); // nobody is left
}

BOOST_AUTO_TEST_CASE(a_sandbox_is_found_out) { // 6
  if (!siblings_can_be_made())
    return;
  BOOST_TEST(troupe::tests::in_helper([] { return refuse_siblings() ? trouble_with_pair() : "clone: EPERM"; }) ==
             "clone: EPERM");
}

BOOST_AUTO_TEST_CASE(a_sibling_is_its_makers_parents) {
  auto* pid =
    new (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<int>{0};
  unique_fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  unique_fd other{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  auto maker = ::fork();
  if (maker == 0) {
    auto plan = shell("test ! -e /proc/self/fd/" + std::to_string(other.get()) +
                        " || exit 8; exit $((PPID == " + std::to_string(::getppid()) + " ? 7 : 9))",
                      null.get());
    auto made = spawn_sibling(plan, *pid);
    ::_exit(made.pid < 0                                                                 ? made.error
            : made.pid == *pid && ::waitpid(made.pid, nullptr, 0) < 0 && errno == ECHILD ? 0
                                                                                         : 1);
  }
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(maker, &status, 0) == maker);
  if (!siblings_can_be_made()) {
    BOOST_TEST(WEXITSTATUS(status) == ENOSYS);
    return;
  }
  BOOST_TEST(status == 0);
  BOOST_TEST_REQUIRE(*pid > 0);
  BOOST_TEST(::waitpid(*pid, &status, 0) == *pid);
  BOOST_TEST(WEXITSTATUS(status) == 7);
}

BOOST_AUTO_TEST_CASE(a_sibling_that_cannot_exec_says_so_and_ends_with_127) { // 26
  if (!siblings_can_be_made())
    return;
  auto* pid =
    new (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<int>{0};
  unique_fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  auto maker = ::fork();
  if (maker == 0) {
    auto plan = shell("", null.get());
    plan.file = "/nowhere";
    auto made = spawn_sibling(plan, *pid);
    ::_exit(made.failed == spawn_step::exec && made.error == ENOENT ? 0 : 1);
  }
  int status = 0;
  BOOST_TEST(::waitpid(maker, &status, 0) == maker);
  BOOST_TEST(status == 0);
  BOOST_TEST(::waitpid(*pid, &status, 0) == *pid);
  BOOST_TEST(WEXITSTATUS(status) == 127);
}

BOOST_AUTO_TEST_CASE(what_both_have_is_above_the_registers_place) {
  auto pair = begin_pair("", {5, 60});
  BOOST_TEST_REQUIRE(pair.error == 0);
  for (const auto* fd : {&pair.bell, &pair.nudge, &pair.binary, &pair.keeper_end, &pair.worker_end}) {
    BOOST_TEST(fd->get() > 3);
    BOOST_TEST((::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  BOOST_TEST(pair.memory->header.limit_count == 5U);
  BOOST_TEST(pair.memory->header.limit_us == 60U);
}

BOOST_AUTO_TEST_SUITE_END()
