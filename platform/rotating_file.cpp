// See rotating_file.hpp.
#include "platform/rotating_file.hpp"

#include "platform/batch.hpp"
#include "platform/fault_point.hpp"
#include "platform/log_readers.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int append_flags = O_WRONLY | O_APPEND | O_CREAT;
constexpr int patience_ms = 200;
constexpr std::size_t terminal_piece = 256; ///< bytes that find room where a terminal is writable

} // namespace

rotating_file::rotating_file(std::string path, std::int64_t max_bytes, std::int64_t backups)
    : path_(std::move(path)), max_bytes_(max_bytes), backups_(backups), rotate_at_(max_bytes) {}

bool rotating_file::is_open() const { return static_cast<bool>(fd_); }

void rotating_file::limit(std::int64_t max_bytes, std::int64_t backups, std::unique_ptr<file_policy> policy) {
  max_bytes_ = rotate_at_ = max_bytes;
  backups_ = backups;
  policy_ = std::move(policy);
  if (policy_ && fd_)
    policy_->holds(fd_.get());
}

int rotating_file::open() { return open_anew(append_flags); }

/// What is open stays open if the new file cannot be. Its successor is not open to more readers than it was.
int rotating_file::open_anew(int flags) {
  struct stat before {};
  auto mode = fd_ && ours_ && ::fstat(fd_.get(), &before) == 0 ? before.st_mode & 0666 : private_ ? 0600 : 0666;
  int fd = create(flags, mode);
  if (fd < 0 && errno == ESPIPE)
    fd = create(flags & ~O_APPEND, mode);
  int error = fd < 0 ? errno : 0;
  astray_ = fd < 0 && fd_;
  if (fd >= 0)
    take(fd);
  return error;
}

int rotating_file::create(int flags, mode_t mode) {
  if (private_) {
    std::string refusal;
    return open_place(find_place(path_, last_link::keep), flags, mode & 0660, refusal);
  }
  return policy_ ? policy_->open(path_, flags, mode) : open_log_path(path_, flags, mode);
}

void rotating_file::take(int fd) {
  fd_.reset(fd);
  struct stat info {};
  regular_ = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  struct stat name {};
  ours_ =
    regular_ && ((::lstat(path_.c_str(), &name) == 0 && name.st_ino == info.st_ino && name.st_dev == info.st_dev) ||
                 movable(path_).folder);
  is_socket_ = S_ISSOCK(info.st_mode);
  bool borrowed = !regular_ && (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  borrowed_piece_ = !borrowed ? 0 : S_ISCHR(info.st_mode) ? terminal_piece : PIPE_BUF;
  rotate_at_ = max_bytes_;
  if (policy_)
    policy_->holds(fd);
}

int rotating_file::write(std::string_view bytes) {
  int error = write_some(bytes);
  while (error == EAGAIN && wait_for_room())
    error = write_some(bytes);
  lost_ += bytes.size();
  return error;
}

int rotating_file::write_some(std::string_view& bytes, batch_record* batch) {
  int error = fd_ && !astray_ ? 0 : open();
  if (fd_)
    error = 0; // what has lost its name is written all the same
  if (batch && error == 0)
    about_to_write(*batch, fd_.get());
  while (error == 0 && !bytes.empty()) {
    auto n = write_piece(batch ? bytes.substr(0, half_if_last("batch.half", bytes.size())) : bytes);
    if (batch && n > 0) {
      fault_point("batch.half");
      fault_point("batch.wrote");
      wrote(*batch, static_cast<std::size_t>(n));
      fault_point("batch.written");
    }
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n == 0)
      error = EIO; // a device that takes nothing
    else if (errno != EINTR)
      error = errno;
  }
  if (batch && error != EAGAIN) // what could not be written is lost, and counted
    batch_done(*batch);
  if (!rotation_due())
    return error;
  rotation_error_ = rotate();
  return error != 0 ? error : rotation_error_;
}

