// supervisor_stdout: an event listener that returns what programs write, line by line, with the program's name and
// channel before each; with `result_handler=supervisor_stdout:event_handler` the daemon writes that to its stdout.
// Takes the place of the Python package of that name. Must not write anything but the protocol to its stdout.
// Source: docs/contract/lifecycle.md, 7; docs/events.md.
#include "protocols/stdout_lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

namespace {

const char usage[] =
  "supervisor_stdout -- an event listener for supervisord: every line of every program on the daemon's "
  "stdout.\n\n"
  "[eventlistener:stdout]\n"
  "command=supervisor_stdout\n"
  "events=PROCESS_LOG\n"
  "result_handler=supervisor_stdout:event_handler\n\n"
  "[program:x]\n"
  "stdout_events_enabled=true\n"
  "stderr_events_enabled=true\n\n"
  "Without a listener: stdout_logfile=/dev/stdout, stdout_logfile_maxbytes=0, stdout_prefix=NAME.\n";

class input {
public:
  /// Without its LF; nothing: the daemon is gone.
  std::optional<std::string> line() {
    std::size_t end = 0;
    while ((end = bytes_.find('\n')) == std::string::npos)
      if (!more())
        return {};
    return take(end + 1).substr(0, end);
  }

  /// So many characters of UTF-8: `len` does not count bytes.
  std::optional<std::string> text(std::size_t characters) {
    std::size_t end = 0;
    for (; characters > 0; --characters) {
      if (!fill(end + 1))
        return {};
      auto lead = static_cast<unsigned char>(bytes_[end]);
      end += lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    }
    if (!fill(end))
      return {};
    return take(end);
  }

private:
  bool fill(std::size_t size) {
    while (bytes_.size() < size)
      if (!more())
        return false;
    return true;
  }

  bool more() {
    char buffer[65536];
    ssize_t n = 0;
    while ((n = ::read(STDIN_FILENO, buffer, sizeof buffer)) < 0 && errno == EINTR) {
    }
    if (n <= 0)
      return false;
    bytes_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  std::string take(std::size_t size) {
    auto front = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return front;
  }

  std::string bytes_;
};

bool say(std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0)
      text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string_view token(std::string_view header, std::string_view key) {
  for (std::size_t begin = 0; begin < header.size();) {
    auto end = std::min(header.find(' ', begin), header.size());
    auto word = header.substr(begin, end - begin);
    if (word.starts_with(key))
      return word.substr(key.size());
    begin = end + 1;
  }
  return {};
}

int listen() {
  input in;
  troupe::protocols::stdout_lines lines;
  std::string answer = "READY\n";
  std::int64_t last = 0;
  for (;;) {
    if (!say(answer))
      return 1;
    auto header = in.line();
    if (!header)
      return 0;
    auto digits = token(*header, "len:");
    std::size_t length = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), length).ec != std::errc{}) {
      std::fprintf(stderr, "supervisor_stdout: what came is no event's header: is this an [eventlistener:x]?\n");
      return 1;
    }
    auto body = in.text(length);
    if (!body)
      return 0;
    auto digits_of_serial = token(*header, "poolserial:");
    std::int64_t serial = 0;
    std::from_chars(digits_of_serial.data(), digits_of_serial.data() + digits_of_serial.size(), serial);
    auto text = serial > last + 1 ? lines.cut() : std::string(); // the pool's buffer overflowed
    last = std::max(last, serial);
    text += lines.add(token(*header, "eventname:"), *body);
    answer = "RESULT " + std::to_string(text.size()) + '\n' + text + "READY\n";
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 1)
    return listen();
  bool help = std::strcmp(argv[1], "-h") == 0 || std::strcmp(argv[1], "--help") == 0;
  if (!help)
    std::fprintf(stderr, "supervisor_stdout: unknown argument %s\n", argv[1]);
  std::fputs(usage, help ? stdout : stderr);
  return help ? 0 : 2;
}
