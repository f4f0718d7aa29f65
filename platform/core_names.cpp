// See core_file.hpp: names by a pattern, and whether such a file is there.
#include "platform/core_file.hpp"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::int64_t longest_dump = 3; ///< seconds for which a time in the name is tried

std::string program_name(const core_owner& whose) {
  constexpr std::size_t longest = 15; // as the kernel keeps it
  return whose.program.substr(whose.program.rfind('/') + 1).substr(0, longest);
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::string filled(const core_owner& whose, std::string_view pattern, std::int64_t when) {
  std::string name;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      name += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
    case '%':
      name += '%';
      break;
    case 'p':
    case 'P':
    case 'i':
    case 'I':
      name += std::to_string(whose.pid);
      break;
    case 'u':
      name += std::to_string(whose.uid);
      break;
    case 'g':
      name += std::to_string(whose.gid);
      break;
    case 's':
      name += std::to_string(whose.signo);
      break;
    case 't':
      name += std::to_string(when);
      break;
    case 'h':
      name += host_name();
      break;
    case 'e':
    case 'f':
      name += program_name(whose);
      break;
    case 'E': {
      auto path = whose.program;
      std::replace(path.begin(), path.end(), '/', '!');
      name += path;
      break;
    }
    case 'd':
      name += '1';
      break;
    default:
      break; // the kernel leaves out what it does not know, too
    }
  }
  return name;
}

bool is_its_core(const core_owner& whose, const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_mtime >= whose.began;
}

} // namespace

std::string core_of(const core_owner& whose, std::string_view pattern, bool uses_pid) {
  while (!pattern.empty() && (pattern.back() == '\n' || pattern.back() == ' '))
    pattern.remove_suffix(1);
  if (pattern.empty())
    return {};
  if (pattern.front() == '|')
    return std::string(pattern.substr(0, pattern.find(' ')));
  bool timed = pattern.find("%t") != pattern.npos;
  bool has_pid = pattern.find("%p") != pattern.npos;
  for (auto when = whose.ended; when >= whose.ended - (timed ? longest_dump : 0); --when) {
    auto path = filled(whose, pattern, when);
    if (uses_pid && !has_pid)
      path += '.' + std::to_string(whose.pid);
    if (path.front() != '/' && !whose.directory.empty())
      path.insert(0, whose.directory + '/');
    if (is_its_core(whose, path))
      return path;
  }
  return {};
}

} // namespace troupe::platform
