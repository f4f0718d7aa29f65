// See platform/stranger.hpp.
#include "platform/stranger.hpp"

#include <cstdio>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/ioctl.h>
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
constexpr std::uint64_t tolerance = 50'000; ///< µs

/// µs since boot; 0: it is gone.
std::uint64_t started_at(pid_t pid) {
  char path[32];
  char text[1024];
  std::snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  unique_fd fd{::open(path, O_RDONLY | O_CLOEXEC)};
  auto n = fd ? ::read(fd.get(), text, sizeof text - 1) : -1;
  if (n <= 0)
    return 0;
  text[n] = '\0';
  const char* at = std::strrchr(text, ')'); // a name may have anything in it
  unsigned long long ticks = 0;
  for (int field = 2; at && field < 22; ++field)
    at = std::strchr(at + 1, ' ');
  auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  if (!at || std::sscanf(at, " %llu", &ticks) != 1 || per_second == 0)
    return 0;
  return ticks * (1'000'000 / per_second);
}

} // namespace

std::uint64_t since_boot() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

unique_fd hold_stranger(pid_t pid, std::uint64_t spawned_at) {
  unique_fd held{pid > 1 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)) : -1};
  auto start = held ? started_at(pid) : 0; // of whom we hold: it cannot have been replaced since
  if (start == 0 || start + tolerance < spawned_at || start > spawned_at + tolerance)
    return {};
  return held;
}

std::optional<int> end_of_stranger(int pidfd) {
  process_info info{};
  info.mask = wants_exit;
  constexpr auto get_info = _IOWR(0xFF, 11, process_info);
  if (::ioctl(pidfd, get_info, &info) != 0 || (info.mask & wants_exit) == 0)
    return std::nullopt;
  return info.exit_code;
}

} // namespace troupe::platform
