// Words, the search for a program, and real children: what they see, and what they say when they cannot run.
// Vectors V001 to V029 of docs/contract/lifecycle.md.
#include "platform/spawn.hpp"
#include "platform/unique_fd.hpp"
#include "tests/platform/spawn_fixture.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

BOOST_AUTO_TEST_SUITE(spawn_test)

using namespace troupe::platform;
using namespace troupe::tests;
namespace data = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

struct words_row {
  const char* id;
  const char* command;
  strings argv;
  const char* error = "";
};
std::ostream& operator<<(std::ostream& out, const words_row& r) { return out << r.id; }

const words_row commands[] = {
  {"V001", "/bin/cat", {"/bin/cat"}},
  {"V002", "a \"b c\" d", {"a", "b c", "d"}},
  {"V003", "a 'b\\c' d", {"a", "b\\c", "d"}},
  {"V004", "a \"b\\\"c\\d\\$e\" f", {"a", "b\"c\\d\\$e", "f"}},
  {"V005", "a b\\ c", {"a", "b c"}},
  {"V006", "a \"\" b", {"a", "", "b"}},
  {"V007", "a\"b\"c", {"abc"}},
  {"V008", "a #b", {"a", "#b"}},
  {"V009", "a b;c", {"a", "b;c"}},
  {"V010", "a $HOME ~", {"a", "$HOME", "~"}},
  {"V011", "a\tb\nc", {"a", "b", "c"}},
  {"V012", "a \\\n b", {"a", "\n", "b"}},
  {"V013", "/bin/echo \"foo", {}, "No closing quotation (character 11)"},
  {"V014", "a\\", {}, "No escaped character (character 2)"},
  {"V015", " \t ", {}},
  {"V016", "\"\"", {""}},
  {"V017", "it's", {}, "No closing quotation (character 3)"},
};

unsigned long long ignored_here() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigIgn:"))
      return std::stoull(line.substr(7), nullptr, 16);
  return 0;
}

const std::string not_spawned = "supervisor: child process was not spawned\n";

} // namespace

BOOST_DATA_TEST_CASE(splitting, data::make(commands), r) {
  auto [argv, error] = split_command(r.command);
  BOOST_TEST(error == r.error);
  if (error.empty())
    BOOST_TEST(argv == r.argv, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(searching, folder) { // V018 to V025
  BOOST_TEST(resolve_command("/nonexistent/foo", {}).error == "can't find command '/nonexistent/foo'");
  BOOST_TEST(resolve_command("/nonexistent/foo", {}).missing);
  BOOST_TEST(resolve_command("nosuchcmd", {}).error == "can't find command 'nosuchcmd'");
  BOOST_TEST(resolve_command("/tmp", {}).error == "command at '/tmp' is a directory");
  BOOST_TEST(!resolve_command("/tmp", {}).missing);
  auto plain = make("f", "", 0644);
  BOOST_TEST(resolve_command(plain, {}).error == "command at '" + plain + "' is not executable");
  BOOST_TEST(resolve_command(path + "/a'b", {}).error == "can't find command \"" + path + "/a'b\"");
  make("d1/t", "", 0644);
  make("d2/t", "", 0755);
  auto both = path + "/d1:" + path + "/d2";
  BOOST_TEST(resolve_command("t", both).error == "command at '" + path + "/d1/t' is not executable"); // V024
  BOOST_TEST(resolve_command("t", path + "/d2").file == path + "/d2/t");
  BOOST_TEST(resolve_command("", path + "/d1").error == "command at '" + path + "/d1/' is a directory"); // V016
}

BOOST_FIXTURE_TEST_CASE(what_the_child_sees, run_fixture) {
  ::signal(SIGPIPE, SIG_IGN);
  const int daemons_own[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR2};
  for (int signo : daemons_own)
    ::signal(signo, SIG_IGN);
  int stray = ::open("/dev/null", O_RDONLY); // not close-on-exec
  plan.umask = 027;
  plan.directory = "/";
  run({"/bin/sh", "-c",
       "ls /proc/self/fd; umask; pwd; echo $A; "
       "test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo leader; exec grep -E 'Sig(Blk|Ign)' /proc/self/status"});
  ::close(stray);
  for (int signo : daemons_own)
    ::signal(signo, SIG_DFL);
  BOOST_TEST(WIFEXITED(status));
  auto ignored = stdout_text.rfind('\t');
  BOOST_REQUIRE(ignored != std::string::npos);
  BOOST_TEST(stdout_text.substr(0, ignored) == "0\n1\n2\n3\n0027\n/\nb\nleader\nSigBlk:\t0000000000000000\nSigIgn:");
  // SIGPIPE and SIGXFSZ; whatever whoever runs the tests ignores besides (of what a daemon handles nothing is handed
  // down).
  constexpr unsigned long long handled = 1ULL << (SIGHUP - 1) | 1ULL << (SIGINT - 1) | 1ULL << (SIGQUIT - 1) |
                                         1ULL << (SIGTERM - 1) | 1ULL << (SIGCHLD - 1) | 1ULL << (SIGUSR2 - 1);
  BOOST_TEST(std::stoull(stdout_text.substr(ignored + 1), nullptr, 16) == ((0x1001000ULL | ignored_here()) & ~handled));
  BOOST_TEST(stderr_text == "");
}

BOOST_FIXTURE_TEST_CASE(the_parent_is_left_as_it_was, run_fixture) {
  auto fds = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  run({"/bin/true"}); // what is made once per thread exists now
  auto before = fds();
  auto mask = ::umask(022);
  auto here = fs::current_path();
  plan.umask = 077;
  plan.directory = "/tmp";
  sigset_t set_before;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &set_before);
  for (int i = 0; i < 10; ++i)
    run({"/bin/true"});
  sigset_t set_after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &set_after);
  BOOST_TEST(::umask(mask) == 022U);
  BOOST_TEST((fs::current_path() == here));
  BOOST_TEST(fds() == before);
  BOOST_TEST(sigismember(&set_after, SIGTERM) == sigismember(&set_before, SIGTERM));
}

