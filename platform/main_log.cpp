// See main_log.hpp. One mutex, one write per record, the time stamp formatted once a second.
#include "platform/main_log.hpp"

#include "config/log_levels.hpp"
#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/rotating_file.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace troupe::platform {

namespace {

/// Most records are.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
}

} // namespace

struct main_log::impl {
  explicit impl(settings s) : set(std::move(s)) {
    if (set.path == "syslog")
      return;
    file.emplace(set.path, set.max_bytes, set.backups);
    if (set.compressor && set.files != config::log_file_options{})
      file->take_care(std::make_unique<file_policy>(set.files, *set.compressor, false));
  }

  /// `YYYY-MM-DD HH:MM:SS,mmm ` at the start of `line`.
  void stamp() {
    timeval now{};
    ::gettimeofday(&now, nullptr);
    if (now.tv_sec != second) {
      second = now.tv_sec;
      tm local{};
      ::localtime_r(&second, &local);
      prefix_size = std::strftime(prefix, sizeof prefix, "%Y-%m-%d %H:%M:%S", &local);
    }
    line.assign(prefix, prefix_size);
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ",%03d ", static_cast<int>(now.tv_usec / 1000));
    line += fraction;
  }

  void compose(config::log_level level, std::string_view text) {
    if (set.render) {
      line = set.render(std::chrono::system_clock::now(), level, text);
      return;
    }
    stamp();
    line += config::row_of(level).label;
    line += ' ';
    line += text;
    line += '\n';
  }

  void write(config::log_level level, std::string_view text) {
    std::string escaped;
    auto shown = text;
    if (!set.render && level >= config::log_level::info && !is_plain(text)) {
      escaped = config::one_line(text);
      shown = escaped;
    }
    compose(level, shown);
    if (file)
      to_file();
    else if (set.render)
      log_syslog(set.syslog_name, line);
    else
      to_syslog(text, line.size() - shown.size() - 1); // which has messages for lines
    if (set.copy_to_stdout)
      to_stdout();
  }

  /// A record about records, where `line` is another one that has to wait.
  std::string remark(const std::string& text) {
    auto waiting = std::move(line);
    compose(config::log_level::warn, text);
    return std::exchange(line, std::move(waiting));
  }

  /// Records that found no room are counted, and spoken of once there is room again.
  void to_file() {
    if (lost > 0 && file->is_open()) {
      auto note = remark(std::to_string(lost) + " records could not be written to this log and are lost");
      if (!append((torn ? "\n" : "") + note)) {
        ++lost;
        return;
      }
      lost = 0;
    }
    if (!append(line))
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

  void to_syslog(std::string_view text, std::size_t head_size) {
    while (!text.empty() && text.back() == '\n')
      text.remove_suffix(1);
    auto head = line.substr(0, head_size);
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
  void to_stdout() {
    if (not_copied > 0 && !writable({})) {
      ++not_copied;
      return;
    }
    auto left_out = std::to_string(not_copied) + " records are left out here: nobody was reading";
    bool whole = not_copied == 0 || copy('\n' + (set.render ? remark(left_out) : '(' + left_out + ")\n"));
    not_copied = whole && copy(line) ? 0 : not_copied + 1;
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
  std::mutex mutex;
  std::optional<rotating_file> file; ///< none: syslog
  std::string line;
  time_t second = -1;
  char prefix[32] = {};
  std::size_t prefix_size = 0;
  std::uint64_t lost = 0;
  bool torn = false;                     ///< the file ends in the middle of a record
  std::uint64_t not_copied = 0;          ///< to stdout, since it was last writable
  std::chrono::milliseconds patience{0}; ///< with the reader of stdout, in this second
  std::chrono::steady_clock::time_point patience_since{};
};

main_log::main_log(settings s) : impl_(std::make_unique<impl>(std::move(s))) {}
main_log::~main_log() = default;

int main_log::open() {
  std::lock_guard lock{impl_->mutex};
  return impl_->file ? impl_->file->open() : 0;
}

void main_log::write(config::log_level level, std::string_view text) {
  if (!wants(level))
    return;
  std::lock_guard lock{impl_->mutex};
  impl_->write(level, text);
}

bool main_log::wants(config::log_level level) const { return level >= impl_->set.level; }

int main_log::reopen() {
  std::lock_guard lock{impl_->mutex};
  return impl_->file ? impl_->file->reopen() : 0;
}

int main_log::clear() {
  std::lock_guard lock{impl_->mutex};
  impl_->torn = false;
  return impl_->file ? impl_->file->clear() : 0;
}

const std::string& main_log::path() const { return impl_->set.path; }
int main_log::fd() const { return impl_->file ? impl_->file->fd() : -1; }

} // namespace troupe::platform
