// What the tests of left processes share: real children, and children of theirs, in groups, sessions and trees as a
// test wants them. None outlives its test: orphans come to the test, which ends them. Must not hold cases.
#pragma once

#include "platform/descriptors.hpp"
#include "platform/left_processes.hpp"
#include "platform/unique_fd.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::tests {

struct relatives {
  static constexpr std::uint64_t id = 0x00c0ffee00000abcULL;
  static constexpr char id_text[] = "SUPERVISOR_SPAWN_ID=00c0ffee00000abc";
  static constexpr unsigned longest_life = 60; ///< seconds, should the test be killed

  relatives() { BOOST_TEST_REQUIRE(platform::become_subreaper(true) == 0); }
  ~relatives() {
    for (auto left = children(); !left.empty(); left = children())
      for (auto pid : left)
        end(pid);
    platform::become_subreaper(false);
  }
  relatives(const relatives&) = delete;
  relatives& operator=(const relatives&) = delete;

  // -- in a child ------------------------------------------------------------------------------------------
  void say(pid_t pid) const { (void)!::write(in.get(), &pid, sizeof pid); }
  [[noreturn]] void stay() {
    in.reset();
    for (;;)
      ::pause();
  }
  /// Another one, which says who it is before this goes on.
  template <class Life>
  pid_t below(Life life) {
    int said[2] = {-1, -1};
    char nothing = 0;
    (void)!::pipe2(said, O_CLOEXEC);
    auto pid = ::fork();
    if (pid != 0) {
      ::close(said[1]);
      (void)!::read(said[0], &nothing, 1); // its end
      ::close(said[0]);
      return pid;
    }
    ::alarm(longest_life);
    say(::getpid());
    ::close(said[0]);
    ::close(said[1]);
    life();
    stay();
  }
  /// `sleep` with `variable` as its environment.
  [[noreturn]] static void become_sleep(const char* variable) {
    char program[] = "/bin/sleep";
    char time[] = "60";
    char* const argv[] = {program, time, nullptr};
    char* const envp[] = {const_cast<char*>("A=1"), const_cast<char*>(variable), nullptr};
    ::execve(program, argv, envp);
    ::_exit(127);
  }

  // -- in the test -----------------------------------------------------------------------------------------
  /// Makes a child; all that have said who they are, it first, once each has come to rest or become another program.
  template <class Life>
  std::vector<pid_t> family(Life life) {
    platform::unique_fd out;
    BOOST_TEST_REQUIRE(platform::make_pipe(out, in) == 0);
    auto first = below(life);
    in.reset();
    std::vector<pid_t> all{first};
    pollfd said{out.get(), POLLIN, 0};
    pid_t pid = 0;
    BOOST_TEST_REQUIRE(::poll(&said, 1, 20000) == 1);
    while (::poll(&said, 1, 20000) == 1 && ::read(out.get(), &pid, sizeof pid) == sizeof pid)
      if (pid != first)
        all.push_back(pid);
    return all;
  }
  static void end(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  static std::vector<pid_t> children() {
    std::vector<pid_t> all;
    auto self = std::to_string(::getpid());
    std::ifstream list("/proc/self/task/" + self + "/children");
    for (pid_t pid = 0; list >> pid;)
      all.push_back(pid);
    return all;
  }
  template <class Condition>
  static void wait_until(Condition is_so) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!is_so() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    BOOST_TEST_REQUIRE(is_so());
  }

  platform::unique_fd in; ///< children say who they are
};

} // namespace troupe::tests
