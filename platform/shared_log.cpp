// See shared_log.hpp.
#include "platform/shared_log.hpp"

#include "platform/log_path.hpp"
#include "platform/patience.hpp"
#include "platform/timed_lock.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

namespace troupe::platform {

namespace {

/// What `path` leads to, however it is written: a folder and a name in it; of a pipe or a device, which has many, that
/// itself. Empty: errno of what may not be opened. A link that is not followed must not lead into another's log.
std::string identity(const std::string& path) {
  auto at = find_place(path, last_link::follow);
  std::string refusal;
  struct stat info {};
  int error = look_at_place(at, info, refusal);
  auto number = [&] { return std::to_string(info.st_dev) + ':' + std::to_string(info.st_ino); };
  if (error != 0 && (error != ENOENT || !at.folder)) {
    errno = error;
    return {};
  }
  if (error == 0 && (!S_ISREG(info.st_mode) || at.is_magic))
    return number();
  if (::fstat(at.folder.get(), &info) != 0)
    return {};
  return number() + '/' + at.name;
}

/// How much of `lines` goes in one write: all of it into a file; else whole lines, as many as the kernel keeps
/// together, at least one.
std::size_t piece_size(std::string_view lines, bool regular) {
  if (regular || lines.size() <= PIPE_BUF)
    return lines.size();
  auto last = lines.rfind('\n', PIPE_BUF - 1);
  if (last == lines.npos)
    last = lines.find('\n', PIPE_BUF);
  return last == lines.npos ? lines.size() : last + 1;
}

} // namespace

shared_log::shared_log(std::string path, std::int64_t max_bytes, std::int64_t backups,
                       std::unique_ptr<file_policy> policy)
    : path_(std::move(path)), file_(path_, max_bytes, backups) {
  file_.take_care(std::move(policy));
}

/// The lock, and what is to be done before it goes.
struct shared_log::held {
  explicit held(shared_log& l) : log(l), lock(l.mutex_) {}
  held(shared_log& l, std::chrono::milliseconds patience) : log(l), lock(lock_within(l.mutex_, patience)) {}
  ~held() {
    if (!lock)
      return;
    stay_if_left_behind();
    log.stalled_.store(!log.waiting_.empty(), std::memory_order_release);
  }
  held(const held&) = delete;
  held& operator=(const held&) = delete;

