// See log_keeper.hpp. A job is the name of a log, not of a backup: rotations that come faster than they can be
// compressed add nothing to the queue. Backups change their names while they are compressed, so they are known by their
// inodes; whoever renames them holds the lock of their folder.
#include "platform/log_keeper.hpp"

#include "config/text.hpp"
#include "platform/gzip.hpp"
#include "platform/safe_path.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <functional>
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

struct job {
  std::string file;
  std::int64_t backups;
  std::string subject() const { return "compression of " + file; } ///< of what is said
};

/// A job under way. The folder is held: whoever owns it cannot lead us into another one.
struct work {
  const job& of;
  place at = find_place(of.file, last_link::keep);

  std::int64_t backups() const { return of.backups; }
  std::string stem() const { return at.name + '.'; } ///< in the folder
  std::string part() const { return at.name + ".gz-part"; }

  bool look(const std::string& name, struct stat& info) const {
    return ::fstatat(at.folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  }
  bool exists(const std::string& name) const {
    struct stat info {};
    return look(name, info);
  }
  bool is_at(const struct stat& file, const std::string& name) const {
    struct stat there {};
    return look(name, there) && identity_of(there) == identity_of(file);
  }
  /// A regular file under exactly this name.
  unique_fd open_backup(const std::string& name, struct stat& info) const {
    unique_fd fd{::openat(at.folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (fd && (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)))
      fd.reset();
    return fd;
  }
  int remove(const std::string& name) const { return ::unlinkat(at.folder.get(), name.c_str(), 0) == 0 ? 0 : errno; }
  int rename(const std::string& from, const std::string& to) const {
    int in = at.folder.get();
    return ::renameat(in, from.c_str(), in, to.c_str()) == 0 ? 0 : errno;
  }
};

struct backup {
  std::int64_t number = 0;
  std::string name; ///< in the folder
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
  bool compress_one(const job& of) {
    work j{of};
    if (!j.at.folder)
      return false;
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
      j.remove(j.part());
    if (error == ECANCELED || error == EAGAIN)
      return false; // stopped, or written to by others: another time
    if (error != 0) {
      report(of.subject(), "could not compress log " + config::quoted(of.file + source.name.substr(j.at.name.size())) +
                             ": " + config::errno_name(error) + "; it stays as it is");
      return false;
    }
    all_is_well(of.subject());
    return true;
  }

  backup newest_plain(const work& j) {
    std::int64_t gap = 0;
    for (std::int64_t i = 1; i <= j.backups() && gap < widest_gap && !stopping; ++i) {
      backup found{i, j.stem() + std::to_string(i), {}, {}};
      found.fd = j.open_backup(found.name, found.info);
      if (found.fd && !leased(found.info) && !settle_twin(j, found))
        return found;
      gap = found.fd || j.exists(found.name + ".gz") ? 0 : gap + 1;
    }
    return {};
  }

  bool leased(const struct stat& info) {
    std::lock_guard lock{leases_mutex};
    return leases.contains(identity_of(info));
  }

  /// Whether there is a compressed file of the same number. If it holds the same, a daemon ended before it could remove
  /// the plain one; otherwise both are somebody's and stay.
  bool settle_twin(const work& j, const backup& plain) {
    struct stat info {};
    auto twin = j.open_backup(plain.name + ".gz", info);
    if (!twin)
      return j.exists(plain.name + ".gz");
    if (holds_the_same(twin.get(), plain.fd.get(), stopping)) {
      std::lock_guard lock{names_in(j.at.folder.get())};
      if (j.is_at(plain.info, plain.name) && j.is_at(info, plain.name + ".gz"))
        j.remove(plain.name);
    }
    return true;
  }

  /// The file that is compressed into, with mode and owner of the plain one. What a daemon left behind is removed.
  static unique_fd make_part(const work& j, const backup& source) {
    auto name = j.part();
    j.remove(name);
    unique_fd part{
      ::openat(j.at.folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (part) {
      (void)!::fchown(part.get(), source.info.st_uid, source.info.st_gid); // only root gives files away
      ::fchmod(part.get(), source.info.st_mode & 0777);
    }
    return part;
  }

  static void keep_time(const work& j, const backup& source) {
    const timespec times[] = {source.info.st_atim, source.info.st_mtim};
    ::utimensat(j.at.folder.get(), j.part().c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  /// First the new name, then the old one goes. The source may have been shifted up, or dropped at the end of the row.
  int put_in_place(const work& j, const backup& source) {
    std::lock_guard lock{names_in(j.at.folder.get())};
    std::int64_t gap = 0;
    for (auto i = source.number; i <= j.backups() && gap < widest_gap; ++i) {
      auto name = j.stem() + std::to_string(i);
      if (!j.is_at(source.info, name)) {
        gap = j.exists(name) || j.exists(name + ".gz") ? 0 : gap + 1;
        continue;
      }
      if (j.exists(name + ".gz"))
        return EAGAIN;
      if (int error = j.rename(j.part(), name + ".gz"); error != 0)
        return error;
      j.remove(name);
      return 0;
    }
    return j.remove(j.part());
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

  std::mutex& names_in(int folder) {
    struct stat info {};
    ::fstat(folder, &info);
    return names[(std::hash<dev_t>{}(info.st_dev) * 31 + std::hash<ino_t>{}(info.st_ino)) % names.size()];
  }
  std::array<std::mutex, 64> names; ///< by folder

  std::mutex leases_mutex; ///< held for a moment only: everybody who opens a log waits for it
  std::map<identity, int> leases;
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

std::unique_lock<std::mutex> log_keeper::hold_names(int folder) { return std::unique_lock{impl_->names_in(folder)}; }

// -- leases ------

log_keeper::lease log_keeper::take_lease(int fd) {
  lease taken;
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    return taken;
  taken.keeper_ = this;
  std::tie(taken.device_, taken.inode_) = identity_of(info);
  std::lock_guard lock{impl_->leases_mutex};
  ++impl_->leases[identity_of(info)];
  return taken;
}

void log_keeper::lease::end() {
  if (!keeper_)
    return;
  auto& all = *std::exchange(keeper_, nullptr)->impl_;
  std::lock_guard lock{all.leases_mutex};
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
