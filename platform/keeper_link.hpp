// The socket between worker and keeper, with descriptors. Above: one message at a time, for both, without allocation.
// Below: the worker's end, which never waits for the keeper but in sync(): what cannot be sent is kept. Must not know
// what the keeper does with it (keeper_step.hpp, keeper.hpp). The message: linux/keeper_socket.cpp; in
// posix/ there is no keeper. Source: docs/contract/survival.md, 3.4. Cases: tests/platform/keeper_link_test.cpp.
#pragma once

#include "platform/keeper_message.hpp"
#include "platform/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::platform {

// -- one message ------------------------------------------------------------------------------------------

/// Two ends, close-on-exec, as wide as the system lets them be. 0 or errno.
int make_keeper_sockets(unique_fd& keeper_end, unique_fd& worker_end);

/// 0 or errno (EAGAIN; ETOOMANYREFS: too many descriptors are on their way). Descriptors of -1 are left out.
int send_message(int socket, keeper_message message, const int* fds = nullptr, std::size_t count = 0);

struct received_message {
  keeper_message message;
  std::size_t size = 0; ///< bytes of it that came
  int fds[most_sent_along] = {-1, -1, -1};
  std::size_t descriptors = 0;
  bool cut = false; ///< some were lost: our table is full
};
enum class received { one, nothing, end };
/// `inherit`: descriptors live on in a child by exec. More of them than a message may have are closed.
received receive_message(int socket, received_message& what, bool inherit);

// -- the worker's end -------------------------------------------------------------------------------------

class worker_link {
public:
  using clock = std::chrono::steady_clock;
  /// The descriptors stay the caller's.
  worker_link(int socket, int nudge) : socket_(socket), nudge_(nudge) {}

  /// The pipes (-1: none) are the keeper's, too, from now on: before the clone. False: they could not be sent yet, and
  /// a death of ours would lose them; unheld() counts them.
  bool arm(std::uint32_t slot, std::uint32_t life, const int (&fds)[3]);
  void drop(std::uint32_t slot, std::uint32_t life);
  bool hold(std::uint32_t key, int fd);
  void release(std::uint32_t key);
  void ready(std::uint32_t level);
  void reexec(int program);     ///< once everything before it has been done; a keeper of kind 0 ignores it
  void orphans(bool to_keeper); ///< an older keeper does not know it, and leaves them to init
  /// At once. What is too long is left out, and so is what would wait for a keeper that has stopped reading.
  void notify(std::string_view text);
  /// The register has to say it first.
  void bye(int code);
  /// Everything before it has been done. False: not within `patience`; what else came meanwhile is in `heard`.
  bool sync(std::chrono::milliseconds patience, std::vector<keeper_message>& heard);

  /// Messages that wait because the socket is full: again, when it can be written or at nudge_at().
  void flush();
  /// When the keeper is to be woken for what it has not read yet, unless something else is said before; nothing: it
  /// need not be.
  std::optional<clock::time_point> nudge_at() const { return nudge_at_; }
  void nudge();

  /// What the keeper has to say; `end`: it is gone.
  received hear(keeper_message& what);

  /// The keeper had no room (UNHELD).
  void note_unheld(std::uint32_t slot, std::uint32_t life) { unheld_[slot] = life; }
  /// Lives whose pipes a death of ours would lose.
  std::size_t unheld() const { return unheld_.size(); }
  bool waits() const { return !waiting_.empty(); }

private:
  struct later {
    keeper_message message;
    unique_fd fds[most_sent_along];
  };
  bool say(const keeper_message& message, const int* fds = nullptr, std::size_t count = 0);
  void said();
  void keep(const keeper_message& message, const int* fds, std::size_t count);
  void forget_first();
  void forget_unheld(std::uint32_t slot, std::uint32_t life);

  int socket_;
  int nudge_;
  std::deque<later> waiting_;
  std::unordered_map<std::uint32_t, std::uint32_t> unheld_; ///< slot: life
  unsigned since_nudge_ = 0;
  std::uint64_t syncs_ = 0;
  std::optional<clock::time_point> nudge_at_;
};

} // namespace troupe::platform
