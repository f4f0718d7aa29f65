// See log_lines.hpp.
#include "protocols/log_lines.hpp"

#include "config/log_levels.hpp"
#include "protocols/json_text.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>

namespace troupe::protocols {

namespace {

std::string json_text(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

std::string source_members(const line_source& source) {
  return R"(","process":")" + json_text(source.process) + R"(","group":")" + json_text(source.group) +
         R"(","channel":")" + json_text(source.channel) + R"(","pid":)" + std::to_string(source.pid) + R"(,"line":")";
}

} // namespace

line_formatter::line_formatter(const config::line_options& options, const line_source& source)
    : prefix_(options.prefix.empty() ? "" : options.prefix + ' '), json_(options.json) {
  if (json_)
    source_ = source_members(source);
  if (json_ || !options.timestamp.empty())
    stamp_.emplace(options.timestamp.empty() ? "rfc3339" : options.timestamp);
}

void line_formatter::begin_line(wall_time now) {
  if (json_) {
    head_ = R"({"time":")";
    append_json_text(head_, stamp_->at(now));
    head_ += source_;
    return;
  }
  head_.clear();
  if (stamp_)
    head_.append(stamp_->at(now)).push_back(' ');
  head_ += prefix_;
}

/// `piece` goes on where the last one stopped; `ends`: its line ends with it.
void line_formatter::put(std::string_view piece, bool ends, std::string& out) {
  if (json_) {
    out += head_;
    append_json_text(out, piece);
    out += ends ? "\"}\n" : "\",\"partial\":true}\n";
  } else {
    if (!continued_)
      out += head_;
    out += piece;
    if (ends)
      out += '\n';
  }
  continued_ = !ends;
}

/// Not in the middle of a character.
void line_formatter::put_too_long(std::string& out) {
  auto piece = std::string_view(kept_).substr(0, longest_line);
  piece.remove_suffix(cut_character(piece));
  put(piece, false, out);
  kept_.erase(0, piece.size());
}

void line_formatter::feed(std::string_view bytes, wall_time now, std::string& out) {
  bool fresh = false; // head_ is of `now`
  while (!bytes.empty()) {
    if (kept_.empty() && !continued_ && !fresh) {
      begin_line(now);
      fresh = true;
    }
    auto end = bytes.find('\n');
    if (end != bytes.npos && kept_.size() + end <= longest_line) {
      if (kept_.empty()) {
        put(bytes.substr(0, end), true, out);
      } else {
        kept_ += bytes.substr(0, end);
        put(kept_, true, out);
        kept_.clear();
      }
      bytes.remove_prefix(end + 1);
      continue;
    }
    auto part = bytes.substr(0, std::min(end, longest_line + 1 - kept_.size()));
    kept_ += part;
    bytes.remove_prefix(part.size());
    if (kept_.size() > longest_line)
      put_too_long(out);
  }
}

void line_formatter::go_on(state from) {
  head_ = std::move(from.head);
  kept_ = std::move(from.kept);
  continued_ = from.continued;
}

void line_formatter::flush(std::string& out) {
  if (kept_.empty() && !continued_)
    return;
  put(kept_, true, out);
  kept_.clear();
}

std::string json_record(wall_time when, config::log_level level, std::string_view text, int pid) {
  std::string out = R"({"time":")" + time_stamp{"rfc3339"}.at(when) + R"(","process":"supervisord","pid":)" +
                    std::to_string(pid) + R"(,"level":")";
  out.append(config::row_of(level).name).append(R"(","line":")");
  append_json_text(out, text);
  out += "\"}\n";
  return out;
}

} // namespace troupe::protocols
