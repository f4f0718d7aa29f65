// See log_readers.hpp.
#include "platform/log_readers.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

struct register_of_places {
  std::mutex mutex;
  std::vector<std::weak_ptr<log_reader_place>> all;
};
register_of_places& places() {
  static register_of_places one;
  return one;
}

/// What is behind the place of its reader.
void put_aside(log_reader_place& place) {
  constexpr std::size_t piece = 64 << 10;
  while (place.kept.size() < log_reader_place::most_kept) {
    auto before = place.kept.size();
    place.kept.resize(before + piece);
    auto got = ::pread(place.fd, place.kept.data() + before, piece, place.offset);
    place.kept.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    place.offset += got;
  }
}

} // namespace

std::shared_ptr<log_reader_place> take_log_place(int fd, std::int64_t offset) {
  auto made = std::make_shared<log_reader_place>();
  made->fd = fd;
  made->offset = offset;
  struct stat info {};
  if (::fstat(fd, &info) != 0)
    return made;
  made->device = info.st_dev;
  made->inode = info.st_ino;
  auto& known = places();
  std::lock_guard lock(known.mutex);
  std::erase_if(known.all, [](const auto& place) { return place.expired(); });
  known.all.push_back(made);
  return made;
}

log_emptying::log_emptying(int fd) {
  auto& known = places();
  {
    std::lock_guard lock(known.mutex);
    if (known.all.empty())
      return;
    struct stat info {};
    if (::fstat(fd, &info) != 0)
      return;
    for (const auto& one : known.all)
      if (auto place = one.lock(); place && place->device == info.st_dev && place->inode == info.st_ino)
        readers_.push_back(std::move(place));
  }
  for (const auto& place : readers_) {
    std::lock_guard lock(place->mutex);
    if (place->fd < 0)
      continue;
    put_aside(*place);
    place->offset = 0;
    place->is_emptied = place->was_emptied = true;
  }
}

log_emptying::~log_emptying() {
  for (const auto& place : readers_) {
    std::lock_guard lock(place->mutex);
    place->is_emptied = false;
  }
}

} // namespace troupe::platform
