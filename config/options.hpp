// What a configuration says, as plain structs whose initialisers are the defaults.
// Must not parse, look anything up or know where a value came from (schema.cpp and load.cpp do).
// Source: docs/contract/configuration.md, sections 4.1 to 4.9.
#pragma once

#include "config/access_options.hpp"
#include "config/check_options.hpp"
#include "config/dependency_options.hpp"
#include "config/exit_codes.hpp"
#include "config/fate_options.hpp"
#include "config/history_options.hpp"
#include "config/restart_options.hpp"
#include "config/result.hpp"
#include "config/rolling_options.hpp"
#include "config/scale.hpp"
#include "config/shared_environment.hpp"
#include "config/shared_text.hpp"
#include "config/stop_options.hpp"
#include "config/surroundings.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::config {

/// Numeric values are those of Supervisor's log levels; a record is written if its level >= the option.
enum class log_level { blather = 3, trace = 5, debug = 10, info = 20, warn = 30, error = 40, critical = 50 };

enum class autorestart : std::uint8_t { never, unexpected, always };

/// Where one channel of a process goes.
struct log_target {
  enum class kind { automatic, none, file } to = kind::automatic;
  shared_text path; ///< for kind::file; expanded, not necessarily absolute
  bool operator==(const log_target&) const = default;
};

/// Who a file is given to; -1: unchanged.
struct ownership {
  std::int64_t uid = -1;
  std::int64_t gid = -1;
  bool operator==(const ownership&) const = default;
};

/// What a log file gets when it is created, and its backups when it is rotated.
struct log_file_options {
  bool gzip = false;       ///< compress backups
  std::optional<int> mode; ///< whatever the umask; unset: 0666 & ~umask
  ownership owner;
  bool operator==(const log_file_options&) const = default;
};

/// How each line of a channel is written to its log.
struct line_options {
  bool json = false;     ///< an object for each line
  std::string timestamp; ///< "rfc3339" or a format of strftime(3), where %f is the microseconds; empty: none
  std::string prefix;    ///< before each line
  bool operator==(const line_options&) const = default;
  bool plain() const { return !json && timestamp.empty() && prefix.empty(); } ///< bytes as they come
};

/// What few channels ask for, once for all who ask for the same.
struct log_dressing {
  log_file_options files;
  line_options lines;
  bool operator==(const log_dressing&) const = default;
};

/// The options of one output channel (stdout_* or stderr_*).
struct channel_options {
  log_target logfile;
  std::int64_t logfile_maxbytes = 50 * 1024 * 1024; ///< bytes; <= 0: never rotated
  std::int64_t logfile_backups = 10;                ///< <= 0: truncate instead of rename
  std::int64_t capture_maxbytes = 0;                ///< bytes; 0: capture mode off
  bool syslog = false;
  bool events_enabled = false;                  ///< publish PROCESS_LOG events
  std::shared_ptr<const log_dressing> dressing; ///< null: nothing of it is asked for

  const log_file_options& files() const { return dressed().files; }
  const line_options& lines() const { return dressed().lines; }
  const log_dressing& dressed() const;
  log_dressing& dress(); ///< to change it: from now on it is shared with nobody
};

/// The listening socket of an [fcgi-program:x], shared by its processes.
struct fcgi_socket {
  bool is_unix = true;
  std::string path;            ///< unix: absolute and normalised
  std::string host;            ///< tcp: lower-cased
  int port = 0;                ///< tcp
  std::optional<int> backlog;  ///< unset: SOMAXCONN
  int mode = 0700;             ///< unix only
  std::int64_t owner_uid = -1; ///< -1: unchanged
  std::int64_t owner_gid = -1; ///< -1: unchanged
  std::string url() const;     ///< unix:///abs/path or tcp://host:port
};

/// What few processes ask for beyond Supervisor's options, once for all who ask for the same.
struct process_policy {
  restart_options restarts;
  dependency_options dependencies;
  ready_options ready;
  health_options health;
  stop_options stops;
  hook_options hooks;
  bool oneshot = false;     ///< it runs to its end: RUNNING at once, EXITED is success
  bool fails_group = false; ///< its group wants to know when it has failed
  essential_options essential;
  surroundings around;
  rolling_options rolling;
  reload_options reloads;
  bool starts_as_last = false; ///< with autostart: at boot only where it was wanted when the daemon ended
  bool operator==(const process_policy&) const = default;
};

