// See log_follower.hpp.
#include "platform/log_follower.hpp"

#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

ino_t inode_at(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

} // namespace

std::optional<log_follower> log_follower::open(std::string path, std::int64_t backups, std::int64_t last_bytes) {
  log_follower follower{std::move(path), backups};
  struct stat info {};
  follower.fd_ = open_log_to_read(follower.path_, info);
  if (!follower.fd_ && errno != 0)
    return {};
  follower.inode_ = info.st_ino;
  follower.modified_ = info.st_mtime;
  follower.offset_ = follower.fd_ ? std::max<std::int64_t>(info.st_size - last_bytes, 0) : 0;
  return follower;
}

bool log_follower::read(std::string& into, std::size_t most) {
  if (read_here(into, most) > 0)
    return true;
  struct stat info {};
  if (fd_ && ::fstat(fd_.get(), &info) == 0 && info.st_size < offset_) {
    into += "==> File truncated <==\n";
    offset_ = 0;
    read_here(into, most);
    return true;
  }
  auto now = inode_at(path_);
  if (now == 0 || now == inode_)
    return false;
  if (read_here(into, most) > 0) // written before the name went to another file
    return true;
  return move_on() && read_here(into, most) > 0;
}

std::size_t log_follower::read_here(std::string& into, std::size_t most) {
  if (!fd_)
    return 0;
  auto before = into.size();
  into.resize(before + most);
  ssize_t n = 0;
  do {
    n = ::pread(fd_.get(), into.data() + before, most, offset_);
  } while (n < 0 && errno == EINTR);
  auto done = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  into.resize(before + done);
  offset_ += static_cast<std::int64_t>(done);
  return done;
}

/// The name of what was begun after this file was full: the backup below it, or the log itself.
std::string log_follower::next_file() const {
  for (std::int64_t i = 1; i <= backups_; ++i)
    if (inode_at(path_ + '.' + std::to_string(i)) == inode_)
      return i == 1 ? path_ : path_ + '.' + std::to_string(i - 1);
  return path_;
}

bool log_follower::move_on() {
  for (int attempt = 0; attempt < 10; ++attempt) {
    auto next = next_file();
    struct stat info {};
    auto fd = open_log_to_read(next, info);
    if (!fd || info.st_ino == inode_)
      continue;
    if (next_file() != next)
      continue; // rotated while we looked
    fd_ = std::move(fd);
    inode_ = info.st_ino;
    offset_ = 0;
    return true;
  }
  return false;
}

std::int64_t log_follower::modified() const {
  struct stat info {};
  return fd_ && ::fstat(fd_.get(), &info) == 0 ? info.st_mtime : modified_;
}

} // namespace troupe::platform
