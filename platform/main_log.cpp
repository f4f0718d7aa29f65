// See main_log.hpp. One write per record, the time stamp formatted once a second. What touches the file or stdout is
// done under one mutex, by whoever speaks or, once there is a thread for it, by that; the queue to it has another
// mutex, which is only ever held for a moment.
#include "platform/main_log.hpp"

#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/patience.hpp"
#include "platform/rotating_file.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <poll.h>
#include <sys/time.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace troupe::platform {

namespace {

const char* label(config::log_level level) {
  switch (level) {
  case config::log_level::critical:
    return "CRIT";
  case config::log_level::error:
    return "ERRO";
  case config::log_level::warn:
    return "WARN";
  case config::log_level::info:
    return "INFO";
  case config::log_level::debug:
    return "DEBG";
  case config::log_level::trace:
    return "TRAC";
  case config::log_level::blather:
    break;
  }
  return "BLAT";
}

/// Most records are.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
}

using namespace std::chrono_literals;

constexpr std::size_t most_waiting = std::size_t{1} << 20; ///< bytes of records
constexpr auto a_moment = 100ms;
constexpr auto gathering = 1ms; ///< a pause, in which more records come: they seldom come alone, and each would wake us
constexpr auto last_patience = 1s; ///< with one record, at the end

std::string lost_records(std::uint64_t count) {
  return std::to_string(count) + " records could not be written to this log and are lost";
}

} // namespace

struct main_log::impl {
  explicit impl(settings s) : set(std::move(s)) {
    if (set.path == "syslog")
      return;
    file.emplace(set.path, set.max_bytes, set.backups);
    if (set.keeper && set.files != config::log_file_options{})
      file->take_care(std::make_unique<log_care>(set.files, *set.keeper, false));
  }

  // -- words ------

