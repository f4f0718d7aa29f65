// See console.hpp.
#include "apps/ctl/console.hpp"

#include "apps/ctl/exchange.hpp"
#include "platform/log_path.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace troupe::ctl {

namespace {

/// A closed or full stdout ends the program without a word.
void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      ::_exit(1);
    }
  }
}

/// Switches the echo of the terminal off while it lives.
class silence {
public:
  explicit silence(bool wanted) : silent_(wanted && ::tcgetattr(0, &before_) == 0) {
    if (!silent_)
      return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(0, TCSAFLUSH, &quiet);
  }
  ~silence() {
    if (silent_)
      ::tcsetattr(0, TCSADRAIN, &before_);
  }
  silence(const silence&) = delete;
  silence& operator=(const silence&) = delete;
  bool works() const { return silent_; }

private:
  termios before_{};
  bool silent_;
};

/// One log on its way to stdout.
struct stream {
  stream(std::size_t number, const follow_request& request)
      : which(number), reader([this, &request](std::string_view bytes) {
          if (reader.status() != 200)
            return;
          if (request.on_bytes)
            request.on_bytes(which, bytes);
          else
            write_all(1, bytes);
        }) {}

  std::size_t which;
  wire connection;
  http_reader reader;
};

std::vector<std::string> lines_of(int fd) {
  std::string text;
  char bytes[4096];
  for (ssize_t got = 0; (got = ::read(fd, bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<std::size_t>(got));
  std::vector<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);)
    lines.push_back(line);
  return lines;
}

} // namespace

bool on_terminal() { return ::isatty(0) && ::isatty(1); }

void console::out(std::string_view text) {
  erase_progress();
  write_all(1, text);
}
void console::err(std::string_view text) {
  erase_progress();
  write_all(2, text);
}

std::variant<http_answer, failure> console::post(const server& to, const std::string& body, const on_arrival& look) {
  auto parsed = parse_server_url(to.url);
  if (auto why = std::get_if<failure>(&parsed))
    return *why;
  const auto& where = std::get<endpoint>(parsed);
  failure why;
  if (!connection_ || connected_url_ != to.url) {
    connection_ = wire::connect(where, to, why);
    connected_url_ = to.url;
    if (!connection_)
      return why;
  }
  exchange one(std::move(connection_), look); // it comes back only after a whole answer
  auto who = introduce(one.fd(), to);
  warn(who);
  for (one.send(where, who, body); !one.over();)
    one.receive_some(room_.get());
  connection_ = one.connection();
  return one.result();
}

void console::post_each(const server& to, const std::vector<std::string>& bodies, const on_answer& tell) {
  if (bodies.size() < 2)
    return context::post_each(to, bodies, tell);
  exchange_each(to, bodies, tell, [this](const introduction& who) { warn(who); });
}

void console::warn(const introduction& who) {
  if (!who.withheld_from || warned_)
    return;
  warned_ = true;
  err("warning: the socket is served by the user " + *who.withheld_from +
      ", who is neither root nor you: " + (who.has_token ? "the token is" : "user name and password are") +
      " not sent (`user` of [supervisord] in the configuration file tells who may have " +
      (who.has_token ? "it" : "them") + ")\n");
}

// -- following logs ------------------------------------------------------------------------------------

namespace {

/// Hands on what has arrived of a stream, or why nothing will. True: the stream is over.
bool take_in(stream& s, std::span<char> room, const follow_request& request, bool& served) {
  failure why;
  auto bytes = s.connection.receive(room, why);
  s.reader.feed(bytes);
  bool good = s.reader.headed() && s.reader.status() == 200 && !s.reader.broken();
  bool refused = s.reader.headed() && s.reader.status() != 200;
  served = served || good;
  if (refused)
    request.on_status(s.which, s.reader.status());
  else if (!good && (bytes.empty() || s.reader.broken()))
    request.on_failure(s.which, why.type.empty() ? s.reader.close().value_or(why) : why);
  return refused || bytes.empty() || s.reader.done() || s.reader.broken();
}

} // namespace

