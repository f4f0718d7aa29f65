// What becomes of the bytes of one output channel of a child: capture, escape sequences, log, syslog, debug copy,
// event. Must not read pipes, wait or know threads (child_io does); one caller at a time. Source:
// docs/contract/lifecycle.md, 5.1, 5.2, 5.6 and, for a listener's stdout, 7.2.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/core/cells.hpp"
#include "actors/io/child_notes.hpp"
#include "config/options.hpp"
#include "platform/shared_log.hpp"
#include "protocols/capture.hpp"
#include "protocols/events.hpp"
#include "protocols/log_lines.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::platform {
class main_log;
}

namespace troupe::actors {

/// What is the same for every channel of this daemon.
struct output_settings {
  bool strip_ansi = false;
  std::string syslog_ident; ///< base name of the program
  /// PROCESS_LOG events of channels that have them enabled, PROCESS_COMMUNICATION events of those that capture.
  std::function<void(protocols::event)> publish;
};

/// Whose output it is.
struct speaker {
  const process_identity* who; ///< outlives its output
  int pid = 0;
  bool is_stderr = false;
};

/// ERRO or WARN record about the log that `what` names ("log '/a/b'"), if there is something to tell.
void tell(platform::main_log& log, const std::string& what, const platform::log_trouble& trouble);

class child_output {
public:
  /// `file`: null where there is no log; `lines`: null where bytes go into it as they come; `ring`: null where nothing
  /// is kept in memory. `log` and `settings` outlive this.
  child_output(platform::main_log& log, const output_settings& settings, speaker who,
               std::shared_ptr<platform::shared_log> file, std::unique_ptr<protocols::line_formatter> lines,
               std::shared_ptr<tail_ring> ring = nullptr);

  /// What one read gave. `batch` (or null): what it is the rest of, in shared memory.
  void consume(std::string_view bytes, platform::batch_record* batch = nullptr);
  void finish();                   ///< there will be no more
  carried_output now() const;      ///< for whoever goes on with this channel
  void go_on(carried_output from); ///< before the first byte
  /// Before the first byte, too: for its line.
  void look_for_line(child_notes_ptr notes);
  /// From the next byte on: the same process with other options, and the log they lead to. What has been captured so
  /// far stays.
  void go_on_as(const process_identity& now, std::shared_ptr<platform::shared_log> file,
                std::unique_ptr<protocols::line_formatter> lines);
  /// Whole lines of a helper of ours, into the log; false: there is none.
  bool say(std::string_view lines);
  int clear();  ///< the log and what is captured. 0, or errno
  int reopen(); ///< the log, by name. 0, or errno, which the main log has been told

  /// Bytes go into the log as they come, so that its size tells which have arrived.
  bool plain() const { return plain_; }
  /// Nobody sees how many come at a time.
  bool may_be_joined() const;
  /// finish() writes nothing.
  bool ends_quietly() const { return !capture_ && (!lines_ || !file_); }
  /// The log has no room now: whoever can, should not read more.
  bool stalled() const { return file_ && file_->stalled(); }
  const std::shared_ptr<platform::shared_log>& file() const { return file_; }
  const char* channel() const { return who_.is_stderr ? "stderr" : "stdout"; }

private:
  struct capture {
    explicit capture(std::size_t max_bytes) : buffer(max_bytes) {}
    protocols::capture_scanner scanner;
    protocols::capture_buffer buffer;
  };
  const config::channel_options& options() const;
  bool is_plain() const;
  bool is_protocol() const { return who_.who->options->listener && !who_.is_stderr; }
  void consume_protocol(std::string_view bytes);
  void take(const std::vector<protocols::capture_step>& steps);
  void pass(std::string_view bytes, bool captured, platform::batch_record* batch = nullptr);
  void emit();
  void write(std::string_view bytes, platform::batch_record* batch);
  void to_file(std::string_view bytes, platform::batch_record* batch = nullptr);
  void tell_of(const platform::log_trouble& trouble);
  void write_ready_lines();
  void to_syslog(std::string_view bytes) const;
  void debug(const std::string& text) const;
  std::string log_name() const;

  platform::main_log& log_;
  const output_settings& set_;
  speaker who_;
  std::shared_ptr<platform::shared_log> file_;
  struct line_log {
    std::unique_ptr<protocols::line_formatter> formatter;
    std::string ready; ///< on their way to the file
  };
  std::unique_ptr<line_log> lines_;  ///< null: bytes go into the file as they come
  std::unique_ptr<capture> capture_; ///< null: capture mode is off
  struct sought_line {
    child_notes_ptr notes;
    line_watch watch;
  };
  std::unique_ptr<sought_line> sought_; ///< null: nobody looks for one, or it has come
  std::shared_ptr<tail_ring> ring_;     ///< null: its last words are in the log
  bool plain_;
};

} // namespace troupe::actors
