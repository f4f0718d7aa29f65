// See process_look.hpp.
#include "apps/ctl/process_look.hpp"

#include <iterator>
#include <sstream>
#include <string_view>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::ctl {

namespace {

std::string folder_of(std::int64_t pid) { return "/proc/" + std::to_string(pid); }

} // namespace

std::optional<process_look> look_at_process(std::int64_t pid) {
  struct stat info {};
  if (pid <= 0 || ::stat(folder_of(pid).c_str(), &info) != 0)
    return std::nullopt;
  process_look found{.uid = std::int64_t{info.st_uid}};
  auto text = small_file(folder_of(pid) + "/stat");
  auto open = text.find('('), close = text.rfind(')');
  if (open != text.npos && close != text.npos && open < close) {
    constexpr std::size_t parent = 1, starttime = 19; // from the state on
    found.name = text.substr(open + 1, close - open - 1);
    std::istringstream rest(text.substr(close + 1));
    std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
    auto boot = small_file("/proc/stat");
    auto line = boot.find("\nbtime ");
    if (fields.size() > starttime && line != boot.npos) {
      found.parent = first_number(fields[parent]);
      found.started = first_number(std::string_view(boot).substr(line, 40)) +
                      first_number(fields[starttime]) / ::sysconf(_SC_CLK_TCK);
    }
  }
  found.arguments = small_file(folder_of(pid) + "/cmdline");
  return found;
}

std::optional<std::vector<std::int64_t>> all_pids() {
  auto* folder = ::opendir("/proc");
  if (!folder)
    return std::nullopt;
  std::vector<std::int64_t> pids;
  while (const auto* entry = ::readdir(folder))
    if (auto first = entry->d_name[0]; first >= '1' && first <= '9')
      pids.push_back(first_number(entry->d_name));
  ::closedir(folder);
  return pids;
}

std::int64_t most_files_of(std::int64_t pid) {
  constexpr std::string_view title = "Max open files";
  auto limits = small_file(folder_of(pid) + "/limits");
  auto line = limits.find(title);
  if (line == limits.npos)
    return 0;
  std::istringstream words(limits.substr(line + title.size(), 60));
  std::string soft, hard;
  words >> soft >> hard;
  return first_number(hard);
}

std::string service_of(std::int64_t pid) {
  constexpr std::string_view ending = ".service";
  auto group = small_file(folder_of(pid) + "/cgroup");
  auto end = group.rfind(ending);
  auto slash = end == group.npos ? group.npos : group.rfind('/', end);
  if (slash == group.npos)
    return {};
  auto unit = group.substr(slash + 1, end + ending.size() - slash - 1);
  return unit.starts_with("user@") || unit.find('\n') != unit.npos ? std::string() : unit;
}

} // namespace troupe::ctl
