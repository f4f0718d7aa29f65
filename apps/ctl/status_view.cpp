// See status_view.hpp.
#include "apps/ctl/status_view.hpp"

#include "apps/ctl/color.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/shown_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <limits>
#include <tuple>

namespace troupe::ctl {

namespace {

using words = std::vector<std::string>;
using order = status_request::order;

struct order_word {
  std::string_view word;
  order is;
};
constexpr order_word order_words[] = {{"name", order::name},  {"state", order::state},       {"cpu", order::cpu},
                                      {"mem", order::memory}, {"restarts", order::restarts}, {"start", order::start}};

/// What needs somebody first.
constexpr std::string_view by_concern[] = {"FATAL",    "UNKNOWN", "BACKOFF", "STARTING",
                                           "STOPPING", "RUNNING", "EXITED",  "STOPPED"};

config::result<words> to_states(const std::string& text) {
  words states;
  for (std::size_t at = 0; at <= text.size();) {
    auto end = std::min(text.find(',', at), text.size());
    auto word = text.substr(at, end - at);
    for (auto& c : word)
      c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (std::find(std::begin(by_concern), std::end(by_concern), word) == std::end(by_concern))
      return config::fault("no such state '" + word + "'");
    states.push_back(std::move(word));
    at = end + 1;
  }
  return states;
}

config::result<void> take_sort(words& given, status_request& into) {
  auto word = take_value(given, "--sort");
  if (!word)
    return {};
  auto found =
    std::find_if(std::begin(order_words), std::end(order_words), [&](auto& row) { return row.word == *word; });
  if (found == std::end(order_words))
    return config::fault("--sort takes name, state, cpu, mem, restarts or start");
  into.sort = found->is;
  return {};
}

/// `--watch` and `--watch=S`.
config::result<void> take_watch(words& given, status_request& into) {
  if (take_flag(given, "--watch"))
    into.watch = 1;
  for (auto word = given.begin(); word != given.end();) {
    if (!word->starts_with("--watch=")) {
      ++word;
      continue;
    }
    auto text = word->substr(std::string_view("--watch=").size());
    auto seconds = to_seconds(text);
    if (!seconds || *seconds < 0.1 || *seconds > 3600)
      return config::fault("bad interval '" + text + "'");
    into.watch = seconds;
    word = given.erase(word);
  }
  return {};
}

} // namespace

config::result<status_request> to_status_request(words given) {
  status_request wanted;
  wanted.details = take_flag(given, "-v");
  wanted.strict = take_flag(given, "--strict");
  if (auto done = take_sort(given, wanted); !done)
    return done.error();
  if (auto done = take_watch(given, wanted); !done)
    return done.error();
  if (auto text = take_value(given, "--state")) {
    auto states = to_states(*text);
    if (!states)
      return states.error();
    wanted.states = *std::move(states);
  }
  wanted.names = std::move(given);
  return wanted;
}

// -- order ---------------------------------------------------------------------------------------------

namespace {

std::size_t concern_of(const process_row& row) {
  return static_cast<std::size_t>(std::find(std::begin(by_concern), std::end(by_concern), row.statename) -
                                  std::begin(by_concern));
}

/// The larger, the earlier; what is unknown comes last.
double weight_of(order by, const process_row& row, const facts_book& facts) {
  constexpr double unknown = -1;
  auto known = facts_of(facts, row);
  if (!known)
    return unknown;
  switch (by) {
  case order::cpu:
    return known->cpu.value_or(unknown);
  case order::memory:
    return known->memory ? static_cast<double>(*known->memory) : unknown;
  case order::restarts:
    return known->restarts ? static_cast<double>(*known->restarts) : unknown;
  case order::start:
    return known->start;
  default:
    return unknown;
  }
}

} // namespace

shown_rows arranged(shown_rows found, const status_request& wanted, const facts_book& facts) {
  if (!wanted.states.empty())
    std::erase_if(found, [&](auto row) {
      return std::find(wanted.states.begin(), wanted.states.end(), row->statename) == wanted.states.end();
    });
  auto before = [&](const process_row* a, const process_row* b) {
    if (wanted.sort == order::name)
      return a->shown() < b->shown();
    if (wanted.sort == order::state)
      return concern_of(*a) < concern_of(*b);
    return weight_of(wanted.sort, *a, facts) > weight_of(wanted.sort, *b, facts);
  };
  if (wanted.sort != order::as_they_come)
    std::stable_sort(found.begin(), found.end(), before);
  return found;
}

// -- columns -------------------------------------------------------------------------------------------

std::string memory_text(std::int64_t bytes) {
  constexpr std::string_view units = "KMGT";
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < units.size(); ++unit)
    value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit >= 1 && value < 10 ? "%.1f%c" : "%.0f%c", value, units[unit]);
  return text;
}