BOOST_FIXTURE_TEST_CASE(argv0_is_as_written, run_fixture) {
  plan.file = "/bin/sh";
  run({"by another name", "-c", "echo \"$0\""});
  BOOST_TEST(stdout_text == "by another name\n");
}

BOOST_FIXTURE_TEST_CASE(exec_failures, run_fixture) { // V027
  auto script = make("script", "\x01no magic\n", 0755);
  run({script});
  BOOST_TEST(stderr_text == "supervisor: couldn't exec " + script + ": ENOEXEC\n" + not_spawned);
  BOOST_TEST(WEXITSTATUS(status) == 127);
  BOOST_TEST((outcome.failed == spawn_step::exec));
  BOOST_TEST(outcome.error == ENOEXEC);
  plan.file = "/nonexistent";
  run({"/nonexistent"});
  BOOST_TEST(stderr_text == "supervisor: couldn't exec /nonexistent: ENOENT\n" + not_spawned);
}

BOOST_FIXTURE_TEST_CASE(directory_failures, run_fixture) { // V028
  plan.directory = "/nonexistent/dir";
  run({"/bin/true"});
  BOOST_TEST(stderr_text == "supervisor: couldn't chdir to /nonexistent/dir: ENOENT\n" + not_spawned);
  BOOST_TEST(WEXITSTATUS(status) == 127);
  BOOST_TEST((outcome.failed == spawn_step::directory));
}

BOOST_FIXTURE_TEST_CASE(refused_identities, run_fixture) { // V029
  plan.refused_uid = 65534;
  plan.refused_identity = "Can't drop privilege as nonroot user";
  run({"/bin/true"});
  BOOST_TEST(stderr_text ==
             "supervisor: couldn't setuid to 65534: Can't drop privilege as nonroot user\n" + not_spawned);
  BOOST_TEST(WEXITSTATUS(status) == 127);
}

BOOST_FIXTURE_TEST_CASE(another_user, run_fixture) {
  if (::getuid() != 0)
    return;
  plan.run_as = identity_of(65534);
  BOOST_REQUIRE(plan.run_as);
  run({"/bin/sh", "-c", "id -u; id -g; id -G"});
  BOOST_TEST(stdout_text == "65534\n65534\n65534\n");
  BOOST_TEST(::getuid() == 0U); // the parent shares memory with the child, but not its identity
}

BOOST_FIXTURE_TEST_CASE(stdio_in_any_arrangement, run_fixture) {
  // The daemon's 0, 1, 2 may themselves be what the child gets, in another order.
  int saved[3] = {::dup(0), ::dup(1), ::dup(2)};
  int out[2];
  int err[2];
  BOOST_REQUIRE(::pipe2(out, O_CLOEXEC) == 0 && ::pipe2(err, O_CLOEXEC) == 0);
  ::dup2(err[1], 1);
  ::dup2(out[1], 0);
  ::dup2(null.get(), 2);
  plan.file = "/bin/sh";
  plan.argv = {"sh", "-c", "echo out; echo err >&2; cat"};
  plan.stdio[0] = 2;
  plan.stdio[1] = 0;
  plan.stdio[2] = 1;
  outcome = spawn(plan);
  for (int i = 0; i < 3; ++i) {
    ::dup2(saved[i], i);
    ::close(saved[i]);
  }
  ::close(out[1]);
  ::close(err[1]);
  BOOST_TEST(drain(out[0]) == "out\n");
  BOOST_TEST(drain(err[0]) == "err\n");
  ::waitpid(outcome.pid, &status, 0);
}