  /// `YYYY-MM-DD HH:MM:SS,mmm `
  std::string stamp() {
    timeval now{};
    ::gettimeofday(&now, nullptr);
    std::lock_guard lock{stamp_mutex};
    if (now.tv_sec != second) {
      second = now.tv_sec;
      tm local{};
      ::localtime_r(&second, &local);
      prefix_size = std::strftime(prefix, sizeof prefix, "%Y-%m-%d %H:%M:%S", &local);
    }
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ",%03d ", static_cast<int>(now.tv_usec / 1000));
    return std::string(prefix, prefix_size) + fraction;
  }

  std::string compose(config::log_level level, std::string_view text) {
    if (set.render)
      return set.render(std::chrono::system_clock::now(), level, text);
    auto record = stamp();
    record.reserve(record.size() + text.size() + 8);
    record += label(level);
    record += ' ';
    record += text;
    record += '\n';
    return record;
  }

  void write(config::log_level level, std::string_view text) {
    std::string escaped;
    auto shown = text;
    if (!set.render && level >= config::log_level::info && !is_plain(text)) {
      escaped = config::one_line(text);
      shown = escaped;
    }
    auto record = compose(level, shown);
    if (apart && enqueue(record))
      return;
    std::lock_guard lock{mutex};
    if (file)
      to_file(record);
    else if (set.render)
      log_syslog(set.syslog_name, record);
    else
      to_syslog(text, record.substr(0, record.size() - shown.size() - 1)); // which has messages for lines
    if (set.copy_to_stdout)
      to_stdout(record);
  }

  // -- the queue ------

  struct errand { ///< reopen or clear
    std::function<int()> what;
    std::optional<int> result{};
  };
  struct item {
    std::string record;
    std::shared_ptr<errand> job;
  };

  /// False: the thread has ended.
  bool enqueue(std::string& record) {
    std::lock_guard lock{queue_mutex};
    if (!apart || abandoned)
      return abandoned;
    if (waiting > 0 && waiting + record.size() > most_waiting) {
      ++left_out;
      return true;
    }
    if (left_out > 0)
      push({compose(config::log_level::warn, lost_records(left_out)), nullptr});
    left_out = 0;
    push({std::move(record), nullptr});
    return true;
  }

  void push(item next) {
    waiting += next.record.size();
    queue.push_back(std::move(next));
    changed.notify_one();
  }

  /// In its place among the records. ETIMEDOUT: it will be done.
  int in_turn(std::function<int()> what) {
    if (!apart)
      return perform(what);
    auto job = std::make_shared<errand>(errand{std::move(what)});
    std::unique_lock lock{queue_mutex};
    push({{}, job});
    hurry();
    settled.wait_for(lock, a_moment, [&] { return job->result.has_value(); });
    return job->result.value_or(ETIMEDOUT);
  }

  /// The thread.
  void serve() {
    left_behind = &abandoned;
    std::unique_lock lock{queue_mutex};
    for (;;) {
      if (queue.empty()) {
        changed.wait(lock, [this] { return ending || !queue.empty(); });
        hurried.wait_for(lock, gathering, [this] { return ending || in_a_hurry; });
      }
      if (queue.empty())
        break;
      auto next = std::move(queue.front());
      queue.pop_front();
      busy = true;
      lock.unlock();
      int result = next.job ? perform(next.job->what) : put(next.record);
      stay_if_left_behind();
      lock.lock();
      busy = false;
      waiting -= next.record.size();
      ++done;
      if (next.job)
        next.job->result = result;
      if (queue.empty())
        in_a_hurry = stalled = false;
      settled.notify_all();
    }
    apart = false;
    settled.notify_all();
  }

  int perform(const std::function<int()>& what) {
    std::lock_guard lock{mutex};
    try {
      return what();
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
  }

  int put(const std::string& record) {
    std::lock_guard lock{mutex};
    try {
      to_file(record);
      if (set.copy_to_stdout)
        to_stdout(record);
    } catch (const std::exception&) { // no memory for a remark
      ++lost;
    }
    return 0;
  }

  void settle() {
    if (!apart || stalled)
      return;
    std::unique_lock lock{queue_mutex};
    hurry();
    if (!settled.wait_for(lock, a_moment, [this] { return queue.empty() && !busy; }))
      stalled = true;
  }

  void hurry() {
    if (!queue.empty() && !std::exchange(in_a_hurry, true))
      hurried.notify_one();
  }

  void finish() {
    std::unique_lock lock{queue_mutex};
    ending = true;
    changed.notify_all();
    hurried.notify_all();
    for (auto before = done; apart; before = done)
      if (!settled.wait_for(lock, last_patience, [&] { return !apart || done != before; })) {
        abandoned = true; // it stays where it is
        return;
      }
  }

  // -- the file, syslog and stdout; `mutex` is held ------

  /// Records that found no room are counted, and spoken of once there is room again.
  void to_file(const std::string& record) {
    if (lost > 0 && file->is_open()) {
      auto note = compose(config::log_level::warn, lost_records(lost));
      if (!append((torn ? "\n" : "") + note)) {
        ++lost;
        return;
      }
      lost = 0;
    }
    if (!append(record))
      ++lost;
  }

  /// False: not the whole record found room. (A rotation that fails loses nothing.)
  bool append(std::string_view record) {
    auto before = file->lost();
    file->write(record);
    auto missing = file->lost() - before;
    torn = missing != 0 && (torn || missing < record.size());
    return missing == 0;
  }

  void to_syslog(std::string_view text, const std::string& head) {
    while (!text.empty() && text.back() == '\n')
      text.remove_suffix(1);
    for (;;) {
      auto end = text.find('\n');
      log_syslog(set.syslog_name, head + std::string(text.substr(0, end)) + '\n');
      if (end == text.npos)
        return;
      text.remove_prefix(end + 1);
    }
  }

  /// A reader that does not read, or slowly, must not hold up the daemon: of every second a tenth may go into waiting
  /// for it. Beyond that the copy leaves records out until there is room again, and says how many. The log itself has
  /// them all.
  void to_stdout(const std::string& record) {
    if (not_copied > 0 && !writable({})) {
      ++not_copied;
      return;
    }
    auto missing = std::to_string(not_copied) + " records are left out here: nobody was reading";
    bool whole =
      not_copied == 0 || copy('\n' + (set.render ? compose(config::log_level::warn, missing) : '(' + missing + ")\n"));
    not_copied = whole && copy(record) ? 0 : not_copied + 1;
  }

  static bool writable(std::chrono::milliseconds patience) {
    pollfd out{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&out, 1, static_cast<int>(patience.count())) != 0;
  }

  bool await_room() {
    using namespace std::chrono;
    if (writable({}))
      return true;
    auto now = steady_clock::now();
    if (now - patience_since >= 1s) {
      patience_since = now;
      patience = 100ms;
    }
    if (patience <= 0ms)
      return false;
    bool room = writable(patience);
    patience -= duration_cast<milliseconds>(steady_clock::now() - now) + 1ms;
    return room;
  }

  /// False: the reader stalled. Each piece fits into the room that poll(2) promises of a pipe.
  bool copy(std::string_view rest) {
    while (!rest.empty()) {
      if (!await_room())
        return false;
      auto n = ::write(STDOUT_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (n < 0 && errno != EINTR)
        return true; // nobody listens: not our trouble
      if (n > 0)
        rest.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  settings set;
  std::mutex mutex;                  ///< of file and stdout
  std::optional<rotating_file> file; ///< none: syslog
  std::uint64_t lost = 0;
  bool torn = false;                     ///< the file ends in the middle of a record
  std::uint64_t not_copied = 0;          ///< to stdout, since it was last writable
  std::chrono::milliseconds patience{0}; ///< with the reader of stdout, in this second
  std::chrono::steady_clock::time_point patience_since{};

  std::mutex stamp_mutex;
  time_t second = -1;
  char prefix[32] = {};
  std::size_t prefix_size = 0;

  std::atomic<bool> apart{false};     ///< there is a thread
  std::atomic<bool> stalled{false};   ///< somebody has waited for it in vain
  std::atomic<bool> abandoned{false}; ///< it will not come back
  std::mutex queue_mutex;             ///< of what follows
  std::condition_variable changed;    ///< for the thread: there is a record
  std::condition_variable hurried;    ///< for the thread: somebody waits for it
  std::condition_variable settled;    ///< by the thread
  std::deque<item> queue;
  std::size_t waiting = 0;    ///< bytes, what is being written included
  std::uint64_t left_out = 0; ///< records, since there was last room
  std::uint64_t done = 0;
  bool busy = false;
  bool ending = false;
  bool in_a_hurry = false; ///< somebody waits for what is in the queue
};

main_log::main_log(settings s) : impl_(std::make_shared<impl>(std::move(s))) {}
main_log::~main_log() { finish(); }

int main_log::open() {
  std::lock_guard lock{impl_->mutex};
  return impl_->file ? impl_->file->open() : 0;
}

/// syslog is sent without waiting, and needs none. Where no thread is to be had, all is as before.
void main_log::write_apart() {
  if (!impl_->file || impl_->apart)
    return;
  try {
    impl_->apart = true;
    std::thread{[kept = impl_] { kept->serve(); }}.detach();
  } catch (const std::system_error&) {
    impl_->apart = false;
  }
}

void main_log::settle() { impl_->settle(); }

void main_log::finish() { impl_->finish(); }

void main_log::write(config::log_level level, std::string_view text) {
  if (!wants(level))
    return;
  try {
    impl_->write(level, text);
  } catch (const std::bad_alloc&) { // no memory for the record
  }
}

bool main_log::wants(config::log_level level) const { return level >= impl_->set.level; }

int main_log::reopen() {
  return impl_->file ? impl_->in_turn([my = impl_.get()] { return my->file->reopen(); }) : 0;
}

int main_log::clear() {
  return impl_->file ? impl_->in_turn([my = impl_.get()] {
    my->torn = false;
    return my->file->clear();
  })
                     : 0;
}

const std::string& main_log::path() const { return impl_->set.path; }

} // namespace troupe::platform
