// See cgroup_memory.hpp. Files of the kernel: one read gets all of them.
#include "platform/cgroup_memory.hpp"

#include "platform/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

unique_fd opened(const std::string& path) { return unique_fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)}; }

/// From its beginning; empty: it is not there.
std::string text_of(const unique_fd& file) {
  std::array<char, 16384> room;
  auto n = file ? ::pread(file.get(), room.data(), room.size(), 0) : -1;
  return n > 0 ? std::string(room.data(), static_cast<std::size_t>(n)) : std::string();
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

/// Of `key VALUE` on a line of its own.
std::optional<std::int64_t> number_after(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    auto line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return number(line.substr(key.size() + 1));
  }
  return {};
}

/// The path behind `0::` (version 2) or behind `N:memory:` (version 1); empty: neither.
std::string group_of(std::string_view membership, bool version_2) {
  for (std::size_t at = 0; at < membership.size();) {
    auto line = membership.substr(at, membership.find('\n', at) - at);
    at += line.size() + 1;
    auto first = line.find(':');
    auto second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos)
      continue;
    auto controllers = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    if (version_2 ? controllers == ",," && line.starts_with("0:") : controllers.find(",memory,") != controllers.npos)
      return std::string(line.substr(second + 1));
  }
  return {};
}

std::string joined(const std::string& folder, const std::string& group, const char* file) {
  return folder + (group == "/" ? "" : group) + '/' + file;
}

} // namespace

cgroup_memory::cgroup_memory(std::string membership, std::string mount) {
  auto groups = text_of(opened(membership.empty() ? "/proc/self/cgroup" : membership));
  if (mount.empty())
    mount = "/sys/fs/cgroup";
  auto choose = [&](const std::string& folder, const std::string& group, const char* counter, const char* limit) {
    // In a container the group may be named as it is outside, and be at the top inside.
    for (const auto& at : {group, std::string("/")}) {
      if (counter_ || group.empty())
        continue;
      auto file = opened(joined(folder, at, counter));
      if (!number_after(text_of(file), "oom_kill"))
        continue;
      name_ = group;
      counter_ = std::move(file);
      limit_ = opened(joined(folder, at, limit));
    }
  };
  choose(mount, group_of(groups, true), "memory.events", "memory.max");
  choose(mount + "/unified", group_of(groups, true), "memory.events", "memory.max");
  choose(mount + "/memory", group_of(groups, false), "memory.oom_control", "memory.limit_in_bytes");
}

std::optional<std::int64_t> cgroup_memory::kills() const { return number_after(text_of(counter_), "oom_kill"); }

std::optional<std::int64_t> cgroup_memory::limit() const {
  constexpr auto none = std::int64_t{1} << 60; // as version 1 says it
  auto bytes = number(text_of(limit_));
  return bytes && *bytes < none ? bytes : std::nullopt;
}

// -- the kernel's log ------------------------------------------------------------------------------

namespace {

constexpr int most_records = 20000;

/// Its numbers of processes are ours only where nobody counts anew.
bool counts_as_the_kernel() {
  struct stat ours {};
  constexpr ino_t first = 0xeffffffc; // of the namespace that the kernel itself is in
  return ::stat("/proc/self/ns/pid", &ours) == 0 && ours.st_ino == first;
}

/// `6,1234,98765432,-;Memory cgroup out of memory: Killed process 4711 (web) ...`
bool tells_of(std::string_view record, const std::string& killed, std::int64_t since) {
  auto end = record.find(';');
  if (end == record.npos || record.find(killed, end) == record.npos)
    return false;
  auto fields = record.substr(0, end);
  auto second = fields.find(',', fields.find(',') + 1);
  auto at = second == fields.npos ? std::nullopt : number(fields.substr(second + 1));
  return at && *at >= since;
}

} // namespace

bool kernel_says_out_of_memory(int pid, std::int64_t since) {
  if (!counts_as_the_kernel())
    return false;
  unique_fd log{::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  struct stat info {};
  if (!log || ::fstat(log.get(), &info) != 0 || !S_ISCHR(info.st_mode))
    return false;
  auto killed = "Killed process " + std::to_string(pid) + " ";
  std::array<char, 8192> record; // one read gives one
  for (int i = 0; i < most_records; ++i) {
    auto n = ::read(log.get(), record.data(), record.size());
    if (n < 0 && (errno == EPIPE || errno == EINTR)) // it was overwritten meanwhile: the next one
      continue;
    if (n <= 0)
      return false;
    if (tells_of({record.data(), static_cast<std::size_t>(n)}, killed, since))
      return true;
  }
  return false;
}

std::int64_t kernel_log_time() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

} // namespace troupe::platform
