// The methods that tell how processes are and how they are configured, from the status board. getAllProcessInfo is
// asked for all the time: rpc_methods.cpp keeps its response and comes here only when something has changed. Must not
// ask an actor, nor wait. Source: docs/contract/http.md, 4.5 and 4.8.
#include "actors/rpc/rpc_handlers.hpp"
#include "actors/rpc/seen_status.hpp"

#include "protocols/descriptions.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace troupe::actors {

using protocols::rpc_fault;
using protocols::rpc_writer;

namespace {

/// XML-RPC's integers end in 2038.
std::int64_t shown_time(const rpc_writer& out, std::int64_t seconds) {
  return out.whole_times() ? seconds
                           : std::clamp<std::int64_t>(seconds, std::numeric_limits<std::int32_t>::min(),
                                                      std::numeric_limits<std::int32_t>::max());
}

template <class T>
void member_or_none(rpc_writer& out, std::string_view key, const std::optional<T>& value) {
  if (value)
    out.member(key, *value);
  else
    out.member(key, "none");
}

/// `path`: of the running group's process, where the options are still its own.
std::string log_name(const config::channel_options& channel, const std::string& path) {
  switch (channel.logfile.to) {
  case config::log_target::kind::file:
    return channel.logfile.path;
  case config::log_target::kind::automatic:
    return path.empty() ? "auto" : path;
  case config::log_target::kind::none:
    break;
  }
  return "none";
}

void write_config(rpc_writer& out, const config::group_options& group, const config::process_options& p, bool in_use,
                  const process_status* active) {
  out.begin_struct();
  bool as_it_was = p.starts_as_last() && active && active->wished == intent::unwanted;
  out.member("autostart", p.autostart && !as_it_was);
  if (p.restart == config::autorestart::unexpected)
    out.member("autorestart", "unexpected");
  else
    out.member("autorestart", p.restart == config::autorestart::always);
  member_or_none(out, "directory", p.directory);
  member_or_none(out, "uid", p.uid);
  out.member("command", p.command);
  out.name("exitcodes");
  out.begin_array();
  for (int code : p.exitcodes)
    out.value(code);
  out.end_array();
  out.end_member();
  out.member("group", group.name);
  out.member("group_prio", group.priority);
  out.member("inuse", in_use);
  out.member("killasgroup", p.killasgroup);
  out.member("name", p.name);
  out.member("process_prio", p.priority);
  out.member("redirect_stderr", p.redirect_stderr);
  constexpr std::int64_t longest_int = INT32_MAX; // of a typed client
  out.member("startretries", p.startretries == config::endless ? longest_int : p.startretries);
  out.member("startsecs", p.startsecs);
  auto channel = [&](const std::string& prefix, const config::channel_options& options, const std::string& path) {
    out.member(prefix + "_capture_maxbytes", options.capture_maxbytes);
    out.member(prefix + "_events_enabled", options.events_enabled);
    out.member(prefix + "_logfile", log_name(options, path));
    out.member(prefix + "_logfile_backups", options.logfile_backups);
    out.member(prefix + "_logfile_maxbytes", options.logfile_maxbytes);
    out.member(prefix + "_syslog", options.syslog);
  };
  channel("stdout", p.out, active ? active->who->stdout_path : "");
  out.member("stopsignal", p.stopsignal);
  out.member("stopwaitsecs", p.stopwaitsecs);
  channel("stderr", p.err, active ? active->who->stderr_path : "");
  member_or_none(out, "serverurl", p.serverurl);
  out.end_struct();
}

} // namespace

void write_info(rpc_writer& out, const process_status& p, std::int64_t now) {
  const auto& name = p.who->options->name;
  auto start = p.laststart / 1'000'000;
  auto stop = p.laststop / 1'000'000;
  out.begin_struct();
  out.member("name", name);
  out.member("group", p.who->group);
  out.member("start", shown_time(out, start));
  out.member("stop", shown_time(out, stop));
  out.member("now", shown_time(out, now));
  out.member("state", static_cast<int>(p.state));
  out.member("statename", protocols::to_string(p.state));
  out.member("spawnerr", p.spawnerr);
  out.member("exitstatus", p.exitstatus.value_or(0));
  out.member("logfile", p.who->stdout_path);
  out.member("stdout_logfile", p.who->stdout_path);
  out.member("stderr_logfile", p.who->stderr_path);
  out.member("pid", p.pid);
  out.member("description", protocols::describe(p.state, name, p.pid, p.spawnerr, start, stop, now, p.waiting_for));
  out.end_struct();
}

rpc_step get_process_info(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  write_info(c.out, seen_status(c.board, *process).get(), now_seconds());
  return rpc_written{};
}

rpc_step get_all_process_info(call_context& c) {
  if (!c.out.whole_times()) {
    c.out.written(c.methods.all_info(c.board));
    return rpc_written{};
  }
  c.out.begin_array();
  for (const auto& process : c.board.all())
    write_info(c.out, seen_status(c.board, *process).get(), now_seconds());
  c.out.end_array();
  return rpc_written{};
}

rpc_step get_all_config_info(call_context& c) {
  struct item {
    const config::group_options* group;
    const config::process_options* process;
  };
  auto loaded = c.board.loaded();
  std::vector<item> items;
  for (const auto& group : *loaded)
    for (const auto& process : group->processes)
      if (c.board.whole() ||
          protocols::decide(c.board.held().over(group->name, *process), c.row.opens.needs) == protocols::verdict::allow)
        items.push_back({group.get(), process.get()});
  std::stable_sort(items.begin(), items.end(), [](auto& a, auto& b) { return a.process->name < b.process->name; });
  c.out.begin_array();
  for (const auto& [group, process] : items) {
    auto active = c.board.find(group->name, process->name);
    bool same = active && active->who->options.get() == process;
    write_config(c.out, *group, *process, c.board.has_group(group->name), same ? active.get() : nullptr);
  }
  c.out.end_array();
  return rpc_written{};
}

} // namespace troupe::actors
