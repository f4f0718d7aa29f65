// See platform/left_processes.hpp.
#include "platform/left_processes.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::size_t longest_environment = 8U << 20; ///< more than the system lets a process have

/// What the fields of a stat line are, by their numbers in proc(5), from the fourth on.
struct stat_numbers {
  std::array<std::uint64_t, 23> at{};
  char state = '?';
};

/// After the name. False: cut short.
bool read_numbers(std::string_view text, stat_numbers& n) {
  if (text.size() < 3)
    return false;
  n.state = text[1]; // ` S 1 ...`
  const char* at = text.data() + 2;
  const char* end = text.data() + text.size();
  for (std::size_t field = 4; field < n.at.size(); ++field) {
    at = std::find_if(at, end, [](char c) { return c != ' '; });
    std::int64_t number = 0;
    auto [next, failed] = std::from_chars(at, end, number);
    if (failed != std::errc{})
      return false;
    n.at[field] = static_cast<std::uint64_t>(number);
    at = next;
  }
  return true;
}

/// Its main thread may have ended before the others.
bool is_dead(const stat_numbers& n) { return n.state == 'X' || (n.state == 'Z' && n.at[20] <= 1); }

std::string_view read_stat(int proc, const char* pid, std::array<char, 1024>& buffer) {
  char path[32];
  std::snprintf(path, sizeof path, "%s/stat", pid);
  unique_fd stat{::openat(proc, path, O_RDONLY | O_CLOEXEC)};
  auto size = stat ? ::read(stat.get(), buffer.data(), buffer.size()) : -1;
  return size > 0 ? std::string_view(buffer.data(), static_cast<std::size_t>(size)) : std::string_view();
}

/// 0: it has ended.
std::uint64_t start_of(pid_t pid) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d", static_cast<int>(pid));
  std::array<char, 1024> buffer;
  stat_numbers n;
  auto text = read_stat(AT_FDCWD, path, buffer);
  auto name_end = text.rfind(')');
  if (name_end == text.npos || !read_numbers(text.substr(name_end + 1), n) || is_dead(n))
    return 0;
  return n.at[22];
}

/// In an environment as it lies in memory, each variable with a NUL behind it.
std::uint64_t find_id(std::string_view environment) {
  std::string wanted = std::string(spawn_id_variable) + '=';
  for (auto at = environment.find(wanted); at != environment.npos; at = environment.find(wanted, at + 1)) {
    auto value = environment.substr(at + wanted.size());
    value = value.substr(0, value.find('\0'));
    std::uint64_t id = 0;
    auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), id, 16);
    if ((at == 0 || environment[at - 1] == '\0') && value.size() == 16 && failed == std::errc{} &&
        end == value.data() + value.size())
      return id;
  }
  return 0;
}

bool is_us(pid_t pid) { return pid == ::getpid() || pid == ::getppid(); }

std::string read_environment(pid_t pid) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/environ", static_cast<int>(pid));
  std::string text;
  unique_fd file{::open(path, O_RDONLY | O_CLOEXEC)};
  for (std::size_t used = 0; file && used < longest_environment;) {
    text.resize(used + 16384);
    auto size = ::read(file.get(), text.data() + used, text.size() - used);
    used += size > 0 ? static_cast<std::size_t>(size) : 0;
    text.resize(used);
    if (size <= 0)
      break;
  }
  return text;
}

} // namespace

bool living_processes::read_one(int proc, const char* pid, one& found) {
  std::array<char, 1024> buffer;
  auto text = read_stat(proc, pid, buffer);
  auto name = text.find('(');
  auto name_end = text.rfind(')'); // a name may have anything in it
  stat_numbers n;
  if (name_end == text.npos || name > name_end || !read_numbers(text.substr(name_end + 1), n) || is_dead(n))
    return false;
  found.name.assign(text.substr(name + 1, name_end - name - 1));
  found.key.pid = static_cast<pid_t>(std::strtol(pid, nullptr, 10));
  found.key.started = n.at[22];
  found.parent = static_cast<pid_t>(n.at[4]);
  found.group = static_cast<pid_t>(n.at[5]);
  found.session = static_cast<pid_t>(n.at[6]);
  return true;
}

