// Makes a child by clone(CLONE_VM|CLONE_VFORK) on a stack of its own, which costs the same however large the daemon is.
// The table of descriptors is shared, too, until the child makes its own. Must not say what the
// child does (child_launch.cpp). Source: clone(2), close_range(2).
#include "platform/child_launch.hpp"
#include "platform/fault_point.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <mutex>
#include <optional>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

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

/// Low descriptors per spawning thread that carry a child's stdio across the clone; /dev/null in between. A fourth, of
/// whatever number is free then, once a child of this thread has had an extra one.
class child_slots {
public:
  child_slots() : null_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {
    for (auto& slot : slots_)
      open(slot);
  }
  /// False: there are none (the table was full when this thread first needed them).
  bool fill(const int (&fds)[3], int extra) {
    for (int i = 0; i < 3; ++i)
      if (!slots_[i] || !put(fds[i], slots_[i]))
        return false;
    if (extra >= 0 && !extra_)
      open(extra_);
    return extra < 0 || (extra_ && put(extra, extra_));
  }
  void empty() { // our copies must not keep the pipes open
    for (auto& slot : slots_)
      put(null_.get(), slot);
    put(null_.get(), extra_);
  }
  int operator[](int i) const { return slots_[i].get(); }
  int extra() const { return extra_.get(); }
  int last(bool with_extra) const {
    return std::max({slots_[0].get(), slots_[1].get(), slots_[2].get(), with_extra ? extra_.get() : -1});
  }

private:
  void open(unique_fd& slot) { slot.reset(::fcntl(null_.get(), F_DUPFD_CLOEXEC, 3)); }
  static bool put(int fd, const unique_fd& slot) { return fd < 0 || !slot || ::dup3(fd, slot.get(), O_CLOEXEC) >= 0; }

  unique_fd null_;
  unique_fd slots_[3];
  unique_fd extra_;
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

struct shared_start {
  launch* l;
  int last_slot = -1;       ///< the table is shared, and nothing above this is wanted; -1: it is the child's own
  bool inseparable = false; ///< set by the child: the shared table could not be made its own, nothing was done
};

int run_apart(void* argument) {
  auto& start = *static_cast<shared_start*>(argument);
  fault_point("child.begun");
  // A shared table becomes the child's own without the thousands of pipes that the daemon holds being copied first.
  if (start.last_slot >= 0 &&
      ::syscall(SYS_close_range, static_cast<unsigned>(start.last_slot) + 1, ~0U, CLOSE_RANGE_UNSHARE) != 0 &&
      ::unshare(CLONE_FILES) != 0) {
    start.inseparable = true; // whatever is closed now would be closed for the daemon, too
    ::_exit(127);
  }
  run_child(*start.l);
}

int try_apart(void* number) {
  return ::syscall(SYS_close_range, static_cast<unsigned>(*static_cast<int*>(number)), ~0U, CLOSE_RANGE_UNSHARE) == 0 ||
             ::unshare(CLONE_FILES) == 0
           ? 0
           : 1;
}

bool can_separate() {
  child_stack stack;
  int beyond = INT_MAX;
  int status = 1;
  if (!stack.top())
    return false;
  auto pid = ::clone(try_apart, stack.top(), CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &beyond);
  while (pid > 0 && ::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return pid > 0 && status == 0;
}

} // namespace

/// Of a sibling's end only our parent hears, so whether it can have a table of its own is tried with a child of ours.
bool siblings_can_be_made() {
  static const bool can = can_separate();
  return can;
}

pid_t make_child(launch& l) {
  thread_local child_stack stack;
  thread_local child_slots slots;
  static std::atomic<bool> separable{true}; // false: a sandbox forbids unshare(2) and there is no close_range(2)
  if (!stack.top()) {
    errno = ENOMEM;
    return -1;
  }
  std::optional<dumpable_guard> guard;
  if (l.plan->run_as)
    guard.emplace();
  if (l.sibling && !siblings_can_be_made()) {
    errno = ENOSYS;
    return -1;
  }
  shared_start start{&l};
  int flags = CLONE_VM | CLONE_VFORK | SIGCHLD | (l.sibling ? CLONE_PARENT : 0);
  const int extra = l.extra_fd;
  if (separable && slots.fill(l.plan->stdio, extra)) {
    flags |= CLONE_FILES;
    start.last_slot = slots.last(extra >= 0);
    l.extra_fd = extra >= 0 ? slots.extra() : -1;
    for (int i = 0; i < 3; ++i)
      l.stdio[i] = l.plan->stdio[i] >= 0 ? slots[i] : -1;
  }
  std::atomic<int> unheard{0};
  static_assert(sizeof unheard == sizeof(pid_t) && std::atomic<int>::is_always_lock_free);
  auto* announced = reinterpret_cast<pid_t*>(l.announced ? l.announced : &unheard);
  flags |= CLONE_PARENT_SETTID; // the kernel writes it before the child runs
  fault_point("spawn.cloning");
  auto pid = ::clone(run_apart, stack.top(), flags, &start, announced);
  fault_point("spawn.cloned");
  // Once per process: this child gets a copy of the table, as do all after it.
  if (pid > 0 && start.inseparable && !l.sibling) {
    separable = false;
    ::waitpid(pid, nullptr, 0);
    std::copy(std::begin(l.plan->stdio), std::end(l.plan->stdio), l.stdio);
    l.extra_fd = extra;
    start.last_slot = -1;
    pid = ::clone(run_apart, stack.top(), flags & ~CLONE_FILES, &start, announced);
  }
  int error = errno;
  slots.empty();
  errno = error;
  return pid;
}

} // namespace troupe::platform
