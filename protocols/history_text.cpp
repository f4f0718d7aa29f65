// See history_record.hpp: records as lines for people. What strangers wrote is cut to a line by whoever prints it.
#include "protocols/history_record.hpp"

#include "protocols/utf8.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

namespace troupe::protocols {

namespace {

constexpr std::size_t least_name = 16, least_word = 19;
constexpr std::string_view of_daemon = "supervisord";

std::string text_of(const rpc_value* of, std::string_view key) {
  const auto* value = of ? of->member(key) : nullptr;
  if (value && value->integer())
    return std::to_string(*value->integer());
  return value && value->string() ? *value->string() : std::string();
}

std::int64_t number_of(const rpc_value* of, std::string_view key) {
  const auto* value = of ? of->member(key) : nullptr;
  return value && value->integer() ? *value->integer() : 0;
}

/// A file may say anything.
std::int64_t microseconds(std::int64_t ms) {
  constexpr std::int64_t longest = 9'000'000'000'000;
  return std::clamp(ms, -longest, longest) * 1000;
}

std::optional<std::int64_t> microseconds_of(const rpc_value* of, std::string_view key) {
  const auto* value = of ? of->member(key) : nullptr;
  constexpr double longest = 9e12, million = 1e6;
  if (value && value->integer())
    return std::clamp<std::int64_t>(*value->integer(), 0, 9'000'000'000'000) * 1'000'000;
  if (value && value->real() && *value->real() >= 0 && *value->real() < longest)
    return static_cast<std::int64_t>(*value->real() * million + 0.5);
  return {};
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (; !text.empty(); ++width)
    text.remove_prefix(utf8_sequence(text).size);
  return width;
}

std::string padded(std::string text, std::size_t width) {
  auto has = width_of(text);
  return has < width ? text.append(width - has, ' ') : text;
}

std::string listed(const rpc_value* of, std::string_view key) {
  const auto* value = of ? of->member(key) : nullptr;
  std::string text;
  if (value && value->items())
    for (const auto& item : *value->items())
      if (item.string())
        (text += text.empty() ? "" : ", ") += *item.string();
  return text;
}

/// `(pid 4711, ran 9:12:04)`; empty: nothing is known.
std::string life(const rpc_value* what, std::string_view span) {
  auto pid = text_of(what, "pid");
  auto ran = microseconds_of(what, span);
  std::string text = pid.empty() ? "" : "pid " + pid;
  if (ran)
    (text += text.empty() ? "" : ", ") += "ran " + span_text(*ran);
  return text.empty() ? text : '(' + text + ')';
}

std::string joined(std::string a, const std::string& b, std::string_view between = " ") {
  return a.empty() || b.empty() ? a + b : a.append(between) + b;
}

struct cells {
  std::string word, text;
};

cells state_cells(const rpc_value* what) {
  auto text = joined(text_of(what, "exit"), text_of(what, "reason"), ", ");
  auto tries = number_of(what, "tries");
  if (tries > 1)
    text = joined(text, "try " + std::to_string(tries), ", ");
  return {text_of(what, "from") + " -> " + text_of(what, "to"), joined(text, life(what, "ran"))};
}

cells death_cells(const rpc_value* what) {
  auto text = text_of(what ? what->member("end") : nullptr, "text");
  return {"death", joined(text, life(what, "seconds"))};
}

/// Of `10.0.0.7:4711` and `[::1]:4711` the address.
std::string without_port(const std::string& from) {
  auto colon = from.rfind(':');
  return colon == from.npos || from == "unix" ? from : from.substr(0, colon);
}

std::string outcome_of(const rpc_value* what) {
  auto came = text_of(what, "outcome");
  if (came.empty() || came == "begun")
    return {};
  if (auto fault = text_of(what, "fault"); !fault.empty())
    came += " (fault " + fault + ')';
  const auto* ms = what->member("ms");
  return ": " + came + (ms && ms->integer() ? " in " + span_text(microseconds(*ms->integer())) : "");
}

/// `done`: what became of it; null: the record itself says it.
cells command_cells(const rpc_value& record, const rpc_value* what, const rpc_value* done) {
  auto text = text_of(what, "verb");
  if (text_of(&record, "name").empty())
    text = joined(text, text_of(what, "target"));
  if (auto who = text_of(&record, "who"); !who.empty()) {
    const auto* by = what ? what->member("by") : nullptr;
    auto how = joined(text_of(by, "how"), text_of(by, "token"));
    text += " by " + who + (how.empty() ? "" : " (" + how + ')');
    if (auto from = text_of(by, "from"); !from.empty())
      text += " from " + without_port(from);
  }
  return {"command", text + outcome_of(done ? done->member("what") : what)};
}

cells config_cells(const rpc_value* what) {
  auto text = text_of(what, "event");
  for (const char* change : {"added", "changed", "removed"})
    if (auto names = listed(what, change); !names.empty())
      text = joined(text, std::string(change) + ' ' + names, text.find(' ') == text.npos ? ": " : "; ");
  if (auto groups = text_of(what, "groups"); !groups.empty())
    text += ", " + groups + (groups == "1" ? " group" : " groups");
  return {"config", joined(text, text_of(what, "file"), ", ")};
}

cells daemon_cells(const rpc_value* what) {
  auto event = text_of(what, "event");
  if (event == "start")
    return {"started", joined(text_of(what, "version"), life(what, "ran"))};
  if (event == "upgrade")
    return {"upgraded", text_of(what, "from") + " -> " + text_of(what, "version") + ", " + text_of(what, "ms") + " ms"};
  if (event == "crash")
    return {"crashed", text_of(what, "reason") + ", resumed after " + text_of(what, "ms") + " ms"};
  if (event == "stop")
    return {"stopped", text_of(what, "reason")};
  if (event == "clock") {
    auto by = number_of(what, "ms");
    return {"clock set", std::string(by < 0 ? "back " : "forth ") + span_text(std::abs(microseconds(by)))};
  }
  if (event == "lost")
    return {"lost " + text_of(what, "count"), "records: more came than could be written"};
  return {event, joined(text_of(what, "version"), text_of(what, "reason"))};
}

cells cells_of(const rpc_value& record, const rpc_value* done) {
  const auto* what = record.member("what");
  auto kind = text_of(&record, "kind");
  if (kind == "state")
    return state_cells(what);
  if (kind == "death")
    return death_cells(what);
  if (kind == "command")
    return command_cells(record, what, done);
  if (kind == "config")
    return config_cells(what);
  if (kind == "daemon")
    return daemon_cells(what);
  return {kind, joined(text_of(what, "event"), text_of(what, "detail"))};
}

std::string name_of(const rpc_value& record) {
  auto name = text_of(&record, "name");
  return name.empty() ? std::string(of_daemon) : name;
}

std::size_t widest_name(const rpc_value::array& records) {
  auto width = least_name;
  for (const auto& record : records)
    width = std::max(width, width_of(name_of(record)));
  return width;
}

std::int64_t moment_in(const rpc_value& record) {
  auto moment = moment_of(text_of(&record, "at"), 0, utc_zone());
  return moment ? *moment : 0;
}

std::string without_blanks_behind(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

} // namespace

std::vector<history_cells> cells_of_history(const rpc_value::array& records) {
  std::map<std::int64_t, const rpc_value*> done; // by the id of the call
  std::set<std::int64_t> there;
  for (const auto& record : records) {
    there.insert(number_of(&record, "id"));
    if (auto call = number_of(record.member("what"), "of"); call != 0)
      done[call] = &record;
  }
  std::vector<history_cells> rows;
  for (const auto& record : records) {
    if (auto call = number_of(record.member("what"), "of"); call != 0 && there.contains(call))
      continue;
    auto came = done.find(number_of(&record, "id"));
    auto [word, text] = cells_of(record, came == done.end() ? nullptr : came->second);
    rows.push_back({moment_in(record), name_of(record), std::move(word), std::move(text)});
  }
  return rows;
}

std::vector<std::string> history_text(const rpc_value::array& records, const time_zone& zone) {
  auto width = widest_name(records);
  std::vector<std::string> lines;
  for (auto& [at, name, word, text] : cells_of_history(records))
    lines.push_back(without_blanks_behind(moment_text(at, zone) + ' ' + padded(std::move(name), width) + ' ' +
                                          padded(std::move(word), least_word) + ' ' + text));
  return lines;
}

std::vector<std::string> states_text(const rpc_value::array& records, const time_zone& zone) {
  auto width = widest_name(records);
  std::vector<std::string> lines;
  for (const auto& record : records) {
    const auto* what = record.member("what");
    auto pid = text_of(what, "pid");
    lines.push_back(padded(name_of(record), width) + ' ' + padded(text_of(what, "to"), least_word) + " since " +
                    moment_text(moment_in(record), zone) + (pid.empty() ? "" : " (pid " + pid + ')'));
  }
  return lines;
}

} // namespace troupe::protocols
