// See log_path.hpp.
#include "platform/log_path.hpp"

#include "platform/unique_fd.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

bool is_own_stdio(const struct stat& file) {
  for (int fd = 0; fd < 3; ++fd)
    if (struct stat info{}; ::fstat(fd, &info) == 0 && info.st_dev == file.st_dev && info.st_ino == file.st_ino)
      return true;
  return false;
}

std::string real_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  std::string result = real ? real : path;
  std::free(real);
  return result;
}

} // namespace

bool is_same_path(std::string_view a, std::string_view b) {
  auto is_plain = [](std::string_view path) {
    return path.starts_with('/') && path.find("/.") == path.npos && path.find("//") == path.npos;
  };
  if (a == b || a.empty() || b.empty() || (is_plain(a) && is_plain(b))) // nearly all
    return a == b;
  namespace fs = std::filesystem;
  std::error_code failed;
  auto here = fs::current_path(failed);
  return (here / a).lexically_normal() == (here / b).lexically_normal();
}

int open_log_path(const std::string& path, int flags, mode_t mode) {
  std::string refusal;
  return open_path(path, flags, mode, refusal);
}

unique_fd open_log_to_read(const std::string& path, struct stat& info) {
  std::string refusal;
  if (int error = look_at_path(path, info, refusal); error != 0) {
    errno = error;
    return {};
  }
  errno = S_ISDIR(info.st_mode) ? EISDIR : 0;
  if (!S_ISREG(info.st_mode))
    return {};
  unique_fd fd{open_log_path(path, O_RDONLY)};
  if (fd && ::fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode))
    return fd;
  if (fd) // something else came in between
    errno = EAGAIN;
  return {};
}

std::string refusal_of(const std::string& path) {
  std::string refusal;
  struct stat info {};
  look_at_path(path, info, refusal);
  return refusal;
}

place movable(const std::string& path) {
  auto at = find_place(path, last_link::follow);
  struct stat file {};
  std::string refusal;
  if (at.is_magic || look_at_place(at, file, refusal) != 0 || !S_ISREG(file.st_mode) ||
      (at.through_link && is_own_stdio(file)))
    return {};
  return at;
}

/// On another file system than the link, the backups stay beside the file.
rotation_names rotation_of(const std::string& path) {
  rotation_names names{movable(path), find_place(path, last_link::keep), path};
  struct stat link {};
  struct stat file {};
  names.taken = !names.file.folder && ::stat(path.c_str(), &file) == 0;
  if (names.file.folder && names.file.through_link && names.backups.folder &&
      ::fstat(names.backups.folder.get(), &link) == 0 && ::fstat(names.file.folder.get(), &file) == 0 &&
      link.st_dev != file.st_dev) {
    names.path = real_path(path);
    names.backups = find_place(path, last_link::follow);
  }
  names.path += '.';
  names.backups.name += '.';
  return names;
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
