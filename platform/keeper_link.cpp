// See keeper_link.hpp: the worker's end.
#include "platform/keeper_link.hpp"

#include "platform/fault_point.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>

namespace troupe::platform {

namespace {

constexpr unsigned messages_per_nudge = 64;
constexpr std::chrono::milliseconds longest_silence{10};
constexpr std::size_t most_waiting = 8192; ///< beyond this what is armed stays unheld for its life

keeper_message word(keeper_word kind, std::uint32_t slot = 0, std::uint32_t life = 0, std::uint64_t a = 0) {
  keeper_message m;
  m.kind = static_cast<std::uint16_t>(kind);
  m.slot = slot;
  m.life = life;
  m.a = a;
  return m;
}

bool is_arm(const keeper_message& m) { return m.kind == static_cast<std::uint16_t>(keeper_word::arm); }

} // namespace

/// In order: nothing overtakes what waits.
bool worker_link::say(const keeper_message& message, const int* fds, std::size_t count) {
  flush();
  if (waiting_.empty() && send_message(socket_, message, fds, count) == 0) {
    said();
    return true;
  }
  keep(message, fds, count);
  return false;
}

void worker_link::said() {
  if (++since_nudge_ >= messages_per_nudge)
    return nudge();
  nudge_at_ = clock::now() + longest_silence;
}

void worker_link::keep(const keeper_message& message, const int* fds, std::size_t count) {
  nudge(); // so that there is room soon
  nudge_at_ = clock::now() + longest_silence;
  if (is_arm(message))
    note_unheld(message.slot, message.life);
  if (waiting_.size() >= most_waiting && count > 0)
    return;
  later l{message, {}};
  for (std::size_t i = 0; i < count && i < most_sent_along; ++i) {
    if (fds[i] < 0)
      continue;
    l.fds[i].reset(::fcntl(fds[i], F_DUPFD_CLOEXEC, 3));
    if (!l.fds[i])
      return;
  }
  waiting_.push_back(std::move(l));
}

void worker_link::forget_unheld(std::uint32_t slot, std::uint32_t life) {
  auto found = unheld_.find(slot);
  if (found != unheld_.end() && found->second == life)
    unheld_.erase(found);
}

void worker_link::forget_first() {
  const auto& m = waiting_.front().message;
  if (is_arm(m))
    forget_unheld(m.slot, m.life);
  waiting_.pop_front();
}

void worker_link::flush() {
  while (!waiting_.empty()) {
    const auto& l = waiting_.front();
    int fds[most_sent_along];
    std::transform(std::begin(l.fds), std::end(l.fds), fds, [](const unique_fd& fd) { return fd.get(); });
    int error = send_message(socket_, l.message, fds, most_sent_along);
    if (error == EAGAIN || error == ETOOMANYREFS || error == ENOBUFS || error == ENOMEM)
      return;
    forget_first(); // sent, or the keeper is gone
    if (error == 0)
      said();
  }
}

void worker_link::nudge() {
  since_nudge_ = 0;
  nudge_at_.reset();
  std::uint64_t one = 1;
  (void)!::write(nudge_, &one, sizeof one);
}

bool worker_link::arm(std::uint32_t slot, std::uint32_t life, const int (&fds)[3]) {
  return say(word(keeper_word::arm, slot, life, stdio_bits(fds)), fds, 3);
}

/// What waits to be held for that life need not be any more.
void worker_link::drop(std::uint32_t slot, std::uint32_t life) {
  auto gone = std::remove_if(waiting_.begin(), waiting_.end(), [&](const later& l) {
    return is_arm(l.message) && l.message.slot == slot && l.message.life == life;
  });
  waiting_.erase(gone, waiting_.end());
  forget_unheld(slot, life);
  say(word(keeper_word::drop, slot, life));
}

bool worker_link::hold(std::uint32_t key, int fd) {
  bool sent = say(word(keeper_word::hold, key), &fd, 1);
  fault_point("held.sent");
  return sent;
}
void worker_link::release(std::uint32_t key) { say(word(keeper_word::release, key)); }
void worker_link::ready(std::uint32_t level) {
  fault_point("ready.saying");
  say(word(keeper_word::ready, 0, 0, level));
  fault_point("ready.said");
}
void worker_link::reexec(int program) { say(word(keeper_word::reexec), &program, 1); }
void worker_link::orphans(bool to_keeper) { say(word(keeper_word::orphans, 0, 0, to_keeper ? 1 : 0)); }

void worker_link::notify(std::string_view text) {
  auto m = word(keeper_word::notify);
  if (waiting_.size() >= most_waiting || !set_text(m, text))
    return;
  say(m);
  nudge();
}

void worker_link::bye(int code) {
  say(word(keeper_word::bye, 0, 0, static_cast<std::uint64_t>(code)));
  nudge();
}

bool worker_link::sync(std::chrono::milliseconds patience, std::vector<keeper_message>& heard) {
  auto end = clock::now() + patience;
  auto number = ++syncs_;
  say(word(keeper_word::sync, 0, 0, number));
  nudge();
  for (auto now = clock::now(); now < end; now = clock::now()) {
    keeper_message m;
    auto what = hear(m);
    if (what == received::end)
      return false;
    if (what == received::one) {
      if (m.kind == static_cast<std::uint16_t>(keeper_word::synced) && m.a == number) {
        fault_point("held.synced");
        return true;
      }
      heard.push_back(m);
      continue;
    }
    flush();
    pollfd p{socket_, static_cast<short>(POLLIN | (waiting_.empty() ? 0 : POLLOUT)), 0};
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
    ::poll(&p, 1, static_cast<int>(left.count()));
  }
  return false;
}

received worker_link::hear(keeper_message& what) {
  received_message r;
  auto result = receive_message(socket_, r, false);
  for (int fd : r.fds)
    unique_fd{fd}.reset();
  what = r.message;
  if (result == received::one && (r.size != sizeof what || what.magic != keeper_magic))
    what = {}; // none
  return result;
}

} // namespace troupe::platform
