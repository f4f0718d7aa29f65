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
  auto fd = open_log_to_read(follower.path_, info);
  if (!fd && errno != 0)
    return {};
  auto offset = fd ? std::max<std::int64_t>(info.st_size - last_bytes, 0) : 0;
  follower.file_ = std::make_unique<held_file>(std::move(fd), offset);
  follower.inode_ = info.st_ino;
  follower.modified_ = info.st_mtime;
  return follower;
}

bool log_follower::read(std::string& into, std::size_t most) {
  if (read_here(into, most) > 0)
    return true;
  if (was_emptied()) {
    into += "==> File truncated <==\n";
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

/// By us, who have put aside what was not read, or by others.
bool log_follower::was_emptied() {
  auto& place = *file_->place;
  std::lock_guard lock(place.mutex);
  if (std::exchange(place.was_emptied, false))
    return true;
  struct stat info {};
  if (!file_->fd || place.is_emptied || ::fstat(file_->fd.get(), &info) != 0 || info.st_size >= place.offset)
    return false;
  place.offset = 0;
  return true;
}

std::size_t log_follower::read_here(std::string& into, std::size_t most) {
  if (!file_->fd)
    return 0;
  auto& place = *file_->place;
  std::lock_guard lock(place.mutex);
  if (place.was_emptied) { // what was put aside comes before what is there now
    auto some = std::min(most, place.kept.size());
    into.append(place.kept, 0, some);
    place.kept.erase(0, some);
    return some;
  }
  if (place.is_emptied)
    return 0;
  auto before = into.size();
  into.resize(before + most);
  ssize_t n = 0;
  do {
    n = ::pread(file_->fd.get(), into.data() + before, most, place.offset);
  } while (n < 0 && errno == EINTR);
  auto done = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  into.resize(before + done);
  place.offset += static_cast<std::int64_t>(done);
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
    file_ = std::make_unique<held_file>(std::move(fd), 0);
    inode_ = info.st_ino;
    return true;
  }
  return false;
}

std::int64_t log_follower::modified() const {
  struct stat info {};
  return file_->fd && ::fstat(file_->fd.get(), &info) == 0 ? info.st_mtime : modified_;
}

} // namespace troupe::platform
