// See spawn.hpp. Two ways to make a child: clone(CLONE_VM|CLONE_VFORK) on a stack of its own, which costs the same
// however large the daemon is, and plain fork(2) for sanitizers and other systems. Between the fork and the exec only
// async-signal-safe calls on memory prepared before; the vfork child shares ours, so it must not allocate or lock.
#include "platform/spawn.hpp"

#include "platform/unique_fd.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <mutex>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

/// Everything the child looks at. Lives in the parent's memory; `report` is where a failed step is left.
struct launch {
  const spawn_plan* plan;
  char* const* argv;
  char* const* envp;
  std::string identity_refused, groups_refused, gid_refused; ///< full lines for fd 2
  int stdio[3] = {-1, -1, -1};                               ///< become 0, 1, 2
  int report_fd = -1;                                        ///< fork path only
  std::atomic<int>* announced = nullptr;
  int last_slot = -1;       ///< vfork path only: the table is shared, and nothing above this is wanted
  bool inseparable = false; ///< set by the child: the shared table could not be made its own, nothing was done
  struct {
    spawn_step step = spawn_step::none;
    int error = 0;
  } report;
};

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
  if (const char* name = ::strerrorname_np(error)) // a static table: safe here
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

/// The number that `name` is, or -1.
int number_of(const char* name) {
  int number = 0;
  for (; *name >= '0' && *name <= '9' && number < 100'000'000; ++name)
    number = number * 10 + (*name - '0');
  return *name ? -1 : number;
}

/// Without close_range(2): what is listed as open, since a limit of descriptors may be 2^30. opendir(3) allocates, so
/// the entries are read by hand. False: there is no list.
bool close_listed(int first) {
  int list = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (list < 0)
    return false;
  alignas(std::uint64_t) char entries[4096]; // linux_dirent64: the length is at 16, the name at 19
  for (long size = 0; (size = ::syscall(SYS_getdents64, list, entries, sizeof entries)) > 0;)
    for (long at = 0; at < size;) {
      unsigned short length = 0;
      std::memcpy(&length, entries + at + 16, sizeof length);
      int fd = number_of(entries + at + 19);
      if (fd >= first && fd != list)
        ::close(fd);
      at += length;
    }
  ::close(list);
  return true;
}

/// All of the daemon's own are close-on-exec, so what is high up and not listed anywhere is nothing of ours.
constexpr long most_tried = 65536;

void close_from(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0 || close_listed(static_cast<int>(first)))
    return;
  for (long fd = first, last = std::min(::sysconf(_SC_OPEN_MAX), most_tried); fd < last; ++fd)
    ::close(static_cast<int>(fd));
}

/// Moves the three descriptors to 0, 1, 2, whatever numbers they have now, and closes all others.
void take_stdio(launch& l) {
  // A shared table becomes the child's own without the thousands of pipes that the daemon holds being copied first.
  if (l.last_slot >= 0 &&
      ::syscall(SYS_close_range, static_cast<unsigned>(l.last_slot) + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0 &&
      ::unshare(CLONE_FILES) != 0) {
    l.inseparable = true; // whatever is closed now would be closed for the daemon, too
    ::_exit(127);
  }
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
    ::dup3(l.report_fd, 3, O_CLOEXEC);
    l.report_fd = 3;
  }
  close_from(l.report_fd >= 0 ? 4 : 3);
}

#if defined(SYS_setgroups32) // where gid_t once had 16 bits
constexpr long set_groups = SYS_setgroups32, set_gids = SYS_setresgid32, set_uids = SYS_setresuid32;
#else
constexpr long set_groups = SYS_setgroups, set_gids = SYS_setresgid, set_uids = SYS_setresuid;
#endif

/// Raw system calls: the wrappers of libc would change every thread of the parent whose memory we share.
void take_identity(launch& l) {
  if (l.plan->refused_identity) {
    say(l.identity_refused.data(), l.identity_refused.size());
    fail(l, spawn_step::identity, EPERM);
  }
  if (!l.plan->run_as)
    return;
  const auto& who = *l.plan->run_as;
  if (::syscall(set_groups, who.groups.size(), who.groups.data()) != 0) {
    int error = errno;
    say(l.groups_refused.data(), l.groups_refused.size());
    fail(l, spawn_step::set_groups, error);
  }
  if (::syscall(set_gids, who.gid, who.gid, who.gid) != 0) {
    int error = errno;
    say(l.gid_refused.data(), l.gid_refused.size());
    fail(l, spawn_step::set_gid, error);
  }
  if (::syscall(set_uids, who.uid, who.uid, who.uid) != 0)
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

int run_child(void* argument) {
  auto& l = *static_cast<launch*>(argument);
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

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const auto& s : strings)
    result.push_back(const_cast<char*>(s.c_str())); // execve takes char* for history's sake
  result.push_back(nullptr);
  return result;
}

#if defined(TROUPE_SPAWN_VFORK)

/// One stack per spawning thread, with a guard page at its end.
class child_stack {
public:
  child_stack() : base_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    if (base_ != MAP_FAILED)
      ::mprotect(base_, guard, PROT_NONE);
  }
  ~child_stack() {
    if (base_ != MAP_FAILED)
      ::munmap(base_, size);
  }
  child_stack(const child_stack&) = delete;
  child_stack& operator=(const child_stack&) = delete;
  void* top() const { return base_ == MAP_FAILED ? nullptr : static_cast<char*>(base_) + size; }

private:
  static constexpr std::size_t size = 128 * 1024;
  static constexpr std::size_t guard = 4096;
  void* base_;
};

