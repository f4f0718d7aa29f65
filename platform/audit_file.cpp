// See audit_file.hpp.
#include "platform/audit_file.hpp"

#include "platform/daemon.hpp"
#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::int64_t longest_line = std::int64_t{1} << 20;

std::int64_t size_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : -1;
}

/// Up to the last newline, which is not part of it.
std::string last_line_of(const std::string& path) {
  struct stat info {};
  auto fd = open_log_to_read(path, info);
  if (!fd)
    return {};
  std::string end(static_cast<std::size_t>(std::min<std::int64_t>(info.st_size, longest_line)), '\0');
  auto got = ::pread(fd.get(), end.data(), end.size(), info.st_size - static_cast<std::int64_t>(end.size()));
  end.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  auto newline = end.rfind('\n');
  if (newline == end.npos)
    return {};
  end.resize(newline);
  return end.substr(end.rfind('\n') + 1);
}

/// It does not end with a newline.
bool is_torn(int fd, const std::string& path) {
  auto size = size_of(fd);
  struct stat info {};
  auto readable = size > 0 ? open_log_to_read(path, info) : unique_fd{};
  char last = '\n';
  return readable && ::pread(readable.get(), &last, 1, size - 1) == 1 && last != '\n';
}

} // namespace

audit_file::audit_file(settings s) : set_(std::move(s)) {
  if (set_.path == "syslog")
    return;
  file_.emplace(set_.path, set_.max_bytes, set_.backups);
  file_->keep_private();
}

int audit_file::open() {
  std::lock_guard lock{mutex_};
  if (!file_)
    return 0;
  int error = file_->open();
  torn_ = error == 0 && is_torn(file_->fd(), set_.path);
  return error;
}

int audit_file::reopen() {
  std::lock_guard lock{mutex_};
  if (!file_)
    return 0;
  int error = file_->reopen();
  torn_ = error == 0 ? is_torn(file_->fd(), set_.path) : torn_;
  return error;
}

bool audit_file::is_empty() {
  std::lock_guard lock{mutex_};
  return file_ && size_of(file_->fd()) == 0;
}

int audit_file::write(std::string_view line) {
  std::lock_guard lock{mutex_};
  if (!file_)
    return log_syslog(set_.syslog_name, std::string(line), syslog_facility::authpriv) ? 0 : ENOTCONN;
  auto before = size_of(file_->fd());
  auto lost = file_->lost();
  int error = torn_ ? file_->write('\n' + std::string(line)) : file_->write(line);
  auto missing = file_->lost() - lost;
  if (missing == 0) { // a rotation that fails loses nothing
    torn_ = false;
    return 0;
  }
  if (missing < line.size() && !take_back(before))
    torn_ = true;
  return error != 0 ? error : EIO;
}

bool audit_file::take_back(std::int64_t size) {
  auto now = size_of(file_->fd());
  return size >= 0 && now >= 0 && (now <= size || ::ftruncate(file_->fd(), size) == 0);
}

std::string audit_file::last_line() const {
  if (!file_)
    return {};
  auto line = last_line_of(set_.path);
  return line.empty() ? last_line_of(set_.path + ".1") : line;
}

} // namespace troupe::platform
