// Into the background. Must not start a thread, which a fork would lose. Source: docs/contract/configuration.md, 7.7.
#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/descriptors.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace troupe::platform {

namespace {

std::atomic<pid_t> keeper_pid{0};

/// Whoever started us may rely on the daemon once we are gone, or is told why not.
[[noreturn]] void wait_for(pid_t daemon, unique_fd from, const std::string& failure) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr); // blocked for the daemon; who waits here may be interrupted
  char byte = 0;
  ssize_t n = 0;
  while ((n = ::read(from.get(), &byte, 1)) < 0 && errno == EINTR)
    ;
  if (n == 1)
    ::_exit(0);
  int status = 0;
  while (::waitpid(daemon, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(status))
    std::fprintf(stderr, "Error: %s (%s)\n", failure.c_str(), config::signal_name(WTERMSIG(status)).c_str());
  else
    std::fprintf(stderr, "Error: %s (exit status %d)\n", failure.c_str(), WEXITSTATUS(status));
  ::_exit(2);
}

} // namespace

pid_t daemon_pid() { return keeper_pid > 0 ? keeper_pid.load() : ::getpid(); }

void set_daemon_pid(pid_t keeper) { keeper_pid = keeper; }

void background::ready() {
  if (auto to = std::move(parent))
    (void)!::write(to.get(), "", 1); // the parent may have been interrupted: SIGPIPE is ignored
}

background daemonize(const std::optional<std::string>& directory, int umask, const std::string& failure) {
  std::fflush(nullptr);
  unique_fd from;
  unique_fd to;
  if (int error = make_pipe(from, to); error != 0)
    return {{{config::log_level::critical, "can't daemonize: " + std::string(std::strerror(error))}}, {}};
  auto pid = ::fork();
  if (pid < 0)
    return {{{config::log_level::critical, "can't daemonize: " + std::string(std::strerror(errno))}}, {}};
  if (pid > 0) {
    to = {};
    wait_for(pid, std::move(from), failure);
  }
  std::vector<config::notice> records{{config::log_level::info, "daemonizing the supervisord process"}};
  if (directory) {
    if (::chdir(directory->c_str()) == 0)
      records.push_back({config::log_level::info, "set current directory: " + config::quoted(*directory)});
    else
      records.push_back({config::log_level::critical, "can't chdir into " + config::quoted(*directory) + ": [Errno " +
                                                        std::to_string(errno) + "] " + std::strerror(errno) + ": " +
                                                        config::quoted(*directory)});
  }
  unique_fd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  for (int fd = 0; null && fd < 3; ++fd)
    ::dup2(null.get(), fd);
  if (null.get() < 3)
    (void)null.release(); // started with one of them closed: it is that one now
  ::setsid();
  ::umask(static_cast<mode_t>(umask & 0777));
  return {std::move(records), std::move(to)};
}

} // namespace troupe::platform
