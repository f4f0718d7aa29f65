// See overdue_exec.hpp.
#include "platform/overdue_exec.hpp"

#include <csignal>
#include <utility>

#include <sys/time.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

/// As execve wants it, made beforehand; what the pointers point into is moved with the vectors, not copied.
struct prepared {
  overdue_exec what;
  std::vector<char*> argv, envp;
};
prepared next;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& text : texts)
    all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// Only what is safe in a handler.
void execute_now(int signo) {
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, signo);
  ::pthread_sigmask(SIG_UNBLOCK, &own, nullptr); // a mask lives on over exec
  ::fexecve(next.what.binary, next.argv.data(), next.envp.data());
}

void set_timer(std::chrono::milliseconds time) {
  auto ms = time.count();
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(ms / 1000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(ms % 1000 * 1000);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

void handle_alarm(void (*handler)(int)) {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGALRM, &action, nullptr);
}

} // namespace

void execute_after(std::chrono::milliseconds time, overdue_exec what) {
  set_timer({});
  next.what = std::move(what);
  next.argv = pointers_to(next.what.arguments);
  next.envp = pointers_to(next.what.environment);
  handle_alarm(execute_now);
  set_timer(time);
}

void execute_no_more() {
  set_timer({});
  handle_alarm(SIG_DFL);
  next = {};
}

} // namespace troupe::platform
