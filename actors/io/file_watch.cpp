// See file_watch.hpp.
#include "actors/io/file_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <set>

namespace troupe::actors {

namespace file_events = platform::file_events;

file_watch::subscription::subscription(file_watch& of, std::string path, std::function<void()> changed)
    : of_(of), path_(std::move(path)), changed_(std::move(changed)) {
  auto slash = path_.rfind('/');
  name_ = path_.substr(slash + 1);
  auto directory = slash == path_.npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
  directory_ = of_.add(directory, interest::names, this);
  watch_file();
}

file_watch::subscription::~subscription() {
  of_.remove(directory_, this);
  of_.remove(file_, this);
}

void file_watch::subscription::watch_file() {
  auto before = file_;
  file_ = of_.add(path_, interest::contents, this);
  refused_ = file_ < 0 && errno != ENOENT;
  if (before != file_)
    of_.remove(before, this);
}

void file_watch::close() {
  watches_.clear();
  boost::system::error_code ignored;
  events_.close(ignored);
  closed_ = true;
}

bool file_watch::open() {
  auto fd = file_events::open();
  boost::system::error_code failed;
  if (!fd || events_.assign(fd.get(), failed))
    return false;
  (void)fd.release();
  await();
  return true;
}

int file_watch::add(const std::string& path, interest of, subscription* who) {
  if (closed_ || (!events_.is_open() && !open())) {
    errno = ENOSYS;
    return -1;
  }
  int watch = file_events::add(events_.native_handle(), path, of);
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
  file_events::remove(events_.native_handle(), watch);
}

void file_watch::await() {
  auto readable = [this](const boost::system::error_code& failed) {
    if (failed)
      return;
    struct next { // also behind a callback that throws
      file_watch& of;
      ~next() { of.await(); }
    } again{*this};
    alignas(std::max_align_t) char buffer[16384];
    while (auto size = file_events::read(events_.native_handle(), buffer))
      for (std::span<const char> rest{buffer, size}; !rest.empty();)
        dispatch(file_events::next(rest));
  };
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_read, readable);
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

void file_watch::dispatch(const file_events::event& event) {
  if (event.lost)
    return look_at_all();
  auto found = watches_.find(event.watch);
  if (found == watches_.end())
    return;
  if (event.gone) { // the file is gone for good
    auto all = std::move(found->second);
    watches_.erase(found);
    for (auto* who : all)
      (who->file_ == event.watch ? who->file_ : who->directory_) = -1;
    for (auto* who : all)
      who->changed_();
    return;
  }
  auto all = found->second; // a callback may change it
  for (auto* who : all) {
    if (!event.written) {
      if (who->name_ != event.name)
        continue;
      who->watch_file(); // another file has the name now
    }
    who->changed_();
  }
}

} // namespace troupe::actors
