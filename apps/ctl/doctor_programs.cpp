// See doctor_programs.hpp.
#include "apps/ctl/doctor_programs.hpp"

#include "apps/ctl/process_look.hpp"
#include "config/command_words.hpp"
#include "protocols/time_words.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include <sys/resource.h>

namespace troupe::ctl {

namespace {

bool descends_from(std::int64_t pid, std::int64_t ancestor) {
  for (int generations = 0; pid > 0 && pid != ancestor && generations < 64; ++generations) {
    auto process = look_at_process(pid);
    pid = process ? process->parent : 0;
  }
  return pid == ancestor;
}

/// A program of another daemon that lives, which may have the same command and is none of ours.
bool is_of_another_daemon(const process_look& process) {
  auto parent = look_at_process(process.parent);
  if (!parent || process.parent <= 1)
    return false;
  auto has = [&](const char* word) { return parent->arguments.find(word) != std::string::npos; };
  return has("supervisord") || has("troupe");
}

/// Arguments as the system has them, with a NUL behind each.
std::string as_arguments(const config::process_options& process) {
  std::string line;
  for (const auto& word : config::split_command(process.command.str()).argv)
    (line += word) += '\0';
  return line;
}

void look_for_twins(doctor_facts& seen, const config::configuration& cfg) {
  std::map<std::string, std::string> programs;
  for (const auto& group : cfg.groups)
    for (const auto& process : group->processes)
      programs.emplace(as_arguments(*process), process->name.str());
  auto pids = all_pids();
  if (!pids)
    return seen.unseen.push_back("whether programs run twice: this system does not tell");
  for (auto pid : *pids) {
    auto process = look_at_process(pid);
    auto found = process && !process->arguments.empty() ? programs.find(process->arguments) : programs.end();
    if (found != programs.end() && (!seen.is_alive || !descends_from(pid, seen.pid)) && !is_of_another_daemon(*process))
      seen.twins.push_back({found->second, pid});
  }
}

/// Of `90`, `90s`, `2min`, `1min 30s`; nothing: for ever, or unknown.
std::optional<std::int64_t> systemd_seconds(std::string_view text) {
  std::int64_t sum = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
      return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    auto unit = text.substr(0, std::min(text.find_first_of(" 0123456789"), text.size()));
    sum += number * (unit.starts_with("min") || unit == "m" ? 60 : unit.starts_with('h') ? 3600 : 1);
    text.remove_prefix(unit.size());
    while (text.starts_with(' '))
      text.remove_prefix(1);
  }
  return sum;
}

/// Who stops the daemon, and after which time he kills it.
void look_for_manager(doctor_facts& seen) {
  constexpr std::int64_t of_containers = 10, of_systemd = 90;
  if (!seen.is_alive)
    return;
  auto unit = service_of(seen.pid);
  if (seen.pid == 1) {
    seen.manager = "a container's runtime, unless it is told otherwise,";
    seen.manager_seconds = of_containers;
    return;
  }
  if (unit.empty())
    return;
  seen.manager = "systemd (" + unit + ")";
  seen.manager_seconds = of_systemd;
  for (std::string place : {"/etc/systemd/system/", "/run/systemd/system/", "/usr/lib/systemd/system/"}) {
    auto text = small_file(place + unit);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("TimeoutStopSec=") || line.starts_with("TimeoutSec="))
        if (auto seconds = systemd_seconds(line.substr(line.find('=') + 1)))
          seen.manager_seconds = *seconds;
    if (!text.empty())
      return;
  }
}

} // namespace

std::string program_of(const config::process_options& process, const config::host& on) {
  auto words = config::split_command(process.command.str()).argv;
  if (words.empty())
    return {};
  if (words[0].find('/') != std::string::npos)
    return words[0].starts_with('/') ? words[0] : std::string();
  for (const char* place : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
    if (auto path = place + words[0]; on.exists(path))
      return path;
  return {};
}

void look_at_daemon(doctor_facts& seen) {
  seen.pid = first_number(small_file(seen.pidfile));
  auto process = look_at_process(seen.pid);
  seen.is_alive = process.has_value();
  if (!process)
    return;
  seen.pid_name = process->name;
  seen.pid_user = process->uid;
  if (process->started > 0)
    seen.running_since = protocols::moment_text(process->started * 1'000'000).substr(0, 19);
}

void look_at_programs(doctor_facts& seen, const config::configuration& cfg) {
  look_for_twins(seen, cfg);
  seen.minfds = cfg.supervisord.minfds;
  rlimit own{};
  if (seen.is_alive)
    seen.most_fds = most_files_of(seen.pid); // or ours, where it does not run
  else if (::getrlimit(RLIMIT_NOFILE, &own) == 0)
    seen.most_fds = static_cast<std::int64_t>(own.rlim_max);
  for (const auto& group : cfg.groups)
    for (const auto& process : group->processes)
      if (process->stopwaitsecs > seen.slowest_seconds)
        seen.slowest = process->name.str(), seen.slowest_seconds = process->stopwaitsecs;
  look_for_manager(seen);
}

} // namespace troupe::ctl
