// See log_lines.hpp.
#include "apps/ctl/log_lines.hpp"

#include "apps/ctl/color.hpp"
#include "apps/ctl/json.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"
#include "protocols/time_words.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>

namespace troupe::ctl {

// -- pieces --------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t longest_piece = 64 << 10;

} // namespace

log_piece line_splitter::cut(std::string text, bool ends) {
  log_piece piece{std::move(text), begins_, ends};
  begins_ = ends;
  return piece;
}

std::vector<log_piece> line_splitter::feed(std::string_view bytes) {
  std::vector<log_piece> pieces;
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
    while (line_.size() > longest_piece) {
      auto size = longest_piece - protocols::cut_character(std::string_view(line_).substr(0, longest_piece));
      pieces.push_back(cut(line_.substr(0, size), false));
      line_.erase(0, size);
    }
    if (end != std::string_view::npos)
      pieces.push_back(cut(std::exchange(line_, {}), true));
  }
  return pieces;
}

std::optional<log_piece> line_splitter::rest() {
  if (line_.empty() && begins_)
    return std::nullopt;
  return cut(std::exchange(line_, {}), true);
}

std::optional<std::string_view> after_tail(std::string_view again, std::string_view tail) {
  auto at = again.rfind(tail);
  return at == again.npos ? std::nullopt : std::optional(again.substr(tail.empty() ? 0 : at + tail.size()));
}

void last_lines::add(log_piece piece) {
  if (!piece.begins && pieces_.empty() && dropped_) // of a line that has been dropped
    return;
  lines_ += piece.begins ? 1 : 0;
  pieces_.push_back(std::move(piece));
  while (most_ && lines_ > *most_ && !pieces_.empty())
    drop_first();
}

void last_lines::drop_first() {
  dropped_ = true;
  if (pieces_.empty())
    return;
  lines_ -= pieces_.front().begins ? 1 : 0;
  do
    pieces_.pop_front();
  while (!pieces_.empty() && !pieces_.front().begins);
}

void last_lines::drop_cut_line() {
  if (!dropped_)
    drop_first();
}

// -- times ---------------------------------------------------------------------------------------------

namespace {

/// `2026-11-28T12:00:00.123Z`, with a blank for T, a comma for the dot, another zone or none.
std::string_view leading_moment(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-dd dd:dd:dd";
  if (text.size() < shape.size())
    return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    bool digit = text[i] >= '0' && text[i] <= '9';
    bool good = shape[i] == 'd' ? digit : shape[i] == ' ' ? text[i] == ' ' || text[i] == 'T' : text[i] == shape[i];
    if (!good)
      return {};
  }
  auto end = text.find_first_not_of("0123456789.,", shape.size());
  if (end != text.npos && text[end] == 'Z')
    ++end;
  else if (end != text.npos && (text[end] == '+' || text[end] == '-'))
    end = text.find_first_not_of("0123456789:", end + 1);
  return text.substr(0, end);
}

std::string_view moment_in_json(std::string_view line) {
  if (!line.starts_with('{'))
    return {};
  for (std::string_view key : {"\"time\":", "\"ts\":", "\"timestamp\":", "\"@timestamp\":"}) {
    auto at = line.find(key);
    if (at == line.npos)
      continue;
    auto rest = line.substr(at + key.size());
    auto quote = rest.find_first_not_of(' ');
    if (quote != rest.npos && rest[quote] == '"')
      return leading_moment(rest.substr(quote + 1));
  }
  return {};
}

} // namespace

std::optional<std::int64_t> time_of_line(std::string_view line) {
  auto found = leading_moment(line.substr(line.starts_with('[') ? 1 : 0));
  std::string text(found.empty() ? moment_in_json(line) : found);
  if (text.empty())
    return std::nullopt;
  std::replace(text.begin(), text.end(), ',', '.');
  auto moment = protocols::moment_of(text, 0);
  return moment ? std::optional(*moment) : std::nullopt;
}

std::optional<std::deque<log_piece>> lines_since(std::deque<log_piece> pieces, std::int64_t since) {
  std::deque<log_piece> kept;
  bool any_time = false, wanted = false;
  for (auto& piece : pieces) {
    auto time = piece.begins ? time_of_line(piece.text) : std::nullopt;
    any_time = any_time || time;
    if (time)
      wanted = *time >= since;
    if (wanted)
      kept.push_back(std::move(piece));
  }
  if (!any_time && !pieces.empty())
    return std::nullopt;
  return kept;
}

std::vector<numbered_piece> merged(std::vector<std::deque<log_piece>> logs) {
  struct timed {
    std::int64_t time;
    numbered_piece piece;
  };
  std::vector<timed> all;
  bool timed_all = true;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    std::optional<std::int64_t> last;
    for (auto& piece : logs[i]) {
      if (auto time = piece.begins ? time_of_line(piece.text) : std::nullopt)
        last = time;
      timed_all = timed_all && last;
      all.push_back({last.value_or(0), {i, std::move(piece)}});
    }
  }
  if (timed_all)
    std::stable_sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.time < b.time; });
  std::vector<numbered_piece> pieces;
  for (auto& one : all)
    pieces.push_back(std::move(one.piece));
  return pieces;
}

// -- looks ---------------------------------------------------------------------------------------------

void log_writer::make_room_for(const log_source& source) {
  width_ = std::max(width_, code_points(displayable(source.name)));
}

std::string log_writer::prefix_of(const log_source& source, std::string_view time) const {
  std::string text;
  if (how_.timestamps)
    text += std::string(time.empty() ? "--:--:--.---" : time) + " ";
  if (!how_.prefix)
    return text;
  auto name = displayable(source.name);
  auto before = text;
  auto cell = padded(name, width_) + (source.is_stderr ? "!|" : " |");
  return before + in_color(how_.color ? color_of_name(source.name) : std::string_view(), cell) + " ";
}

std::string log_writer::json_of(const log_source& source, const log_piece& piece, std::string_view time) const {
  using protocols::rpc_value;
  rpc_value::structure object = {{"name", in_utf8(source.full.empty() ? source.name : source.full)},
                                 {"channel", source.full.empty() ? "log"
                                             : source.is_stderr  ? "stderr"
                                                                 : "stdout"}};
  if (how_.timestamps && !time.empty())
    object.emplace_back("time", time);
  object.emplace_back("line", in_utf8(piece.text));
  if (!piece.ends)
    object.emplace_back("part", true);
  return to_json(object) + "\n";
}

std::string log_writer::text_of(const log_source& source, const log_piece& piece, std::string_view time) {
  if (how_.json)
    return json_of(source, piece, time);
  std::string text;
  bool goes_on = unfinished_ && *unfinished_ == source && !piece.begins;
  if (!goes_on)
    text = finish() + prefix_of(source, time);
  text += how_.for_terminal ? log_line_for_terminal(piece.text) : log_line_for_file(piece.text);
  if (piece.ends)
    text += '\n', unfinished_.reset();
  else
    unfinished_ = source;
  return text;
}

std::string log_writer::finish() { return std::exchange(unfinished_, std::nullopt) ? "\n" : ""; }

} // namespace troupe::ctl
