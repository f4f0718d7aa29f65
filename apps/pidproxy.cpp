// Runs a command that puts itself into the background and forwards signals to the pid in its pid file, if that is one
// of its descendants.
// Must not restart anything. Source: docs/contract/configuration.md, 10 (K17: always exits 0).
#include "family.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

std::string absolute(const std::string& path) {
  if (path.starts_with('/'))
    return path;
  char* here = ::getcwd(nullptr, 0);
  auto full = std::string(here ? here : ".") + '/' + path;
  std::free(here);
  return full;
}

/// The one number in `pidfile`, or nothing where there is no such file or something else in it. Whoever wrote it may
/// have put a FIFO there, or a text without an end.
std::optional<pid_t> read_pid(const std::string& pidfile) {
  struct stat info {};
  char bytes[64];
  int file = ::open(pidfile.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  ssize_t size = -1;
  if (file >= 0 && ::fstat(file, &info) == 0 && S_ISREG(info.st_mode))
    size = ::read(file, bytes, sizeof bytes);
  if (file >= 0)
    ::close(file);
  if (size < 0 || size == static_cast<ssize_t>(sizeof bytes))
    return std::nullopt;
  std::istringstream text(std::string(bytes, static_cast<std::size_t>(size)));
  pid_t pid = 0;
  std::string more;
  if (!(text >> pid) || text >> more || pid <= 1)
    return std::nullopt; // 0, -1 and below are groups of processes, or all of them
  return pid;
}

/// False: the pid file could not be read; nothing was sent.
bool forward(const std::string& pidfile, int signo) {
  auto pid = read_pid(pidfile);
  if (!pid) {
    std::printf("Can't read child pidfile %s!\n", pidfile.c_str());
    std::fflush(stdout);
    return false;
  }
  if (!is_ours(*pid)) {
    std::printf("The pid %d in %s is no child's!\n", static_cast<int>(*pid), pidfile.c_str());
    std::fflush(stdout);
    return false;
  }
  if (::kill(*pid, signo) != 0)
    std::exit(1);
  return true;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::printf("pidproxy -- run command and proxy signals to it via its pidfile.\n\n"
                "Usage: %s <pidfile name> <command> [<cmdarg1> ...]\n",
                argv[0]);
    return 1;
  }
  std::string pidfile = argv[1];
  auto command = absolute(argv[2]);
  std::signal(SIGCHLD, SIG_DFL); // ignored, as a parent may hand it down, it would never tell of the command's end
  sigset_t handled;
  sigset_t before;
  sigemptyset(&handled);
  for (int signo : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD})
    sigaddset(&handled, signo);
  ::sigprocmask(SIG_BLOCK, &handled, &before);
  keep_descendants();
  auto pid = ::fork();
  if (pid == 0) {
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::execv(command.c_str(), argv + 2);
    ::_exit(127);
  }
  if (pid < 0)
    return 1;
  for (;;) {
    int signo = 0;
    ::sigwait(&handled, &signo);
    if (signo == SIGCHLD) {
      pid_t gone = 0;
      while ((gone = ::waitpid(-1, nullptr, WNOHANG)) > 0)
        if (gone == pid)
          return 0;
    } else if (forward(pidfile, signo) && (signo == SIGTERM || signo == SIGINT || signo == SIGQUIT)) {
      return 0;
    }
  }
}
