// What supervisorctl needs from outside: a daemon to talk to, a terminal, a clock. Narrow, so that the vectors run
// against a fake. Must not hold decisions or texts of actions.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::ctl {

/// The daemon to talk to. Name and password go out only if both are set; a token, in their place.
struct server {
  std::string url;
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::vector<std::int64_t> trusted; ///< users who may get them on a unix socket, beside root and oneself
  std::optional<std::string> token;
  // for https
  std::string tls_cacert; ///< empty: those the system trusts
  std::string tls_cert;   ///< empty: none
  std::string tls_key;    ///< empty: in the same file
};

/// A failure as scripts know it: `error: <class 'TYPE'>, TEXT`. The class names are part of the contract.
struct failure {
  std::string type;
  std::string text;
  int number = 0;   ///< errno of a failed connect, else 0
  std::string hint; ///< what to do about it, for people
  /// The same for whoever sits at a terminal, in place of it; empty: there is no other.
  std::string advice = {};
};

struct http_answer {
  int status = 0;
  std::string reason;
  std::string body;
  bool may_roll = false; ///< a plain restart may be a rolling one there
  bool withheld = false; ///< there were credentials, but not for whoever listens there
};

/// Thrown by whatever waits in the shell when Ctrl-C is pressed; outside the shell SIGINT ends the process.
struct interrupted {};
/// Thrown by whatever waits once the time of `limit_waits` is up.
struct overdue {};

/// What the streams lead to, and what the environment says about terminals.
struct terminal_facts {
  bool out = false; ///< stdout is a terminal
  bool err = false; ///< stderr is one
  bool in = false;  ///< stdin is one
  std::string term = {};
  bool no_color = false;    ///< NO_COLOR is set, to something
  bool force_color = false; ///< CLICOLOR_FORCE is, and not to 0
  std::size_t columns = 80;
  std::size_t lines = 24;
};

/// Streams to be copied to stdout until all have ended, Ctrl-C, or `on_line` says so.
struct follow_request {
  std::vector<std::string> paths;
  /// Gets each line typed, with its line feed; false: stop. Unset: stdin is left alone. Its end stops, too.
  std::function<bool(const std::string& line)> on_line;
  /// Gets what comes, in place of stdout.
  std::function<void(std::size_t which, std::string_view bytes)> on_bytes;
  std::function<void(std::size_t which, int status)> on_status; ///< the answer for that path was not 200
  std::function<void(std::size_t which, const failure& why)> on_failure;
};
enum class follow_end { closed, interrupted, stopped };

/// What has come of one of several streams.
struct stream_piece {
  std::size_t which = 0;
  int status = 0; ///< of the answer; 0: none came
  std::string bytes = {};
  bool over = false;                         ///< no more comes
  std::optional<failure> why = std::nullopt; ///< over before its end
};

/// Answers that are read while they are written, without an end perhaps. Ctrl-C ends no program while one lives.
class stream_set {
public:
  virtual ~stream_set() = default;
  /// GET of this path; its number, from 0. Where that fails, `next` tells.
  virtual std::size_t open(const std::string& path) = 0;
  virtual void close(std::size_t which) = 0;
  /// Nothing: none came in that time. Throws `interrupted`.
  virtual std::optional<stream_piece> next(std::chrono::milliseconds time) = 0;
};

class screen; // screen.hpp

class context {
public:
  virtual ~context() = default;

  virtual void out(std::string_view text) = 0; ///< stdout, flushed
  virtual void err(std::string_view text) = 0; ///< stderr

  /// POST /RPC2. The connection is kept until `hang_up` or another server. `look` may be shown what has come of the
  /// body of an answer with status 200, from its start, before all of it is there.
  using on_arrival = std::function<void(std::string_view so_far)>;
  virtual std::variant<http_answer, failure> post(const server& to, const std::string& body,
                                                  const on_arrival& look = {}) = 0;
  /// The same for several requests at once, over connections of their own; the answers are told in order.
  using on_answer = std::function<void(std::size_t which, std::variant<http_answer, failure> answer)>;
  virtual void post_each(const server& to, const std::vector<std::string>& bodies, const on_answer& tell) {
    for (std::size_t i = 0; i < bodies.size(); ++i)
      tell(i, post(to, bodies[i]));
  }
  virtual void hang_up() = 0; ///< an action is over
  virtual follow_end follow(const server& from, const follow_request& request) = 0;
  virtual std::unique_ptr<stream_set> open_streams(const server& from) = 0;

  /// Does the work. If it lasts, and stderr is a terminal, `line` is shown there meanwhile, made anew again and again.
  using progress_line = std::function<std::string()>;
  virtual void with_progress(const progress_line& line, const std::function<void()>& work) {
    static_cast<void>(line);
    work();
  }

  virtual terminal_facts terminal() { return {}; }
  /// The terminal as a whole; null: there is no description of it.
  virtual std::unique_ptr<screen> open_screen(bool with_colors);
  /// From then on every wait throws `overdue`; nothing: never.
  virtual void limit_waits(std::optional<std::chrono::steady_clock::time_point>) {}

  /// A line of the shell, without its end; with editing and history on a terminal. Nothing: end of input.
  virtual std::optional<std::string> read_command(const std::string& prompt) = 0;
  /// An answer to a question; `echo` off: a password. Nothing: end of input.
  virtual std::optional<std::string> ask(const std::string& prompt, bool echo) = 0;

  /// One line that nobody may see, asked for on stderr where stdin is a terminal; else it is only read.
  struct secret_line {
    std::string text;
    bool typed = false; ///< by somebody who could not see it
  };
  virtual std::optional<secret_line> read_secret(const std::string& prompt) = 0;

  virtual void pause(std::chrono::milliseconds time) = 0;
  virtual std::chrono::steady_clock::time_point now() = 0;
  /// Becomes the program of this name, with these variables on top of our own, if there is one in PATH; returns only if
  /// not.
  using variables = std::vector<std::pair<std::string, std::string>>;
  virtual void become(const std::string& program, const std::vector<std::string>& arguments,
                      const variables& added) = 0;
};

} // namespace troupe::ctl
