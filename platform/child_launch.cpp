// See child_launch.hpp: from the fork to the exec, in the order of the specification.
#include "platform/child_launch.hpp"

#include "config/system_names.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

void say(const char* text, std::size_t size) {
  while (size > 0) {
    auto n = ::write(STDERR_FILENO, text, size);
    if (n < 0 && errno != EINTR)
      return;
    if (n > 0) {
      text += n;
      size -= static_cast<std::size_t>(n);
    }
  }
}
void say(const char* text) { say(text, std::strlen(text)); }

void say_error(int error) {
  if (const char* name = config::name_of_errno(error)) // a static table: safe here
    return say(name);
  char digits[12];
  char* at = digits + sizeof digits;
  *--at = 0;
  do
    *--at = static_cast<char>('0' + error % 10);
  while ((error /= 10) != 0);
  say(at);
}

[[noreturn]] void fail(launch& l, spawn_step step, int error) {
  l.report.step = step;
  l.report.error = error;
  if (l.report_fd >= 0)
    (void)!::write(l.report_fd, &l.report, sizeof l.report);
  say("supervisor: child process was not spawned\n");
  ::_exit(127);
}

/// Moves the three descriptors to 0, 1, 2, whatever numbers they have now, and closes all others.
void take_stdio(launch& l) {
  if (l.report_fd >= 0 && l.report_fd < 3) // the daemon was started without stdio
    l.report_fd = ::fcntl(l.report_fd, F_DUPFD_CLOEXEC, 3);
  int fds[3];
  for (int i = 0; i < 3; ++i) { // above 2 first, so that no target overwrites a source
    fds[i] = l.stdio[i];
    if (fds[i] >= 0 && fds[i] < 3)
      fds[i] = ::fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
  }
  for (int i = 0; i < 3; ++i)
    if (fds[i] >= 0)
      ::dup2(fds[i], i);
  if (l.report_fd >= 0 && l.report_fd != 3) { // it has to survive until the exec
    ::dup2(l.report_fd, 3);
    ::fcntl(3, F_SETFD, FD_CLOEXEC);
    l.report_fd = 3;
  }
  close_from(l.report_fd >= 0 ? 4 : 3);
}

void take_identity(launch& l) {
  if (l.plan->refused_identity) {
    say(l.identity_refused.data(), l.identity_refused.size());
    fail(l, spawn_step::identity, EPERM);
  }
  if (!l.plan->run_as)
    return;
  const auto& who = *l.plan->run_as;
  if (become_groups(who) != 0) {
    int error = errno;
    say(l.groups_refused.data(), l.groups_refused.size());
    fail(l, spawn_step::set_groups, error);
  }
  if (become_group(who.gid) != 0) {
    int error = errno;
    say(l.gid_refused.data(), l.gid_refused.size());
    fail(l, spawn_step::set_gid, error);
  }
  if (become_user(who.uid) != 0)
    fail(l, spawn_step::set_uid, errno);
}

void reset_signals() {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  default_signals();
  action.sa_handler = SIG_IGN; // kept quirk 9.12
  ::sigaction(SIGPIPE, &action, nullptr);
  ::sigaction(SIGXFSZ, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

void run_child(launch& l) {
  ::setpgid(0, 0);
  take_stdio(l);
  take_identity(l);
  if (l.plan->directory && ::chdir(l.plan->directory->c_str()) != 0) {
    int error = errno;
    say("supervisor: couldn't chdir to ");
    say(l.plan->directory->c_str(), l.plan->directory->size());
    say(": ");
    say_error(error);
    say("\n");
    fail(l, spawn_step::directory, error);
  }
  if (l.plan->umask)
    ::umask(static_cast<mode_t>(*l.plan->umask));
  reset_signals();
  ::execve(l.plan->file.c_str(), l.argv, l.envp);
  int error = errno;
  say("supervisor: couldn't exec ");
  say(l.argv[0]);
  say(": ");
  say_error(error);
  say("\n");
  fail(l, spawn_step::exec, error);
}

void default_signals() {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_DFL;
  for (int signo : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGUSR2})
    ::sigaction(signo, &action, nullptr);
}

} // namespace troupe::platform
