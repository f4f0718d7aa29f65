// The pid file, whose folder may be anybody's. Must not touch what another has put there.
// Source: docs/contract/configuration.md, 7.8; docs/logs.md, "Links".
#include "config/text.hpp"
#include "platform/daemon.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace troupe::platform {

namespace {

constexpr int most_names = 100; ///< that others may have taken

int put(int fd) {
  auto text = std::to_string(daemon_pid()) + '\n';
  auto n = ::write(fd, text.data(), text.size());
  return n == static_cast<ssize_t>(text.size()) ? 0 : n < 0 ? errno : ENOSPC;
}

} // namespace

config::result<pid_file> pid_file::write(const std::string& path) {
  pid_file file;
  file.at_ = find_place(path, last_link::follow);
  std::string refusal;
  struct stat there {};
  int error = look_at_place(file.at_, there, refusal);
  bool old = error == 0;
  if (error == ENOENT && file.at_.folder)
    error = 0;
  if (error == 0) {
    bool is_file = !old || S_ISREG(there.st_mode);
    error = is_file && !file.at_.is_magic ? file.write_beside(refusal) : file.write_over(refusal);
    // The folder may be closed to us, and the file not (or mounted by itself).
    if (error != 0 && error != ENOSPC && old && is_file && (there.st_uid == 0 || there.st_uid == ::geteuid()))
      error = file.write_over(refusal);
  }
  if (error != 0)
    return config::fault(std::string(std::strerror(error)) + (refusal.empty() ? "" : ": " + refusal));
  return file;
}

pid_file pid_file::of_before(const std::string& path, const struct stat& written) {
  pid_file file;
  file.at_ = find_place(path, last_link::follow);
  file.written_ = written;
  return file;
}

/// Nobody reads half a number, and what had the name before is not touched.
int pid_file::write_beside(std::string& refusal) {
  auto name = at_.name;
  unique_fd fd;
  for (int i = 0; !fd && i < most_names; ++i) {
    at_.name = name + '.' + std::to_string(::getpid()) + (i == 0 ? "" : '-' + std::to_string(i));
    fd.reset(open_place(at_, O_WRONLY | O_CREAT | O_EXCL, 0644, refusal));
    if (!fd && errno != EEXIST)
      break;
  }
  int error = fd ? put(fd.get()) : errno;
  auto made = std::exchange(at_.name, name);
  if (error == 0 && (::fstat(fd.get(), &written_) != 0 ||
                     ::renameat(at_.folder.get(), made.c_str(), at_.folder.get(), name.c_str()) != 0))
    error = errno;
  if (fd && error != 0)
    ::unlinkat(at_.folder.get(), made.c_str(), 0);
  return error;
}

int pid_file::write_over(std::string& refusal) {
  unique_fd fd{open_place(at_, O_WRONLY | O_TRUNC, 0, refusal)};
  int error = fd ? put(fd.get()) : errno;
  return error == 0 && ::fstat(fd.get(), &written_) != 0 ? errno : error;
}

void pid_file::remove() const {
  struct stat there {};
  if (!at_.is_magic && S_ISREG(written_.st_mode) && at_.folder &&
      ::fstatat(at_.folder.get(), at_.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
      there.st_ino == written_.st_ino && there.st_dev == written_.st_dev &&
      there.st_mtim.tv_sec == written_.st_mtim.tv_sec && there.st_mtim.tv_nsec == written_.st_mtim.tv_nsec)
    ::unlinkat(at_.folder.get(), at_.name.c_str(), 0);
}

} // namespace troupe::platform