namespace {

std::string moment_of_day(double when, std::int64_t now) {
  auto seconds = static_cast<std::time_t>(when);
  auto today = static_cast<std::time_t>(now);
  std::tm at{}, current{};
  ::localtime_r(&seconds, &at);
  ::localtime_r(&today, &current);
  bool same_day = at.tm_yday == current.tm_yday && at.tm_year == current.tm_year;
  char text[64];
  std::strftime(text, sizeof text, same_day ? "%H:%M" : "%b %d %H:%M", &at);
  return text;
}

std::string cpu_text(const process_facts& facts) {
  if (!facts.cpu)
    return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f%%", *facts.cpu);
  return text;
}

std::string right_aligned(std::string_view text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + std::string(text);
}

constexpr std::size_t cpu_width = 7, memory_width = 7, restarts_width = 10;

std::string detail_columns(std::string_view cpu, std::string_view memory, std::string_view restarts,
                           std::string_view end) {
  return right_aligned(cpu, cpu_width) + right_aligned(memory, memory_width) + right_aligned(restarts, restarts_width) +
         "  " + std::string(end);
}

std::string details_of(const process_row& row, const facts_book& facts, std::int64_t now) {
  auto known = facts_of(facts, row);
  if (!known)
    return detail_columns("-", "-", "-", "-");
  return detail_columns(cpu_text(*known), known->memory ? memory_text(*known->memory) : "-",
                        known->restarts ? std::to_string(*known->restarts) : "-", end_text(*known, now));
}

} // namespace

std::string end_text(const process_facts& facts, std::int64_t now) {
  if (facts.last_end.empty())
    return "-";
  auto text = displayable(facts.last_end);
  constexpr std::string_view by_status = "exit status ", by_signal = "terminated by ";
  if (text.starts_with(by_status))
    text = "exit " + text.substr(by_status.size());
  else if (text.starts_with(by_signal))
    text = text.substr(by_signal.size());
  return facts.stop > 0 ? text + ", " + moment_of_day(facts.stop, now) : text;
}

std::string status_table(const shown_rows& rows, const status_look& look, const facts_book& facts) {
  auto fit = [&](const std::string& text) { return look.careful ? displayable(text) : printable(text); };
  std::size_t name_width = 30, text_width = look.details ? 11 : 0;
  for (auto row : rows) {
    name_width = std::max(name_width, code_points(fit(row->shown())));
    text_width = look.details ? std::max(text_width, code_points(fit(row->description))) : 0;
  }
  std::string text;
  if (look.header && look.details) {
    append_padded(text, "NAME", name_width + 3);
    append_padded(text, "STATE", 10);
    append_padded(text, "DESCRIPTION", text_width);
    text += detail_columns("CPU", "MEM", "RESTARTS", "LAST EXIT") + "\n";
  }
  for (auto row : rows) {
    append_padded(text, fit(row->shown()), name_width + 3);
    auto state = fit(row->statename);
    auto number = look.color ? color_of_state(state) : std::string_view();
    text += in_color(number, state);
    if (code_points(state) < 10)
      text.append(10 - code_points(state), ' ');
    append_padded(text, fit(row->description), text_width);
    text += look.details ? details_of(*row, facts, look.now) + "\n" : "\n";
  }
  return text;
}

} // namespace troupe::ctl
