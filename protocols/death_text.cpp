// See death_report.hpp: how a person reads a report. Must not know anything that is not in it.
#include "config/text.hpp"
#include "protocols/death_report.hpp"
#include "protocols/descriptions.hpp"

#include <cstdio>
#include <ctime>

#include <csignal>
#include <sys/wait.h>

namespace troupe::protocols {

namespace {

std::string local_time(std::int64_t microseconds) {
  auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  std::tm local{};
  char text[64];
  if (!::localtime_r(&seconds, &local) || std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) == 0)
    return {};
  return text;
}

std::string decimals(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string length(double seconds) {
  constexpr double minute = 60;
  return seconds < minute ? decimals("%.1f s", seconds) : uptime_text(static_cast<std::int64_t>(seconds));
}

/// 498 MB
std::string size(std::int64_t bytes) {
  constexpr std::int64_t kilobyte = 1024, megabyte = kilobyte * kilobyte;
  return bytes < megabyte ? std::to_string(bytes / kilobyte) + " KB" : std::to_string(bytes / megabyte) + " MB";
}

std::string joined(const std::vector<std::string>& texts, std::string_view with) {
  std::string all;
  for (const auto& text : texts) {
    all += all.empty() ? "" : with;
    all += config::one_line(text);
  }
  return all;
}

void add(std::string& out, std::string_view name, std::string_view what) {
  constexpr std::size_t width = 9;
  out += out.empty() ? "  " : "\n  ";
  out += name;
  out.append(width - name.size(), ' ');
  out += what;
}

/// Those that a process brings upon itself.
bool is_its_own_doing(int signo) {
  return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE || signo == SIGABRT ||
         signo == SIGTRAP || signo == SIGSYS;
}

std::string cause(const death_report& r) {
  int status = *r.wait_status;
  auto text = end_text(status);
  if (constexpr std::string_view killed = "killed by "; text.starts_with(killed))
    text.erase(0, killed.size());
  bool sent = WIFSIGNALED(status) && !is_its_own_doing(WTERMSIG(status));
  return text + (sent && !r.by_us ? ", not by us" : "");
}

void add_end(std::string& out, const death_report& r) {
  auto when = local_time(r.at);
  std::string counts = std::to_string(r.ends) + (r.ends == 1 ? " end" : " ends") + " within the hour";
  if (r.tried > 0)
    counts = "try " + std::to_string(r.tried) + (r.tries > 0 ? " of " + std::to_string(r.tries) : std::string()) +
             ", " + counts;
  if (r.wait_status)
    add(out, "ended", when + ", after " + length(r.seconds) + ", by " + cause(r) + "; " + counts);
  else
    add(out, "spawn", "could not be made: " + config::one_line(r.spawn_error) + "; " + when + ", " + counts);
}

void add_memory(std::string& out, const death_report& r) {
  if (!r.wait_status)
    return;
  std::string text = "not out of memory";
  if (r.memory == oom_verdict::unknown) {
    text = r.cgroup.empty() ? "unknown (no counter)" : "unknown (its cgroup is gone)";
  } else if (r.memory != oom_verdict::no) {
    text = "out of memory";
    if (!r.cgroup.empty())
      text += ": " + (r.limit ? "limit " + size(*r.limit) + " of " : std::string()) + config::one_line(r.cgroup);
    if (r.kills_before && r.kills_after)
      text += ", " + std::to_string(*r.kills_before) + " -> " + std::to_string(*r.kills_after) + " kills";
    if (r.memory == oom_verdict::likely)
      text += " (likely)";
  }
  if (r.used)
    text += "; peak " + size(r.used->peak_bytes) + "; cpu " +
            decimals("%.2f s user, ", static_cast<double>(r.used->user) / 1e6) +
            decimals("%.2f s system", static_cast<double>(r.used->system) / 1e6);
  add(out, "memory", text);
}

void add_changes(std::string& out, const death_report& r) {
  if (!r.changed)
    return add(out, "changed", "never ran well before");
  const auto& c = *r.changed;
  auto since = "since " + local_time(c.since);
  auto what = joined(c.options, ", ");
  if (!c.environment.empty())
    what += (what.empty() ? "environment " : ", environment ") + joined(c.environment, " ");
  if (c.program)
    what += (what.empty() ? "" : "; ") + config::one_line(c.program->path) + " (" +
            local_time(c.program->modified * 1'000'000) + ")";
  add(out, "changed", what.empty() ? "nothing " + since : since + ": " + what);
}

void add_tail(std::string& out, const char* channel, const std::optional<death_tail>& tail, bool shown) {
  if (!tail)
    return;
  if (!shown)
    return add(out, channel, "not shown: this needs the right to read its log");
  if (!tail->problem.empty())
    return add(out, channel, "could not be read: " + tail->problem);
  if (tail->total == 0)
    return add(out, channel, tail->whole ? "nothing" : "nothing that is still there");
  auto total = std::to_string(tail->total);
  add(out, channel,
      "last " + std::to_string(tail->lines.size()) + " of " + (tail->whole ? "" : "at least ") + total +
        (tail->total == 1 ? " line" : " lines"));
  for (const auto& line : tail->lines)
    (out += "\n           ") += line;
}

} // namespace

std::string death_text(const death_report& r, const death_view& shown) {
  std::string out;
  add_end(out, r);
  add_memory(out, r);
  if (shown.changed)
    add_changes(out, r);
  add_tail(out, "stderr", r.err, shown.err);
  add_tail(out, "stdout", r.out, shown.out);
  if (r.core.starts_with('|'))
    add(out, "core", "given to " + config::one_line(r.core.substr(1)));
  else if (!r.core.empty())
    add(out, "core", config::one_line(r.core));
  return out;
}

} // namespace troupe::protocols
