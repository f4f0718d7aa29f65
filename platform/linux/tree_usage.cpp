// See tree_usage.hpp.
#include "platform/tree_usage.hpp"

#include "platform/unique_fd.hpp"

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::size_t most_processes = 256;
constexpr int most_threads = 64;

/// A file of /proc in one read, as much as `buffer` holds. Empty: it is not there.
template <std::size_t Size>
std::string_view read_file(const std::string& path, std::array<char, Size>& buffer) {
  unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  auto count = fd ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  return count > 0 ? std::string_view(buffer.data(), static_cast<std::size_t>(count)) : std::string_view();
}

std::int64_t next_number(std::string_view& text) {
  auto start = text.find_first_not_of(' ');
  text.remove_prefix(start == text.npos ? text.size() : start);
  std::int64_t number = 0;
  auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  if (end == text.data()) // a letter
    end = text.data() + std::min(text.find(' '), text.size());
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

struct stat_fields {
  std::int64_t ticks = 0;
  std::int64_t threads = 0;
  std::int64_t pages = 0;
};

std::optional<stat_fields> read_stat(const std::string& folder) {
  std::array<char, 1024> buffer;
  auto text = read_file(folder + "/stat", buffer);
  auto name_end = text.rfind(')'); // the name may hold anything
  if (name_end == text.npos)
    return {};
  text.remove_prefix(name_end + 1);
  stat_fields found;
  for (int field = 3; field <= 24; ++field) {
    auto number = next_number(text);
    if (field >= 14 && field <= 17) // utime, stime, cutime, cstime
      found.ticks += number;
    else if (field == 20)
      found.threads = number;
    else if (field == 24)
      found.pages = number;
  }
  return found;
}

void add_children(const std::string& thread_folder, std::vector<int>& pids) {
  std::array<char, 4096> buffer;
  auto text = read_file(thread_folder + "/children", buffer);
  while (pids.size() < most_processes)
    if (auto pid = next_number(text); pid > 0)
      pids.push_back(static_cast<int>(pid));
    else
      return;
}

void add_children_of_threads(const std::string& folder, std::vector<int>& pids) {
  DIR* threads = ::opendir((folder + "/task").c_str());
  if (!threads)
    return;
  int looked_at = 0;
  while (const auto* entry = ::readdir(threads)) {
    if (entry->d_name[0] == '.')
      continue;
    if (++looked_at > most_threads)
      break;
    add_children(folder + "/task/" + entry->d_name, pids);
  }
  ::closedir(threads);
}

} // namespace

std::optional<tree_usage> usage_of_tree(int pid) {
  static const auto tick = 1'000'000 / ::sysconf(_SC_CLK_TCK); // microseconds
  static const auto page = ::sysconf(_SC_PAGESIZE);
  tree_usage sum;
  std::vector<int> pids{pid};
  for (std::size_t i = 0; i < pids.size(); ++i) {
    auto id = std::to_string(pids[i]);
    auto folder = "/proc/" + id;
    auto stat = read_stat(folder);
    if (!stat)
      continue;
    sum.cpu_microseconds += stat->ticks * tick;
    sum.resident_bytes += stat->pages * page;
    ++sum.processes;
    if (stat->threads > 1)
      add_children_of_threads(folder, pids);
    else
      add_children(folder + "/task/" + id, pids);
  }
  return sum.processes > 0 ? std::optional(sum) : std::nullopt;
}

} // namespace troupe::platform
