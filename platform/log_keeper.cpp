// See log_keeper.hpp. A job is the name of a log, not of a backup: rotations that come faster than they can be
// compressed add nothing to the queue. Backups change their names while they are compressed, so they are known by their
// inodes; whoever renames them holds `names`.
#include "platform/log_keeper.hpp"

#include "config/text.hpp"
#include "platform/gzip.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int least_priority = 19;
constexpr std::int64_t widest_gap = 100; ///< numbers without a backup, after which no more are looked for

using identity = std::pair<dev_t, ino_t>;

identity identity_of(const struct stat& info) { return {info.st_dev, info.st_ino}; }

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

bool is_at(const struct stat& file, const std::string& path) {
  struct stat there {};
  return ::lstat(path.c_str(), &there) == 0 && identity_of(there) == identity_of(file);
}

/// A regular file under exactly this name.
unique_fd open_backup(const std::string& path, struct stat& info) {
  unique_fd fd{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (fd && (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)))
    fd.reset();
  return fd;
}

struct job {
  std::string file;
  std::int64_t backups;
  std::string stem() const { return file + '.'; }
  std::string part() const { return file + ".gz-part"; }
  std::string subject() const { return "compression of " + file; } ///< of what is said
};

struct backup {
  std::int64_t number = 0;
  std::string path;
  unique_fd fd;
  struct stat info {};
};

} // namespace

struct log_keeper::impl {
  // -- asked for, by anybody ------

  void add(job next) {
    std::lock_guard lock{mutex};
    auto waiting = std::find_if(jobs.begin(), jobs.end(), [&](auto& j) { return j.file == next.file; });
    if (waiting != jobs.end())
      waiting->backups = next.backups;
    else
      jobs.push_back(std::move(next));
    wake();
  }

  void report(const std::string& about, const std::string& sentence) {
    std::lock_guard lock{mutex};
    auto& last = said[about];
    if (last == sentence)
      return;
    last = sentence;
    sentences.push_back(sentence);
    wake();
  }

  /// With `mutex` held. A thread that cannot be made now is made with the next request.
  void wake() {
    if (!started || stopping)
      return;
    if (!thread.joinable()) {
      try {
        thread = std::thread([this] { run(); });
      } catch (const std::system_error&) {
      }
    }
    changed.notify_one();
  }

  // -- done, on the keeper's thread ------

  void run() {
    ::setpriority(PRIO_PROCESS, 0, least_priority); // of this thread only
    std::unique_lock lock{mutex};
    for (;;) {
      changed.wait(lock, [this] { return stopping || !jobs.empty() || !sentences.empty(); });
      auto texts = std::exchange(sentences, {});
      if (texts.empty() && stopping)
        return;
      job next;
      if (!jobs.empty() && !stopping) {
        next = std::move(jobs.front());
        jobs.pop_front();
      }
      lock.unlock();
      try {
        for (const auto& text : texts)
          say(config::log_level::error, text);
        bool more = !next.file.empty() && compress_one(next);
        if (more) // behind the others
          add(std::move(next));
      } catch (const std::exception&) { // no memory: this file's turn comes with its next rotation
      }
      lock.lock();
    }
  }

  /// True: one was compressed, and there may be more.
  bool compress_one(const job& j) {
    auto source = newest_plain(j);
    if (!source.fd)
      return false;
    int error = 0;
    if (auto part = make_part(j, source); part)
      error = gzip_file(source.fd.get(), part.get(), stopping);
    else
      error = errno;
    if (error == 0) {
      keep_time(j, source);
      error = put_in_place(j, source);
    }
    if (error != 0)
      ::unlink(j.part().c_str());
    if (error == ECANCELED || error == EAGAIN)
      return false; // stopped, or written to by others: another time
    if (error != 0) {
      report(j.subject(), "could not compress log " + config::quoted(source.path) + ": " + config::errno_name(error) +
                            "; it stays as it is");
      return false;
    }
    all_is_well(j.subject());
    return true;
  }

  backup newest_plain(const job& j) {
    std::int64_t gap = 0;
    for (std::int64_t i = 1; i <= j.backups && gap < widest_gap && !stopping; ++i) {
      backup found{i, j.stem() + std::to_string(i), {}, {}};
      found.fd = open_backup(found.path, found.info);
      if (found.fd && !leased(found.info) && !settle_twin(found))
        return found;
      gap = found.fd || exists(found.path + ".gz") ? 0 : gap + 1;
    }
    return {};
  }

  bool leased(const struct stat& info) {
    std::lock_guard lock{names};
    return leases.contains(identity_of(info));
  }

