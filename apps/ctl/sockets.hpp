// Connections to a daemon, and waits that Ctrl-C can end. POSIX sockets only: the client must start in no time.
// Must not know HTTP. Source: docs/contract/supervisorctl.md, sections 5 and 7.
#pragma once

#include "apps/ctl/http_wire.hpp"
#include "platform/unique_fd.hpp"

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
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

  static bool lives(); ///< any of them

private:
  sigset_t before_mask_;
  struct sigaction before_;
};

/// From then on whoever waits is `overdue`; nothing: never.
void limit_waits(std::optional<std::chrono::steady_clock::time_point> until);
/// Is called when a wait begins and at the moments it asks for, while nothing has come. Empty: nobody.
using wait_companion = std::function<std::chrono::steady_clock::time_point()>;
void go_along(wait_companion other);

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
