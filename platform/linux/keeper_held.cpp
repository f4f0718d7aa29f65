// See keeper_parts.hpp: what the keeper holds, and what it is told. It never looks at what it holds.
#include "platform/fault_point.hpp"
#include "platform/keeper.hpp"
#include "platform/linux/keeper_parts.hpp"
#include "platform/notify_socket.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int most_at_once = 4096; ///< messages

constexpr auto number_of = [](held_key key) { return static_cast<std::uint32_t>(key); };

void close_all(received_message& m) {
  for (int& fd : m.fds)
    if (fd >= 0)
      ::close(std::exchange(fd, -1));
}

void let_go_of(keeper& k, std::uint32_t number) {
  auto& pipes = k.pipes[number];
  auto& slot = k.memory->slots[number];
  slot.held_life.store(0, std::memory_order_release);
  if (pipes.life != 0)
    for (int i = 0; i < 3; ++i) {
      if (pipes.fd[i] >= 0)
        ::close(pipes.fd[i]);
      slot.fd[i] = -1;
    }
  pipes.life = 0;
}

void arm(keeper& k, received_message& m) {
  auto number = m.message.slot;
  let_go_of(k, number);
  fault_point("keeper.arming");
  auto& pipes = k.pipes[number];
  auto& slot = k.memory->slots[number];
  std::size_t next = 0;
  for (unsigned i = 0; i < 3; ++i) {
    bool there = (m.message.a >> i & 1) != 0;
    pipes.fd[i] = slot.fd[i] = there ? std::exchange(m.fds[next], -1) : -1;
    next += there ? 1 : 0;
  }
  pipes.life = m.message.life;
  slot.held_life.store(m.message.life, std::memory_order_release);
  fault_point("keeper.armed");
  if (auto pid = slot.pid.load(std::memory_order_acquire); pid > 0)
    k.slot_of[static_cast<std::uint32_t>(pid) & 0xffff] = static_cast<std::uint16_t>(number);
}

/// Where the number of `key` is, ours and the register's; {null, null}: there is no room for another.
std::pair<std::int32_t*, std::int32_t*> place_of(keeper& k, std::uint32_t key, bool make) {
  if (key < well_known_held)
    return {&k.known[key], &k.header().held[key]};
  auto* end = k.others + k.others_used;
  auto* found = std::find_if(k.others, end, [&](const held_entry& e) { return e.key == key; });
  if (found == end && make) {
    found = std::find_if(k.others, end, [](const held_entry& e) { return e.key == 0; });
    if (found == end && k.others_used < most_held)
      ++k.others_used;
    else if (found == end)
      return {nullptr, nullptr};
    *found = {key, -1};
  } else if (found == end) {
    return {nullptr, nullptr};
  }
  auto& shown = k.memory->held[found - k.others];
  shown.key = key;
  return {&found->fd, &shown.fd};
}

void hold(keeper& k, std::uint32_t key, int& fd) {
  if (key == number_of(held_key::link) || key == number_of(held_key::keeper_end))
    return; // those are ours to make
  auto [own, shown] = place_of(k, key, true);
  if (!own)
    return;
  if (*own >= 0)
    ::close(*own);
  *own = *shown = std::exchange(fd, -1);
}

void release(keeper& k, std::uint32_t key) {
  if (key < well_known_held && (key == number_of(held_key::link) || key == number_of(held_key::keeper_end)))
    return;
  auto [own, shown] = place_of(k, key, false);
  if (!own)
    return;
  if (*own >= 0)
    ::close(*own);
  *own = *shown = -1;
  for (std::uint32_t i = 0; key >= well_known_held && i < k.others_used; ++i)
    if (k.others[i].key == key)
      k.others[i].key = k.memory->held[i].key = 0;
}

void answer(const keeper& k, keeper_word word, const keeper_message& to) {
  keeper_message m;
  m.kind = static_cast<std::uint16_t>(word);
  m.slot = to.slot;
  m.life = to.life;
  m.a = to.a;
  send_message(k.link, m); // a worker that does not read gets no answer, and does not wait for long
}

