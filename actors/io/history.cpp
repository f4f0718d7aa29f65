// See history.hpp. The lock is held for as long as it takes to copy a record, or to pass a piece of the ring on: the
// thread is niced, and nobody may have to wait until it has its turn.
#include "actors/io/history.hpp"

#include "actors/io/contained.hpp"
#include "actors/io/history_writing.hpp"
#include "platform/main_log.hpp"
#include "platform/patience.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <sys/resource.h>

namespace troupe::actors {

using config::history_kind;
using config::log_level;
using steady = std::chrono::steady_clock;

namespace {

constexpr int least_priority = 19;
constexpr std::chrono::milliseconds gather{100}; ///< after the first record more may come
constexpr std::size_t most_questions = 64;
constexpr std::int64_t clock_jump = 2'000'000; ///< microseconds

std::int64_t wall_now() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t steady_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady::now().time_since_epoch()).count();
}

} // namespace

struct history_keeper::impl {
  impl(const config::history_options& o, platform::main_log& l)
      : options(o), log(l),
        writing(
          o, [this](log_level level, const std::string& text) { log.write(level, text); }, stopping) {}

  std::uint64_t add(history_note note);
  void run();
  void go_on();
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  void write_all();
  void answer();
  void end(const std::string& failed_with);

  const config::history_options options;
  platform::main_log& log;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> open_questions{0};
  std::atomic<bool> abandoned{false}; ///< the log and all else is gone

  std::mutex mutex;
  std::condition_variable changed, ended;
  history_ring ring;
  std::deque<work> questions;
  std::optional<std::int64_t> clock_offset; ///< wall - steady, at the last record
  std::thread thread;
  bool running = false;
  std::string failure;
  std::function<void()> told;

  // the thread's
  history_writing writing;
  std::deque<work> asked;
  history_ring::piece_ptr hand; ///< being written; what the thread died with goes on with the next one
};

history_keeper::history_keeper(const config::history_options& options, platform::main_log& log)
    : impl_(std::make_shared<impl>(options, log)) {}

history_keeper::~history_keeper() { stop(std::chrono::milliseconds{0}); }

// -- any thread ------------------------------------------------------------------------------------

bool history_keeper::keeps(history_kind kind) const { return (impl_->options.keep & bit(kind)) != 0; }

/// With the lock. A clock that was set is told of before what comes after.
std::uint64_t history_keeper::impl::add(history_note note) {
  auto offset = note.at - steady_now();
  auto jump = clock_offset ? offset - *clock_offset : 0;
  clock_offset = offset;
  if ((jump > clock_jump || jump < -clock_jump) && (options.keep & bit(history_kind::daemon)) != 0) {
    auto what = R"({"event":"clock","ms":)" + std::to_string(jump / 1000) + '}';
    ring.add({note.at, history_kind::daemon, 0, 0, {}, {}, what});
  }
  return ring.add(note);
}

std::uint64_t history_keeper::tell(history_kind kind, std::string_view name, std::string_view what,
                                   std::string_view who, std::uint64_t of, std::int64_t serial) noexcept try {
  if (!keeps(kind))
    return 0;
  auto& my = *impl_;
  std::uint64_t number = 0;
  bool wake = false;
  {
    std::lock_guard lock{my.mutex};
    bool was_empty = my.ring.empty(), was_half = my.ring.half_full();
    number = my.add({wall_now(), kind, serial, of, name, who, what});
    wake = was_empty || (!was_half && my.ring.half_full());
  }
  if (wake)
    my.changed.notify_one();
  return number;
} catch (...) { // no memory for the words about a clock
  return 0;
}

bool history_keeper::ask(work what) {
  auto& my = *impl_;
  {
    std::lock_guard lock{my.mutex};
    if (my.stopping || my.open_questions >= most_questions)
      return false;
    ++my.open_questions;
    my.questions.push_back(std::move(what));
  }
  my.changed.notify_one();
  return true;
}

// -- the thread ------------------------------------------------------------------------------------