  /// Whether there is a compressed file of the same number. If it holds the same, a daemon ended before it could remove
  /// the plain one; otherwise both are somebody's and stay.
  bool settle_twin(const backup& plain) {
    struct stat info {};
    auto twin = open_backup(plain.path + ".gz", info);
    if (!twin)
      return exists(plain.path + ".gz");
    if (holds_the_same(twin.get(), plain.fd.get(), stopping)) {
      std::lock_guard lock{names};
      if (is_at(plain.info, plain.path) && is_at(info, plain.path + ".gz"))
        ::unlink(plain.path.c_str());
    }
    return true;
  }

  /// The file that is compressed into, with mode and owner of the plain one. What a daemon left behind is removed.
  static unique_fd make_part(const job& j, const backup& source) {
    auto path = j.part();
    ::unlink(path.c_str());
    unique_fd part{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (part) {
      (void)!::fchown(part.get(), source.info.st_uid, source.info.st_gid); // only root gives files away
      ::fchmod(part.get(), source.info.st_mode & 0777);
    }
    return part;
  }

  static void keep_time(const job& j, const backup& source) {
    const timespec times[] = {source.info.st_atim, source.info.st_mtim};
    ::utimensat(AT_FDCWD, j.part().c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  /// First the new name, then the old one goes. The source may have been shifted up, or dropped at the end of the row.
  int put_in_place(const job& j, const backup& source) {
    std::lock_guard lock{names};
    std::int64_t gap = 0;
    for (auto i = source.number; i <= j.backups && gap < widest_gap; ++i) {
      auto path = j.stem() + std::to_string(i);
      if (!is_at(source.info, path)) {
        gap = exists(path) || exists(path + ".gz") ? 0 : gap + 1;
        continue;
      }
      if (exists(path + ".gz"))
        return EAGAIN;
      if (::rename(j.part().c_str(), (path + ".gz").c_str()) != 0)
        return errno;
      ::unlink(path.c_str());
      return 0;
    }
    return ::unlink(j.part().c_str()) == 0 ? 0 : errno;
  }

  void all_is_well(const std::string& about) {
    std::lock_guard lock{mutex};
    said.erase(about);
  }

  std::mutex mutex; ///< of what follows, up to the blank line
  std::condition_variable changed;
  bool started = false;
  std::atomic<bool> stopping = false;
  std::function<void(config::log_level, const std::string&)> say;
  std::deque<job> jobs;
  std::map<std::string, std::string> said; ///< by what it is about
  std::vector<std::string> sentences;
  std::thread thread;

  std::mutex names;
  std::map<identity, int> leases; ///< with `names` held
};

log_keeper::log_keeper() : impl_(std::make_unique<impl>()) {}

log_keeper::~log_keeper() { stop(); }

void log_keeper::start(std::function<void(config::log_level, const std::string&)> say) {
  std::lock_guard lock{impl_->mutex};
  impl_->say = std::move(say);
  impl_->started = true;
  if (!impl_->jobs.empty() || !impl_->sentences.empty())
    impl_->wake();
}

void log_keeper::stop() {
  {
    std::lock_guard lock{impl_->mutex};
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  if (impl_->thread.joinable())
    impl_->thread.join();
}

void log_keeper::compress(const std::string& file, std::int64_t backups) {
  if (backups > 0)
    impl_->add({file, backups});
}

void log_keeper::report(const std::string& about, const std::string& sentence) { impl_->report(about, sentence); }

void log_keeper::all_is_well(const std::string& about) { impl_->all_is_well(about); }

std::unique_lock<std::mutex> log_keeper::hold_names() { return std::unique_lock{impl_->names}; }

// -- leases ------

log_keeper::lease log_keeper::take_lease(int fd) {
  lease taken;
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    return taken;
  taken.keeper_ = this;
  std::tie(taken.device_, taken.inode_) = identity_of(info);
  std::lock_guard lock{impl_->names};
  ++impl_->leases[identity_of(info)];
  return taken;
}

void log_keeper::lease::end() {
  if (!keeper_)
    return;
  auto& all = *std::exchange(keeper_, nullptr)->impl_;
  std::lock_guard lock{all.names};
  if (auto found = all.leases.find({device_, inode_}); found != all.leases.end() && --found->second == 0)
    all.leases.erase(found);
}

log_keeper::lease::lease(lease&& other) noexcept
    : keeper_(std::exchange(other.keeper_, nullptr)), device_(other.device_), inode_(other.inode_) {}

log_keeper::lease& log_keeper::lease::operator=(lease&& other) noexcept {
  end();
  keeper_ = std::exchange(other.keeper_, nullptr);
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

log_keeper::lease::~lease() { end(); }

} // namespace troupe::platform