/// One process, everything expanded. Immutable once loaded; shared by whoever needs it. There may be thousands: what
/// several have in common (texts, variables, what few ask for) is held by all of them.
struct process_options {
  shared_text name;    ///< without the group
  shared_text section; ///< `program:x`, for messages
  shared_text command; ///< argv as text, split only at spawn; quotes honoured, no shell
  std::int64_t priority = 999;
  std::int64_t startsecs = 1;     ///< seconds up to count as started; <= 0: at once
  std::int64_t startretries = 3;  ///< endless: never given up
  std::int64_t stopwaitsecs = 10; ///< seconds until SIGKILL
  int stopsignal = 15;            ///< the first one of a ladder
  autorestart restart = autorestart::unexpected;
  bool autostart = true;
  bool stopasgroup = false;
  bool killasgroup = false;
  bool redirect_stderr = false;
  bool listener = false; ///< of an [eventlistener:x]
  exit_code_list exitcodes = exit_code_list::only_success();
  std::optional<int> umask;
  std::optional<std::int64_t> uid;           ///< of `user`; unset: the daemon's
  std::optional<shared_text> directory;      ///< not checked before the spawn
  std::optional<std::int64_t> deathlines;    ///< of each channel in a death report; 0: no reports; unset: the daemon's
  std::optional<shared_text> serverurl;      ///< unset: the daemon finds its own; empty: no SUPERVISOR_SERVER_URL
  shared_environment env;                    ///< [supervisord] environment with the program's own merged over it
  channel_options out;                       ///< stdout
  channel_options err;                       ///< stderr
  std::shared_ptr<const fcgi_socket> socket; ///< of an fcgi-program, else null
  std::shared_ptr<const process_policy> policy; ///< null: nothing of it is asked for

  const restart_options& restarts() const { return asked().restarts; }
  const dependency_options& dependencies() const { return asked().dependencies; }
  const ready_options& ready() const { return asked().ready; }
  const health_options& health() const { return asked().health; }
  const stop_options& stops() const { return asked().stops; }
  const hook_options& hooks() const { return asked().hooks; }
  bool oneshot() const { return asked().oneshot; }
  const essential_options& essential() const { return asked().essential; }
  const surroundings& around() const { return asked().around; }
  const rolling_options& rolling() const { return asked().rolling; }
  const reload_options& reloads() const { return asked().reloads; }
  bool starts_as_last() const { return asked().starts_as_last; }
  const process_policy& asked() const;
  process_policy& ask(); ///< to change it: from now on it is shared with nobody
};

/// What is as in `before` is held together with it from now on.
void share(process_options& process, const process_options& before);

using process_options_ptr = std::shared_ptr<const process_options>;

enum class group_kind { program, group, eventlistener, fcgi };

/// One group of processes, in table order.
struct group_options {
  group_kind kind = group_kind::program;
  shared_text name;
  std::int64_t priority = 999;
  std::vector<process_options_ptr> processes;
  bool ordered_stop = false; ///< one priority of its processes after the other, the highest first
  group_fate onfailure = group_fate::none;
  // eventlistener only
  std::int64_t buffer_size = 10;
  std::vector<std::string> events; ///< upper-case names, sorted, unique
  bool detail = false;             ///< events of ends say more
  shared_text result_handler = usual_handler();
  std::shared_ptr<const place> result_handler_at; ///< for errors of what it names; null: it is not written
  // fcgi only
  std::shared_ptr<const fcgi_socket> socket;

  static const shared_text& usual_handler(); ///< that of Supervisor
};

using group_options_ptr = std::shared_ptr<const group_options>;

/// How an [inet_http_server*] speaks TLS. Source: docs/contract/access.md, 5.
struct tls_options {
  std::string cert; ///< files, absolute
  std::string key;
  std::string client_ca; ///< empty: clients' certificates are not asked for
  bool client_required = false;
  bool at_least_1_3 = false;
  place cert_at, key_at, client_ca_at; ///< for errors of what is in the files
};

