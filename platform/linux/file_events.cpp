// See file_events.hpp.
#include "platform/file_events.hpp"

#include <cerrno>

#include <sys/inotify.h>
#include <unistd.h>

namespace troupe::platform::file_events {

unique_fd open() { return unique_fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)}; }

int add(int fd, const std::string& path, interest of) {
  auto mask = of == interest::contents ? IN_MODIFY : IN_CREATE | IN_MOVED_TO;
  return ::inotify_add_watch(fd, path.c_str(), static_cast<std::uint32_t>(mask) | IN_MASK_ADD);
}

void remove(int fd, int watch) { ::inotify_rm_watch(fd, watch); }

std::size_t read(int fd, std::span<char> buffer) {
  for (;;) {
    auto n = ::read(fd, buffer.data(), buffer.size());
    if (n >= 0 || errno != EINTR)
      return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
}

event next(std::span<const char>& bytes) {
  const auto* e = reinterpret_cast<const inotify_event*>(bytes.data());
  bytes = bytes.subspan(sizeof(inotify_event) + e->len);
  return {e->wd, (e->mask & IN_Q_OVERFLOW) != 0, (e->mask & IN_IGNORED) != 0, (e->mask & IN_MODIFY) != 0,
          e->len > 0 ? e->name : ""};
}

} // namespace troupe::platform::file_events
