// Runs a command that puts itself into the background and forwards signals to the pid in its pid file.
// Must not restart anything. Source: the configuration specification, 10 (K17: always exits 0).
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

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

/// The one number in `pidfile`, or nothing where there is no such file or something else in it.
std::optional<pid_t> read_pid(const std::string& pidfile) {
  std::ifstream file(pidfile);
  pid_t pid = 0;
  std::string more;
  if (!(file >> pid) || file >> more)
    return std::nullopt;
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