/// False: it is over. Idle, nothing wakes it.
bool history_keeper::impl::wait_for_work(std::unique_lock<std::mutex>& lock) {
  auto waits = [this] { return !ring.empty() || hand || !asked.empty(); };
  auto urgent = [this] { return stopping || !questions.empty(); };
  for (;;) {
    if (stopping)
      return false;
    if (!questions.empty() || (waits() && writing.ready()))
      break;
    if (waits())
      changed.wait_until(lock, writing.retry_at());
    else
      changed.wait(lock);
  }
  changed.wait_for(lock, gather, [&] { return urgent() || ring.half_full(); });
  return true;
}

void history_keeper::impl::go_on() {
  for (bool more = true; more;) {
    std::unique_lock lock{mutex};
    more = wait_for_work(lock);
    while (!questions.empty()) { // before what they may be about is written
      asked.push_back(std::move(questions.front()));
      questions.pop_front();
    }
    lock.unlock();
    write_all();
    answer();
  }
  std::uint64_t left = hand ? hand->count() : 0;
  {
    std::lock_guard lock{mutex};
    left += ring.count();
  }
  if (left > 0)
    log.write(log_level::error, "history " + options.file + ": " + std::to_string(left) + " records are not written");
  writing.close();
  platform::stay_if_left_behind();
}

/// What is there by now; of what comes meanwhile no more than that, as somebody may wait for an answer.
void history_keeper::impl::write_all() {
  for (std::size_t piece = 0; stopping || (writing.ready() && piece <= history_ring::pieces); ++piece) {
    std::uint64_t behind = 0;
    {
      std::lock_guard lock{mutex};
      if (!hand)
        hand = ring.take();
      behind = ring.count();
    }
    if (!hand)
      return;
    bool done = writing.write(*hand, behind, wall_now());
    std::lock_guard lock{mutex};
    done ? ring.written(std::move(hand)) : ring.put_back(std::move(hand));
    if (!done && (stopping || !writing.ready()))
      return;
  }
}

void history_keeper::impl::answer() {
  while (!asked.empty()) {
    auto question = std::move(asked.front());
    asked.pop_front();
    --open_questions;
    question(writing.file(wall_now()), writing.trouble());
    platform::stay_if_left_behind();
    if (!asked.empty()) // however many ask, records do not wait for all of them
      write_all();
  }
}

void history_keeper::impl::run() {
  ::setpriority(PRIO_PROCESS, 0, least_priority); // of this thread only
  platform::left_behind = &abandoned;
  try {
    go_on();
    end({});
  } catch (...) {
    end(words_of(std::current_exception()));
  }
}

void history_keeper::impl::end(const std::string& failed_with) {
  std::function<void()> tell;
  {
    std::lock_guard lock{mutex};
    running = false;
    failure = failed_with;
    tell = told;
    ended.notify_all();
  }
  if (tell)
    tell();
}

// -- its life --------------------------------------------------------------------------------------

history_keeper::needs history_keeper::need() const {
  std::lock_guard lock{impl_->mutex};
  return {impl_->stopping, impl_->failure, !impl_->running && !impl_->stopping};
}

void history_keeper::begin() {
  std::lock_guard lock{impl_->mutex};
  if (impl_->running || impl_->stopping)
    return;
  if (impl_->thread.joinable())
    impl_->thread.join(); // it has ended
  impl_->failure.clear();
  impl_->thread = std::thread([mine = impl_] { mine->run(); });
  impl_->running = true;
}

void history_keeper::tell_need(std::function<void()> told) {
  std::lock_guard lock{impl_->mutex};
  impl_->told = std::move(told);
}

void history_keeper::stop(std::chrono::milliseconds patience) {
  auto& my = *impl_;
  std::unique_lock lock{my.mutex};
  my.told = nullptr;
  my.stopping = true;
  my.changed.notify_all();
  if (!my.thread.joinable())
    return;
  if (my.ended.wait_for(lock, patience, [&] { return !my.running; })) {
    lock.unlock();
    my.thread.join();
  } else {
    my.abandoned = true;
    my.thread.detach();
  }
}

} // namespace troupe::actors
