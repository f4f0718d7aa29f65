// See platform/stranger.hpp.
#include "platform/stranger.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

/// Of <linux/pidfd.h> since Linux 6.13; the exit code, since 6.15.
struct process_info {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t numbers[11]; ///< pids, users, groups
  std::int32_t exit_code;
};
static_assert(sizeof(process_info) == 64);
constexpr std::uint64_t wants_exit = 1U << 3;

unique_fd open_stat(pid_t pid) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  return unique_fd{::open(path, O_RDONLY | O_CLOEXEC)};
}

/// A number of /proc/PID/stat, counted from 1 as proc(5) does, from the fourth on.
std::optional<unsigned long long> stat_field(int stat, int wanted) {
  char text[2048];
  auto n = ::pread(stat, text, sizeof text - 1, 0);
  if (n <= 0)
    return {};
  text[n] = '\0';
  const char* at = std::strrchr(text, ')'); // a name may have anything in it
  unsigned long long number = 0;
  for (int field = 2; at && field < wanted; ++field)
    at = std::strchr(at + 1, ' ');
  return at && std::sscanf(at, " %llu", &number) == 1 ? std::optional(number) : std::nullopt;
}

/// µs since boot; 0: it is gone.
std::uint64_t started_at(pid_t pid) {
  auto stat = open_stat(pid);
  auto ticks = stat ? stat_field(stat.get(), 22) : std::nullopt;
  auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return ticks && per_second != 0 ? *ticks * (1'000'000 / per_second) : 0;
}

/// Of one that nobody has waited for yet. Whoever may not know is told 0, which is believed only of our own user's.
std::optional<int> end_of_zombie(pid_t pid) {
  constexpr int exit_code = 52;
  auto stat = open_stat(pid);
  struct stat info {};
  auto end = stat ? stat_field(stat.get(), exit_code) : std::nullopt;
  if (!end || ::fstat(stat.get(), &info) != 0)
    return {};
  bool ours = info.st_uid == ::geteuid() && info.st_gid == ::getegid();
  return *end != 0 || ours ? std::optional(static_cast<int>(*end)) : std::nullopt;
}

} // namespace

std::uint64_t since_boot() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

std::uint64_t running_since(pid_t pid) {
  unique_fd held{pid > 1 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)) : -1};
  auto start = held ? started_at(pid) : 0;
  return held && !has_ended(held) ? start : 0;
}

unique_fd hold_stranger(pid_t pid, std::uint64_t spawned_at) {
  unique_fd held{pid > 1 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)) : -1};
  auto start = held ? started_at(pid) : 0; // of whom we hold: it cannot have been replaced since
  if (!is_the_same(start, spawned_at))
    return {};
  return held;
}

bool has_ended(const unique_fd& stranger) {
  pollfd ended{stranger.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 1;
}

bool executes(pid_t pid, const char* program) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/exe", static_cast<int>(pid));
  struct stat runs {};
  struct stat installed {};
  return ::stat(path, &runs) == 0 && ::stat(program, &installed) == 0 && runs.st_dev == installed.st_dev &&
         runs.st_ino == installed.st_ino;
}

std::optional<int> end_of_stranger(int pidfd, pid_t pid) {
  process_info info{};
  info.mask = wants_exit;
  constexpr auto get_info = _IOWR(0xFF, 11, process_info);
  if (::ioctl(pidfd, get_info, &info) == 0 && (info.mask & wants_exit) != 0)
    return info.exit_code;
  auto end = end_of_zombie(pid);
  pollfd reaped{pidfd, 0, 0};
  ::poll(&reaped, 1, 0);
  bool gone =
    (reaped.revents & POLLHUP) != 0 || (::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0U) != 0 && errno == ESRCH);
  return gone ? std::nullopt : end; // the pid may have been another's when we looked
}

} // namespace troupe::platform