  shared_log& log;
  std::unique_lock<std::timed_mutex> lock;
};

void shared_log::limit(std::int64_t max_bytes, std::int64_t backups, std::unique_ptr<file_policy> policy) {
  std::lock_guard lock{mutex_};
  file_.limit(max_bytes, backups, std::move(policy));
}

int shared_log::open() {
  held lock{*this};
  return file_.open();
}

int shared_log::open_soon() {
  held lock{*this, std::chrono::milliseconds{100}};
  if (lock.lock)
    return file_.open();
  open_due_ = true;
  return 0;
}

int shared_log::clear() {
  held lock{*this};
  return file_.clear();
}

std::string shared_log::waiting() const {
  std::lock_guard lock{mutex_};
  return waiting_;
}

unique_fd shared_log::duplicate() const {
  std::lock_guard lock{mutex_};
  return unique_fd{::fcntl(file_.fd(), F_DUPFD_CLOEXEC, 3)};
}

log_place shared_log::end() const {
  auto lock = lock_within(mutex_, std::chrono::milliseconds{10});
  return lock ? end_of(file_.fd()) : log_place{};
}

log_trouble shared_log::append(std::string_view bytes, batch_record* batch) {
  held lock{*this};
  if (open_due_ && open_due_.exchange(false))
    file_.open();        // what cannot be opened shows in the next write
  if (!waiting_.empty()) // behind what waits already
    return keep_waiting(bytes, std::min(bytes.size(), most_waiting - std::min(most_waiting, waiting_.size())));
  int error = file_.write_some(bytes, batch);
  if (error == EAGAIN) {
    waiting_ = bytes;
    return {};
  }
  return tell(bytes.empty() ? 0 : error, bytes.size());
}

log_trouble shared_log::append_lines(std::string_view lines) {
  held lock{*this};
  if (open_due_ && open_due_.exchange(false))
    file_.open(); // what cannot be opened shows in the next write
  if (!waiting_.empty()) {
    auto room = most_waiting - std::min(most_waiting, waiting_.size());
    return keep_waiting(lines, lines.size() <= room ? lines.size() : lines.rfind('\n', room) + 1);
  }
  int error = 0;
  while (error == 0 && !lines.empty()) {
    auto piece = lines.substr(0, piece_size(lines, file_.is_regular()));
    auto rest = piece;
    error = file_.write_some(rest);
    lines.remove_prefix(piece.size() - rest.size());
    if (error != 0 && rest.empty()) // written, but not rotated
      error = 0;
  }
  if (error == EAGAIN) {
    waiting_ = lines;
    return {};
  }
  return tell(error, lines.size());
}

/// With the lock held: the first `fits` of `bytes` wait behind what waits already, the others are lost.
log_trouble shared_log::keep_waiting(std::string_view bytes, std::size_t fits) {
  waiting_ += bytes.substr(0, fits);
  return fits == bytes.size() ? log_trouble{} : tell(EAGAIN, bytes.size() - fits);
}

log_trouble shared_log::flush() {
  held lock{*this};
  std::string_view rest = waiting_;
  int error = file_.write_some(rest);
  if (error == EAGAIN) {
    waiting_.erase(0, waiting_.size() - rest.size());
    return {};
  }
  auto lost = rest.size();
  waiting_ = {};
  return tell(lost == 0 ? 0 : error, lost);
}

log_trouble shared_log::give_up(int error) {
  held lock{*this};
  auto lost = waiting_.size();
  waiting_ = {};
  return tell(error, lost);
}

/// With the lock held.
log_trouble shared_log::tell(int error, std::uint64_t lost) {
  using kind = log_trouble::kind;
  lost_ += lost;
  if (std::exchange(told_error_, error) != error)
    return error != 0 ? log_trouble{kind::not_written, error}
                      : log_trouble{kind::written_again, 0, std::exchange(lost_, 0)};
  auto rotation = file_.rotation_error();
  if (std::exchange(told_rotation_, rotation) != rotation)
    return {rotation != 0 ? kind::not_rotated : kind::rotated_again, rotation};
  return {};
}

std::shared_ptr<shared_log> shared_logs::find(const std::string& name) {
  std::lock_guard lock{mutex_};
  auto known = logs_.find(name);
  return known == logs_.end() ? nullptr : known->second.lock();
}

shared_logs::opened shared_logs::open_anew(const std::string& path, std::int64_t max_bytes, std::int64_t backups,
                                           std::unique_ptr<file_policy> policy) {
  if (auto name = identity(path); !name.empty())
    if (auto known = find(name)) {
      known->limit(max_bytes, backups, std::move(policy));
      return {std::move(known), 0};
    }
  return open(path, max_bytes, backups, std::move(policy));
}

shared_logs::opened shared_logs::open(const std::string& path, std::int64_t max_bytes, std::int64_t backups,
                                      std::unique_ptr<file_policy> policy) {
  auto name = identity(path);
  if (name.empty())
    return {nullptr, errno};
  auto log = find(name);
  if (!log)
    log = std::make_shared<shared_log>(path, max_bytes, backups, std::move(policy));
  // May hang on its file system, which no other log waits for.
  if (int error = log->open_soon(); error != 0)
    return {nullptr, error};
  std::lock_guard lock{mutex_};
  auto& entry = logs_[name];
  if (auto other = entry.lock(); other && other != log) // opened by another thread meanwhile: one writer for a file
    return {std::move(other), 0};
  entry = log;
  if (logs_.size() > tidy_at_) {
    std::erase_if(logs_, [](const auto& e) { return e.second.expired(); });
    tidy_at_ = std::max<std::size_t>(64, logs_.size() * 2);
  }
  return {std::move(log), 0};
}

} // namespace troupe::platform
