// host::real(): the machine this program runs on. Source: the configuration specification, 2.2 (matching), 4.1.
#include "config/datatypes.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char** environ;

namespace troupe::config {

namespace {

host::user from(const passwd& entry) {
  return {static_cast<std::int64_t>(entry.pw_uid), static_cast<std::int64_t>(entry.pw_gid), entry.pw_name,
          entry.pw_dir};
}

template <class Lookup>
std::optional<host::user> find_user(Lookup lookup) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  while (lookup(&entry, buffer.data(), buffer.size(), &found) == ERANGE)
    buffer.resize(buffer.size() * 2);
  return found ? std::optional(from(*found)) : std::nullopt;
}

std::optional<std::string> read_whole(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return std::nullopt;
  std::string text;
  char buffer[65536];
  ssize_t n = 0;
  while ((n = ::read(fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
    if (n > 0)
      text.append(buffer, static_cast<std::size_t>(n));
  ::close(fd);
  return n < 0 ? std::nullopt : std::optional(std::move(text));
}

bool has_wildcard(const std::string& part) { return part.find_first_of("*?[") != std::string::npos; }

/// Adds what matches `pattern` from its component at `begin` on, below `base`.
void match(const std::string& base, const std::string& pattern, std::size_t begin, std::vector<std::string>& found) {
  auto end = std::min(pattern.find('/', begin), pattern.size());
  auto part = pattern.substr(begin, end - begin);
  bool last = end == pattern.size();
  auto go_on = [&](const std::string& path) {
    struct stat info {};
    if (last) {
      if (::lstat(path.c_str(), &info) == 0)
        found.push_back(path);
    } else {
      match(path + '/', pattern, end + 1, found);
    }
  };
  if (!has_wildcard(part))
    return go_on(base + part);
  auto* listing = ::opendir(base.empty() ? "." : base.c_str());
  if (!listing)
    return;
  std::vector<std::string> names;
  while (const auto* entry = ::readdir(listing))
    if (::fnmatch(part.c_str(), entry->d_name, FNM_PERIOD | FNM_NOESCAPE) == 0)
      names.emplace_back(entry->d_name);
  ::closedir(listing);
  for (const auto& name : names)
    go_on(base + name);
}

std::string first_directory(const host& on) {
  std::vector<std::string> candidates;
  for (const char* variable : {"TMPDIR", "TEMP", "TMP"})
    if (const char* value = std::getenv(variable); value && *value)
      candidates.emplace_back(value);
  candidates.insert(candidates.end(), {"/tmp", "/var/tmp", "/usr/tmp", on.directory});
  for (const auto& candidate : candidates)
    if (on.is_directory(candidate) && ::access(candidate.c_str(), W_OK) == 0)
      return absolute(candidate, on);
  return on.directory;
}

} // namespace

host host::real() {
  host h;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view line = *entry;
    if (auto equals = line.find('='); equals != line.npos)
      h.env.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  utsname names{};
  ::uname(&names);
  h.node_name = names.nodename;
  char path[PATH_MAX];
  if (::getcwd(path, sizeof path))
    h.directory = path;
  if (auto n = ::readlink("/proc/self/exe", path, sizeof path); n > 0)
    h.executable.assign(path, static_cast<std::size_t>(n));
  h.uid = ::getuid();
  h.user_by_name = [](std::string_view name) {
    std::string text(name);
    return find_user([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
      return ::getpwnam_r(text.c_str(), entry, buffer, size, found);
    });
  };
  h.user_by_id = [](std::int64_t uid) -> std::optional<user> {
    if (uid < 0 || uid >= static_cast<std::int64_t>(UINT32_MAX))
      return std::nullopt;
    return find_user([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
      return ::getpwuid_r(static_cast<uid_t>(uid), entry, buffer, size, found);
    });
  };
  h.group_by_name = [](std::string_view name) -> std::optional<std::int64_t> {
    const auto* entry = ::getgrnam(std::string(name).c_str());
    return entry ? std::optional<std::int64_t>(entry->gr_gid) : std::nullopt;
  };
  h.group_exists = [](std::int64_t gid) {
    return gid >= 0 && gid < static_cast<std::int64_t>(UINT32_MAX) && ::getgrgid(static_cast<gid_t>(gid)) != nullptr;
  };
  // Against the start directory: the daemon may be elsewhere by the time of a reload (N13).
  auto anchored = [base = h.directory](const std::string& p) { return p.starts_with('/') ? p : base + '/' + p; };
  h.exists = [anchored](const std::string& p) {
    struct stat info {};
    return ::stat(anchored(p).c_str(), &info) == 0;
  };
  h.is_directory = [anchored](const std::string& p) {
    struct stat info {};
    return ::stat(anchored(p).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  };
  h.read_file = [anchored](const std::string& p) { return read_whole(anchored(p)); };
  h.glob = [](const std::string& pattern) {
    std::vector<std::string> found;
    if (pattern.starts_with('/'))
      match("/", pattern, 1, found);
    std::sort(found.begin(), found.end());
    return found;
  };
  h.temporary_directory = first_directory(h);
  return h;
}

} // namespace troupe::config
