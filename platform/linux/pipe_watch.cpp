// See pipe_watch.hpp.
#include "platform/pipe_watch.hpp"

#include "platform/fault_point.hpp"
#include "platform/unique_fd.hpp"

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

struct pipe_watch::state {
  unique_fd set;
};

pipe_watch::pipe_watch() : state_(std::make_unique<state>()) {
  state_->set.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!state_->set)
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

pipe_watch::~pipe_watch() = default;

int pipe_watch::fd() const { return state_->set.get(); }

int pipe_watch::add(int pipe, std::uint64_t key) {
  auto e = once(key);
  fault_point("spawn.watching");
  int error = ::epoll_ctl(state_->set.get(), EPOLL_CTL_ADD, pipe, &e) == 0 ? 0 : errno;
  fault_point("spawn.watched");
  return error;
}

void pipe_watch::arm(int pipe, std::uint64_t key) {
  auto e = once(key);
  ::epoll_ctl(state_->set.get(), EPOLL_CTL_MOD, pipe, &e);
}

/// A closed pipe leaves by itself only if nobody else has it open: a keeper, say.
void pipe_watch::leave(int pipe) { ::epoll_ctl(state_->set.get(), EPOLL_CTL_DEL, pipe, nullptr); }

std::span<std::uint64_t> pipe_watch::take(std::span<std::uint64_t> room) {
  std::array<epoll_event, 64> ready;
  auto most = static_cast<int>(std::min(room.size(), ready.size()));
  int n = most > 0 ? ::epoll_wait(state_->set.get(), ready.data(), most, 0) : 0;
  for (int i = 0; i < n; ++i)
    room[static_cast<std::size_t>(i)] = ready[static_cast<std::size_t>(i)].data.u64;
  return room.first(static_cast<std::size_t>(std::max(n, 0)));
}

} // namespace troupe::platform
