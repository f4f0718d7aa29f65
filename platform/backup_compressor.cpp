// See backup_compressor.hpp. A job is the name of a log, not of a backup: rotations that come faster than they can be
// compressed add nothing to the queue. The logs take turns, so that a huge backup keeps none of the others waiting.
#include "platform/backup_compressor.hpp"

#include "config/text.hpp"
#include "platform/backup_packing.hpp"

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
constexpr std::int64_t share = std::int64_t{16} << 20; ///< bytes of one log's backup, then the next log's turn
constexpr std::size_t most_open = 16;                  ///< backups that are half done; each holds files and some memory

using job = std::unique_ptr<backup_packing>;

std::string subject(const backup_packing& of) { return "compression of " + of.file(); } ///< of what is said

} // namespace

struct backup_compressor::impl {
  // -- asked for, by anybody ------

  void add(const std::string& file, std::int64_t backups) {
    std::lock_guard lock{mutex};
    auto waiting = std::find_if(jobs.begin(), jobs.end(), [&](auto& j) { return j->file() == file; });
    if (waiting != jobs.end())
      (*waiting)->set_backups(backups);
    else
      jobs.push_back(std::make_unique<backup_packing>(means, file, backups));
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

  // -- done, on the compressor's thread ------

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
        if (next && take_turn(*next)) // behind the others
          add_again(std::move(next));
      } catch (const std::exception& e) { // this file's turn comes with its next rotation
        note_failure(e.what());
      } catch (...) {
        note_failure("an unknown exception");
      }
      next.reset();
      lock.lock();
    }
  }

  /// True: there may be more to do for it.
  bool take_turn(backup_packing& next) {
    auto came = next.go_on(share);
    if (!came.sentence.empty())
      report(subject(next), came.sentence);
    else if (came.packed_one)
      all_is_well(subject(next));
    return came.is == backup_packing::outcome::kind::more;
  }

  /// One that has been asked for anew meanwhile goes on with what it has. Where too many are half done already, it
  /// gives up its part and waits for those: small ones get their turn in between.
  void add_again(job next) {
    std::lock_guard lock{mutex};
    auto again = std::find_if(jobs.begin(), jobs.end(), [&](auto& j) { return j->file() == next->file(); });
    if (again != jobs.end()) {
      next->set_backups((*again)->backups());
      jobs.erase(again);
    }
    auto open = std::count_if(jobs.begin(), jobs.end(), [](auto& j) { return j->holds_files(); });
    if (next->holds_files() && static_cast<std::size_t>(open) >= most_open)
      next->give_up();
    jobs.push_back(std::move(next));
  }

  void note_failure(const char* what) {
    try {
      say(config::log_level::error, "the log compressor met " + config::quoted(what) + " and goes on");
    } catch (...) { // no memory for the words
    }
  }

  bool leased(const struct stat& info) {
    std::lock_guard lock{leases_mutex};
    return leases.contains(identity_of(info));
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
  packing_means means{[this](const struct stat& info) { return leased(info); },
                      [this](int folder) { return std::unique_lock{names_in(folder)}; }, stopping};
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
  std::map<file_identity, int> leases;
};

backup_compressor::backup_compressor() : impl_(std::make_unique<impl>()) {}

backup_compressor::~backup_compressor() { stop(); }

void backup_compressor::start(std::function<void(config::log_level, const std::string&)> say) {
  std::lock_guard lock{impl_->mutex};
  impl_->say = std::move(say);
  impl_->started = true;
  if (!impl_->jobs.empty() || !impl_->sentences.empty())
    impl_->wake();
}

void backup_compressor::stop() {
  {
    std::lock_guard lock{impl_->mutex};
    impl_->stopping = true;
  }
  impl_->changed.notify_one();
  if (impl_->thread.joinable())
    impl_->thread.join();
  std::lock_guard lock{impl_->mutex};
  impl_->jobs.clear();
}

void backup_compressor::compress(const std::string& file, std::int64_t backups) {
  if (backups > 0)
    impl_->add(file, backups);
}

void backup_compressor::report(const std::string& about, const std::string& sentence) {
  impl_->report(about, sentence);
}

void backup_compressor::all_is_well(const std::string& about) { impl_->all_is_well(about); }

std::unique_lock<std::mutex> backup_compressor::hold_names(int folder) {
  return std::unique_lock{impl_->names_in(folder)};
}

// -- leases ------

backup_compressor::lease backup_compressor::take_lease(int fd) {
  lease taken;
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    return taken;
  taken.compressor_ = this;
  std::tie(taken.device_, taken.inode_) = identity_of(info);
  std::lock_guard lock{impl_->leases_mutex};
  ++impl_->leases[identity_of(info)];
  return taken;
}

void backup_compressor::lease::end() {
  if (!compressor_)
    return;
  auto& all = *std::exchange(compressor_, nullptr)->impl_;
  std::lock_guard lock{all.leases_mutex};
  if (auto found = all.leases.find({device_, inode_}); found != all.leases.end() && --found->second == 0)
    all.leases.erase(found);
}

backup_compressor::lease::lease(lease&& other) noexcept
    : compressor_(std::exchange(other.compressor_, nullptr)), device_(other.device_), inode_(other.inode_) {}

backup_compressor::lease& backup_compressor::lease::operator=(lease&& other) noexcept {
  end();
  compressor_ = std::exchange(other.compressor_, nullptr);
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

backup_compressor::lease::~lease() { end(); }

} // namespace troupe::platform
