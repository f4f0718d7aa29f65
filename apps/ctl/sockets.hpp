// Connections to a daemon, and waits that Ctrl-C can end. POSIX sockets only: the client must start in no time.
// Must not know HTTP. Source: docs/contract/supervisorctl.md, sections 5 and 7.
#pragma once

#include "apps/ctl/http_wire.hpp"
#include "platform/unique_fd.hpp"

#include <chrono>
#include <csignal>
#include <memory>
#include <span>

#include <poll.h>

namespace troupe::ctl {

/// SIGINT as a condition instead of the end: blocked while it lives, let in only by `wait`.
class interrupt_guard {
public:
  interrupt_guard();
  ~interrupt_guard();
  interrupt_guard(const interrupt_guard&) = delete;
  interrupt_guard& operator=(const interrupt_guard&) = delete;

private:
  sigset_t before_mask_;
  struct sigaction before_;
};

/// poll(2) without EINTR. Throws `interrupted` where a guard lives and SIGINT came. Negative time: for ever.
void wait(std::span<pollfd> fds, std::chrono::milliseconds time = std::chrono::milliseconds{-1});

/// `[Errno 111] Connection refused` and the class scripts know it by.
std::string user_name(uid_t uid); ///< or its number
failure system_failure(int number);

/// Where one read of a socket goes; memory that nothing was read into costs nothing.
class receive_room {
public:
  std::span<char> get() { return {bytes_.get(), size}; }

private:
  static constexpr std::size_t size = 64 * 1024;
  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(size);
};

/// A connected, non-blocking socket; invalid: `why` is set.
platform::unique_fd connect_to(const endpoint& to, failure& why);
/// All bytes; false: `why` is set.
bool send_all(int fd, std::string_view bytes, failure& why);
/// Waits for some, into `room`; empty: the peer closed, or `why` is set.
std::string_view receive(int fd, std::span<char> room, failure& why);

} // namespace troupe::ctl
