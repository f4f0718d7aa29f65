// See file_policy.hpp.
#include "platform/file_policy.hpp"

#include "config/text.hpp"
#include "platform/fault_point.hpp"
#include "platform/log_path.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

bool is_empty_file(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0;
}

} // namespace

file_policy::file_policy(const config::log_file_options& options, backup_compressor& compressor, bool empty_is_new)
    : options_(options), compressor_(compressor), empty_is_new_(empty_is_new) {}

/// Who may read a file is settled before anything is in it; until then only we can.
int file_policy::open(const std::string& path, int flags, mode_t mode) {
  if (options_.mode)
    mode = 0600;
  int fd = open_log_path(path, flags & ~O_CREAT, mode);
  bool is_new = fd >= 0 && empty_is_new_ && is_empty_file(fd);
  if (fd < 0 && errno == ENOENT) {
    fd = open_log_path(path, flags | O_CREAT | O_EXCL, mode);
    is_new = fd >= 0;
    if (fd < 0 && errno == EEXIST) { // a link that leads nowhere, or the other channel was faster
      fd = open_log_path(path, flags | O_CREAT, mode);
      is_new = fd >= 0 && is_empty_file(fd);
    }
  }
  if (is_new)
    settle(fd, path);
  return fd;
}

void file_policy::settle(int fd, const std::string& path) {
  const auto& [uid, gid] = options_.owner;
  int error = 0;
  if ((uid >= 0 || gid >= 0) && ::fchown(fd, static_cast<uid_t>(uid), static_cast<gid_t>(gid)) != 0)
    error = errno;
  if (options_.mode && ::fchmod(fd, static_cast<mode_t>(*options_.mode)) != 0 && error == 0)
    error = errno;
  auto subject = "access to " + path;
  if (error == 0)
    compressor_.all_is_well(subject);
  else
    compressor_.report(subject, "could not set mode or owner of log " + config::quoted(path) + ": " +
                                  config::errno_name(error) + "; it is written all the same");
}

void file_policy::holds(int fd) {
  if (options_.gzip)
    lease_ = compressor_.take_lease(fd);
}

std::unique_lock<std::mutex> file_policy::hold_names(int folder) {
  return options_.gzip ? compressor_.hold_names(folder) : std::unique_lock<std::mutex>{};
}

void file_policy::shift(const place& stem, std::int64_t backups) const {
  int in = stem.folder.get();
  for (auto i = backups - 1; i >= 1; --i) {
    auto from = stem.name + std::to_string(i);
    auto to = stem.name + std::to_string(i + 1);
    bool plain = ::renameat(in, from.c_str(), in, to.c_str()) == 0;
    if (plain)
      fault_point("rotation.shifting");
    if (!options_.gzip)
      continue;
    bool compressed = ::renameat(in, (from + ".gz").c_str(), in, (to + ".gz").c_str()) == 0;
    if (plain && !compressed)
      ::unlinkat(in, (to + ".gz").c_str(), 0);
    if (compressed && !plain)
      ::unlinkat(in, to.c_str(), 0);
  }
}

void file_policy::replaced(const place& stem) const {
  if (options_.gzip)
    ::unlinkat(stem.folder.get(), (stem.name + "1.gz").c_str(), 0);
}

void file_policy::rotated(const std::string& stem, std::int64_t backups) {
  if (options_.gzip)
    compressor_.compress(stem.substr(0, stem.size() - 1), backups);
}

} // namespace troupe::platform
