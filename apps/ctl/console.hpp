// The real context of supervisorctl: standard streams, the terminal, one connection to a daemon.
// Must not know actions. The line editor comes from outside, so that only the program links libedit.
#pragma once

#include "apps/ctl/context.hpp"
#include "apps/ctl/sockets.hpp"
#include "apps/ctl/wire.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace troupe::ctl {

struct introduction;

/// Edits one line after another on a terminal.
class line_editor {
public:
  virtual ~line_editor() = default;
  /// Nothing: end of input. Throws `interrupted`.
  virtual std::optional<std::string> read(const std::string& prompt) = 0;
  virtual void remember(const std::string& line) = 0;
};

class console : public context {
public:
  void out(std::string_view text) override;
  void err(std::string_view text) override;
  std::variant<http_answer, failure> post(const server& to, const std::string& body,
                                          const on_arrival& look = {}) override;
  void post_each(const server& to, const std::vector<std::string>& bodies, const on_answer& tell) override;
  void hang_up() override { connection_.close(); }
  follow_end follow(const server& from, const follow_request& request) override;
  std::unique_ptr<stream_set> open_streams(const server& from) override;
  void with_progress(const progress_line& line, const std::function<void()>& work) override;
  terminal_facts terminal() override;
  std::unique_ptr<screen> open_screen(bool with_colors) override;
  void limit_waits(std::optional<std::chrono::steady_clock::time_point> until) override { ctl::limit_waits(until); }
  std::optional<std::string> read_command(const std::string& prompt) override;
  std::optional<std::string> ask(const std::string& prompt, bool echo) override;
  std::optional<secret_line> read_secret(const std::string& prompt) override;
  void pause(std::chrono::milliseconds time) override { wait({}, time); }
  std::chrono::steady_clock::time_point now() override { return std::chrono::steady_clock::now(); }
  void become(const std::string& program, const std::vector<std::string>& arguments, const variables& added) override;

  /// From now on lines are edited where stdin and stdout are terminals; `history`: a file of lines, read now, grown
  /// with each line.
  void edit_with(std::unique_ptr<line_editor> editor, std::optional<std::string> history);
  /// From now on there are whole terminals.
  using make_screen = std::unique_ptr<screen> (*)(bool with_colors);
  void draw_with(make_screen make) { make_screen_ = make; }

private:
  std::optional<std::string> read_line(); ///< of stdin, with its line feed; nothing: the end
  void warn(const introduction& who);     ///< once: credentials were withheld
  void erase_progress();

  wire connection_;
  std::string connected_url_;
  receive_room room_;
  std::string typed_; ///< read from stdin, not yet taken
  bool warned_ = false;
  bool shows_progress_ = false; ///< in the line that the cursor is in
  std::unique_ptr<line_editor> editor_;
  platform::unique_fd history_;
  make_screen make_screen_ = nullptr;
};

/// stdin and stdout are terminals.
bool on_terminal();

} // namespace troupe::ctl