living_processes::living_processes(std::atomic<pid_t>* reading, std::vector<pid_t> unread)
    : reading_(reading), unread_(std::move(unread)) {
  std::unique_ptr<DIR, int (*)(DIR*)> proc{::opendir("/proc"), &::closedir};
  one found;
  while (const auto* entry = proc ? ::readdir(proc.get()) : nullptr)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_one(::dirfd(proc.get()), entry->d_name, found))
      all_.push_back(found);
  std::sort(all_.begin(), all_.end(), [](const one& a, const one& b) { return a.key < b.key; });
  for (const auto& p : all_)
    by_parent_.push_back(&p);
  std::sort(by_parent_.begin(), by_parent_.end(),
            [](const one* a, const one* b) { return std::tie(a->parent, a->key) < std::tie(b->parent, b->key); });
}

const living_processes::one* living_processes::find(pid_t pid) const {
  auto at =
    std::lower_bound(all_.begin(), all_.end(), pid, [](const one& p, pid_t wanted) { return p.key.pid < wanted; });
  return at != all_.end() && at->key.pid == pid ? &*at : nullptr;
}

void living_processes::add_children(pid_t parent, std::vector<const one*>& found) const {
  auto at = std::lower_bound(by_parent_.begin(), by_parent_.end(), parent,
                             [](const one* p, pid_t wanted) { return p->parent < wanted; });
  for (; at != by_parent_.end() && (*at)->parent == parent; ++at)
    found.push_back(*at);
}

std::uint64_t living_processes::spawn_id_of(pid_t pid) {
  auto [at, is_new] = ids_.try_emplace(pid, 0);
  if (!is_new || std::find(unread_.begin(), unread_.end(), pid) != unread_.end())
    return at->second;
  if (reading_)
    reading_->store(pid);
  at->second = find_id(read_environment(pid));
  if (reading_)
    reading_->store(0);
  return at->second;
}

std::vector<const living_processes::one*> living_processes::tree_of(const left_reach& reach) {
  std::vector<const one*> tree;
  if (reach.leader_lives)
    add_children(reach.leader, tree);
  std::vector<const one*> came_to_us;
  for (pid_t parent : std::set<pid_t>{::getpid(), ::getppid(), 1})
    add_children(parent, came_to_us);
  for (const auto* p : came_to_us)
    if (reach.spawn_id != 0 && p->key.pid != reach.leader && !is_us(p->key.pid) &&
        spawn_id_of(p->key.pid) == reach.spawn_id)
      tree.push_back(p);
  // Parents were read one after the other: a number that was given again meanwhile must not lead in a circle.
  std::set<const one*> known(tree.begin(), tree.end());
  for (std::size_t i = 0; i < tree.size(); ++i) {
    std::vector<const one*> children;
    add_children(tree[i]->key.pid, children);
    for (const auto* child : children)
      if (!is_us(child->key.pid) && known.insert(child).second)
        tree.push_back(child);
  }
  std::sort(tree.begin(), tree.end()); // as they lie in memory: by pid
  tree.erase(std::unique(tree.begin(), tree.end()), tree.end());
  return tree;
}

std::vector<left_process> living_processes::in_reach(const left_reach& reach) {
  std::vector<const one*> found;
  bool is_group = reach.kind == config::kill_reach::group;
  if (reach.leader <= 1)
    return {};
  if (reach.kind == config::kill_reach::tree) {
    found = tree_of(reach);
  } else if (is_group || reach.kind == config::kill_reach::session) {
    // As long as a group or session has members, the system gives its number to nobody.
    if (!reach.leader_lives && find(reach.leader))
      return {};
    for (const auto& p : all_)
      if ((is_group ? p.group : p.session) == reach.leader)
        found.push_back(&p);
  }
  std::vector<left_process> left;
  for (const auto* p : found)
    if (p->key.pid != reach.leader && p->key.pid > 1 && !is_us(p->key.pid))
      left.push_back({p->key, config::one_line(p->name)});
  return left;
}

holding hold_left(const left_process& process, unique_fd& held) {
  unique_fd fd{static_cast<int>(::syscall(SYS_pidfd_open, process.key.pid, 0U))};
  if (!fd)
    return errno == ESRCH || errno == EINVAL ? holding::gone : holding::cannot;
  if (start_of(process.key.pid) != process.key.started) // of whom we hold: it cannot have been replaced since
    return holding::gone;
  held = std::move(fd);
  return holding::held;
}

unique_fd hold_leader(pid_t pid) {
  return unique_fd{pid > 1 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)) : -1};
}

bool signal_left(const left_process& process, int signo) {
  unique_fd held;
  return hold_left(process, held) == holding::held &&
         ::syscall(SYS_pidfd_send_signal, held.get(), signo, nullptr, 0U) == 0;
}

int become_subreaper(bool yes) { return ::prctl(PR_SET_CHILD_SUBREAPER, yes ? 1UL : 0UL) == 0 ? 0 : errno; }

} // namespace troupe::platform
