// See diff.hpp.
#include "config/diff.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace troupe::config {

namespace {

/// A new AUTO log equals anything (K16).
bool same_log(const channel_options& active, const channel_options& loaded) {
  bool same_file = loaded.logfile.to == log_target::kind::automatic || active.logfile == loaded.logfile;
  auto rest = [](const channel_options& c) {
    return std::tie(c.logfile_maxbytes, c.logfile_backups, c.syslog, c.capture_maxbytes, c.events_enabled, c.files,
                    c.lines);
  };
  return same_file && rest(active) == rest(loaded);
}

bool same_environment(const environment& a, const environment& b) {
  return a == b || std::map(a.begin(), a.end()) == std::map(b.begin(), b.end());
}

/// Owner, mode and backlog do not count (K15).
bool same_socket(const fcgi_socket* a, const fcgi_socket* b) { return a && b ? a->url() == b->url() : a == b; }

bool same_process(const process_options& a, const process_options& b) {
  auto plain = [](const process_options& p) {
    return std::tie(p.name, p.uid, p.command, p.directory, p.umask, p.priority, p.autostart, p.restart, p.startsecs,
                    p.startretries, p.stopsignal, p.stopwaitsecs, p.stopasgroup, p.killasgroup, p.exitcodes,
                    p.redirect_stderr, p.serverurl);
  };
  return plain(a) == plain(b) && same_environment(a.env, b.env) && same_log(a.out, b.out) && same_log(a.err, b.err) &&
         same_socket(a.socket.get(), b.socket.get());
}

bool same_group(const group_options& a, const group_options& b) {
  auto plain = [](const group_options& g) {
    return std::tie(g.kind, g.name, g.priority, g.buffer_size, g.events, g.result_handler);
  };
  return plain(a) == plain(b) && same_socket(a.socket.get(), b.socket.get()) &&
         std::equal(a.processes.begin(), a.processes.end(), b.processes.begin(), b.processes.end(),
                    [](auto& p, auto& q) { return same_process(*p, *q); });
}

} // namespace

reload_diff compare(const std::vector<group_options_ptr>& active, const std::vector<group_options_ptr>& loaded) {
  auto index = [](const auto& groups) {
    std::unordered_map<std::string, const group_options*> by_name;
    for (const auto& group : groups)
      by_name.emplace(group->name, group.get());
    return by_name;
  };
  auto active_by_name = index(active);
  auto loaded_by_name = index(loaded);
  reload_diff diff;
  for (const auto& group : loaded) {
    auto found = active_by_name.find(group->name);
    if (found == active_by_name.end())
      diff.added.push_back(group->name);
    else if (!same_group(*found->second, *group))
      diff.changed.push_back(group->name);
  }
  for (const auto& group : active)
    if (!loaded_by_name.contains(group->name))
      diff.removed.push_back(group->name);
  return diff;
}

} // namespace troupe::config
