// A worker as small as can be, for tests/keeper_test.py: keeps programs running, writes their output to logs, notes
// their exits, and can be killed anywhere. Uses what the daemon will: pair, register, link, sibling spawns, batches.
// One thread. keeper_worker FOLDER KEEPER SCRIBE SLOTS MEAN_MS LIMIT_COUNT LIMIT_US; `--resume` as the keeper says it.
// TROUPE_DIE_AT=POINT:COUNT ends it at the COUNTth time it comes by there.
#include "platform/batch.hpp"
#include "platform/descriptors.hpp"
#include "platform/keeper_link.hpp"
#include "platform/memory_file.hpp"
#include "platform/pair.hpp"
#include "platform/spawn.hpp"
#include "platform/stranger.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe::platform;

namespace {

constexpr std::uint32_t most = 64; ///< programs

/// What outlives this worker beside the register.
struct ledger {
  batch_record pump;
  std::uint32_t deaths_wished; ///< times that TROUPE_DIE_AT was passed
  std::uint32_t stopping;
  std::uint32_t resumes;
  std::uint32_t signals[65];
  std::uint32_t finished; ///< half batches
  struct {
    std::uint32_t handled; ///< life
    std::uint32_t in_pieces;
  } slot[most];
};

ledger* book = nullptr;

bool comes_to(const char* point) {
  static const char* wanted = std::getenv("TROUPE_DIE_AT");
  auto size = std::strlen(point);
  return wanted && std::strncmp(wanted, point, size) == 0 && wanted[size] == ':' &&
         ++book->deaths_wished % static_cast<std::uint32_t>(std::atoi(wanted + size + 1)) == 0;
}

void die_at(const char* point) {
  if (comes_to(point))
    ::kill(::getpid(), SIGKILL);
}

std::uint64_t microseconds(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

class worker {
public:
  worker(worker_seat seat, std::vector<std::string> words)
      : seat_(std::move(seat)), words_(std::move(words)), link_(seat_.link.get(), seat_.nudge.get()),
        count_(static_cast<std::uint32_t>(std::atoi(words_[3].c_str()))) {
    for (std::uint32_t i = 0; i < count_; ++i)
      logs_.emplace_back(::open(in("log." + std::to_string(i)).c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    pipes_.resize(count_);
  }

  int run() {
    take_memory();
    note("levels", std::to_string(seat_.memory->header.level) + "\n");
    if (::access(in("crash").c_str(), F_OK) == 0)
      std::abort();
    seat_.memory->header.slots_used = count_;
    finish_half_batch();
    ring_ = seat_.memory->header.ring_head;
    for (std::uint32_t i = 0; i < count_; ++i)
      resume(i);
    link_.ready(seat_.memory->header.level);
    if (const auto& h = seat_.memory->header; seat_.resumed && h.deaths > 0)
      note("back", std::to_string(microseconds(CLOCK_MONOTONIC) - h.death[(h.deaths - 1) % deaths_shown].at) + "\n");
    link_.notify("READY=1");
    while (!done())
      turn();
    end();
    return 0;
  }

private:
  std::string in(const std::string& name) const { return words_[0] + "/" + name; }
  void note(const std::string& file, const std::string& text) const {
    unique_fd fd{::open(in(file).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)};
    (void)!::write(fd.get(), text.data(), text.size());
  }
  register_slot& slot(std::uint32_t i) { return seat_.memory->slots[i]; }
  slot_state state(std::uint32_t i) { return state_of(slot(i), book->slot[i].handled); }
  stash memory() const { return {stash_.data(), stash_.fd()}; }
  unique_fd held(held_key key) const {
    return unique_fd{::fcntl(held_number(*seat_.memory, static_cast<std::uint32_t>(key)), F_DUPFD_CLOEXEC, 3)};
  }

  void take_memory() {
    if (seat_.resumed) {
      ledger_ = memory_file::map(held(held_key::ledger), sizeof(ledger), false);
      stash_ = memory_file::map(held(held_key::stash), most_in_batch, true);
    }
    if (ledger_ && stash_ && (held_number(*seat_.memory, 100) >= 0 || held_number(*seat_.memory, 101) < 0))
      note("faults", "others held\n");
    if (!ledger_ || !stash_) { // a death before both were held: nothing had begun
      ledger_ = memory_file::make(sizeof(ledger), true);
      stash_ = memory_file::make(most_in_batch, true);
      link_.hold(100, null_.get());
      link_.hold(101, null_.get());
      link_.release(100);
      link_.hold(102, null_.get());
      link_.hold(102, null_.get());
      link_.hold(static_cast<std::uint32_t>(held_key::ledger), ledger_.fd());
      link_.hold(static_cast<std::uint32_t>(held_key::stash), stash_.fd());
      std::vector<keeper_message> heard;
      if (!link_.sync(std::chrono::seconds{20}, heard))
        note("faults", "sync\n");
      for (const auto& m : heard)
        act_on(m, true);
    }
    book = reinterpret_cast<ledger*>(ledger_.data());
    book->resumes += seat_.resumed ? 1 : 0;
    for (const auto& m : early_)
      act_on(m, false);
  }

  void finish_half_batch() {
    auto& r = book->pump;
    auto stage = static_cast<batch_stage>(r.stage.load());
    int log = r.slot < count_ ? logs_[r.slot].get() : -1;
    auto facts = facts_of(r, memory(), log);
    auto plan = batch_recovery(stage, facts);
    book->finished += stage == batch_stage::idle ? 0 : 1;
    if (plan.from)
      finish_batch(plan.size, *plan.from, stage == batch_stage::writing);
    batch_done(r);
  }

  /// A death here leaves a half batch, too: what is left of it is a batch of its own in the first bytes of the stash.
  void finish_batch(std::uint64_t size, std::uint64_t from, bool announced) {
    auto& r = book->pump;
    r.counted = static_cast<std::int64_t>(size);
    if (!announced)
      r.stage = static_cast<std::uint32_t>(batch_stage::read);
    write_batch(size, from, !announced);
  }

  void write_batch(std::uint64_t size, std::uint64_t from, bool fresh) {
    int log = logs_[book->pump.slot].get();
    if (fresh)
      about_to_write(book->pump, log);
    die_at("writing");
    while (from < size) {
      auto piece = size - from;
      if (std::getenv("TROUPE_DIE_AT")) // so that a death can come between two halves
        piece = std::max<std::uint64_t>(piece / 2, 1);
      auto n = ::write(log, stash_.data() + from, piece);
      if (n > 0)
        from += static_cast<std::uint64_t>(n);
      die_at("half");
    }
    die_at("written");
    batch_done(book->pump);
  }

  void resume(std::uint32_t i) {
    auto& s = slot(i);
    switch (state(i)) {
    case slot_state::meant:
      return book->stopping ? void() : spawn(i, s.life);
    case slot_state::running:
      adopt(i);
      if (book->stopping)
        ::kill(s.pid, SIGTERM);
      return;
    case slot_state::ended:
      adopt(i);
      return handle_end(i);
    default:
      return book->stopping ? void() : begin(i);
    }
  }

  void adopt(std::uint32_t i) {
    const auto& s = slot(i);
    if (s.held_life == s.life && s.fd[1] >= 0)
      pipes_[i].reset(::fcntl(s.fd[1], F_DUPFD_CLOEXEC, 3));
    else
      note("faults", "unheld " + std::to_string(i) + "\n");
  }

  void begin(std::uint32_t i) {
    auto life = begin_life(slot(i));
    die_at("meant");
    spawn(i, life);
  }

  void spawn(std::uint32_t i, std::uint32_t life) {
    unique_fd write_end;
    if (make_pipe(pipes_[i], write_end) != 0)
      return note("faults", "pipe\n");
    ::fcntl(pipes_[i].get(), F_SETFL, O_NONBLOCK);
    link_.arm(i, life, {-1, pipes_[i].get(), -1});
    die_at("armed");
    spawn_plan plan;
    plan.file = words_[2];
    plan.argv = {"scribe", words_[0], std::to_string(i), std::to_string(life), words_[4]};
    plan.envp = {"PATH=/bin"};
    plan.stdio[0] = null_.get();
    plan.stdio[1] = plan.stdio[2] = write_end.get();
    slot(i).stop_signal = SIGTERM;
    slot(i).stop_wait = 1;
    slot(i).spawned_at = microseconds(CLOCK_BOOTTIME);
    auto made = spawn_sibling(plan, slot(i).pid);
    if (made.pid < 0)
      note("faults", "spawn " + std::to_string(made.error) + "\n");
    die_at("cloned");
  }

  bool pump(std::uint32_t i) {
    auto& r = book->pump;
    auto size = next_batch(pipes_[i].get());
    if (size == 0)
      return false;
    announce(r, memory(), i, 1, size, book->slot[i].in_pieces != 0);
    die_at("announced");
    if (size >= batch_mark_size && comes_to("unnoted")) { // read, and killed before that is noted
      (void)!::read(pipes_[i].get(), stash_.data(), size);
      ::kill(::getpid(), SIGKILL);
    }
    auto t = take(r, memory(), pipes_[i].get());
    if (t.in_pieces)
      book->slot[i].in_pieces = 1;
    die_at("read");
    if (t.size > 0)
      write_batch(t.size, 0, true);
    return t.size > 0;
  }

  void handle_end(std::uint32_t i) {
    auto& s = slot(i);
    while (pipes_[i] && pump(i)) {
    }
    die_at("drained");
    char line[128];
    std::snprintf(line, sizeof line, "%u %u %d\n", i, s.life.load(), s.wait_status);
    note("exits", line);
    book->slot[i].handled = s.life;
    die_at("handled");
    pipes_[i].reset();
    link_.drop(i, s.life);
    if (!book->stopping)
      begin(i);
  }

  void hear_bell() {
    std::uint64_t count = 0;
    (void)!::read(seat_.bell.get(), &count, sizeof count);
    while (ring_ != seat_.memory->header.ring_head.load(std::memory_order_acquire)) {
      auto i = seat_.memory->ring[ring_++ % most_slots];
      if (i < count_ && state(i) == slot_state::ended)
        handle_end(i);
    }
  }

  void hear_keeper() {
    keeper_message m;
    for (;;)
      switch (link_.hear(m)) {
      case received::one:
        act_on(m, false);
        break;
      case received::nothing:
        return;
      case received::end:
        return keeper_is_gone();
      }
  }

  void act_on(const keeper_message& m, bool early) {
    if (early)
      return early_.push_back(m);
    if (m.kind == static_cast<std::uint16_t>(keeper_word::orphan))
      note("orphans", std::to_string(m.slot) + "\n");
    if (m.kind == static_cast<std::uint16_t>(keeper_word::unheld))
      link_.note_unheld(m.slot, m.life);
    if (m.kind != static_cast<std::uint16_t>(keeper_word::signalled) || m.a > 64)
      return;
    ++book->signals[m.a];
    if (m.a == SIGTERM)
      book->stopping = 1;
    seat_.memory->header.signals_taken = static_cast<std::uint32_t>(m.b);
    for (std::uint32_t i = 0; m.a == SIGTERM && i < count_; ++i)
      if (state(i) == slot_state::running)
        ::kill(slot(i).pid, SIGTERM);
  }

  /// Nobody waits for the programs any more: they are stopped, their ends are asked of the kernel, and this ends.
  [[noreturn]] void keeper_is_gone() {
    std::vector<unique_fd> programs(count_);
    for (std::uint32_t i = 0; i < count_; ++i)
      if (state(i) == slot_state::running) {
        programs[i] = hold_stranger(slot(i).pid, slot(i).spawned_at);
        if (programs[i])
          ::kill(slot(i).pid, SIGTERM);
      }
    for (std::uint32_t i = 0; i < count_; ++i)
      while (programs[i]) {
        while (pump(i)) {
        }
        pollfd p{programs[i].get(), POLLIN, 0};
        if (::poll(&p, 1, 5) == 1 && (p.revents & POLLHUP) != 0)
          note_stranger(i, std::exchange(programs[i], {}));
      }
    note("result", "keeper gone\n");
    ::_exit(3);
  }

  void note_stranger(std::uint32_t i, const unique_fd& program) {
    while (pump(i)) {
    }
    note("exits", std::to_string(i) + ' ' + std::to_string(slot(i).life) + ' ' +
                    std::to_string(end_of_stranger(program.get(), slot(i).pid).value_or(-1)) + '\n');
  }

  bool done() {
    if (!book->stopping)
      return false;
    for (std::uint32_t i = 0; i < count_; ++i)
      if (state(i) == slot_state::running || state(i) == slot_state::ended)
        return false;
    return true;
  }

  void turn() {
    std::vector<pollfd> fds{{seat_.bell.get(), POLLIN, 0}, {seat_.link.get(), POLLIN, 0}};
    for (const auto& p : pipes_)
      fds.push_back({p ? p.get() : -1, POLLIN, 0});
    int wait = -1;
    if (auto at = link_.nudge_at())
      wait = static_cast<int>(std::max<std::int64_t>(
        std::chrono::ceil<std::chrono::milliseconds>(*at - worker_link::clock::now()).count(), 0));
    int n = ::poll(fds.data(), fds.size(), wait);
    if (auto at = link_.nudge_at(); at && *at <= worker_link::clock::now()) {
      link_.flush();
      link_.nudge();
    }
    if (n <= 0)
      return;
    if (fds[1].revents != 0)
      hear_keeper();
    if (fds[0].revents != 0)
      hear_bell();
    for (std::uint32_t i = 0; i < count_; ++i)
      if (pipes_[i] && (fds[i + 2].revents & POLLIN) != 0)
        pump(i);
  }

  void end() {
    note("result", "resumes " + std::to_string(book->resumes) + "\nhup " + std::to_string(book->signals[SIGHUP]) +
                     "\nterm " + std::to_string(book->signals[SIGTERM]) + "\nusr2 " +
                     std::to_string(book->signals[SIGUSR2]) + "\nfinished " + std::to_string(book->finished) + "\n");
    seat_.memory->header.exit_code = 5;
    seat_.memory->header.bye = 1;
    link_.bye(5);
  }

  worker_seat seat_;
  std::vector<std::string> words_;
  worker_link link_;
  std::uint32_t count_;
  memory_file ledger_, stash_;
  std::vector<unique_fd> logs_, pipes_;
  std::vector<keeper_message> early_;
  std::uint32_t ring_ = 0;
  unique_fd null_{::open("/dev/null", O_RDWR | O_CLOEXEC)};
};

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

int resumed() {
  auto seat = resumed_seat();
  char path[4096] = {};
  // The image of this worker: the name of a file with its words, which the keeper holds.
  int image = seat.memory ? seat.memory->header.held[static_cast<int>(held_key::image)] : -1;
  if (image < 0 || ::pread(image, path, sizeof path - 1, 0) <= 0)
    return 4;
  return worker{std::move(seat), lines_of(path)}.run();
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--resume")
    return resumed();
  if (auto trouble = trouble_with_pair(); !trouble.empty()) {
    std::printf("no pair: %s\n", trouble.c_str());
    return 77;
  }
  if (argc < 8)
    return 2;
  std::vector<std::string> words(argv + 1, argv + argc);
  auto path = words[0] + "/words";
  {
    std::ofstream file(path);
    for (const auto& w : words)
      file << w << '\n';
  }
  auto pair =
    begin_pair(words[0] + "/s.pid.register", {static_cast<std::uint32_t>(std::stoul(words[5])), std::stoull(words[6])});
  if (pair.error != 0)
    return 3;
  auto image = memory_file::make(4096, false);
  std::memcpy(image.data(), path.data(), path.size());
  unique_fd held_image{::fcntl(image.fd(), F_DUPFD_CLOEXEC, 100)};
  pair.memory->header.held[static_cast<int>(held_key::image)] = held_image.get();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  auto pid = ::fork();
  if (pid > 0) {
    char name[] = "supervisord";
    std::vector<char*> words_of_keeper{name, argv[1], nullptr};
    become_keeper(std::move(pair), pid, words[1], words_of_keeper.data(), environ);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return worker{first_seat(std::move(pair)), words}.run();
}
