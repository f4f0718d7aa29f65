// See log_window.hpp.
#include "platform/log_window.hpp"

#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

struct opened {
  unique_fd fd;
  std::int64_t size = 0;
  window_problem problem = window_problem::none;
};

/// What has no contents, like /dev/null or a FIFO, is read as an empty file.
opened open_log(const std::string& path) {
  struct stat info {};
  opened log{open_log_to_read(path, info)};
  if (log.fd)
    log.size = info.st_size;
  else if (errno != 0)
    log.problem = errno == ENOENT || errno == ENOTDIR ? window_problem::missing : window_problem::unreadable;
  return log;
}

window_problem read_at(const opened& log, std::int64_t offset, std::int64_t count, std::string& into) {
  if (count > largest_window)
    return window_problem::too_large;
  into.resize(static_cast<std::size_t>(count));
  std::size_t done = 0;
  while (done < into.size()) {
    auto n = ::pread(log.fd.get(), into.data() + done, into.size() - done, offset + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return window_problem::unreadable;
    if (n == 0)
      break; // truncated meanwhile
    done += static_cast<std::size_t>(n);
  }
  into.resize(done);
  return window_problem::none;
}

} // namespace

log_window measure_log(const std::string& path) {
  auto log = open_log(path);
  return {.problem = log.problem, .size = log.size};
}

log_window read_log(const std::string& path, std::int64_t offset, std::int64_t length) {
  if (offset < 0 ? length != 0 : length < 0)
    return {.problem = window_problem::bad_arguments};
  auto log = open_log(path);
  log_window window{.problem = log.problem};
  if (log.problem != window_problem::none)
    return window;
  // An offset of -2^63 has no positive counterpart, so the file's size is what is negated.
  auto from = offset < 0 ? (offset < -log.size ? 0 : log.size + offset) : std::min(offset, log.size);
  auto count = length == 0 ? log.size - from : std::min(length, log.size - from);
  window.problem = read_at(log, from, count, window.bytes);
  return window;
}

log_window tail_log(const std::string& path, std::int64_t offset, std::int64_t length) {
  auto log = open_log(path);
  log_window window{.problem = log.problem, .size = log.problem == window_problem::missing ? 0 : offset};
  if (log.problem != window_problem::none)
    return window;
  window.size = log.size;
  std::int64_t end = 0;
  window.overflow = !__builtin_add_overflow(offset, length, &end) ? log.size > end : offset < 0;
  if (length <= 0 || offset >= log.size)
    return window;
  auto count = std::min(length, log.size);
  window.problem = read_at(log, log.size - count, count, window.bytes);
  return window;
}

} // namespace troupe::platform
