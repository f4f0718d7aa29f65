// From a command line to a program: its words, and the search for the file. Must not run it.
// Source: docs/contract/lifecycle.md, 2.2, 2.3.
#include "config/command_words.hpp"
#include "config/datatypes.hpp"
#include "config/text.hpp"
#include "platform/spawn.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace troupe::platform {

words split_command(const std::string& command) {
  auto [argv, problem, at] = config::split_command(command);
  if (!problem)
    return {std::move(argv), {}};
  return {{}, problem + (" (character " + std::to_string(config::character_at(command, at)) + ')')};
}

namespace {

std::vector<std::string> search_directories(const std::optional<std::string>& program_path) {
  std::string path;
  if (program_path)
    path = *program_path;
  else if (const char* own = std::getenv("PATH"); own && *own)
    path = own;
  else
    return {"/bin", "/usr/bin", "/usr/local/bin"};
  std::vector<std::string> directories;
  for (std::size_t begin = 0;;) {
    auto end = path.find(':', begin);
    directories.push_back(path.substr(begin, end - begin));
    if (end == std::string::npos)
      return directories;
    begin = end + 1;
  }
}

/// `ask` is getgrouplist(3), whose groups are gid_t in some systems and int in others.
template <class Group>
std::vector<gid_t> groups_of(int (*ask)(const char*, Group, Group*, int*), const passwd& user) {
  int count = 64;
  std::vector<Group> groups(static_cast<std::size_t>(count));
  while (ask(user.pw_name, static_cast<Group>(user.pw_gid), groups.data(), &count) < 0)
    groups.resize(static_cast<std::size_t>(count = std::max(count, static_cast<int>(groups.size()) * 2)));
  return {groups.begin(), groups.begin() + count};
}

} // namespace

resolved resolve_command(const std::string& word, const std::optional<std::string>& search_path) {
  std::string file;
  struct stat info {};
  bool found = false;
  if (word.find('/') != std::string::npos) {
    file = word;
    found = ::stat(file.c_str(), &info) == 0;
  } else {
    for (const auto& directory : search_directories(search_path)) {
      file = directory.empty() || directory.back() == '/' ? directory + word : directory + '/' + word;
      if (::stat(file.empty() ? "." : file.c_str(), &info) == 0) {
        found = true;
        break;
      }
    }
    if (!found)
      file = word;
  }
  auto name = config::quoted(file);
  if (!found)
    return {file, "can't find command " + name, true};
  if (S_ISDIR(info.st_mode))
    return {file, "command at " + name + " is a directory", false};
  if ((info.st_mode & 0111) == 0)
    return {file, "command at " + name + " is not executable", false};
  if (::access(file.c_str(), X_OK) != 0)
    return {file, "no permission to run command " + name, false};
  return {file, {}, false};
}

std::optional<identity> identity_of(uid_t uid) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  int error = 0;
  while ((error = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found)) == ERANGE)
    buffer.resize(buffer.size() * 2);
  if (error != 0 || !found)
    return std::nullopt;
  auto text = [](const char* said) { return std::string(said ? said : ""); };
  identity who{uid, entry.pw_gid, {}, text(entry.pw_name), text(entry.pw_dir), text(entry.pw_shell)};
  who.groups = groups_of(::getgrouplist, entry);
  return who;
}

identity own_identity() {
  identity who{::getuid(), ::getgid(), {}};
  for (int count = -1; count < 0;) { // there may be more by the time they are asked for
    who.groups.resize(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    count = ::getgroups(static_cast<int>(who.groups.size()), who.groups.data());
    if (count < 0 && errno != EINVAL)
      count = 0;
    if (count >= 0)
      who.groups.resize(static_cast<std::size_t>(count));
  }
  return who;
}

void identities::learn(uid_t uid) {
  auto who = identity_of(uid);
  std::lock_guard lock{mutex_};
  known_[uid] = std::move(who);
}

std::optional<identity> identities::find(uid_t uid) {
  {
    std::lock_guard lock{mutex_};
    if (auto known = known_.find(uid); known != known_.end() && known->second)
      return known->second;
  }
  return identity_of(uid);
}

} // namespace troupe::platform
