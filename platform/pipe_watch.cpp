// See pipe_watch.hpp.
#include "platform/pipe_watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <system_error>

namespace troupe::platform {

namespace {

epoll_event once(std::uint64_t key) {
  epoll_event e{};
  e.events = EPOLLIN | EPOLLONESHOT;
  e.data.u64 = key;
  return e;
}

} // namespace

pipe_watch::pipe_watch() : set_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!set_)
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

int pipe_watch::add(int pipe, std::uint64_t key) {
  auto e = once(key);
  return ::epoll_ctl(set_.get(), EPOLL_CTL_ADD, pipe, &e) == 0 ? 0 : errno;
}

void pipe_watch::arm(int pipe, std::uint64_t key) {
  auto e = once(key);
  ::epoll_ctl(set_.get(), EPOLL_CTL_MOD, pipe, &e);
}

std::span<std::uint64_t> pipe_watch::take(std::span<std::uint64_t> room) {
  std::array<epoll_event, 64> ready;
  auto most = static_cast<int>(std::min(room.size(), ready.size()));
  int n = most > 0 ? ::epoll_wait(set_.get(), ready.data(), most, 0) : 0;
  for (int i = 0; i < n; ++i)
    room[static_cast<std::size_t>(i)] = ready[static_cast<std::size_t>(i)].data.u64;
  return room.first(static_cast<std::size_t>(std::max(n, 0)));
}

} // namespace troupe::platform
