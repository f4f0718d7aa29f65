// See file_watch.hpp.
#include "actors/io/file_watch.hpp"

#include "platform/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <sys/inotify.h>
#include <unistd.h>

namespace troupe::actors {

file_watch::subscription::subscription(file_watch& of, std::string path, std::function<void()> changed)
    : of_(of), path_(std::move(path)), changed_(std::move(changed)) {
  auto slash = path_.rfind('/');
  name_ = path_.substr(slash + 1);
  auto directory = slash == path_.npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
  directory_ = of_.add(directory, IN_CREATE | IN_MOVED_TO, this);
  watch_file();
}

file_watch::subscription::~subscription() {
  of_.remove(directory_, this);
  of_.remove(file_, this);
}

void file_watch::subscription::watch_file() {
  auto before = file_;
  file_ = of_.add(path_, IN_MODIFY, this);
  refused_ = file_ < 0 && errno != ENOENT;
  if (before != file_)
    of_.remove(before, this);
}

void file_watch::close() {
  watches_.clear();
  boost::system::error_code ignored;
  inotify_.close(ignored);
  closed_ = true;
}

bool file_watch::open() {
  platform::unique_fd fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  boost::system::error_code failed;
  if (!fd || inotify_.assign(fd.get(), failed))
    return false;
  (void)fd.release();
  await();
  return true;
}

int file_watch::add(const std::string& path, unsigned mask, subscription* who) {
  if (closed_ || (!inotify_.is_open() && !open())) {
    errno = ENOSYS;
    return -1;
  }
  int watch = ::inotify_add_watch(inotify_.native_handle(), path.c_str(), mask | IN_MASK_ADD);
  if (watch >= 0)
    if (auto& all = watches_[watch]; std::find(all.begin(), all.end(), who) == all.end())
      all.push_back(who);
  return watch;
}

void file_watch::remove(int watch, subscription* who) {
  auto found = watches_.find(watch);
  if (found == watches_.end())
    return;
  std::erase(found->second, who);
  if (!found->second.empty())
    return;
  watches_.erase(found);
  ::inotify_rm_watch(inotify_.native_handle(), watch);
}

void file_watch::await() {
  inotify_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& failed) {
                        if (failed)
                          return;
                        struct next { // also behind a callback that throws
                          file_watch& of;
                          ~next() { of.await(); }
                        } again{*this};
                        alignas(inotify_event) char buffer[16384];
                        for (;;) {
                          auto n = ::read(inotify_.native_handle(), buffer, sizeof buffer);
                          if (n < 0 && errno == EINTR)
                            continue;
                          if (n <= 0)
                            break;
                          for (const char* at = buffer; at < buffer + n;) {
                            const auto* event = reinterpret_cast<const inotify_event*>(at);
                            dispatch(event->wd, event->mask, event->len > 0 ? event->name : "");
                            at += sizeof(inotify_event) + event->len;
                          }
                        }
                      });
}

/// Events were lost: anything may have happened, also to names.
void file_watch::look_at_all() {
  std::set<subscription*> all;
  for (const auto& [id, some] : watches_)
    all.insert(some.begin(), some.end());
  for (auto* who : all)
    who->watch_file();
  for (auto* who : all)
    who->changed_();
}

void file_watch::dispatch(int watch, unsigned mask, const char* name) {
  if ((mask & IN_Q_OVERFLOW) != 0)
    return look_at_all();
  auto found = watches_.find(watch);
  if (found == watches_.end())
    return;
  if ((mask & IN_IGNORED) != 0) { // the file is gone for good
    for (auto* who : found->second)
      (who->file_ == watch ? who->file_ : who->directory_) = -1;
    watches_.erase(found);
    return;
  }
  auto all = found->second; // a callback may change it
  for (auto* who : all) {
    if ((mask & IN_MODIFY) == 0) {
      if (who->name_ != name)
        continue;
      who->watch_file(); // another file has the name now
    }
    who->changed_();
  }
}

} // namespace troupe::actors
