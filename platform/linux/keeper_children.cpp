// See keeper_parts.hpp: whose end it was, and the end of all.
#include "platform/fault_point.hpp"
#include "platform/linux/keeper_parts.hpp"
#include "platform/stranger.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::uint64_t rest_for_the_worker = 1000; ///< µs
constexpr std::uint64_t longest_stop = 300;         ///< seconds
constexpr std::uint64_t between_looks = 20'000;     ///< µs, while programs are stopped

std::int32_t wait_status(const siginfo_t& end) {
  switch (end.si_code) {
  case CLD_EXITED:
    return (end.si_status & 0xff) << 8;
  case CLD_DUMPED:
    return end.si_status | 0x80;
  default:
    return end.si_status;
  }
}

std::uint32_t milliseconds(const timeval& t) { return static_cast<std::uint32_t>(t.tv_sec * 1000 + t.tv_usec / 1000); }

/// Not one that was there before us: who has its pid, and is ours to wait for, is another.
bool runs_as(const register_slot& slot, pid_t pid) {
  return slot.pid.load(std::memory_order_acquire) == pid && state_of(slot) == slot_state::running &&
         (slot.flags.load(std::memory_order_acquire) & stranger_child) == 0;
}

/// most_slots: nobody's.
std::uint32_t slot_of(keeper& k, pid_t pid) {
  auto& guess = k.slot_of[static_cast<std::uint32_t>(pid) & 0xffff];
  if (runs_as(k.memory->slots[guess], pid))
    return guess;
  for (std::uint32_t i = 0, n = k.slots_used(); i < n; ++i)
    if (runs_as(k.memory->slots[i], pid)) {
      guess = static_cast<std::uint16_t>(i);
      return i;
    }
  return most_slots;
}

void put_into_register(keeper& k, std::uint32_t number, const siginfo_t& end, const rusage& usage) {
  auto& slot = k.memory->slots[number];
  fault_point("keeper.found");
  auto& head = k.header().ring_head;
  slot.wait_status = wait_status(end);
  slot.ended_at = keeper_now();
  slot.user_ms = milliseconds(usage.ru_utime);
  slot.system_ms = milliseconds(usage.ru_stime);
  slot.most_memory = static_cast<std::uint32_t>(usage.ru_maxrss);
  fault_point("keeper.noted");
  slot.ended_life.store(slot.life.load(std::memory_order_acquire), std::memory_order_release);
  fault_point("keeper.ended");
  auto at = head.load(std::memory_order_relaxed);
  k.memory->ring[at % most_slots] = number;
  head.store(at + 1, std::memory_order_release);
  fault_point("keeper.listed");
  std::uint64_t one = 1;
  (void)!::write(k.known[static_cast<int>(held_key::bell)], &one, sizeof one);
  fault_point("keeper.rung");
}

void tell_orphan(keeper& k, pid_t pid, std::int32_t status) {
  keeper_message m;
  m.kind = static_cast<std::uint16_t>(keeper_word::orphan);
  m.slot = static_cast<std::uint32_t>(pid);
  m.a = static_cast<std::uint32_t>(status);
  if (k.link >= 0)
    send_message(k.link, m); // a line in a log; if there is no room for it, so be it
}

void reap(pid_t pid) {
  siginfo_t end{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG) != 0 && errno == EINTR) {
  }
  fault_point("keeper.reaped");
}

bool is_our_child(pid_t pid) {
  siginfo_t end{};
  return pid > 1 && ::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// Its own, or one that was there before it.
bool still_runs(const register_slot& slot) {
  pid_t pid = slot.pid.load(std::memory_order_acquire);
  if ((slot.flags.load(std::memory_order_acquire) & stranger_child) == 0)
    return is_our_child(pid);
  unique_fd process = hold_stranger(pid, slot.spawned_at);
  return process && !has_ended(process);
}

/// A child that has just been made may not lead its group yet.
void signal_program(const register_slot& slot, int signo, slot_flag to_group) {
  pid_t pid = slot.pid.load(std::memory_order_acquire);
  if (!still_runs(slot))
    return;
  bool group = (slot.flags.load(std::memory_order_acquire) & to_group) != 0;
  if (!group || ::kill(-pid, signo) != 0)
    ::kill(pid, signo);
}

} // namespace

bool look_at_children(keeper& k, bool burst) {
  for (;;) {
    siginfo_t end{};
    rusage usage{};
    if (::syscall(SYS_waitid, P_ALL, 0, &end, WEXITED | WNOHANG | WNOWAIT, &usage) != 0) {
      if (errno == EINTR)
        continue;
      return false;
    }
    auto pid = end.si_pid;
    if (pid == 0)
      return false;
    if (pid == k.worker) {
      k.worker_gone = true;
      k.worker_status = wait_status(end);
      burst = true;
    } else if (auto number = slot_of(k, pid); number < most_slots) {
      put_into_register(k, number, end, usage);
      if (!burst && k.state.phase == keeper_phase::working) {
        k.seen = pid;
        k.reap_at = keeper_now() + rest_for_the_worker;
        return true;
      }
    } else {
      tell_orphan(k, pid, wait_status(end));
    }
    reap(pid);
  }
}

void reap_seen(keeper& k) {
  if (k.seen != 0)
    reap(k.seen);
  k.seen = 0;
}

void stop_programs(keeper& k) {
  for (std::uint32_t i = 0, n = k.slots_used(); i < n; ++i) {
    const auto& slot = k.memory->slots[i];
    if (state_of(slot) == slot_state::running)
      signal_program(slot, slot.stop_signal == 0 ? SIGTERM : slot.stop_signal, stop_to_group);
  }
}

std::uint64_t kill_late_programs(keeper& k, bool& none) {
  auto now = keeper_now();
  auto next = between_looks;
  none = true;
  for (std::uint32_t i = 0, n = k.slots_used(); i < n; ++i) {
    const auto& slot = k.memory->slots[i];
    if (state_of(slot) != slot_state::running || !still_runs(slot))
      continue;
    none = false;
    throw_output_away(k, i);
    auto at = k.ending_since + std::min<std::uint64_t>(slot.stop_wait, longest_stop) * 1'000'000;
    auto bit = static_cast<std::uint8_t>(1U << (i % 8));
    if (at > now) {
      next = std::min(next, at - now);
    } else if ((k.killed[i / 8] & bit) == 0) {
      k.killed[i / 8] |= bit;
      signal_program(slot, SIGKILL, kill_to_group);
    }
  }
  return next;
}

} // namespace troupe::platform
