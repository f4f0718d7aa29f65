// See child_launch.hpp: from the fork to the exec, in the order of the specification.
#include "platform/child_launch.hpp"

#include "config/system_names.hpp"
#include "platform/fault_point.hpp"

#include <algorithm>
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

/// `number` is not negative; its digits lie at the end of `room`.
const char* digits_of(int number, char (&room)[digits_room]) {
  char* at = room + digits_room;
  *--at = 0;
  do
    *--at = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  return at;
}

void say_error(int error) {
  if (const char* name = config::name_of_errno(error)) // a static table: safe here
    return say(name);
  char room[digits_room];
  say(digits_of(error, room));
}

[[noreturn]] void fail(launch& l, spawn_step step, int error) {
  fault_point("child.failed");
  l.report.step = step;
  l.report.error = error;
  if (l.report_fd >= 0)
    (void)!::write(l.report_fd, &l.report, sizeof l.report);
  say("supervisor: child process was not spawned\n");
  ::_exit(127);
}

/// `fd`, or a copy of it if it is 0, 1 or 2.
int above_stdio(int fd) { return fd < 0 || fd > 2 ? fd : ::fcntl(fd, F_DUPFD_CLOEXEC, 3); }

/// Closes all from 3 on but these two, in any order; below 3: none.
void close_all_but(int one, int other) {
  int first = 3;
  for (int kept : {std::min(one, other), std::max(one, other)})
    if (kept >= first) {
      for (int fd = first; fd < kept; ++fd)
        ::close(fd);
      first = kept + 1;
    }
  close_from(first);
}

/// Moves the descriptors to 0, 1, 2 and the number of the extra one, whatever numbers they have now, and closes all
/// others but the report's, which has to survive until the exec.
void take_descriptors(launch& l) {
  int number = l.extra_fd >= 0 ? l.plan->extra.number : -1;
  l.report_fd = above_stdio(l.report_fd);
  int extra = above_stdio(l.extra_fd);
  int fds[3];
  for (int i = 0; i < 3; ++i) // all first, so that no target overwrites a source
    fds[i] = above_stdio(l.stdio[i]);
  for (int i = 0; i < 3; ++i)
    if (fds[i] >= 0)
      ::dup2(fds[i], i);
  if (l.report_fd >= 0 && l.report_fd == number)
    l.report_fd = ::fcntl(number, F_DUPFD_CLOEXEC, 3);
  bool is_there = extra >= 0 && (extra == number ? ::fcntl(number, F_SETFD, 0) : ::dup2(extra, number)) >= 0;
  if (int low = number == 3 ? 4 : 3; l.report_fd >= 0 && l.report_fd != low) { // so that few are closed one by one
    ::dup2(l.report_fd, low);
    ::fcntl(low, F_SETFD, FD_CLOEXEC);
    l.report_fd = low;
  }
  close_all_but(is_there ? number : -1, l.report_fd); // never what the daemon had there
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

/// In memory that was zeros, with room for it.
void write_pid(char* to) {
  char room[digits_room];
  const char* digits = digits_of(::getpid(), room);
  std::memcpy(to, digits, std::strlen(digits));
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
  if (l.plan->new_session)
    ::setsid(); // it leads no group yet, so that this cannot fail
  else
    ::setpgid(0, 0);
  take_descriptors(l);
  fault_point("child.apart");
  if (l.pid_digits)
    write_pid(l.pid_digits);
  take_identity(l);
  fault_point("child.user");
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
  fault_point("child.executing");
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