void act_on(keeper& k, received_message& m) {
  const auto& said = m.message;
  switch (order_of(said, m.size, m.descriptors, m.cut)) {
  case keeper_word::arm:
    return arm(k, m);
  case keeper_word::unheld:
    return answer(k, keeper_word::unheld, said);
  case keeper_word::drop:
    if (k.pipes[said.slot].life == said.life)
      let_go_of(k, said.slot);
    return;
  case keeper_word::hold:
    return hold(k, said.slot, m.fds[0]);
  case keeper_word::release:
    return release(k, said.slot);
  case keeper_word::sync:
    return answer(k, keeper_word::synced, said);
  case keeper_word::ready:
    return happen(k, {.what = keeper_event::worker_ready, .value = static_cast<std::int32_t>(said.a & 0xff)});
  case keeper_word::notify:
    return notify_manager(manager_address(k.envp), text_of(said));
  case keeper_word::reexec:
    if (k.successor >= 0)
      ::close(k.successor);
    k.successor = std::exchange(m.fds[0], -1);
    return;
  case keeper_word::orphans:
    ::prctl(PR_SET_CHILD_SUBREAPER, said.a != 0 ? 1UL : 0UL);
    return;
  default: // bye: the register says it; what is not understood
    return;
  }
}

/// -1: it is not open here, whatever the register says, or is one that we have opened.
int own_number(const keeper& k, std::int32_t fd) {
  bool is_ours = fd == k.signals || fd == k.nowhere;
  return fd > register_descriptor && !is_ours && ::fcntl(fd, F_GETFD) >= 0 ? fd : -1;
}

/// Of the keeper before this one, where its worker has become this one.
void take_others(keeper& k) {
  for (std::uint32_t i = 0; i < most_held; ++i)
    if (auto& entry = k.memory->held[i]; entry.key != 0) {
      entry.fd = own_number(k, entry.fd);
      k.others[i] = {entry.key, entry.fd};
      k.others_used = i + 1;
    }
  for (std::uint32_t i = 0, n = k.slots_used(); i < n; ++i) {
    auto& slot = k.memory->slots[i];
    k.pipes[i].life = slot.held_life.load(std::memory_order_acquire);
    for (int j = 0; j < 3 && k.pipes[i].life != 0; ++j)
      k.pipes[i].fd[j] = slot.fd[j] = own_number(k, slot.fd[j]);
  }
}

} // namespace

void take_known(keeper& k) {
  take_others(k);
  std::transform(std::begin(k.header().held), std::end(k.header().held), k.known,
                 [&](std::int32_t fd) { return own_number(k, fd); });
  std::copy(std::begin(k.known), std::end(k.known), k.header().held);
  k.link = std::exchange(k.known[number_of(held_key::keeper_end)], -1);
  k.known[number_of(held_key::link)] = -1; // the worker's own, in the worker
  k.header().held[number_of(held_key::keeper_end)] = k.header().held[number_of(held_key::link)] = -1;
  if (k.link >= 0)
    ::fcntl(k.link, F_SETFD, FD_CLOEXEC);
}

bool read_messages(keeper& k) {
  received_message m;
  for (int n = 0; n < most_at_once; ++n) {
    if (k.link < 0 || receive_message(k.link, m, true) != received::one)
      return false;
    act_on(k, m);
    close_all(m);
  }
  std::uint64_t one = 1; // programs' ends come first, then the rest
  (void)!::write(k.known[number_of(held_key::nudge)], &one, sizeof one);
  return true;
}

void throw_output_away(keeper& k, std::uint32_t number) {
  const auto& pipes = k.pipes[number];
  for (int i = 1; i < 3 && pipes.life != 0; ++i)
    for (int round = 0; round < 16 && pipes.fd[i] >= 0; ++round) // one that never stops writing is killed in time
      if (::splice(pipes.fd[i], nullptr, k.nowhere, nullptr, 1 << 20, SPLICE_F_NONBLOCK) <= 0)
        break;
}

} // namespace troupe::platform
