// See platform/pair.hpp.
#include "platform/pair.hpp"

#include "config/text.hpp"
#include "platform/descriptors.hpp"
#include "platform/fault_point.hpp"
#include "platform/keeper.hpp"
#include "platform/keeper_link.hpp"
#include "platform/program_file.hpp"
#include "platform/sealed_file.hpp"
#include "platform/spawn.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace troupe::platform {

namespace {

constexpr int probe_status = 7;

int exit_of_probe(void*) { ::_exit(probe_status); }

/// A child makes a sibling, which ends with 7: whether it was ours to wait for. 0 or errno; ECHILD: it was not.
int probe_sibling() {
  void* shared = ::mmap(nullptr, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    return errno;
  auto* sibling = static_cast<pid_t*>(shared);
  auto child = ::fork();
  if (child == 0) {
    alignas(16) static char stack[16384];
    auto made = ::clone(exit_of_probe, stack + sizeof stack,
                        CLONE_PARENT | CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, nullptr, sibling);
    ::_exit(made < 0 ? errno & 0x7f : made == *sibling ? 0 : ENOSYS);
  }
  int status = 0;
  int error = child < 0 ? errno : 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child > 0)
    error = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM; // killed by a sandbox
  pid_t waited = -1;
  while (error == 0 && (waited = ::waitpid(*sibling, &status, 0)) < 0 && errno == EINTR) {
  }
  if (error == 0 && !(waited == *sibling && WIFEXITED(status) && WEXITSTATUS(status) == probe_status))
    error = ECHILD;
  ::munmap(shared, sizeof(pid_t));
  return error;
}

/// Away from the place of the register.
int move_up(unique_fd& fd) {
  fd.reset(fd ? ::fcntl(fd.get(), F_DUPFD_CLOEXEC, register_descriptor + 1) : -1);
  return fd ? 0 : errno;
}

std::string refused(const char* what, int error) { return std::string(what) + ": " + config::errno_name(error); }

/// Everything but the standard descriptors and those that the register names.
void close_all_but(const register_memory& memory) {
  int kept[well_known_held + 1];
  std::copy(std::begin(memory.header.held), std::end(memory.header.held), kept);
  kept[well_known_held] = register_descriptor;
  std::sort(std::begin(kept), std::end(kept));
  unsigned next = register_descriptor;
  for (int fd : kept) {
    if (fd < static_cast<int>(next))
      continue;
    if (static_cast<unsigned>(fd) > next)
      ::syscall(SYS_close_range, next, static_cast<unsigned>(fd) - 1, 0);
    next = static_cast<unsigned>(fd) + 1;
  }
  ::syscall(SYS_close_range, next, ~0U, 0);
}

void lead_a_group_of_its_own() {
  ::setpgid(0, 0);
  sigset_t from_terminal; // not ignored: programs would inherit that
  sigemptyset(&from_terminal);
  sigaddset(&from_terminal, SIGTTOU);
  ::sigprocmask(SIG_BLOCK, &from_terminal, nullptr);
  set_process_name("troupe-worker");
}

} // namespace

std::string trouble_with_pair() {
  if (!siblings_can_be_made())
    return refused("clone", ENOSYS);
  if (int error = probe_sibling(); error != 0)
    return refused("clone", error);
  if (unique_fd memory{::memfd_create("troupe-probe", MFD_CLOEXEC)}; !memory)
    return refused("memfd_create", errno);
  if (unique_fd bell{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}; !bell)
    return refused("eventfd", errno);
  unique_fd a;
  unique_fd b;
  if (int error = make_keeper_sockets(a, b); error != 0)
    return refused("socketpair", error);
  return {};
}

namespace {

void make_descriptors(pair_beginning& pair) {
  pair.bell.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  pair.nudge.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  pair.binary = open_own_binary();
  pair.error = make_keeper_sockets(pair.keeper_end, pair.worker_end);
  for (auto* fd : {&pair.bell, &pair.nudge, &pair.binary, &pair.keeper_end, &pair.worker_end})
    if (pair.error == 0)
      pair.error = move_up(*fd);
}

/// What the keeper that is gone had written of itself.
void forget_keeper(register_memory& memory) {
  auto& header = memory.header;
  header.keeper_pid = ::getpid();
  header.worker_pid = 0;
  header.bye = 0;
  header.level = 0;
  header.signals_taken = 0; // the next one numbers them from the beginning
  std::fill(std::begin(header.held), std::end(header.held), -1);
  for (auto& entry : memory.held)
    if (entry.key != 0)
      entry = {0, -1};
  for (std::uint32_t i = 0; i < std::min(header.slots_used.load(), most_slots); ++i) {
    auto& slot = memory.slots[i];
    slot.held_life = 0;
    std::fill(std::begin(slot.fd), std::end(slot.fd), -1);
    if (state_of(slot) == slot_state::running)
      slot.flags |= stranger_child;
  }
}

/// Numbers of the keeper's own, each for one thing alone, since each is closed by itself. The place of the register is
/// the register's.
class own_numbers {
public:
  int operator()(int fd) {
    if (fd >= 0 && !taken_.insert(fd).second)
      fd = ::fcntl(fd, F_DUPFD_CLOEXEC, register_descriptor + 1);
    return fd;
  }

private:
  std::set<int> taken_{register_descriptor};
};

void keep(register_memory& memory, const kept_descriptors& kept) {
  own_numbers number;
  for (auto [key, fd] : kept.known)
    memory.header.held[static_cast<int>(key)] = number(fd);
  for (std::size_t i = 0; i < std::min<std::size_t>(kept.others.size(), most_held); ++i)
    memory.held[i] = {kept.others[i].key, number(kept.others[i].fd)};
  for (const auto& pipes : kept.children) {
    auto& slot = memory.slots[pipes.slot];
    std::transform(std::begin(pipes.fd), std::end(pipes.fd), std::begin(slot.fd), std::ref(number));
    slot.held_life = slot.life.load();
  }
}

void inherit(int fd) {
  if (fd >= 0)
    ::fcntl(fd, F_SETFD, 0);
}

} // namespace

