// See top_board.hpp: how the table looks. Must not change what is chosen, but for what the size of the terminal does to
// it.
#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"
#include "apps/ctl/top_board.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace troupe::ctl {

namespace {

using kind = top_wish::kind;

constexpr std::size_t above = 2, below = 1; ///< lines that are no rows

shade shade_of(std::string_view state) {
  if (state == "RUNNING")
    return shade::good;
  if (state == "STARTING" || state == "STOPPING" || state == "BACKOFF")
    return shade::busy;
  return state == "FATAL" || state == "UNKNOWN" ? shade::bad : shade::faint;
}

std::string right(std::string_view text, std::size_t width) {
  auto has = code_points(text);
  return std::string(width > has ? width - has : 0, ' ') + std::string(text);
}

std::string text_of(const char* format, double value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Characters that a terminal without UTF-8 cannot show.
std::string in_ascii(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (auto byte = static_cast<unsigned char>(text[i]); byte < 0x80)
      out += text[i];
    else if (byte >= 0xc0)
      out += '?';
  return out;
}

constexpr std::array help_lines = {
  "up, down, page up and down, home, end: the chosen line",
  "space  mark it; what is done is done to all that are marked",
  "s x r  start, stop, restart      k  send a signal",
  "enter  details                   l  its log, as it comes",
  "/      only names that hold a text; escape: all again",
  "o      another order             t  by groups",
  "q      end",
};

std::string verb_word(kind is) {
  return is == kind::start ? "start" : is == kind::stop ? "stop" : is == kind::restart ? "restart" : "signal";
}

} // namespace

std::string sparkline(const std::deque<double>& points, std::size_t width, bool utf8) {
  constexpr std::string_view full[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::string_view plain = "_.-=+*%#";
  constexpr double whole = 100;
  auto most = points.empty() ? whole : std::max(whole, *std::max_element(points.begin(), points.end()));
  auto count = std::min(width, points.size());
  std::string text(width - count, ' ');
  for (auto i = points.size() - count; i < points.size(); ++i) {
    auto level = std::clamp(static_cast<int>(points[i] / most * 8), 0, 7);
    if (utf8)
      text += full[level];
    else
      text += plain[static_cast<std::size_t>(level)];
  }
  return text;
}

std::string duration_text(std::int64_t seconds) {
  constexpr std::int64_t minute = 60, hour = 3600, day = 86400;
  seconds = std::max<std::int64_t>(seconds, 0);
  char text[64];
  if (seconds >= day)
    std::snprintf(text, sizeof text, "%lld d %02lld:%02lld", static_cast<long long>(seconds / day),
                  static_cast<long long>(seconds % day / hour), static_cast<long long>(seconds % hour / minute));
  else
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(seconds / hour),
                  static_cast<long long>(seconds % hour / minute), static_cast<long long>(seconds % minute));
  return text;
}

screen_line top_board::header(const top_look& look) const {
  std::map<std::string, int> states;
  double cpu = 0;
  std::int64_t memory = 0;
  for (const auto& row : known_.rows) {
    ++states[row.statename];
    if (const auto* known = facts_of(known_.facts, row)) {
      cpu += known->cpu.value_or(0);
      memory += known->memory.value_or(0);
    }
  }
  auto left = "supervisor " + displayable(known_.version) + "  " + std::to_string(known_.rows.size()) +
              (known_.rows.size() == 1 ? " process:" : " processes:");
  for (const char* state : {"RUNNING", "STARTING", "STOPPING", "BACKOFF", "FATAL", "EXITED", "STOPPED"})
    if (auto found = states.find(state); found != states.end())
      left += " " + std::to_string(found->second) + " " + state;
  auto seconds = static_cast<std::time_t>(known_.now);
  std::tm at{};
  ::localtime_r(&seconds, &at);
  char clock[16];
  std::strftime(clock, sizeof clock, "%H:%M:%S", &at);
  auto end = known_.trouble.empty() ? "cpu " + text_of("%.0f%%", cpu) + "  mem " + memory_text(memory) + "  " + clock
                                    : displayable(known_.trouble);
  auto width = code_points(left) + code_points(end) + 2;
  auto gap = look.columns > width ? look.columns - width + 2 : 2;
  return {{left + std::string(gap, ' '), shade::head}, {end, known_.trouble.empty() ? shade::head : shade::bad}};
}

namespace {

struct column_widths {
  std::size_t name, spark, pid = 9, uptime = 12, cpu = 8, memory = 8, restarts = 5;
};
constexpr std::size_t state_width = 10;

/// What is left is shared by the names and the lines of processor time.
column_widths widths_for(std::size_t columns) {
  constexpr std::size_t fixed = 2 + state_width + 9 + 12 + 8 + 8 + 5 + 2, least_end = 16, widest_spark = 24;
  auto left = columns > fixed + least_end ? columns - fixed - least_end : 0;
  auto spark = left > 30 ? std::min(left - 30, widest_spark) : 0;
  return {std::clamp<std::size_t>(left - spark, 14, 40), spark};
}

} // namespace

screen_line top_board::line_of(const item& of, const top_look& look, bool is_chosen) const {
  auto widths = widths_for(look.columns);
  if (!of.row) {
    int all = 0, run = 0;
    for (const auto& row : known_.rows)
      if (row.group == of.group)
        ++all, run += row.statename == "RUNNING" ? 1 : 0;
    return {{std::string(is_chosen ? "> " : "  ") + displayable(of.group) + "  " + std::to_string(run) + " of " +
               std::to_string(all) + " run",
             is_chosen ? shade::chosen : shade::head}};
  }
  const auto& row = *of.row;
  auto name = cut_to_columns(displayable(by_group_ ? "  " + row.name : row.shown()), widths.name);
  const auto* known = facts_of(known_.facts, row);
  auto points = points_.find(key_of(row));
  bool lives = row.pid != 0;
  auto now = static_cast<std::int64_t>(known_.now);
  auto rest =
    " " + padded(name, widths.name) + right(lives ? std::to_string(row.pid) : "-", widths.pid - 1) +
    right(lives && known ? duration_text(now - static_cast<std::int64_t>(known->start)) : "-", widths.uptime) +
    right(known && known->cpu ? text_of("%.1f%%", *known->cpu) : "-", widths.cpu);
  if (widths.spark)
    rest +=
      "  " + sparkline(points == points_.end() ? std::deque<double>() : points->second, widths.spark - 2, look.utf8);
  rest += right(known && known->memory ? memory_text(*known->memory) : "-", widths.memory) +
          right(known && known->restarts ? std::to_string(*known->restarts) : "-", widths.restarts) + "  " +
          (known ? displayable(end_text(*known, now)) : "-");
  std::string front = marked_.contains(key_of(row)) ? "*" : " ";
  return {{(is_chosen ? ">" : " ") + front, shade::plain},
          {padded(displayable(row.statename), state_width - 1), is_chosen ? shade::chosen : shade_of(row.statename)},
          {rest, is_chosen ? shade::chosen : shade::plain}};
}

screen_line top_board::last_line() const {
  auto names = [&] {
    return asked_.names.size() == 1 ? displayable(asked_.names.front())
                                    : std::to_string(asked_.names.size()) + " processes";
  };
  switch (mode_) {
  case mode::filter:
    return {{"/" + filter_ + "_", shade::head}};
  case mode::signal:
    return {{"signal: " + typed_ + "_", shade::head}};
  case mode::question:
    return {{verb_word(asked_.is) + (asked_.is == kind::signal ? " " + asked_.signal : "") + " " + names() + "? y/N",
             shade::head}};
  case mode::help:
    return {{"any key: back", shade::head}};
  case mode::table:
    break;
  }
  if (!said_.empty())
    return {{displayable(said_), shade::head}};
  auto filter = filter_.empty() ? std::string("/filter") : "/" + filter_;
  return {
    {filter +
       "  F1 help  enter details  l logs  s start  x stop  r restart  k signal  space mark  o order  t tree  q quit",
     shade::faint}};
}

picture_lines top_board::draw(const top_look& look) {
  picture_lines picture = {header(look)};
  auto widths = widths_for(look.columns);
  picture.push_back({{"  " + padded("STATE", state_width) + padded("NAME", widths.name) + right("PID", widths.pid - 1) +
                        right("UPTIME", widths.uptime) + right("CPU", widths.cpu) +
                        (widths.spark ? "  " + padded("CPU, 2 min", widths.spark - 2) : "") +
                        right("MEM", widths.memory) + right("RST", widths.restarts) + "  LAST EXIT",
                      shade::faint}});
  auto all = items();
  page_ = look.lines > above + below ? look.lines - above - below : 1;
  at_ = all.empty() ? 0 : std::min(at_, all.size() - 1);
  first_ = at_ < first_ ? at_ : at_ >= first_ + page_ ? at_ - page_ + 1 : first_;
  first_ = std::min(first_, all.size() > page_ ? all.size() - page_ : 0);
  for (std::size_t i = 0; i < page_; ++i)
    if (mode_ == mode::help)
      picture.push_back(i < help_lines.size() ? screen_line{{help_lines[i], shade::plain}} : screen_line());
    else
      picture.push_back(first_ + i < all.size() ? line_of(all[first_ + i], look, first_ + i == at_) : screen_line());
  picture.push_back(last_line());
  picture.resize(std::min(picture.size(), std::max<std::size_t>(look.lines, 1)));
  for (auto& line : picture) {
    auto left = look.columns;
    for (auto& part : line) {
      part.text = cut_to_columns(look.utf8 ? part.text : in_ascii(part.text), left);
      left -= std::min(left, code_points(part.text));
    }
  }
  return picture;
}

} // namespace troupe::ctl
