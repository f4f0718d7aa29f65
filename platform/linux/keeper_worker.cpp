// See keeper_parts.hpp: the next worker, and what is passed on to it and into the log.
#include "platform/keeper.hpp"
#include "platform/linux/keeper_parts.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iterator>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int passed_on[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGABRT};
/// Left as they are: what nobody can change, what stops and continues, what says that the keeper itself is broken.
constexpr int not_ours[] = {SIGKILL, SIGSTOP, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGSEGV,
                            SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGSYS,  SIGCHLD};
constexpr char oom_file[] = "/proc/self/oom_score_adj";

template <std::size_t N>
bool is_among(const int (&signals)[N], int signo) {
  return std::find(std::begin(signals), std::end(signals), signo) != std::end(signals);
}

void write_oom_adjustment(const char* text) {
  int fd = ::open(oom_file, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  (void)!::write(fd, text, std::strlen(text));
  ::close(fd);
}

/// In the new child. Everything is as it was when the daemon was started, and what the register names is inherited.
[[noreturn]] void become_worker(keeper& k) {
  ::setpgid(0, 0);
  ignore_no_more(k);
  expose_to_oom(k);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  char name[] = "troupe: worker";
  char how[] = "--resume";
  char* const argv[] = {name, how, nullptr};
  ::execveat(k.known[static_cast<int>(held_key::binary)], "", argv, k.envp, AT_EMPTY_PATH);
  ::_exit(127);
}

std::size_t write_time(char* text, std::size_t size) {
  timespec now{};
  tm parts{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::localtime_r(&now.tv_sec, &parts);
  auto n = std::strftime(text, size, "%Y-%m-%d %H:%M:%S", &parts);
  return n + static_cast<std::size_t>(std::snprintf(text + n, size - n, ",%03ld", now.tv_nsec / 1'000'000));
}

} // namespace

void prepare_signals(keeper& k) {
  sigset_t handled;
  sigemptyset(&handled);
  sigemptyset(&k.ignored_by_us);
  sigaddset(&handled, SIGCHLD);
  for (int signo : passed_on)
    sigaddset(&handled, signo);
  for (int signo = 1; signo <= SIGRTMAX; ++signo) {
    struct sigaction now {};
    if (is_among(not_ours, signo) || is_among(passed_on, signo) || ::sigaction(signo, nullptr, &now) != 0 ||
        now.sa_handler == SIG_IGN)
      continue;
    ::signal(signo, SIG_IGN);
    sigaddset(&k.ignored_by_us, signo);
  }
  struct sigaction child {};
  child.sa_handler = SIG_DFL;
  child.sa_flags = SA_NOCLDSTOP;
  ::sigaction(SIGCHLD, &child, nullptr);
  ::sigprocmask(SIG_SETMASK, &handled, nullptr);
  k.signals = ::signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC);
}

void protect_from_oom(keeper& k) {
  int fd = ::open(oom_file, O_RDONLY | O_CLOEXEC);
  auto n = fd >= 0 ? ::read(fd, k.old_oom_adjustment, sizeof k.old_oom_adjustment - 1) : -1;
  if (fd >= 0)
    ::close(fd);
  k.old_oom_adjustment[std::max<ssize_t>(n, 0)] = '\0';
  if (n > 0)
    write_oom_adjustment("-900");
}

void expose_to_oom(const keeper& k) {
  if (k.old_oom_adjustment[0] != '\0')
    write_oom_adjustment(k.old_oom_adjustment);
}

void ignore_no_more(const keeper& k) {
  for (int signo = 1; signo <= SIGRTMAX; ++signo)
    if (sigismember(&k.ignored_by_us, signo) == 1)
      ::signal(signo, SIG_DFL);
}

void start_worker(keeper& k, std::uint32_t level) {
  auto& header = k.header();
  unique_fd own;
  unique_fd workers;
  pid_t pid = -1;
  if (make_keeper_sockets(own, workers) == 0) {
    ::fcntl(workers.get(), F_SETFD, 0);
    header.held[static_cast<int>(held_key::link)] = workers.get();
    header.bye = 0;
    header.level = level;
    header.epoch.fetch_add(1);
    pid = ::fork();
    if (pid == 0)
      become_worker(k);
  }
  if (pid < 0) {
    k.start_failed_at = keeper_now();
    return;
  }
  k.worker = pid;
  header.worker_pid = pid;
  k.link = own.release();
  happen(k, {.what = keeper_event::worker_started});
}

void pass_signal(keeper& k) {
  const auto* s = signal_to_pass(k.state);
  if (!s || k.link < 0)
    return;
  keeper_message m;
  m.kind = static_cast<std::uint16_t>(keeper_word::signalled);
  m.slot = static_cast<std::uint32_t>(s->pid);
  m.life = s->uid;
  m.a = static_cast<std::uint64_t>(s->signo);
  m.b = s->number;
  int error = send_message(k.link, m);
  k.link_is_full = error == EAGAIN;
  if (error == 0)
    happen(k, {.what = keeper_event::signal_passed});
}

void say_end(keeper& k, int deaths) {
  char line[256];
  auto n = write_time(line, sizeof line);
  auto rest = std::snprintf(line + n, sizeof line - n,
                            " CRIT supervisord's worker ended %d times within %llu s; stopping all programs\n", deaths,
                            static_cast<unsigned long long>(k.header().limit_us / 1'000'000));
  auto size = std::min(n + static_cast<std::size_t>(std::max(rest, 0)), sizeof line - 1);
  for (int fd : {k.known[static_cast<int>(held_key::main_log)], STDERR_FILENO})
    if (pollfd p{fd, POLLOUT, 0}; fd >= 0 && ::poll(&p, 1, 0) == 1) // nobody may hold us up
      (void)!::write(fd, line, size);
}

} // namespace troupe::platform
