// See rotating_file.hpp.
#include "platform/rotating_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

/// Not blocking: neither a FIFO without a reader nor a reader that stalls may hold up the daemon. No effect on files.
constexpr int common_flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr int patience_ms = 200;

} // namespace

rotating_file::rotating_file(std::string path, std::int64_t max_bytes, std::int64_t backups)
    : path_(std::move(path)), max_bytes_(max_bytes), backups_(backups) {}

bool rotating_file::is_open() const { return static_cast<bool>(fd_); }

int rotating_file::open() {
  int fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | common_flags, 0666);
  if (fd < 0 && errno == ESPIPE)
    fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | common_flags, 0666);
  if (fd < 0)
    return errno;
  fd_.reset(fd);
  struct stat info {};
  regular_ = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  size_ = regular_ ? info.st_size : 0;
  return 0;
}

int rotating_file::write(std::string_view bytes) {
  int error = 0;
  if (!fd_)
    error = open(); // lost at the last rotation or reopening: try again
  while (error == 0 && !bytes.empty()) {
    auto n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      size_ += n;
    } else if (errno == EAGAIN && wait_for_room()) {
      continue;
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  lost_ += bytes.size();
  if (regular_ && max_bytes_ > 0 && size_ >= max_bytes_)
    if (int failed = rotate(); error == 0)
      error = failed;
  return error;
}

/// A pipe gets one short wait; while it stays full, none.
bool rotating_file::wait_for_room() {
  pollfd out{fd_.get(), POLLOUT, 0};
  stalled_ = ::poll(&out, 1, stalled_ ? 0 : patience_ms) == 0;
  errno = EAGAIN;
  return !stalled_;
}

int rotating_file::reopen() {
  fd_.reset();
  return open();
}

int rotating_file::clear() {
  if (fd_ && !regular_)
    return 0;
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
    return errno;
  return reopen();
}

/// Shifts F.i to F.i+1, F to F.1, and opens F anew. Missing files do not matter, existing targets are replaced.
int rotating_file::rotate() {
  fd_.reset();
  for (auto i = backups_ - 1; i >= 1; --i)
    ::rename((path_ + '.' + std::to_string(i)).c_str(), (path_ + '.' + std::to_string(i + 1)).c_str());
  int error = 0;
  if (backups_ > 0 && ::rename(path_.c_str(), (path_ + ".1").c_str()) != 0 && errno != ENOENT)
    error = errno; // what cannot be moved away is not emptied either
  int fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | common_flags | (error == 0 ? O_TRUNC : 0), 0666);
  if (fd < 0)
    return errno;
  fd_.reset(fd);
  size_ = 0;
  return error;
}

} // namespace troupe::platform
