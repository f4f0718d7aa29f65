// See death_report.hpp: the facts themselves, and the value. How a person reads them: death_text.cpp.
#include "protocols/death_report.hpp"

#include "config/text.hpp"
#include "protocols/json.hpp"
#include "protocols/time_stamp.hpp"
#include "protocols/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <sys/wait.h>

namespace troupe::protocols {

namespace {

constexpr std::size_t longest_line = 1024; ///< bytes

/// Bytes that are no UTF-8 as U+FFFD, controls as escapes.
std::string harmless(std::string_view line) {
  bool cut = line.size() > longest_line;
  line = line.substr(0, longest_line);
  if (cut)
    line.remove_suffix(cut_character(line));
  std::string text;
  while (!line.empty()) {
    auto next = utf8_sequence(line);
    if (next.well_formed)
      text += line.substr(0, next.size);
    else
      text += "\xef\xbf\xbd";
    line.remove_prefix(next.size);
  }
  return config::one_line(text) + (cut ? "…" : "");
}

std::string utc(std::int64_t microseconds) {
  static thread_local time_stamp stamp("rfc3339");
  return stamp.at(wall_time(std::chrono::duration_cast<wall_time::duration>(std::chrono::microseconds(microseconds))));
}

template <class T>
rpc_value or_nil(const std::optional<T>& value) {
  return value ? rpc_value(*value) : rpc_value();
}

rpc_value or_nil(const std::string& text) { return text.empty() ? rpc_value() : rpc_value(text); }

rpc_value list(const std::vector<std::string>& texts) { return rpc_value::array(texts.begin(), texts.end()); }

/// Milliseconds are enough.
double rounded(double seconds) { return std::round(seconds * 1000) / 1000; }

rpc_value end_value(const death_report& r) {
  if (!r.wait_status)
    return {};
  int status = *r.wait_status;
  bool exited = WIFEXITED(status), signalled = WIFSIGNALED(status);
  return rpc_value::structure{{"kind", exited      ? "exit"
                                       : signalled ? "signal"
                                                   : "unknown"},
                              {"code", exited ? rpc_value(WEXITSTATUS(status)) : rpc_value()},
                              {"signal", signalled ? rpc_value(config::signal_name(WTERMSIG(status))) : rpc_value()},
                              {"core", signalled && WCOREDUMP(status)},
                              {"by_us", r.by_us},
                              {"text", end_text(status)}};
}

rpc_value memory_value(const death_report& r) {
  rpc_value::array kills = {or_nil(r.kills_before), or_nil(r.kills_after)};
  return rpc_value::structure{{"verdict", to_string(r.memory)},
                              {"cgroup", or_nil(r.cgroup)},
                              {"limit", or_nil(r.limit)},
                              {"kills", std::move(kills)}};
}

rpc_value usage_value(const death_report& r) {
  if (!r.used)
    return {};
  return rpc_value::structure{{"maxrss", r.used->peak_bytes},
                              {"user", rounded(static_cast<double>(r.used->user) / 1e6)},
                              {"system", rounded(static_cast<double>(r.used->system) / 1e6)}};
}

rpc_value program_value(const std::optional<program_file>& file) {
  if (!file)
    return {};
  return rpc_value::structure{
    {"path", file->path.str()}, {"modified", utc(file->modified * 1'000'000)}, {"size", file->size}};
}

rpc_value changes_value(const death_report& r) {
  if (!r.changed)
    return {};
  const auto& c = *r.changed;
  return rpc_value::structure{{"since", utc(c.since)},
                              {"options", list(c.options)},
                              {"environment", list(c.environment)},
                              {"program", program_value(c.program)},
                              {"config", rpc_value::array{c.configuration_then, c.configuration_now}}};
}

rpc_value tail_value(const std::optional<death_tail>& tail, bool shown) {
  if (!tail || !shown)
    return {};
  return rpc_value::structure{{"lines", tail->total},
                              {"whole", tail->whole},
                              {"tail", list(tail->lines)},
                              {"from", tail->of_log ? "log" : "memory"},
                              {"error", or_nil(tail->problem)}};
}

} // namespace

std::string end_text(int wait_status) {
  if (WIFEXITED(wait_status))
    return "exit status " + std::to_string(WEXITSTATUS(wait_status));
  if (WIFSIGNALED(wait_status))
    return "killed by " + config::signal_name(WTERMSIG(wait_status)) + (WCOREDUMP(wait_status) ? " (core dumped)" : "");
  return "unknown";
}

death_tail tail_of(std::string_view bytes, std::size_t most, bool whole) {
  death_tail tail;
  tail.whole = whole;
  tail.total = std::count(bytes.begin(), bytes.end(), '\n') + (bytes.empty() || bytes.back() == '\n' ? 0 : 1);
  if (!whole && tail.total > 1) { // the first one is not all there
    bytes.remove_prefix(bytes.find('\n') + 1);
    --tail.total;
  }
  if (!bytes.empty() && bytes.back() == '\n')
    bytes.remove_suffix(1);
  for (std::size_t i = 0; tail.total > 0 && i < most; ++i) {
    auto before = bytes.rfind('\n');
    auto line = before == bytes.npos ? bytes : bytes.substr(before + 1);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    tail.lines.push_back(harmless(line));
    if (before == bytes.npos)
      break;
    bytes = bytes.substr(0, before);
  }
  std::reverse(tail.lines.begin(), tail.lines.end());
  return tail;
}

rpc_value death_value(const death_report& r, const death_view& shown) {
  auto text = r.spawn_error.empty() ? std::string() : config::one_line(r.spawn_error);
  return rpc_value::structure{{"name", r.name},
                              {"group", r.group},
                              {"life", static_cast<std::int64_t>(r.life)},
                              {"pid", r.pid},
                              {"at", utc(r.at)},
                              {"seconds", rounded(r.seconds)},
                              {"end", end_value(r)},
                              {"spawn_error", or_nil(text)},
                              {"state", to_string(r.state)},
                              {"try", r.tried > 0 ? rpc_value(r.tried) : rpc_value()},
                              {"tries", r.tries},
                              {"ends", r.ends},
                              {"oom", memory_value(r)},
                              {"usage", usage_value(r)},
                              {"changed", shown.changed ? changes_value(r) : rpc_value()},
                              {"stdout", tail_value(r.out, shown.out)},
                              {"stderr", tail_value(r.err, shown.err)},
                              {"core", or_nil(r.core)}};
}

std::string death_detail(const death_report& r, bool whole) {
  int status = r.wait_status.value_or(0);
  bool exited = r.wait_status && WIFEXITED(status), signalled = r.wait_status && WIFSIGNALED(status);
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", r.seconds);
  auto keys = " exitstatus:" + std::to_string(exited ? WEXITSTATUS(status) : -1) +
              " signal:" + std::to_string(signalled ? WTERMSIG(status) : 0) +
              " core:" + (signalled && WCOREDUMP(status) ? "1" : "0") +
              " oom:" + std::string(to_string(whole ? r.memory : oom_verdict::unknown)) +
              " life:" + std::to_string(r.life) + " seconds:" + seconds + "\n";
  if (!whole)
    return keys;
  json_writer out{keys};
  out.value(death_value(r));
  return keys;
}

// -- memory ----------------------------------------------------------------------------------------

namespace {

std::size_t memory_of(const std::vector<std::string>& texts) {
  std::size_t sum = 0;
  for (const auto& text : texts)
    sum += sizeof text + text.size();
  return sum;
}

} // namespace

std::size_t memory_of(const death_report& r) {
  auto sum = sizeof r + r.name.size() + r.group.size() + r.spawn_error.size() + r.cgroup.size() + r.core.size();
  if (r.changed)
    sum += memory_of(r.changed->options) + memory_of(r.changed->environment) +
           (r.changed->program ? r.changed->program->path.size() : 0);
  for (const auto* tail : {&r.out, &r.err})
    if (*tail)
      sum += memory_of((*tail)->lines) + (*tail)->problem.size();
  return sum;
}

void shorten(death_report& r, std::size_t most) {
  constexpr std::size_t longest_text = 512;
  for (auto* text : {&r.spawn_error, &r.cgroup, &r.core})
    if (text->size() > longest_text)
      text->resize(longest_text);
  if (r.changed)
    for (auto* names : {&r.changed->options, &r.changed->environment})
      for (std::size_t sum = memory_of(*names); sum > longest_text && !names->empty(); sum = memory_of(*names))
        names->pop_back();
  auto lines = [](std::optional<death_tail>& tail) { return tail ? memory_of(tail->lines) : 0; };
  for (auto now = memory_of(r); now > most; now = memory_of(r)) {
    auto& longer = lines(r.out) > lines(r.err) ? r.out : r.err;
    if (!longer || longer->lines.empty())
      return;
    longer->lines.erase(longer->lines.begin());
  }
}

} // namespace troupe::protocols
