// See schema.hpp.
#include "config/schema.hpp"

#include "config/log_options.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace troupe::config {

namespace {

template <class Field, class Value>
result<void> put(Field& field, result<Value> value) {
  if (!value)
    return value.error();
  field = static_cast<Field>(*std::move(value));
  return {};
}

using T = const option_target&;
using S = std::string_view;
using H = const host&;

#define DAEMON(member, parse)                                                                                          \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.daemon->member, parse);                                                                               \
  }
#define PROCESS(member, parse)                                                                                         \
  [](T t, S s, H h) -> result<void> {                                                                                  \
    (void)h;                                                                                                           \
    return put(t.process->member, parse);                                                                              \
  }

result<std::string> text(S s) { return std::string(s); }

using enum scope_kind;

// clang-format off
constexpr option_row rows[] = { // section, key, default, help, scope, per process, assign
  {"unix_http_server", "file", "/tmp/supervisor.sock", "the path of the socket file", narrow},
  {"unix_http_server", "chmod", "0700", "mode of the socket file", narrow},
  {"unix_http_server", "chown", "nobody:nogroup", "owner of the socket file, user:group", narrow},
  {"unix_http_server", "username", "user", "clients must give this name", narrow},
  {"unix_http_server", "password", "123", "and this password: plain text, or {SHA} and its SHA-1 in hex", narrow},

  {"inet_http_server", "port", "127.0.0.1:9001", "address:port to listen on, *:port for all interfaces", narrow},
  {"inet_http_server", "username", "user", "clients must give this name", narrow},
  {"inet_http_server", "password", "123", "and this password: plain text, or {SHA} and its SHA-1 in hex", narrow},
  {"inet_http_server", "allowed_hosts", "supervisor.example.com", "names, comma-separated, that clients may use for this server: see docs/web.md", narrow},

  {"supervisord", "minfds", "1024", "file descriptors that must be available at start", narrow, false, DAEMON(minfds, integer(s))},
  {"supervisord", "minprocs", "200", "process table entries that must be available at start", narrow, false, DAEMON(minprocs, integer(s))},
  {"supervisord", "directory", "/tmp", "go to this directory when daemonizing", narrow, false, DAEMON(directory, existing_directory(s, h))},
  {"supervisord", "user", "supervisord", "become this user at start; needs root", narrow, false, DAEMON(user, text(s))},
  {"supervisord", "umask", "022", "file creation mask when daemonizing", narrow, false, DAEMON(umask, octal(s))},
  {"supervisord", "logfile", "/tmp/supervisord.log", "the daemon's own log; syslog for the system log", narrow, false, DAEMON(logfile, existing_dirpath(s, h))},
  {"supervisord", "logfile_maxbytes", "50MB", "rotate the log when it is this large; 0: never", narrow, false, DAEMON(logfile_maxbytes, byte_size(s))},
  {"supervisord", "logfile_backups", "10", "rotated logs to keep; 0: none", narrow, false, DAEMON(logfile_backups, integer(s))},
  {"supervisord", "logfile_compress", "none", "compress rotated logs: gzip or none", narrow, false, DAEMON(log_files.gzip, compression(t.key, s))},
  {"supervisord", "logfile_mode", "0640", "mode of a new log, whatever the umask", narrow, false, DAEMON(log_files.mode, file_mode(t.key, s))},
  {"supervisord", "logfile_owner", "chrism:nogroup", "owner of a new log, user or user:group", narrow, false, DAEMON(log_files.owner, file_owner(t.key, s, h))},
  {"supervisord", "logformat", "text", "records as text, or json: one object each", narrow, false, DAEMON(json_log, json_format(t.key, s))},
  {"supervisord", "loglevel", "info", "critical, error, warn, info, debug, trace or blather", narrow, false, DAEMON(loglevel, level(s))},
  {"supervisord", "pidfile", "/tmp/supervisord.pid", "the daemon's pid is written here", narrow, false, DAEMON(pidfile, existing_dirpath(s, h))},
  {"supervisord", "identifier", "supervisor", "the daemon's name in events and AUTO log names", narrow, false, DAEMON(identifier, text(s))},
  {"supervisord", "nodaemon", "false", "stay in the foreground", narrow, false, DAEMON(nodaemon, boolean(s))},
  {"supervisord", "silent", "false", "in the foreground, no copy of the log on stdout", narrow, false, DAEMON(silent, boolean(s))},
  {"supervisord", "childlogdir", "/tmp", "directory of AUTO child logs", narrow, false, DAEMON(childlogdir, existing_directory(s, h))},
  {"supervisord", "nocleanup", "false", "keep old AUTO child logs at start", narrow, false, DAEMON(nocleanup, boolean(s))},
  {"supervisord", "strip_ansi", "false", "take terminal escape sequences out of child logs", narrow, false, DAEMON(strip_ansi, boolean(s))},
  {"supervisord", "environment", "KEY=\"value\"", "variables for every child", node},

  {"rpcinterface", "supervisor.rpcinterface_factory", "supervisor.rpcinterface:make_main_rpcinterface", "what answers XML-RPC under this name", narrow},
  {"rpcinterface", "command", "/usr/local/bin/my-interface", "instead of a factory: a program that answers, in JSON lines", narrow},
  {"rpcinterface", "timeout", "30", "with command: seconds it may take to answer", narrow},

  {"supervisorctl", "serverurl", "unix:///tmp/supervisor.sock", "the daemon to talk to: unix:///path or http://host:port", narrow},
  {"supervisorctl", "username", "chris", "as in the server's section", narrow},
  {"supervisorctl", "password", "123", "as in the server's section", narrow},
  {"supervisorctl", "prompt", "mysupervisor", "prompt of the shell", narrow},
  {"supervisorctl", "history_file", "~/.sc_history", "keep the shell's history here", narrow},

  {"program", "priority", "999", "lower starts first and stops last, equal groups together", program, false, PROCESS(priority, integer(s))},
  {"program", "autostart", "true", "start with the daemon", program, false, PROCESS(autostart, boolean(s))},
  {"program", "autorestart", "unexpected", "start again after an exit: true, false, or unexpected (exit codes); a second after its start at the earliest", program, false, PROCESS(restart, restart_policy(s))},
  {"program", "startsecs", "1", "seconds it must stay up to count as started", program, false, PROCESS(startsecs, integer(s))},
  {"program", "startretries", "3", "failed starts in a row before it is given up", program, false, PROCESS(startretries, integer(s))},
  {"program", "stopsignal", "TERM", "signal that stops it", program, false, PROCESS(stopsignal, signal_number(s))},
  {"program", "stopwaitsecs", "10", "seconds to wait before SIGKILL", program, false, PROCESS(stopwaitsecs, integer(s))},
  {"program", "stopasgroup", "false", "send the stop signal to its process group", program, false, PROCESS(stopasgroup, boolean(s))},
  {"program", "killasgroup", "false", "send SIGKILL to its process group; default: as stopasgroup", program, false, PROCESS(killasgroup, boolean(s))},
  {"program", "exitcodes", "0", "exit codes that are expected", program, false, PROCESS(exitcodes, exit_codes(s))},
  {"program", "redirect_stderr", "false", "write stderr into the stdout log", program, false, PROCESS(redirect_stderr, boolean(s))},
  {"program", "numprocs", "1", "how many processes to run; process_name must then hold %(process_num)", program},
  {"program", "numprocs_start", "0", "the first process_num", program},
  {"program", "stdout_capture_maxbytes", "0", "bytes kept between capture tokens on stdout; 0: no capture", program, false, PROCESS(out.capture_maxbytes, byte_size(s))},
  {"program", "stdout_events_enabled", "false", "publish stdout as PROCESS_LOG events", program, false, PROCESS(out.events_enabled, boolean(s))},
  {"program", "stderr_capture_maxbytes", "0", "bytes kept between capture tokens on stderr; 0: no capture", program, false, PROCESS(err.capture_maxbytes, byte_size(s))},
  {"program", "stderr_events_enabled", "false", "publish stderr as PROCESS_LOG events", program, false, PROCESS(err.events_enabled, boolean(s))},
  {"program", "serverurl", "AUTO", "value of SUPERVISOR_SERVER_URL; AUTO: found by the daemon", program},
  {"program", "user", "chrism", "run as this user; needs root", program, false, PROCESS(uid, user_id(s, h))},
  {"program", "umask", "022", "file creation mask", program, false, PROCESS(umask, octal(s))},
  {"program", "process_name", "%(program_name)s", "name of each process", numbered},
  {"program", "environment", "A=\"1\",B=\"2\"", "variables of its own", numbered, true},
  {"program", "directory", "/tmp", "go to this directory first", own, true, PROCESS(directory, text(s))},
  {"program", "stdout_logfile", "/a/path", "log of stdout; NONE for none; AUTO (the default) for a temporary one", own, true},
  {"program", "stdout_logfile_backups", "10", "rotated logs to keep; 0: none", own, true, PROCESS(out.logfile_backups, integer(s))},
  {"program", "stdout_logfile_maxbytes", "50MB", "rotate the log when it is this large; 0: never", own, true, PROCESS(out.logfile_maxbytes, byte_size(s))},
  {"program", "stdout_syslog", "false", "send stdout to the system log, too", own, true, PROCESS(out.syslog, boolean(s))},
  {"program", "stderr_logfile", "/a/path", "log of stderr; NONE for none; AUTO (the default) for a temporary one", own, true},
  {"program", "stderr_logfile_backups", "10", "rotated logs to keep; 0: none", own, true, PROCESS(err.logfile_backups, integer(s))},
  {"program", "stderr_logfile_maxbytes", "50MB", "rotate the log when it is this large; 0: never", own, true, PROCESS(err.logfile_maxbytes, byte_size(s))},
  {"program", "stderr_syslog", "false", "send stderr to the system log, too", own, true, PROCESS(err.syslog, boolean(s))},
  {"program", "stdout_logfile_compress", "none", "compress rotated logs: gzip or none", own, true, PROCESS(out.files.gzip, compression(t.key, s))},
  {"program", "stdout_logfile_mode", "0640", "mode of a new log, whatever the umask", own, true, PROCESS(out.files.mode, file_mode(t.key, s))},
  {"program", "stdout_logfile_owner", "chrism:nogroup", "owner of a new log, user or user:group", own, true, PROCESS(out.files.owner, file_owner(t.key, s, h))},
  {"program", "stdout_timestamp", "rfc3339", "time before each line: rfc3339, or a format of strftime(3), each % written twice; %%f: microseconds", own, true, PROCESS(out.lines.timestamp, timestamp_format(t.key, s))},
  {"program", "stdout_prefix", "%(program_name)s", "text and a blank before each line", own, true, PROCESS(out.lines.prefix, line_prefix(t.key, s))},
  {"program", "stdout_logformat", "text", "lines as they are, or json: one object each", own, true, PROCESS(out.lines.json, json_format(t.key, s))},
  {"program", "stderr_logfile_compress", "none", "compress rotated logs: gzip or none", own, true, PROCESS(err.files.gzip, compression(t.key, s))},
  {"program", "stderr_logfile_mode", "0640", "mode of a new log, whatever the umask", own, true, PROCESS(err.files.mode, file_mode(t.key, s))},
  {"program", "stderr_logfile_owner", "chrism:nogroup", "owner of a new log, user or user:group", own, true, PROCESS(err.files.owner, file_owner(t.key, s, h))},
  {"program", "stderr_timestamp", "rfc3339", "time before each line: rfc3339, or a format of strftime(3), each % written twice; %%f: microseconds", own, true, PROCESS(err.lines.timestamp, timestamp_format(t.key, s))},
  {"program", "stderr_prefix", "%(program_name)s", "text and a blank before each line", own, true, PROCESS(err.lines.prefix, line_prefix(t.key, s))},
  {"program", "stderr_logformat", "text", "lines as they are, or json: one object each", own, true, PROCESS(err.lines.json, json_format(t.key, s))},
  {"program", "command", "/bin/cat", "the program and its arguments; a path, or found through PATH", own, true, PROCESS(command, text(s))},

  {"group", "programs", "progname1,progname2", "the programs of this group, by their x in [program:x]", narrow},
  {"group", "priority", "999", "lower starts first and stops last", narrow},

  {"eventlistener", "priority", "-1", "lower starts first and stops last", narrow},
  {"eventlistener", "buffer_size", "10", "events kept while no listener is ready", narrow},
  {"eventlistener", "result_handler", "supervisor.dispatchers:default_handler", "who judges a listener's result", narrow},
  {"eventlistener", "events", "EVENT", "comma-separated event types to receive", narrow},

  {"fcgi-program", "priority", "999", "lower starts first and stops last", narrow},
  {"fcgi-program", "socket_backlog", "4096", "connections that may wait", narrow},
  {"fcgi-program", "socket_owner", "chrism:nogroup", "owner of a unix socket, user:group", narrow},
  {"fcgi-program", "socket_mode", "0700", "mode of a unix socket", narrow},
  {"fcgi-program", "socket", "unix:///var/run/%(program_name)s.sock", "unix:///absolute/path or tcp://host:port", socket},

  {"include", "files", "relative/directory/*.ini", "files to read as well, with wildcards, separated by blanks", node},
};
// clang-format on