/// Three low descriptors per spawning thread that carry a child's stdio across the clone; /dev/null in between.
class stdio_slots {
public:
  stdio_slots() : null_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {
    for (auto& slot : slots_)
      slot.reset(::fcntl(null_.get(), F_DUPFD_CLOEXEC, 3));
  }
  /// False: there are none (the table was full when this thread first spawned).
  bool fill(const int (&fds)[3]) {
    for (int i = 0; i < 3; ++i)
      if (!slots_[i] || (fds[i] >= 0 && ::dup3(fds[i], slots_[i].get(), O_CLOEXEC) < 0))
        return false;
    return true;
  }
  void empty() { // our copies must not keep the pipes open
    for (auto& slot : slots_)
      if (slot)
        ::dup3(null_.get(), slot.get(), O_CLOEXEC);
  }
  int operator[](int i) const { return slots_[i].get(); }
  int last() const { return std::max({slots_[0].get(), slots_[1].get(), slots_[2].get()}); }

private:
  unique_fd null_;
  unique_fd slots_[3];
};

/// A change of user in the child marks the shared memory as not dumpable, which would leave the daemon without core
/// files and its own /proc entries. Undone once the last such child is gone from the memory, lest one that is still in
/// it (its user can stop it there) could be traced by its new user.
class dumpable_guard {
public:
  dumpable_guard() {
    std::lock_guard lock{mutex};
    if (inside++ == 0)
      before = ::prctl(PR_GET_DUMPABLE);
  }
  ~dumpable_guard() {
    std::lock_guard lock{mutex};
    if (--inside == 0 && before == 1)
      ::prctl(PR_SET_DUMPABLE, 1);
  }
  dumpable_guard(const dumpable_guard&) = delete;
  dumpable_guard& operator=(const dumpable_guard&) = delete;

private:
  static inline std::mutex mutex; ///< of what follows; held for a moment only
  static inline int inside = 0;
  static inline int before = 1;
};

pid_t make_child(launch& l) {
  thread_local child_stack stack;
  thread_local stdio_slots slots;
  static std::atomic<bool> separable{true}; // false: a sandbox forbids unshare(2) and there is no close_range(2)
  if (!stack.top()) {
    errno = ENOMEM;
    return -1;
  }
  std::optional<dumpable_guard> guard;
  if (l.plan->run_as)
    guard.emplace();
  int flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
  if (separable && slots.fill(l.plan->stdio)) {
    flags |= CLONE_FILES;
    l.last_slot = slots.last();
    for (int i = 0; i < 3; ++i)
      l.stdio[i] = l.plan->stdio[i] >= 0 ? slots[i] : -1;
  }
  std::atomic<int> unheard{0};
  static_assert(sizeof unheard == sizeof(pid_t) && std::atomic<int>::is_always_lock_free);
  auto* announced = reinterpret_cast<pid_t*>(l.announced ? l.announced : &unheard);
  flags |= CLONE_PARENT_SETTID; // the kernel writes it before the child runs
  auto pid = ::clone(run_child, stack.top(), flags, &l, announced);
  if (pid > 0 && l.inseparable) { // once per process: this child gets a copy of the table, as do all after it
    separable = false;
    ::waitpid(pid, nullptr, 0);
    std::copy(std::begin(l.plan->stdio), std::end(l.plan->stdio), l.stdio);
    l.last_slot = -1;
    pid = ::clone(run_child, stack.top(), flags & ~CLONE_FILES, &l, announced);
  }
  int error = errno;
  slots.empty();
  errno = error;
  return pid;
}

#else

pid_t make_child(launch& l) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    return -1;
  unique_fd read_end{fds[0]};
  unique_fd write_end{fds[1]};
  l.report_fd = write_end.get();
  unique_fd go[2];
  if (::pipe2(fds, O_CLOEXEC) != 0)
    return -1;
  go[0].reset(fds[0]);
  go[1].reset(fds[1]);
  auto pid = ::fork();
  if (pid == 0) { // its pid is announced before it does anything
    char byte = 0;
    ::close(fds[1]);
    while (::read(fds[0], &byte, 1) < 0 && errno == EINTR) {
    }
    ::_exit(run_child(&l));
  }
  if (pid < 0)
    return -1;
  if (l.announced)
    *l.announced = pid;
  // A byte, not the pipe's end: another thread's child may hold a copy of it, and wait for what our child holds.
  while (::write(go[1].get(), "", 1) < 0 && errno == EINTR) {
  }
  write_end.reset();
  while (::read(read_end.get(), &l.report, sizeof l.report) < 0 && errno == EINTR) {
  }
  return pid;
}

#endif

} // namespace

void default_signals() {
  struct sigaction action {};
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_DFL;
  for (int signo : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGUSR2})
    ::sigaction(signo, &action, nullptr);
}

spawn_outcome spawn(const spawn_plan& plan, std::atomic<int>* announced) {
  auto argv = pointers(plan.argv);
  auto envp = pointers(plan.envp);
  launch l{&plan, argv.data(), envp.data(), {}, {}, {}};
  std::copy(std::begin(plan.stdio), std::end(plan.stdio), l.stdio);
  l.announced = announced;
  if (plan.run_as || plan.refused_identity) {
    auto uid = std::to_string(plan.run_as ? plan.run_as->uid : plan.refused_uid);
    auto refusal = [&](const std::string& reason) {
      return "supervisor: couldn't setuid to " + uid + ": " + reason + "\n";
    };
    l.identity_refused = refusal(plan.refused_identity.value_or(""));
    l.groups_refused = refusal("Could not set groups of effective user");
    l.gid_refused = refusal("Could not set group id of effective user");
  }

  // No signal may find the child before it has its own mask and process group.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = make_child(l);
  int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0)
    return {-1, error, spawn_step::none};
  return {pid, l.report.error, l.report.step};
}

} // namespace troupe::platform
