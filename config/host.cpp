// host::real(): the machine this program runs on. Must not know an option. Source: docs/contract/configuration.md, 2.2
// (matching), 4.1.
#include "config/crypt_library.hpp"
#include "config/datatypes.hpp"
#include "config/own_program.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <span>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
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

/// What one of the reentrant get..._r functions finds. They take only names that end at the first NUL.
template <class Entry, class Key>
std::optional<Entry> look_up(int (*get)(Key, Entry*, char*, std::size_t, Entry**), Key key, std::vector<char>& buffer) {
  Entry entry{};
  Entry* found = nullptr;
  buffer.resize(16384);
  while (get(key, &entry, buffer.data(), buffer.size(), &found) == ERANGE)
    buffer.resize(buffer.size() * 2);
  return found ? std::optional(entry) : std::nullopt;
}

bool is_id(std::int64_t number) { return number >= 0 && number < std::int64_t{UINT32_MAX}; } // all ones: none

bool has_nul(std::string_view text) { return text.find('\0') != text.npos; }

template <class Key>
std::optional<host::user> find_user(int (*get)(Key, passwd*, char*, std::size_t, passwd**), Key key) {
  std::vector<char> buffer;
  auto entry = look_up(get, key, buffer);
  return entry ? std::optional(from(*entry)) : std::nullopt;
}

template <class Key>
std::optional<std::int64_t> find_group(int (*get)(Key, group*, char*, std::size_t, group**), Key key) {
  std::vector<char> buffer;
  auto entry = look_up(get, key, buffer);
  return entry ? std::optional<std::int64_t>(entry->gr_gid) : std::nullopt;
}

/// What else there is could keep its reader waiting, or never end. /dev/null switches an included file off.
bool can_be_read(const struct stat& info) {
  struct stat null {};
  return S_ISREG(info.st_mode) ||
         (S_ISCHR(info.st_mode) && ::stat("/dev/null", &null) == 0 && info.st_rdev == null.st_rdev);
}

/// A file may be of any size, and its owner somebody else: no configuration is as large as this.
constexpr std::size_t largest_file = 256 << 20;

