// See log_places.hpp.
#include "platform/log_places.hpp"

#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

struct opened {
  unique_fd fd;
  log_place end;
  std::int64_t changed = 0; ///< seconds since the epoch
  int error = 0;
};

opened open_to_read(const std::string& path) {
  opened log;
  struct stat info {};
  log.fd = open_log_to_read(path, info);
  if (!log.fd) {
    log.error = errno;
    return log;
  }
  log.end = {info.st_dev, info.st_ino, info.st_size};
  log.changed = info.st_mtime;
  return log;
}

bool same_file(const log_place& a, const log_place& b) { return a.file == b.file && a.device == b.device; }

/// [from, to) of it, as much as there is.
std::string piece(const opened& log, std::int64_t from, std::int64_t to) {
  std::string bytes(static_cast<std::size_t>(std::max<std::int64_t>(to - from, 0)), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto n = ::pread(log.fd.get(), bytes.data() + done, bytes.size() - done, from + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

/// The span of one file that was written between the two places.
struct span {
  std::int64_t from = 0, to = 0;
  std::int64_t size() const { return std::max<std::int64_t>(to - from, 0); }
};

span span_of(const opened& log, const log_place& from, const std::optional<log_place>& until) {
  span s{0, log.end.size};
  if (same_file(log.end, from) && from.size <= log.end.size) // else it was emptied
    s.from = from.size;
  if (until && same_file(log.end, *until))
    s.to = std::min(s.to, until->size);
  return s;
}

} // namespace

log_place end_of(int fd) {
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    return {};
  return {info.st_dev, info.st_ino, info.st_size};
}

last_words words_between(const std::string& path, const log_place& from, const std::optional<log_place>& until,
                         std::int64_t began, std::size_t most) {
  last_words words;
  auto log = open_to_read(path);
  if (!log.fd && log.error != ENOENT && log.error != 0) {
    words.error = log.error;
    return words;
  }
  // Where what came later has a file of its own by now, nothing in that is from before.
  bool ended_before = until && until->file != 0 && log.fd && !same_file(log.end, *until);
  span now;
  if (log.fd && !ended_before)
    now = span_of(log, from, until);
  auto take = std::min(now.size(), static_cast<std::int64_t>(most));
  if (take > 0)
    words.bytes = piece(log, now.to - take, now.to);
  words.whole = take == now.size();
  if (!words.whole || (log.fd && same_file(log.end, from)))
    return words;
  auto moved = open_to_read(path + ".1");
  bool of_this_life =
    moved.fd && (same_file(moved.end, from) || (ended_before ? same_file(moved.end, *until) : moved.changed >= began));
  if (!of_this_life) {
    words.whole = from.file == 0;
    return words;
  }
  auto before = span_of(moved, from, until);
  auto room = static_cast<std::int64_t>(most - words.bytes.size());
  auto more = std::min(before.size(), room);
  words.bytes.insert(0, piece(moved, before.to - more, before.to));
  words.whole = more == before.size() && same_file(moved.end, from);
  return words;
}

} // namespace troupe::platform
