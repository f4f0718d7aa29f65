// See platform/keeper.hpp: the loop. Poll, look at what has come, let keeper_step decide.
#include "platform/keeper.hpp"

#include "platform/fault_point.hpp"
#include "platform/linux/keeper_parts.hpp"
#include "platform/register.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iterator>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::uint64_t forever = UINT64_MAX;
constexpr std::uint64_t before_failure_counts = 100'000; ///< µs

constinit keeper the_keeper; // most of its pages are never touched

bool open_register(keeper& k) {
  struct stat info {};
  if (::fstat(register_descriptor, &info) != 0 || info.st_size != static_cast<off_t>(sizeof(register_memory)))
    return false;
  void* at = ::mmap(nullptr, sizeof(register_memory), PROT_READ | PROT_WRITE, MAP_SHARED, register_descriptor, 0);
  if (at == MAP_FAILED)
    return false;
  k.memory = static_cast<register_memory*>(at);
  return std::memcmp(k.header().magic, register_magic, sizeof register_magic) == 0 &&
         k.header().layout == register_layout;
}

void carry_out(keeper& k, const keeper_effects::one& e, const keeper_happening& why) {
  auto& header = k.header();
  switch (e.what) {
  case keeper_effect::note_death:
    header.death[header.deaths % deaths_shown] = {why.now, e.value, k.worker};
    ++header.deaths;
    header.worker_pid = 0;
    k.worker = 0;
    break;
  case keeper_effect::start_worker:
    start_worker(k, static_cast<std::uint32_t>(e.value));
    break;
  case keeper_effect::abort_worker:
    if (k.worker > 0)
      ::kill(k.worker, SIGABRT);
    break;
  case keeper_effect::pass_signal:
    pass_signal(k);
    break;
  case keeper_effect::say_end:
    say_end(k, e.value);
    break;
  case keeper_effect::stop_programs:
    k.ending_since = why.now;
    stop_programs(k);
    break;
  case keeper_effect::end: // the loop sees that it is over
  case keeper_effect::nothing:
    break;
  }
}

void read_signals(keeper& k, bool& child) {
  signalfd_siginfo info;
  while (::read(k.signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD)
      child = true;
    else
      happen(k, {.what = keeper_event::signal_came,
                 .value = static_cast<std::int32_t>(info.ssi_signo),
                 .pid = static_cast<std::int32_t>(info.ssi_pid),
                 .uid = info.ssi_uid});
  }
}

/// Everything it has said is read before the next one begins, which then inherits what is held.
void end_worker(keeper& k) {
  k.worker_gone = false;
  while (read_messages(k)) { // the dead say nothing new
  }
  if (k.link >= 0)
    ::close(k.link);
  k.link = -1;
  k.link_is_full = false;
  if (k.successor >= 0) // the next worker has not looked for its end of the link yet, and may ask again
    ::close(k.successor);
  k.successor = -1;
  auto& header = k.header();
  happen(k, {.what = keeper_event::worker_ended,
             .value = k.worker_status,
             .bye = header.bye.load(std::memory_order_acquire) != 0,
             .code = header.exit_code});
}

/// µs until something is due by itself.
std::uint64_t due_in(keeper& k, std::uint64_t now) {
  auto until = [now](std::uint64_t at) { return at > now ? at - now : 0; };
  if (k.seen != 0)
    return until(k.reap_at);
  if (k.start_failed_at != 0)
    return until(k.start_failed_at + before_failure_counts);
  if (k.state.phase == keeper_phase::waiting)
    return until(k.state.restart_at);
  if (k.state.phase != keeper_phase::ending)
    return forever;
  bool none = false;
  auto next = kill_late_programs(k, none);
  if (none)
    happen(k, {.what = keeper_event::programs_gone});
  return none ? 0 : next;
}

void time_passed(keeper& k) {
  auto now = keeper_now();
  if (k.start_failed_at != 0 && now >= k.start_failed_at + before_failure_counts) {
    k.start_failed_at = 0;
    happen(k, {.what = keeper_event::worker_ended, .value = 127 << 8});
  } else if (k.start_failed_at == 0 && k.state.phase == keeper_phase::waiting && now >= k.state.restart_at) {
    happen(k, {.what = keeper_event::time_passed});
  }
}

void turn(keeper& k) {
  pollfd fds[3] = {{k.signals, POLLIN, 0},
                   {k.known[static_cast<int>(held_key::nudge)], POLLIN, 0},
                   {k.link_is_full ? k.link : -1, POLLOUT, 0}};
  auto due = due_in(k, keeper_now());
  if (k.state.phase == keeper_phase::over)
    return;
  timespec time{static_cast<time_t>(due / 1'000'000), static_cast<long>(due % 1'000'000 * 1000)};
  int n = ::ppoll(fds, std::size(fds), due == forever ? nullptr : &time, nullptr);
  bool child = false;
  bool burst = k.seen != 0;
  bool read = false;
  if (n > 0 && fds[0].revents != 0)
    read_signals(k, child);
  if (child || (burst && keeper_now() >= k.reap_at)) {
    reap_seen(k);
    read = !look_at_children(k, burst);
  }
  if (n > 0 && fds[1].revents != 0) {
    std::uint64_t count = 0;
    (void)!::read(fds[1].fd, &count, sizeof count);
    read = true;
  }
  if (n > 0 && fds[2].revents != 0) {
    k.link_is_full = false;
    pass_signal(k);
  }
  if (k.worker_gone)
    end_worker(k);
  else if (read)
    read_messages(k);
  time_passed(k);
  make_room_for_successor(k);
}

/// Of the keeper before this one, if there was one.
void take_deaths(keeper& k) {
  auto& header = k.header();
  auto known = std::min<std::uint32_t>(header.deaths, deaths_shown);
  for (auto i = header.deaths - known; i < header.deaths; ++i)
    k.state.deaths.add(header.death[i % deaths_shown].at);
  k.state.level = header.level;
  k.state.last_number = header.signals_taken;
}

} // namespace

std::uint64_t keeper_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

void happen(keeper& k, keeper_happening what) {
  auto& header = k.header();
  what.now = keeper_now();
  what.signals_taken = header.signals_taken.load(std::memory_order_acquire);
  what.limit = {header.limit_count, header.limit_us};
  auto t = keeper_step(k.state, what);
  k.state = t.after;
  for (std::size_t i = 0; i < t.effects.count; ++i)
    carry_out(k, t.effects.all[i], what);
}

int run_keeper(char* const* envp) {
  begin_keepers_fault_points();
  auto& k = the_keeper;
  k.envp = envp;
  k.link = k.signals = k.successor = -1;
  k.nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (!open_register(k))
    return no_register;
  prepare_signals(k);
  if (k.signals < 0)
    return no_register;
  ::tzset(); // allocates, which is not done later
  ::prctl(PR_SET_NAME, "supervisord");
  take_known(k);
  protect_from_oom(k);
  take_deaths(k);
  k.header().keeper_pid = ::getpid();
  k.header().keeper_kind = keeper_kind;
  k.worker = k.header().worker_pid;
  bool more = look_at_children(k, true); // whoever ended before there was a signalfd
  if (k.worker_gone)
    end_worker(k);
  else if (!more)
    read_messages(k);
  while (k.state.phase != keeper_phase::over)
    turn(k);
  remove_register(register_descriptor);
  return k.state.exit_code;
}

} // namespace troupe::platform
