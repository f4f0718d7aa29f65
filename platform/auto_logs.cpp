// AUTO child logs: made under a name of their own, removed at the next start. Must not know which
// process one is for, nor write one.
// Source: docs/contract/configuration.md, 7.5 (N11); lifecycle 5.2.
#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <random>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

/// `P---IDENTIFIER-S.log`, also with `.` and one to four digits at the end, and compressed; P not empty, S without
/// white space.
bool is_auto_name(std::string_view name, const std::string& identifier) {
  if (name.ends_with(".gz-part")) // of a daemon that ended while it compressed
    name.remove_suffix(8);
  else if (name.ends_with(".gz"))
    name.remove_suffix(3);
  if (auto dot = name.rfind('.'); dot != name.npos && name.size() - dot >= 2 && name.size() - dot <= 5 &&
                                  name.find_first_not_of("0123456789", dot + 1) == name.npos)
    name = name.substr(0, dot);
  if (!name.ends_with(".log"))
    return false;
  name.remove_suffix(4);
  auto middle = "---" + identifier + "-";
  for (auto at = name.find(middle, 1); at != name.npos; at = name.find(middle, at + 1)) {
    auto last = name.substr(at + middle.size());
    if (!last.empty() && last.find_first_of(" \t\n\v\f\r") == last.npos)
      return true;
  }
  return false;
}

std::string in(const std::string& directory, std::string_view name) {
  return directory + (directory.ends_with('/') ? "" : "/") + std::string(name);
}

/// What to do where nothing can be written, as with the read-only root of a container.
std::string_view way_out_of(int error) {
  return error == EROFS || error == EACCES
           ? "; set childlogdir= to a folder that can be written, or stdout_logfile=NONE, stderr_logfile=NONE"
           : "";
}

} // namespace

std::vector<std::string> remove_auto_logs(const std::string& directory, const std::string& identifier) {
  auto folder = find_folder(directory);
  int fd = folder.folder ? ::openat(folder.folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  auto* listing = fd < 0 ? nullptr : ::fdopendir(fd);
  if (!listing) {
    if (fd >= 0)
      ::close(fd);
    return {"Could not clear childlog dir"};
  }
  std::vector<std::string> found;
  while (const auto* entry = ::readdir(listing))
    if (is_auto_name(entry->d_name, identifier))
      found.push_back(entry->d_name);
  ::closedir(listing);
  std::sort(found.begin(), found.end());
  std::vector<std::string> warnings;
  for (const auto& name : found)
    if (::unlinkat(folder.folder.get(), name.c_str(), 0) != 0 && errno != ENOENT)
      warnings.push_back("Failed to clean up " + config::quoted(in(directory, name)));
  return warnings;
}

bool is_auto_log(const std::string& path) {
  struct stat info {};
  std::string refusal;
  return look_at_path(path, info, refusal) == 0 && S_ISREG(info.st_mode);
}

config::result<std::string> create_auto_log(const std::string& directory, const std::string& process,
                                            const std::string& channel, const std::string& identifier) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  auto folder = find_folder(directory);
  auto stem = process + '-' + channel + "---" + identifier + '-';
  for (int attempt = 0;; ++attempt) {
    auto name = stem;
    for (int i = 0; i < 8; ++i)
      name += letters[random() % letters.size()];
    name += ".log";
    unique_fd file;
    int error = folder.error;
    if (folder.folder) {
      file.reset(
        ::openat(folder.folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
      error = errno;
    }
    auto path = in(directory, name);
    if (file)
      return path;
    if (error != EEXIST || attempt == 100)
      return config::fault("could not create AUTO log " + path + " of " + process + ": " + std::strerror(error) +
                           (folder.refusal.empty() ? "" : ": " + folder.refusal) + std::string(way_out_of(error)));
  }
}

} // namespace troupe::platform
