// See log_path.hpp.
#include "platform/log_path.hpp"

#include "platform/unique_fd.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int common_flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK; // the last has no effect on files

struct split_path {
  std::string folder, name;
};

split_path split(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

unique_fd open_folder(const std::string& folder) {
  return unique_fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

bool others_may_write(int folder) {
  struct stat info {};
  if (::fstat(folder, &info) != 0)
    return true;
  return (info.st_mode & (S_IWGRP | S_IWOTH)) != 0 || (info.st_uid != 0 && info.st_uid != ::geteuid());
}

bool is_own_stdio(const struct stat& file) {
  for (int fd = 0; fd < 3; ++fd)
    if (struct stat info{}; ::fstat(fd, &info) == 0 && info.st_dev == file.st_dev && info.st_ino == file.st_ino)
      return true;
  return false;
}

} // namespace

/// Looked at and opened by the same descriptor of the folder, so that no other takes its place in between.
int open_log_path(const std::string& path, int flags, mode_t mode) {
  auto [folder, name] = split(path);
  auto fd = open_folder(folder);
  if (!fd)
    return -1;
  if (others_may_write(fd.get()))
    flags |= O_NOFOLLOW; // /dev/stdout is not in such a folder
  return ::openat(fd.get(), name.empty() ? "." : name.c_str(), flags | common_flags, mode);
}

bool links_are_followed(const std::string& path) {
  auto fd = open_folder(split(path).folder);
  return fd && !others_may_write(fd.get());
}

std::string movable(const std::string& path) {
  struct stat name {};
  struct stat file {};
  if (::lstat(path.c_str(), &name) != 0)
    return {};
  if (S_ISREG(name.st_mode))
    return path;
  if (!S_ISLNK(name.st_mode) || !links_are_followed(path))
    return {};
  if (::stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode) || is_own_stdio(file))
    return {};
  char* real = ::realpath(path.c_str(), nullptr);
  std::string result = real ? real : "";
  std::free(real);
  return result;
}

int truncate_log(const std::string& path) {
  unique_fd fd{open_log_path(path, O_WRONLY)};
  if (!fd)
    return errno == ENOENT || errno == ENXIO || errno == EISDIR ? 0 : errno;
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0)
    return errno;
  return !S_ISREG(info.st_mode) || ::ftruncate(fd.get(), 0) == 0 ? 0 : errno;
}

} // namespace troupe::platform
