// See keeper_parts.hpp: another program takes this one's place in the same process, between two messages. What it goes
// on with is in the register and in descriptors; nothing else may be known when it begins.
#include "platform/keeper.hpp"
#include "platform/linux/keeper_parts.hpp"
#include "platform/register.hpp"

#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr std::size_t most_words = 1024;

constinit char words[std::size_t{128} << 10]; // not touched before
constinit char* word_at[most_words + 1];

/// The daemon's own, which are these. False: they are too many.
bool read_words() {
  int file = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  std::size_t size = 0;
  for (ssize_t n = 1; file >= 0 && n > 0 && size<sizeof words; size += n> 0 ? static_cast<std::size_t>(n) : 0)
    n = ::read(file, words + size, sizeof words - size);
  if (file >= 0)
    ::close(file);
  std::size_t count = 0;
  for (std::size_t at = 0; at < size && count < most_words; at += std::strlen(words + at) + 1)
    word_at[count++] = words + at;
  word_at[count] = nullptr;
  return count > 0 && count < most_words && size < sizeof words;
}

/// What the worker has taken is in its records.
bool has_signals(keeper& k) {
  auto taken = k.header().signals_taken.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < k.state.kept; ++i)
    if (const auto& s = k.state.signals[i]; !s.passed || static_cast<std::int32_t>(s.number - taken) > 0)
      return true;
  return false;
}

/// A signal that nobody has taken yet, or a child that lies for the worker to look at, is known to this one alone.
bool is_at_rest(keeper& k) {
  return k.state.phase == keeper_phase::working && !has_signals(k) && k.seen == 0 && !k.worker_gone && k.link >= 0;
}

} // namespace

void make_room_for_successor(keeper& k) {
  if (k.successor < 0 || !is_at_rest(k))
    return;
  int program = std::exchange(k.successor, -1);
  ::fcntl(program, F_SETFD, FD_CLOEXEC);
  if (read_words()) {
    auto& link = k.header().held[static_cast<int>(held_key::keeper_end)];
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    link = k.link;
    ::fcntl(k.link, F_SETFD, 0);
    ignore_no_more(k);
    expose_to_oom(k);
    ::execveat(program, "", word_at, k.envp, AT_EMPTY_PATH);
    protect_from_oom(k);
    for (int signo = 1; signo <= SIGRTMAX; ++signo)
      if (sigismember(&k.ignored_by_us, signo) == 1)
        ::signal(signo, SIG_IGN);
    ::fcntl(k.link, F_SETFD, FD_CLOEXEC);
    link = -1;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
  }
  ::close(program);
}

int check_register(int fd) {
  std::printf("troupe keeper %u %u\n", static_cast<unsigned>(register_layout), static_cast<unsigned>(keeper_kind));
  void* at = ::mmap(nullptr, sizeof(register_header), PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED)
    return no_register;
  const auto& header = *static_cast<const register_header*>(at);
  bool is_one = std::memcmp(header.magic, register_magic, sizeof register_magic) == 0 &&
                header.layout == register_layout && header.slot_size == sizeof(register_slot);
  return is_one ? 0 : no_register;
}

} // namespace troupe::platform