follow_end console::follow(const server& from, const follow_request& request) try {
  interrupt_guard guard;
  std::vector<std::unique_ptr<stream>> streams;
  auto parsed = parse_server_url(from.url);
  for (std::size_t i = 0; i < request.paths.size(); ++i) {
    auto s = std::make_unique<stream>(i, request);
    failure why;
    if (auto bad = std::get_if<failure>(&parsed)) {
      why = *bad;
    } else {
      const auto& where = std::get<endpoint>(parsed);
      s->connection = wire::connect(where, from, why);
      if (s->connection) {
        auto who = introduce(s->connection.fd(), from);
        warn(who);
        s->connection.send(get_request(where, who.as, request.paths[i]), why);
      }
    }
    if (why.type.empty())
      streams.push_back(std::move(s));
    else
      request.on_failure(i, why);
  }

  bool served = false; // something was streamed, so its end is the end
  while (!streams.empty() || (request.on_line && !served)) {
    std::vector<pollfd> ready;
    for (const auto& s : streams)
      ready.push_back({s->connection.fd(), POLLIN, 0});
    bool line_waits = request.on_line && typed_.find('\n') != std::string::npos;
    if (request.on_line)
      ready.push_back({0, POLLIN, 0});
    wait(ready, std::chrono::milliseconds{line_waits ? 0 : -1});
    for (std::size_t i = 0, seen = 0; seen + (request.on_line ? 1 : 0) < ready.size(); ++seen) {
      if (!ready[seen].revents) {
        ++i;
        continue;
      }
      if (take_in(*streams[i], room_.get(), request, served))
        streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(i));
      else
        ++i;
    }
    if (request.on_line && (line_waits || ready.back().revents)) {
      auto line = read_line();
      if (!line || !request.on_line(*line))
        return follow_end::stopped;
    }
  }
  return follow_end::closed;
} catch (const interrupted&) {
  return follow_end::interrupted;
}

// -- lines ---------------------------------------------------------------------------------------------

std::optional<std::string> console::read_line() {
  for (;;) {
    if (auto end = typed_.find('\n'); end != std::string::npos) {
      auto line = typed_.substr(0, end + 1);
      typed_.erase(0, end + 1);
      return line;
    }
    pollfd ready{0, POLLIN, 0};
    wait({&ready, 1});
    char bytes[4096];
    auto got = ::read(0, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (got <= 0)
      return typed_.empty() ? std::nullopt : std::optional(std::exchange(typed_, {}));
    typed_.append(bytes, static_cast<std::size_t>(got));
  }
}

std::optional<std::string> console::ask(const std::string& prompt, bool echo) {
  silence quiet(!echo); // before the prompt: whoever answers it must not be echoed
  out(prompt);
  auto line = read_line();
  if (quiet.works())
    out("\n");
  if (line && line->ends_with('\n'))
    line->pop_back();
  return line;
}

std::optional<console::secret_line> console::read_secret(const std::string& prompt) try {
  interrupt_guard guard; // or Ctrl-C would leave the terminal silent
  silence quiet(true);
  if (quiet.works())
    err(prompt); // stdout is for the answer
  auto line = read_line();
  if (quiet.works())
    err("\n");
  if (!line)
    return {};
  if (line->ends_with('\n'))
    line->pop_back();
  return secret_line{*std::move(line), quiet.works()};
} catch (const interrupted&) {
  return {};
}

std::optional<std::string> console::read_command(const std::string& prompt) {
  if (!editor_)
    return ask(prompt, true);
  auto line = editor_->read(prompt);
  if (line && line->find_first_not_of(" \t") != std::string::npos) {
    editor_->remember(*line);
    auto entry = *line + "\n";
    if (history_ && ::write(history_.get(), entry.data(), entry.size()) < 0)
      history_.reset();
  }
  return line;
}

void console::edit_with(std::unique_ptr<line_editor> editor, std::optional<std::string> history) {
  editor_ = std::move(editor);
  if (!history || history->empty())
    return;
  // as root: neither through a link that others may have put there, nor to a file of theirs
  history_.reset(platform::open_log_path(*history, O_RDWR | O_APPEND | O_CREAT, 0600));
  bool writable = static_cast<bool>(history_);
  if (!writable)
    history_.reset(platform::open_log_path(*history, O_RDONLY));
  struct stat file {};
  bool link = !history_ && errno == ELOOP;
  bool good = history_ && ::fstat(history_.get(), &file) == 0 && S_ISREG(file.st_mode) &&
              (::geteuid() != 0 || (file.st_uid == 0 && file.st_nlink == 1));
  if (link || (history_ && !good)) {
    err("warning: the history file " + *history + " is not used: it is " +
        (link ? "a link of others\n" : "no regular file of yours\n"));
    history_.reset();
  }
  if (!history_)
    return;
  for (const auto& line : lines_of(history_.get()))
    editor_->remember(line);
  if (writable)
    ::fchmod(history_.get(), 0600);
  else
    history_.reset();
}

void console::become(const std::string& program, const std::vector<std::string>& arguments, const variables& added) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const auto& a : arguments)
    argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  for (const auto& [key, value] : added)
    ::setenv(key.c_str(), value.c_str(), 1);
  ::execvp(program.c_str(), argv.data());
}

} // namespace troupe::ctl