std::optional<std::string> read_whole(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return std::nullopt;
  struct stat info {};
  if (::fstat(fd, &info) < 0 || !can_be_read(info)) {
    ::close(fd);
    return std::nullopt;
  }
  constexpr off_t most = 64 << 20; // a file may claim to be of any size
  std::string text;
  text.reserve(static_cast<std::size_t>(std::clamp<off_t>(info.st_size, 0, most)));
  char buffer[65536];
  ssize_t n = 0;
  while (text.size() <= largest_file && ((n = ::read(fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0)
      text.append(buffer, static_cast<std::size_t>(n));
  ::close(fd);
  ::explicit_bzero(buffer, sizeof buffer);
  return n < 0 || text.size() > largest_file ? std::nullopt : std::optional(std::move(text));
}

// -- wildcards (2.2) ------

/// The characters of `text`. UTF-8 sorts as its code points do, so that ranges can compare these.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
      ++end;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

using character_span = std::span<const std::string_view>;

/// Whether `c` is in the set whose text between the brackets is `set`: abc, a-z, !abc.
bool in_set(character_span set, std::string_view c) {
  bool negated = set[0] == "!";
  bool found = false;
  for (std::size_t i = negated ? 1 : 0; i < set.size();)
    if (i + 2 < set.size() && set[i + 1] == "-") {
      found |= set[i] <= c && c <= set[i + 2];
      i += 3;
    } else {
      found |= set[i] == c;
      ++i;
    }
  return found != negated;
}

/// Characters of `pattern`'s first element if that is not `*` and matches `c`; else 0.
std::size_t match_one(character_span pattern, std::string_view c) {
  if (pattern.empty())
    return 0;
  if (pattern[0] == "[") {
    std::size_t end = pattern.size() > 1 && pattern[1] == "!" ? 3 : 2; // a `]` in first place is one of the set
    while (end < pattern.size() && pattern[end] != "]")
      ++end;
    if (end < pattern.size())
      return in_set(pattern.subspan(1, end - 1), c) ? end + 1 : 0;
  }
  return pattern[0] == "?" || pattern[0] == c ? 1 : 0;
}

bool matches(character_span pattern, character_span name) {
  std::optional<std::size_t> star; // the last one seen, and how far it reaches
  std::size_t reach = 0;
  std::size_t p = 0;
  for (std::size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == "*") {
      star = p++;
      reach = n;
    } else if (auto length = match_one(pattern.subspan(p), name[n])) {
      p += length;
      ++n;
    } else if (star) {
      p = *star + 1;
      n = ++reach;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(), [](auto c) { return c == "*"; });
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
  auto wanted = characters(part);
  while (const auto* entry = ::readdir(listing)) {
    std::string_view name = entry->d_name;
    if (name == "." || name == ".." || name.starts_with('.') != part.starts_with('.'))
      continue;
    if (matches(wanted, characters(name)))
      names.emplace_back(name);
  }
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
    if (on.is_directory(candidate) && ::access(candidate.c_str(), W_OK | X_OK) == 0)
      return absolute(candidate, on);
  return on.directory;
}

/// What only access control asks.
void ask_for_access(host& h) {
  auto anchored = [base = h.directory](const std::string& p) { return p.starts_with('/') ? p : base + '/' + p; };
  h.why_unreadable = [anchored](const std::string& p) -> std::string {
    int fd = ::open(anchored(p).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
      return std::strerror(errno);
    struct stat info {};
    bool known = ::fstat(fd, &info) == 0;
    ::close(fd);
    if (known && S_ISREG(info.st_mode))
      return std::strerror(EFBIG);
    return known && S_ISDIR(info.st_mode) ? std::strerror(EISDIR) : "not a regular file";
  };
  h.form_of_hash = form_of_hash;
  h.group_name = [](std::int64_t gid) -> std::optional<std::string> {
    std::vector<char> buffer;
    auto entry = is_id(gid) ? look_up<group, gid_t>(::getgrgid_r, static_cast<gid_t>(gid), buffer) : std::nullopt;
    return entry ? std::optional<std::string>(entry->gr_name) : std::nullopt;
  };
  h.facts_of = [anchored](const std::string& p) -> std::optional<path_facts> {
    struct stat info {};
    if (has_nul(p) || ::lstat(anchored(p).c_str(), &info) != 0)
      return {};
    return path_facts{static_cast<std::int64_t>(info.st_uid), static_cast<std::int64_t>(info.st_gid), info.st_mode};
  };
  h.real_path = [anchored](const std::string& p) -> std::optional<std::string> {
    std::unique_ptr<char, decltype(&std::free)> found{has_nul(p) ? nullptr : ::realpath(anchored(p).c_str(), nullptr),
                                                      &std::free};
    return found ? std::optional<std::string>(found.get()) : std::nullopt;
  };
}

} // namespace

host host::real() {
  char path[PATH_MAX];
  return real(::getcwd(path, sizeof path) ? path : "");
}

host host::real(const std::string& start) {
  host h;
  std::set<std::string_view> known;
  for (char** entry = environ; *entry; ++entry) {
    std::string_view line = *entry;
    if (auto equals = line.find('='); equals != line.npos && known.insert(line.substr(0, equals)).second)
      h.env.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  utsname names{};
  ::uname(&names);
  h.node_name = names.nodename;
  h.directory = start;
  h.executable = own_program();
  h.uid = ::getuid();
  h.user_by_name = [](std::string_view name) {
    return has_nul(name) ? std::nullopt : find_user<const char*>(::getpwnam_r, std::string(name).c_str());
  };
  h.user_by_id = [](std::int64_t id) {
    return is_id(id) ? find_user<uid_t>(::getpwuid_r, static_cast<uid_t>(id)) : std::nullopt;
  };
  h.group_by_name = [](std::string_view name) {
    return has_nul(name) ? std::nullopt : find_group<const char*>(::getgrnam_r, std::string(name).c_str());
  };
  h.group_exists = [](std::int64_t gid) {
    return is_id(gid) && find_group<gid_t>(::getgrgid_r, static_cast<gid_t>(gid)).has_value();
  };
  // Against the start directory: the daemon may be elsewhere by the time of a reload (N13).
  auto anchored = [base = h.directory](const std::string& p) { return p.starts_with('/') ? p : base + '/' + p; };
  auto mode = [anchored](const std::string& p) { // 0: there is nothing
    struct stat info {};
    return !p.empty() && !has_nul(p) && ::stat(anchored(p).c_str(), &info) == 0 ? info.st_mode : 0;
  };
  h.exists = [mode](const std::string& p) { return mode(p) != 0; };
  h.is_file = [anchored](const std::string& p) {
    struct stat info {};
    return !has_nul(p) && ::stat(anchored(p).c_str(), &info) == 0 && can_be_read(info);
  };
  h.is_directory = [mode](const std::string& p) { return S_ISDIR(mode(p)); };
  h.read_file = [anchored](const std::string& p) { return read_whole(anchored(p)); };
  h.glob = [](const std::string& pattern) {
    std::vector<std::string> found;
    if (pattern.starts_with('/'))
      match("/", pattern, 1, found);
    std::sort(found.begin(), found.end());
    return found;
  };
  ask_for_access(h);
  h.temporary_directory = first_directory(h);
  return h;
}

} // namespace troupe::config