/// An [inet_http_server*] or [unix_http_server*].
struct server_options {
  std::string section;
  bool is_unix = false;
  std::string host;            ///< inet; empty: all interfaces
  int port = 0;                ///< inet
  std::string file;            ///< unix: absolute and normalised
  int chmod = 0700;            ///< unix
  std::int64_t chown_uid = -1; ///< unix; -1: unchanged
  std::int64_t chown_gid = -1;
  std::optional<std::string> username; ///< set: requests must authenticate
  secret_text password;                ///< plain or {SHA}hex; never to be shown
  /// inet: names clients may call us by; empty: see docs/web.md.
  std::vector<std::string> allowed_hosts;
  // access
  std::optional<std::vector<std::string>> max_roles; ///< set: nobody is more here
  std::vector<std::string> anonymous;                ///< roles of those who prove nothing; empty: they are refused
  bool peer_auth = true;                             ///< unix: the uid of whoever connects counts
  std::vector<network> trusted_proxies;              ///< whose X-Forwarded-For and -Proto count
  std::optional<tls_options> tls;                    ///< inet; empty: plain HTTP
};

/// An [rpcinterface:x].
struct rpcinterface_options {
  std::string name;    ///< the XML-RPC namespace
  std::string factory; ///< supervisor.rpcinterface_factory; empty: `command` answers
  environment options; ///< the other options, in order
  /// What its own calls may do, as `supervisor.roles` says where access control is on; none: everything.
  std::optional<std::vector<std::string>> roles;
  // without a factory
  std::string command;       ///< argv as text
  std::int64_t timeout = 30; ///< seconds for one answer
  place at;                  ///< of the factory or command, for errors of what it names
};

/// [supervisord].
struct supervisord_options {
  std::int64_t minfds = 1024;
  std::int64_t minprocs = 200;
  std::optional<std::string> directory; ///< chdir only when daemonizing
  std::optional<std::string> user;      ///< as written; resolved into uid
  std::optional<std::int64_t> uid;
  int umask = 022;                         ///< only when daemonizing
  std::string logfile = "supervisord.log"; ///< absolute, or exactly "syslog"
  std::int64_t logfile_maxbytes = 50 * 1024 * 1024;
  std::int64_t logfile_backups = 10;
  log_file_options log_files;
  bool json_log = false; ///< each record as a JSON object
  log_level loglevel = log_level::info;
  std::string pidfile = "supervisord.pid"; ///< absolute
  std::string identifier = "supervisor";
  bool nodaemon = false;
  bool silent = false;
  std::string childlogdir; ///< directory of AUTO logs
  std::string notifydir;   ///< absolute; where sockets of ready=notify are; empty: they have abstract names
  bool nocleanup = false;
  bool strip_ansi = false;
  std::int64_t deathlines = 20;                     ///< of programs that do not say
  std::chrono::milliseconds upgradetimeout{10'000}; ///< for another binary to be ready; to come to rest, a fifth of it
  bool survive = false;                             ///< its own death, by a keeper that has the daemon's pid
  rate survivelimit{5, std::chrono::seconds{60}};   ///< deaths before programs are stopped and it ends
  bool stop_leftovers = true;                       ///< programs of a daemon that died whole, before they are started
  std::int64_t startconcurrency = 0;                ///< processes between spawn and the end of STARTING; 0: no limit
  std::optional<rate> restartbudget;                ///< restarts by itself of all processes together
  bool updates_processes = false;                   ///< our `update` compares process by process, not group by group
  std::string statefile; ///< absolute; where it is kept who is disabled and wanted; empty: nowhere
  environment env;
};

/// A record collected while parsing, written when the main log opens.
struct notice {
  log_level level = log_level::warn;
  std::string text;
};

/// What a start finds to be unsafe, and starts with all the same, unless it is strict.
struct weakness {
  place at; ///< line 0: the file as a whole
  log_level level = log_level::warn;
  std::string text;
};

/// Everything the daemon needs. Groups are sorted by (priority, name).
struct configuration {
  std::string file; ///< the main file, absolute
  supervisord_options supervisord;
  std::vector<group_options_ptr> groups;
  std::vector<server_options> servers; ///< inet servers first, each kind in file order
  std::vector<rpcinterface_options> rpcinterfaces;
  access_options_ptr access;              ///< null: access control is off
  std::optional<audit_options> audit;     ///< of [audit], whether access control is on or off
  std::optional<history_options> history; ///< of [history]; none: nothing is kept
  std::optional<std::string> server_url;  ///< what children get as SUPERVISOR_SERVER_URL
  std::vector<notice> notices;
  std::vector<weakness> weaknesses;                          ///< where they were looked for
  std::map<std::string, scaled_program, std::less<>> scaled; ///< programs of the request's book that there are
};

} // namespace troupe::config