pair_beginning begin_again(const worker_seat& seat, const kept_descriptors& kept) {
  pair_beginning pair;
  unique_fd memory{::fcntl(seat.memory.fd(), F_DUPFD_CLOEXEC, register_descriptor + 1)};
  pair.error = memory ? 0 : errno;
  if (pair.error != 0)
    return pair;
  pair.memory = shared_register::map(std::move(memory));
  if (!pair.memory) {
    pair.error = EINVAL;
    return pair;
  }
  make_descriptors(pair);
  if (pair.error != 0)
    return pair;
  forget_keeper(*pair.memory);
  keep(*pair.memory, kept);
  pair.again = true;
  return pair;
}

pair_beginning begin_pair(const std::string& register_path, const crash_limit& limit) {
  pair_beginning pair;
  auto made = make_register(register_path);
  pair.why_no_file = made.why_no_file;
  pair.ignored = made.ignored;
  pair.error = made.memory ? 0 : made.error == 0 ? EINVAL : made.error;
  if (pair.error != 0)
    return pair;
  pair.memory = std::move(made.memory);
  make_descriptors(pair);
  pair.memory->header.limit_count = limit.count;
  pair.memory->header.limit_us = limit.period;
  return pair;
}

int become_keeper(pair_beginning pair, int worker, const std::string& program, char* const* argv, char* const* envp) {
  auto& memory = *pair.memory;
  pair.worker_end.reset();
  if (pair.again)
    forget_keepers_orders();
  memory.header.keeper_pid = ::getpid();
  memory.header.worker_pid = worker;
  keep_none_over_exec();
  auto& held = memory.header.held;
  held[static_cast<int>(held_key::bell)] = pair.bell.get();
  held[static_cast<int>(held_key::nudge)] = pair.nudge.get();
  held[static_cast<int>(held_key::binary)] = pair.binary.get();
  held[static_cast<int>(held_key::keeper_end)] = pair.keeper_end.get();
  std::for_each(std::begin(held), std::end(held), inherit);
  for (const auto& entry : memory.held)
    if (entry.key != 0)
      inherit(entry.fd);
  for (std::uint32_t i = 0; i < std::min(memory.header.slots_used.load(), most_slots); ++i)
    if (memory.slots[i].held_life != 0)
      std::for_each(std::begin(memory.slots[i].fd), std::end(memory.slots[i].fd), inherit);
  if (pair.memory.fd() == register_descriptor)
    ::fcntl(register_descriptor, F_SETFD, 0);
  else
    ::dup2(pair.memory.fd(), register_descriptor);
  if (!program.empty())
    ::execve(program.c_str(), argv, envp);
  if (int error = errno; pair.again) {
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
    return error;
  }
  close_all_but(memory);
  ::_exit(run_keeper(envp));
}

std::string trouble_with_keeper(const std::string& program, int memory) {
  if (auto trouble = trouble_with_program(program, ::geteuid()); !trouble.empty())
    return trouble;
  unique_fd said;
  unique_fd theirs;
  if (int error = make_pipe(said, theirs); error != 0)
    return refused("pipe", error);
  auto pid = ::fork();
  if (pid == 0) {
    char how[] = "--check";
    char where[] = "0";
    char* const argv[] = {const_cast<char*>(program.c_str()), how, where, nullptr};
    char* const envp[] = {nullptr};
    ::dup2(memory, STDIN_FILENO);
    ::dup2(theirs.get(), STDOUT_FILENO);
    ::execve(program.c_str(), argv, envp);
    ::_exit(127);
  }
  if (pid < 0)
    return refused("fork", errno);
  theirs.reset();
  constexpr int longest = 2000; // ms
  char words[64] = {};
  pollfd answer{said.get(), POLLIN, 0};
  bool speaks = ::poll(&answer, 1, longest) == 1 && ::read(said.get(), words, sizeof words - 1) > 0;
  pollfd end{said.get(), 0, 0}; // hung up once it has ended
  bool ends = speaks && ::poll(&end, 1, longest) == 1;
  if (!ends)
    ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  auto begin = "troupe keeper " + std::to_string(register_layout) + ' ';
  bool is_one = ends && std::string_view(words).starts_with(begin) && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return is_one ? std::string() : program + " is not Troupe's keeper";
}

worker_seat first_seat(pair_beginning pair) {
  pair.keeper_end.reset(); // now, not when the caller's expression ends: its end has to be seen
  pair.binary.reset();
  lead_a_group_of_its_own();
  return {std::move(pair.memory), std::move(pair.worker_end), std::move(pair.bell), std::move(pair.nudge), false};
}

worker_seat resumed_seat() {
  worker_seat seat;
  keep_none_over_exec();
  seat.memory = shared_register::map(unique_fd{register_descriptor});
  if (!seat.memory)
    return seat;
  auto held = [&](held_key key) { return unique_fd{seat.memory->header.held[static_cast<int>(key)]}; };
  seat.link = held(held_key::link);
  seat.bell = held(held_key::bell);
  seat.nudge = held(held_key::nudge);
  seat.resumed = true;
  lead_a_group_of_its_own();
  return seat;
}

std::vector<std::string> words_of_keeper(const worker_seat& seat) {
  std::ifstream file("/proc/" + std::to_string(seat.memory->header.keeper_pid) + "/cmdline");
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');)
    words.push_back(word);
  return words;
}

} // namespace troupe::platform