BOOST_FIXTURE_TEST_CASE(groups_are_handed_on, run_fixture) {
  if (::getuid() != 0)
    return;
  plan.run_as = identity{65534, 65534, {65534, 12, 20}};
  run({"/bin/sh", "-c", "id -G; grep -E '^[UG]id' /proc/self/status"});
  BOOST_TEST(stdout_text == "65534 12 20\nUid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\n");
  BOOST_TEST(::prctl(PR_GET_DUMPABLE) == 1); // shared memory remembers a change of user
}

BOOST_FIXTURE_TEST_CASE(primary_group_comes_first, folder) {
  auto root = identity_of(0);
  BOOST_REQUIRE(root);
  BOOST_TEST(root->gid == 0U);
  BOOST_TEST(root->groups.at(0) == 0U);
  BOOST_TEST(!identity_of(3999999999U));
}

BOOST_FIXTURE_TEST_CASE(no_permission, run_fixture) { // V022, and what the system refuses after the fork
  auto mine = make("mine", "#!/bin/sh\n", 0700);
  auto said = troupe::tests::in_helper([&] {
    troupe::tests::become_nobody();
    auto text = resolve_command(mine, {}).error + '\n';
    plan.run_as = identity{1, 1, {1}};
    run({"/bin/true"});
    text += stderr_text + (outcome.failed == spawn_step::set_groups ? "groups\n" : "other step\n");
    plan.run_as.reset();
    run({mine});
    return text;
  });
  if (::getuid() == 0)
    BOOST_TEST(said == "no permission to run command '" + mine +
                         "'\nsupervisor: couldn't setuid to 1: Could not set groups of effective user\n" + not_spawned +
                         "groups\n");
  auto text = make("text", "", 0644);
  plan.file = text;
  run({text});
  BOOST_TEST(stderr_text == "supervisor: couldn't exec " + text + ": EACCES\n" + not_spawned);
}

BOOST_FIXTURE_TEST_CASE(no_more_processes, run_fixture) { // V033
  auto said = troupe::tests::in_helper([&] {
    troupe::tests::become_nobody();
    rlimit none{0, 0};
    ::setrlimit(RLIMIT_NPROC, &none);
    run({"/bin/true"});
    return outcome.pid == -1 ? std::to_string(outcome.error) : "a child was made";
  });
  BOOST_TEST(said == std::to_string(EAGAIN));
}

/// Where descriptors are closed number by number, up to the limit, one above it stays.
boost::test_tools::assertion_result closes_all(boost::unit_test::test_unit_id) { return PORTABLE_BUILD == 0; }

BOOST_FIXTURE_TEST_CASE(a_sandbox_without_tables_of_one_s_own, run_fixture,
                        *boost::unit_test::precondition(closes_all)) {
  // The daemon must keep its descriptors.
  auto said = troupe::tests::in_helper([&] {
    if (!forbid_own_tables())
      return std::string("no filters here");
    auto high = ::fcntl(null.get(), F_DUPFD_CLOEXEC, 50);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::fcntl(null.get(), F_DUPFD, 1000); // not close-on-exec, and soon above the limit: trying all numbers misses it
    limit.rlim_cur = std::min<rlim_t>(before, 256);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    plan.file = "/bin/sh";
    std::string all;
    for (int i = 0; i < 2; ++i) {
      run({"sh", "-c", "echo run; ls /proc/self/fd | wc -l"});
      all += stdout_text + stderr_text + std::to_string(status) + '\n';
    }
    return all + (::fcntl(high, F_GETFD) == FD_CLOEXEC && ::fcntl(null.get(), F_GETFD) == FD_CLOEXEC ? "kept" : "lost");
  });
  if (said != "no filters here")
    BOOST_TEST(said == "run\n4\n0\nrun\n4\n0\nkept");
}

BOOST_FIXTURE_TEST_CASE(a_daemon_without_stdio, run_fixture) {
  auto said = troupe::tests::in_helper([&] { // its own pipes, and ours to the child, get the numbers 0, 1, 2
    for (int fd = 0; fd < 3; ++fd)
      ::close(fd);
    run({"/bin/sh", "-c", "echo out; echo err >&2; ls /proc/self/fd"});
    auto text = stdout_text + stderr_text;
    plan.file = "/nonexistent";
    run({"/nonexistent"});
    return text + stderr_text + std::to_string(outcome.error);
  });
  BOOST_TEST(said == "out\n0\n1\n2\n3\nerr\nsupervisor: couldn't exec /nonexistent: ENOENT\n" + not_spawned +
                       std::to_string(ENOENT));
}

BOOST_FIXTURE_TEST_CASE(threads_may_spawn_side_by_side, run_fixture) {
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&right, t] {
      run_fixture mine(t);
      for (int i = 0; i < 20; ++i) {
        auto text = std::to_string(t) + '.' + std::to_string(i);
        mine.plan.file.clear();
        mine.run({"/bin/echo", text});
        right += mine.stdout_text == text + '\n' && mine.stderr_text.empty() && mine.status == 0;
      }
    });
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(right == 60);
}

BOOST_AUTO_TEST_SUITE_END()
