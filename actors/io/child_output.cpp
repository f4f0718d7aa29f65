// See child_output.hpp.
#include "actors/io/child_output.hpp"

#include "config/text.hpp"
#include "platform/daemon.hpp"
#include "platform/main_log.hpp"
#include "protocols/strip_ansi.hpp"

#include <chrono>
#include <utility>

namespace troupe::actors {

using config::log_level;

/// A log that cannot be written is said once, and once more when it works again; the child never notices.
void tell(platform::main_log& log, const std::string& what, const platform::log_trouble& trouble) {
  using kind = platform::log_trouble::kind;
  switch (trouble.what) {
  case kind::none:
    return;
  case kind::not_written:
    return log.write(log_level::error, "could not write " + what + ": " + config::errno_name(trouble.error));
  case kind::written_again:
    return log.write(log_level::warn, what + " is written again; " + std::to_string(trouble.lost) + " bytes were lost");
  case kind::not_rotated:
    return log.write(log_level::error,
                     "could not rotate " + what + ", which grows on: " + config::errno_name(trouble.error));
  case kind::rotated_again:
    return log.write(log_level::warn, what + " is rotated again");
  }
}

child_output::child_output(platform::main_log& log, const output_settings& settings, speaker who,
                           std::shared_ptr<platform::shared_log> file, std::unique_ptr<protocols::line_formatter> lines,
                           std::shared_ptr<tail_ring> ring)
    : log_(log), set_(settings), who_(who), file_(std::move(file)), ring_(std::move(ring)) {
  if (lines)
    lines_ = std::make_unique<line_log>(line_log{std::move(lines), {}});
  if (options().capture_maxbytes > 0 && !is_protocol())
    capture_ = std::make_unique<capture>(static_cast<std::size_t>(options().capture_maxbytes));
  plain_ = is_plain();
}

bool child_output::is_plain() const {
  return !lines_ && !capture_ && !set_.strip_ansi && !options().syslog && !options().events_enabled && !is_protocol();
}

bool child_output::may_be_joined() const { return plain_ && !log_.wants(log_level::debug); }

const config::channel_options& child_output::options() const {
  return who_.is_stderr ? who_.who->options->err : who_.who->options->out;
}

std::string child_output::log_name() const {
  return std::string(channel()) + " log " + config::quoted(file_->path()) + " of " + who_.who->options->name;
}

void child_output::debug(const std::string& text) const {
  log_.write(log_level::debug, config::quoted(who_.who->options->name) + ' ' + channel() + ' ' + text);
}

/// Only what goes into the log as it came can be told by the log's size; other bytes are a batch until all is done.
void child_output::consume(std::string_view bytes, platform::batch_record* batch) {
  if (is_protocol())
    consume_protocol(bytes);
  else if (capture_)
    take(capture_->scanner.feed(bytes));
  else
    pass(bytes, false, plain_ ? batch : nullptr);
}

void child_output::finish() {
  if (capture_)
    take(capture_->scanner.finish());
  if (!lines_ || !file_)
    return;
  lines_->formatter->flush(lines_->ready); // a last line without an end is a line, too
  write_ready_lines();
}

void child_output::take(const std::vector<protocols::capture_step>& steps) {
  using what = protocols::capture_step::what;
  for (const auto& step : steps)
    if (step.kind == what::complete)
      emit();
    else
      pass(step.bytes, step.kind == what::captured);
}

void child_output::look_for_line(child_notes_ptr notes) {
  auto pattern = notes->line;
  sought_ = std::make_unique<sought_line>(sought_line{std::move(notes), line_watch{std::move(pattern)}});
}

void child_output::go_on_as(const process_identity& now, std::shared_ptr<platform::shared_log> file,
                            std::unique_ptr<protocols::line_formatter> lines) {
  if (lines_ && file_) { // a line that was begun ends where it began
    lines_->formatter->flush(lines_->ready);
    write_ready_lines();
  }
  who_.who = &now;
  file_ = std::move(file);
  lines_ = lines ? std::make_unique<line_log>(line_log{std::move(lines), {}}) : nullptr;
  plain_ = is_plain();
}

bool child_output::say(std::string_view lines) {
  if (!file_)
    return false;
  if (lines_) { // what has no end yet is a line of its own
    lines_->formatter->flush(lines_->ready);
    write_ready_lines();
  }
  to_file(lines);
  return true;
}

/// One chunk, in the order of 5.1.
void child_output::pass(std::string_view bytes, bool captured, platform::batch_record* batch) {
  std::string stripped;
  if (set_.strip_ansi) {
    stripped = protocols::strip_ansi(bytes);
    bytes = stripped;
  }
  if (captured)
    capture_->buffer.add(bytes);
  else
    write(bytes, batch);
  if (!captured && sought_ && (sought_->notes->has_line() || sought_->watch.feed(bytes)))
    std::exchange(sought_, nullptr)->notes->note_line();
  if (log_.wants(log_level::debug))
    debug("output:\n" + config::decoded(bytes));
  if (options().events_enabled && set_.publish)
    set_.publish(
      protocols::process_log_event(who_.is_stderr, who_.who->options->name, who_.who->group, who_.pid, bytes));
}

/// What the log is to hold: the place for whatever changes bytes on their way into it, and nowhere else.
void child_output::write(std::string_view bytes, platform::batch_record* batch) {
  to_file(bytes, batch);
  if (options().syslog)
    to_syslog(bytes);
}

void child_output::to_file(std::string_view bytes, platform::batch_record* batch) {
  if (ring_)
    ring_->add(bytes);
  if (!file_)
    return;
  if (!lines_)
    return tell_of(file_->append(bytes, batch));
  lines_->formatter->feed(bytes, std::chrono::system_clock::now(), lines_->ready);
  write_ready_lines();
}

void child_output::write_ready_lines() {
  constexpr std::size_t most_kept = std::size_t{1} << 16; // of the memory that short lines need once
  auto& ready = lines_->ready;
  if (ready.empty())
    return;
  tell_of(file_->append_lines(ready));
  ready.clear();
  if (ready.capacity() > most_kept)
    ready = {};
}

void child_output::tell_of(const platform::log_trouble& trouble) {
  if (trouble.what != platform::log_trouble::kind::none)
    tell(log_, log_name(), trouble);
}

void child_output::emit() {
  if (set_.publish)
    set_.publish(protocols::process_communication_event(who_.is_stderr, who_.who->options->name, who_.who->group,
                                                        who_.pid, capture_->buffer.bytes()));
  debug("emitted a comm event");
  capture_->buffer.clear();
}

/// The stdout of a listener: a log at most, no events and no syslog.
void child_output::consume_protocol(std::string_view bytes) {
  if (log_.wants(log_level::debug))
    debug("output:\n" + config::quoted_bytes(bytes));
  if (set_.strip_ansi)
    to_file(protocols::strip_ansi(bytes));
  else
    to_file(bytes);
}

void child_output::to_syslog(std::string_view bytes) const {
  while (!bytes.empty() && bytes.back() == '\n')
    bytes.remove_suffix(1);
  for (;;) {
    auto end = bytes.find('\n');
    platform::log_syslog(set_.syslog_ident, who_.who->options->name + ' ' + std::string(bytes.substr(0, end)));
    if (end == std::string_view::npos)
      return;
    bytes.remove_prefix(end + 1);
  }
}

carried_output child_output::now() const {
  carried_output state;
  if (lines_) {
    auto line = lines_->formatter->now();
    state.line_head = std::move(line.head);
    state.line_kept = std::move(line.kept);
    state.line_continued = line.continued;
  }
  if (capture_) {
    auto scanner = capture_->scanner.now();
    state.capture_held = std::move(scanner.held);
    state.capturing = scanner.capturing;
    state.captured = capture_->buffer.bytes();
  }
  if (file_)
    state.unwritten = file_->waiting();
  return state;
}

void child_output::go_on(carried_output from) {
  if (lines_)
    lines_->formatter->go_on({std::move(from.line_head), std::move(from.line_kept), from.line_continued});
  if (capture_) {
    capture_->scanner.go_on({std::move(from.capture_held), from.capturing});
    capture_->buffer.go_on(std::move(from.captured));
  }
  if (file_ && !from.unwritten.empty())
    tell_of(file_->append(from.unwritten));
}

int child_output::clear() {
  if (capture_)
    capture_->buffer.clear();
  return file_ ? file_->clear() : 0;
}

int child_output::reopen() {
  int error = file_ ? file_->open() : 0;
  if (error != 0)
    log_.write(log_level::error, "could not reopen " + log_name() + ": " + config::errno_name(error));
  return error;
}

} // namespace troupe::actors