#undef DAEMON
#undef PROCESS

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = std::exchange(row[j], next);
    }
  }
  return row.back();
}

std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    auto end = name.find('_', begin);
    parts.push_back(name.substr(begin, end - begin));
    if (end == name.npos)
      return parts;
    begin = end + 1;
  }
}

/// 2 for each whole word that one has and the other lacks, the rest being the same and in order; else far away:
/// stdout_logfile_syslog is nearer to stdout_syslog than to another option of logfiles.
std::size_t word_distance(std::string_view a, std::string_view b) {
  auto longer = parts_of(a);
  auto shorter = parts_of(b);
  if (longer.size() < shorter.size())
    std::swap(longer, shorter);
  std::size_t found = 0;
  for (auto part : longer)
    if (found < shorter.size() && part == shorter[found])
      ++found;
  return found == shorter.size() ? 2 * (longer.size() - shorter.size()) : std::string_view::npos;
}

} // namespace

std::span<const option_row> schema() { return rows; }

std::span<const option_row> schema_of(std::string_view section) {
  static const auto index = [] {
    std::unordered_map<std::string_view, std::span<const option_row>> spans;
    for (auto begin = std::begin(rows); begin != std::end(rows);) {
      auto end = std::find_if(begin, std::end(rows), [&](auto& r) { return r.section != begin->section; });
      spans[begin->section] = {begin, end};
      begin = end;
    }
    return spans;
  }();
  auto found = index.find(section);
  return found == index.end() ? std::span<const option_row>{} : found->second;
}

std::optional<std::size_t> program_row(std::string_view key) {
  static const auto index = [] {
    std::unordered_map<std::string_view, std::size_t> positions;
    for (const auto& row : schema_of("program"))
      positions.emplace(row.key, positions.size());
    return positions;
  }();
  auto found = index.find(key);
  return found == index.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  using cost_type = std::tuple<std::size_t, bool, std::size_t>; // how far, another last word, letters apart
  cost_type least{std::max<std::size_t>(2, word.size() / 3) + 1, false, 0};
  if (word.size() > 64)
    return best;
  for (auto candidate : known) {
    auto letters = distance(word, candidate);
    bool other_end = parts_of(word).back() != parts_of(candidate).back();
    cost_type cost{std::min(letters, word_distance(word, candidate)), other_end, letters};
    bool later_twin = best && cost == least; // stdout_ after stderr_, and people mean that
    if (cost < least || later_twin) {
      least = cost;
      best = candidate;
    }
  }
  return best;
}

} // namespace troupe::config