ssize_t rotating_file::write_piece(std::string_view bytes) {
  if (borrowed_piece_ == 0)
    return ::write(fd_.get(), bytes.data(), bytes.size());
  if (is_socket_)
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  pollfd out{fd_.get(), POLLOUT, 0};
  if (::poll(&out, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd_.get(), bytes.data(), std::min(bytes.size(), borrowed_piece_));
}

/// Asked, not counted: others may append to the same file, or truncate it.
bool rotating_file::rotation_due() const {
  return ours_ && max_bytes_ > 0 && fd_ && !astray_ && ::lseek(fd_.get(), 0, SEEK_CUR) >= rotate_at_;
}

/// A pipe gets one short wait; while it stays full, none.
bool rotating_file::wait_for_room() {
  pollfd out{fd_.get(), POLLOUT, 0};
  stalled_ = ::poll(&out, 1, stalled_ ? 0 : patience_ms) == 0;
  errno = EAGAIN;
  return !stalled_;
}

int rotating_file::reopen() { return open(); }

/// What is open is still what the name leads to.
bool rotating_file::has_its_name() const {
  struct stat here {};
  struct stat there {};
  return ::stat(path_.c_str(), &there) == 0 && ::fstat(fd_.get(), &here) == 0 && here.st_ino == there.st_ino &&
         here.st_dev == there.st_dev;
}

int rotating_file::clear() {
  if (fd_ && !ours_)
    return has_its_name() ? 0 : reopen();
  if (auto file = movable(path_);
      file.folder && ::unlinkat(file.folder.get(), file.name.c_str(), 0) != 0 && errno != ENOENT)
    return errno;
  return reopen();
}

/// Shifts F.i to F.i+1, F to F.1, and opens F anew. Missing files do not matter, existing targets are replaced. Behind
/// a link the file is moved, not the link; on another file system its backups stay beside it.
int rotating_file::rotate() {
  auto names = rotation_of(path_);
  fault_point("rotation.begun");
  int error = names.taken ? EEXIST : 0;
  if (backups_ > 0 && error == 0 && names.file.folder)
    error = back_up(names);
  // What cannot be moved away is not emptied either.
  std::optional<log_emptying> emptied;
  if (backups_ <= 0 && error == 0)
    emptied.emplace(fd_.get());
  if (int failed = open_anew(append_flags | (error == 0 ? O_TRUNC : 0)); failed != 0)
    return failed;
  fault_point("rotation.opened");
  if (policy_)
    policy_->rotated(names.path, backups_);
  if (error != 0) // not again with every write
    rotate_at_ += std::max<std::int64_t>(::lseek(fd_.get(), 0, SEEK_END), 0);
  return error;
}

/// What was written to goes to F.1, whatever was there. 0, or errno.
int rotating_file::back_up(const rotation_names& names) const {
  const auto& stem = names.backups;
  if (!stem.folder)
    return stem.error;
  auto held = policy_ ? policy_->hold_names(stem.folder.get()) : std::unique_lock<std::mutex>{};
  if (policy_)
    policy_->shift(stem, backups_);
  else
    shift(stem);
  fault_point("rotation.shifted");
  auto first = stem.name + '1';
  if (::renameat(names.file.folder.get(), names.file.name.c_str(), stem.folder.get(), first.c_str()) != 0)
    return errno == ENOENT ? 0 : errno;
  fault_point("rotation.moved");
  if (policy_)
    policy_->replaced(stem);
  return 0;
}

/// The oldest is removed first: ext4 writes out at once what is renamed over another file, be it ever so short-lived.
void rotating_file::shift(const place& stem) const {
  auto name = [&](std::int64_t i) { return stem.name + std::to_string(i); };
  int in = stem.folder.get();
  ::unlinkat(in, name(backups_).c_str(), 0);
  for (auto i = backups_ - 1; i >= 1; --i)
    if (::renameat(in, name(i).c_str(), in, name(i + 1).c_str()) == 0)
      fault_point("rotation.shifting");
}

} // namespace troupe::platform
