// Which of many pipes have something to read: a set of its own, to be watched by whoever reads them.
// A pipe that was reported is silent until it is armed again, so that one who reads later is not woken for every write;
// an Asio descriptor would be. Must not read, or know what a key means. linux/pipe_watch.cpp is an epoll(7) set,
// posix/pipe_watch.cpp a thread in poll(2).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace troupe::platform {

class pipe_watch {
public:
  pipe_watch(); ///< throws std::system_error where the system has no room for it
  ~pipe_watch();
  pipe_watch(const pipe_watch&) = delete;
  pipe_watch& operator=(const pipe_watch&) = delete;

  /// Readable while one of the pipes has something to say (data, or its end).
  int fd() const;
  /// Any thread. Armed. 0, or errno.
  int add(int pipe, std::uint64_t key);
  /// Any thread. Reports it again, at once if it has something to say.
  void arm(int pipe, std::uint64_t key);
  /// Any thread. Before the pipe is closed.
  void leave(int pipe);
  /// The keys that have something to say now, at most room.size() of them: the front of `room`.
  std::span<std::uint64_t> take(std::span<std::uint64_t> room);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::platform
