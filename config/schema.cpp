// The table of options: one row each, and nothing beside it but the words it is written in. A new option is a row here;
// where its text needs more than one call, a function in schema_setters.cpp. Must not be searched here:
// schema_lookup.cpp does that. Source: docs/contract/configuration.md, section 4.
#include "config/access_setters.hpp"
#include "config/check_setters.hpp"
#include "config/dependency_setters.hpp"
#include "config/enable_setters.hpp"
#include "config/fate_setters.hpp"
#include "config/history_setters.hpp"
#include "config/load.hpp"
#include "config/log_levels.hpp"
#include "config/log_options.hpp"
#include "config/option_effects.hpp"
#include "config/restart_setters.hpp"
#include "config/rolling_setters.hpp"
#include "config/schema_setters.hpp"
#include "config/stop_setters.hpp"
#include "config/surroundings_setters.hpp"
#include "config/text.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace troupe::config {

namespace {

using namespace setters;

#include "config/schema_words.hpp"

using enum scope_kind;

// clang-format off
constexpr option_row rows[] = { // section, key, default, help, scope, per process, setter, comparison
  {"unix_http_server", "file", "/tmp/supervisor.sock", "the path of the socket file", narrow, false, SERVER(file, result<std::string>(absolute(expand_user(strip(s), h), h)))},
  {"unix_http_server", "chmod", "0700", "mode of the socket file", narrow, false, SERVER(chmod, socket_mode(s, "chmod"))},
  {"unix_http_server", "chown", "nobody:nogroup", "owner of the socket file, user:group", narrow, false, set_server_owner, of_a_server},
  {"unix_http_server", "username", "user", "clients must give this name", narrow, false, SERVER(username, text(s))},
  {"unix_http_server", "password", "123", "and this password: plain text, or {SHA} and its SHA-1 in hex", narrow, false, SERVER(password, result<secret_text>(s))},
  {"unix_http_server", "max_roles", "viewer", "roles, comma-separated: nobody may do more here than they let", narrow, false, ACCESS_SERVER(max_roles, item_list(t, s))},
  {"unix_http_server", "anonymous", "viewer", "roles of those who prove nothing; default: they are refused", narrow, false, ACCESS_SERVER(anonymous, item_list(t, s))},
  {"unix_http_server", "trusted_proxies", "unix", "networks whose X-Forwarded-For and X-Forwarded-Proto count; unix: the peer of the socket", narrow, false, ACCESS_SERVER(trusted_proxies, network_list(t, s))},
  {"unix_http_server", "peer_auth", "true", "the user and groups of whoever connects count", narrow, false, ACCESS_SERVER(peer_auth, boolean(s))},

  {"inet_http_server", "port", "127.0.0.1:9001", "address:port to listen on, *:port for all interfaces", narrow, false, set_server_port, of_a_server},
  {"inet_http_server", "username", "user", "clients must give this name", narrow, false, SERVER(username, text(s))},
  {"inet_http_server", "password", "123", "and this password: plain text, or {SHA} and its SHA-1 in hex", narrow, false, SERVER(password, result<secret_text>(s))},
  {"inet_http_server", "allowed_hosts", "supervisor.example.com", "names, comma-separated, that clients may use for this server: see docs/web.md", narrow, false, set_allowed_hosts, of_a_server},
  {"inet_http_server", "max_roles", "viewer", "roles, comma-separated: nobody may do more here than they let", narrow, false, ACCESS_SERVER(max_roles, item_list(t, s))},
  {"inet_http_server", "anonymous", "viewer", "roles of those who prove nothing; default: they are refused", narrow, false, ACCESS_SERVER(anonymous, item_list(t, s))},
  {"inet_http_server", "trusted_proxies", "10.0.0.5", "networks whose X-Forwarded-For and X-Forwarded-Proto count", narrow, false, ACCESS_SERVER(trusted_proxies, network_list(t, s))},
  {"inet_http_server", "tls_cert", "/etc/troupe/tls/cert.pem", "PEM, the server's certificate first: it speaks HTTPS, and nothing else", narrow, false, TLS_SERVER(cert, tls_file(t, s, h))},
  {"inet_http_server", "tls_key", "/etc/troupe/tls/key.pem", "PEM, the key of it, without a passphrase", narrow, false, TLS_SERVER(key, tls_file(t, s, h))},
  {"inet_http_server", "tls_client_ca", "/etc/troupe/tls/clients.pem", "PEM: who signs the certificates of clients", narrow, false, TLS_SERVER(client_ca, tls_file(t, s, h))},
  {"inet_http_server", "tls_client", "required", "optional with tls_client_ca, else none; required: no client without a certificate", narrow, false, set_tls_client, of_a_server, takes_effect::restart, true},
  {"inet_http_server", "tls_min", "1.2", "the oldest version of TLS: 1.2 or 1.3", narrow, false, TLS_SERVER(at_least_1_3, tls_is_1_3(t, s))},

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
  {"supervisord", "deathlines", "20", "last lines of each channel in a death report, 0 to 200; 0: no reports", narrow, false, DAEMON(deathlines, death_lines(t.key, s))},
  {"supervisord", "upgradetimeout", "10s", "for another binary to be ready when it takes over, 1s to 5m; to come to rest, a fifth of it", narrow, false, DAEMON(upgradetimeout, upgrade_timeout(t.key, s))},
  {"supervisord", "survive", "false", "programs outlive a death of the daemon, which goes on where it was; read at start only", narrow, false, DAEMON(survive, boolean(s))},
  {"supervisord", "survivelimit", "5/60s", "with survive: so many deaths in that time, then all programs are stopped and it ends with status 70", narrow, false, DAEMON(survivelimit, rate_of(t.key, s))},
  {"supervisord", "leftovers", "stop", "with survive: programs left by a supervisord that died whole: stop each before it is started anew, or ignore them", narrow, false, DAEMON(stop_leftovers, stop_or_ignore(t.key, s))},
  {"supervisord", "startconcurrency", "0", "so many processes may be starting at a time, the others wait; 0: no limit", narrow, false, DAEMON(startconcurrency, concurrency_of(t.key, s)), takes_effect::restart, false, true},
  {"supervisord", "restartbudget", "20/10s", "so many restarts by itself within that time, of all processes together, the others wait; default: no limit", narrow, false, DAEMON(restartbudget, rate_of(t.key, s)), takes_effect::restart, false, true},
  {"supervisord", "updatemode", "group", "what our update compares: group, a group with a change is stopped and started; or process, each process for itself; see docs/updates.md", narrow, false, DAEMON(updates_processes, update_mode_of(t.key, s)), takes_effect::restart, false, true},
  {"supervisord", "notifydir", "/run/supervisor", "folder for the sockets of ready=notify and health=notify, for programs in another network name space; default: none is needed", narrow, false, DAEMON(notifydir, existing_directory(s, h)), takes_effect::restart, false, true},
  {"supervisord", "statefile", "/var/lib/supervisor/state.json", "where it is kept who is disabled and who was wanted, over the end of the daemon; default: nowhere", narrow, false, DAEMON(statefile, statefile_path(s, h)), takes_effect::restart, false, true},
  {"supervisord", "environment", "KEY=\"value\"", "variables for every child", node, false, SET(daemon, env, key_values(s)), ignored("it is part of what each process gets, and compared there")},

  {"rpcinterface", "supervisor.rpcinterface_factory", "supervisor.rpcinterface:make_main_rpcinterface", "what answers XML-RPC under this name", narrow, false, set_factory, of_an_interface},
  {"rpcinterface", "command", "/usr/local/bin/my-interface", "instead of a factory: a program that answers, in JSON lines", narrow, false, INTERFACE(command, text(s))},
  {"rpcinterface", "timeout", "30", "with command: seconds it may take to answer", narrow, false, INTERFACE(timeout, answer_timeout(s))},

  {"supervisorctl", "serverurl", "unix:///tmp/supervisor.sock", "the daemon to talk to: unix:///path or http://host:port", narrow, false, CLIENT(serverurl, ctl_address(s, h))},
  {"supervisorctl", "username", "chris", "as in the server's section", narrow, false, CLIENT(username, text(s))},
  {"supervisorctl", "password", "123", "as in the server's section", narrow, false, CLIENT(password, text(s))},
  {"supervisorctl", "prompt", "mysupervisor", "prompt of the shell", narrow, false, CLIENT(prompt, text(s))},
  {"supervisorctl", "history_file", "~/.sc_history", "keep the shell's history here", narrow, false, CLIENT(history_file, result<std::string>(absolute(expand_user(s, h), h)))},
  {"supervisorctl", "password_file", "~/.supervisor-password", "a file whose first line is the password", narrow, false, ACCESS_CLIENT(password_file, result<std::string>(absolute(expand_user(s, h), h)))},
  {"supervisorctl", "token_file", "~/.supervisor-token", "a file whose first line is a token, sent in place of name and password", narrow, false, ACCESS_CLIENT(token_file, result<std::string>(absolute(expand_user(s, h), h)))},
  {"supervisorctl", "tls_cacert", "/etc/troupe/tls/ca.pem", "for https: who signs the certificate of the daemon; default: who the system trusts", narrow, false, ACCESS_CLIENT(tls_cacert, result<std::string>(absolute(expand_user(s, h), h)))},
  {"supervisorctl", "tls_cert", "~/.troupe/cert.pem", "for https: a certificate of one's own", narrow, false, ACCESS_CLIENT(tls_cert, result<std::string>(absolute(expand_user(s, h), h)))},
  {"supervisorctl", "tls_key", "~/.troupe/key.pem", "for https: the key of it; default: it is in the same file", narrow, false, ACCESS_CLIENT(tls_key, result<std::string>(absolute(expand_user(s, h), h)))},

  {"program", "priority", "999", "lower starts first and stops last, equal groups together", program, false, PROCESS(priority, integer(s)), takes_effect::live},
  {"program", "autostart", "true", "start with the daemon; last: where it was wanted when the daemon ended (statefile)", program, false, set_autostart, {.of_process = SAME_PROCESS(same_autostart(a, b)), .shown = shown_autostart}, takes_effect::live},
  {"program", "autorestart", "unexpected", "start again after an exit: true, false, or unexpected (exit codes); a second after its start at the earliest", program, false, PROCESS(restart, restart_policy(s)), takes_effect::live},
  {"program", "startsecs", "1", "seconds it must stay up to count as started", program, false, PROCESS(startsecs, integer(s)), takes_effect::next},
  {"program", "startretries", "3", "failed starts in a row before it is given up; infinite: never", program, false, PROCESS(startretries, retries_of(s)), takes_effect::live},
  {"program", "stopsignal", "TERM", "signal that stops it, or several, each with a time: TERM:30, INT:10, and then SIGKILL", program, false, set_stop_signals, {.of_process = SAME_PROCESS(a.stopsignal == b.stopsignal && a.stops().ladder == b.stops().ladder)}, takes_effect::live},
  {"program", "stopwaitsecs", "10", "seconds to wait before SIGKILL", program, false, PROCESS(stopwaitsecs, integer(s)), takes_effect::live},
  {"program", "stopasgroup", "false", "send the stop signal to its process group", program, false, PROCESS(stopasgroup, boolean(s)), takes_effect::live},
  {"program", "killasgroup", "false", "send SIGKILL to its process group; default: as stopasgroup", program, false, PROCESS(killasgroup, boolean(s)), takes_effect::live},
  {"program", "exitcodes", "0", "exit codes that are expected, and names of signals", program, false, PROCESS(exitcodes, exit_codes(s)), takes_effect::live},
  {"program", "redirect_stderr", "false", "write stderr into the stdout log", program, false, PROCESS(redirect_stderr, boolean(s))},
  {"program", "numprocs", "1", "how many processes to run; process_name must then hold %(process_num)", program, false, DRAFT(numprocs, integer(s)), as_processes},
  {"program", "numprocs_start", "0", "the first process_num", program, false, DRAFT(first_number, integer(s)), as_processes},
  {"program", "stdout_capture_maxbytes", "0", "bytes kept between capture tokens on stdout; 0: no capture", program, false, PROCESS(out.capture_maxbytes, byte_size(s)), takes_effect::next},
  {"program", "stdout_events_enabled", "false", "publish stdout as PROCESS_LOG events", program, false, PROCESS(out.events_enabled, boolean(s)), takes_effect::live},
  {"program", "stderr_capture_maxbytes", "0", "bytes kept between capture tokens on stderr; 0: no capture", program, false, PROCESS(err.capture_maxbytes, byte_size(s)), takes_effect::next},
  {"program", "stderr_events_enabled", "false", "publish stderr as PROCESS_LOG events", program, false, PROCESS(err.events_enabled, boolean(s)), takes_effect::live},
  {"program", "serverurl", "AUTO", "value of SUPERVISOR_SERVER_URL; AUTO: found by the daemon", program, false, set_serverurl, {.of_process = SAME_PROCESS(a.serverurl == b.serverurl)}},
  {"program", "user", "chrism", "run as this user; needs root", program, false, PROCESS(uid, user_id(s, h))},
  {"program", "umask", "022", "file creation mask", program, false, PROCESS(umask, octal(s))},
  {"program", "process_name", "%(program_name)s", "name of each process", numbered, false, PROCESS(name, shared(s))},
  {"program", "environment", "A=\"1\",B=\"2\"", "variables of its own", numbered, true, DRAFT(own_env, key_values(s)), {.of_process = SAME_PROCESS(same_environment(a.env, b.env))}},
  {"program", "directory", "/tmp", "go to this directory first", own, true, PROCESS(directory, shared(s))},
  {"program", "stdout_logfile", "/a/path", "log of stdout; NONE for none; AUTO (the default) for a temporary one", own, true, SET(process, out.logfile, log_file(s, h)), {.of_process = SAME_PROCESS(same_logfile(a.out.logfile, b.out.logfile))}, takes_effect::live},
  {"program", "stdout_logfile_backups", "10", "rotated logs to keep; 0: none", own, true, PROCESS(out.logfile_backups, integer(s)), takes_effect::live},
  {"program", "stdout_logfile_maxbytes", "50MB", "rotate the log when it is this large; 0: never", own, true, PROCESS(out.logfile_maxbytes, byte_size(s)), takes_effect::live},
  {"program", "stdout_syslog", "false", "send stdout to the system log, too", own, true, PROCESS(out.syslog, boolean(s)), takes_effect::live},
  {"program", "stderr_logfile", "/a/path", "log of stderr; NONE for none; AUTO (the default) for a temporary one", own, true, SET(process, err.logfile, log_file(s, h)), {.of_process = SAME_PROCESS(same_logfile(a.err.logfile, b.err.logfile))}, takes_effect::live},
  {"program", "stderr_logfile_backups", "10", "rotated logs to keep; 0: none", own, true, PROCESS(err.logfile_backups, integer(s)), takes_effect::live},
  {"program", "stderr_logfile_maxbytes", "50MB", "rotate the log when it is this large; 0: never", own, true, PROCESS(err.logfile_maxbytes, byte_size(s)), takes_effect::live},
  {"program", "stderr_syslog", "false", "send stderr to the system log, too", own, true, PROCESS(err.syslog, boolean(s)), takes_effect::live},
  {"program", "stdout_logfile_compress", "none", "compress rotated logs: gzip or none", own, true, DRESSING(out, files.gzip, compression(t.key, s))},
  {"program", "stdout_logfile_mode", "0640", "mode of a new log, whatever the umask", own, true, DRESSING(out, files.mode, file_mode(t.key, s))},
  {"program", "stdout_logfile_owner", "chrism:nogroup", "owner of a new log, user or user:group", own, true, DRESSING(out, files.owner, file_owner(t.key, s, h))},
  {"program", "stdout_timestamp", "rfc3339", "time before each line: rfc3339, or a format of strftime(3), each % written twice; %%f: microseconds", own, true, DRESSING(out, lines.timestamp, timestamp_format(t.key, s))},
  {"program", "stdout_prefix", "%(program_name)s", "text and a blank before each line", own, true, DRESSING(out, lines.prefix, line_prefix(t.key, s))},
  {"program", "stdout_logformat", "text", "lines as they are, or json: one object each", own, true, DRESSING(out, lines.json, json_format(t.key, s))},
  {"program", "stderr_logfile_compress", "none", "compress rotated logs: gzip or none", own, true, DRESSING(err, files.gzip, compression(t.key, s))},
  {"program", "stderr_logfile_mode", "0640", "mode of a new log, whatever the umask", own, true, DRESSING(err, files.mode, file_mode(t.key, s))},
  {"program", "stderr_logfile_owner", "chrism:nogroup", "owner of a new log, user or user:group", own, true, DRESSING(err, files.owner, file_owner(t.key, s, h))},
  {"program", "stderr_timestamp", "rfc3339", "time before each line: rfc3339, or a format of strftime(3), each % written twice; %%f: microseconds", own, true, DRESSING(err, lines.timestamp, timestamp_format(t.key, s))},
  {"program", "stderr_prefix", "%(program_name)s", "text and a blank before each line", own, true, DRESSING(err, lines.prefix, line_prefix(t.key, s))},
  {"program", "stderr_logformat", "text", "lines as they are, or json: one object each", own, true, DRESSING(err, lines.json, json_format(t.key, s))},
  {"program", "deathlines", "20", "last lines of each channel in a death report, 0 to 200; 0: no reports; default: that of [supervisord]", program, false, PROCESS(deathlines, death_lines(t.key, s)), takes_effect::live},
  {"program", "restartpause", "3s", "short for backoff=fixed, and backoffmin and restartdelay of this time; what is written of them counts more", own, true, set_restart_pause, ignored("what it stands for is compared"), takes_effect::restart, false, true},
  {"program", "backoff", "linear", "how the wait before a retry grows: linear, exponential or fixed", own, true, RESTARTS(next, backoff, backoff_of(t.key, s))},
  {"program", "backoffmin", "1s", "wait before the first retry", own, true, RESTARTS(next, backoffmin, milliseconds_of(t.key, s))},
  {"program", "backofffactor", "2", "with backoff=exponential: each wait so many times the one before, 1 to 10", own, true, RESTARTS(next, backofffactor, factor_of(t.key, s))},
  {"program", "backoffmax", "60s", "the longest wait; default: 60s with backoff=exponential or startretries=infinite, else none", own, true, RESTARTS(next, backoffmax, milliseconds_of(t.key, s))},
  {"program", "backoffjitter", "20%", "each wait is up to this share longer or shorter, so that many do not come back at once", share, true, RESTARTS(next, backoffjitter, share_of(t.key, s))},
  {"program", "backoffreset", "30s", "failures are forgotten only after so long in RUNNING; an unexpected exit before that is one more; default: at once", own, true, RESTARTS(next, backoffreset, milliseconds_of(t.key, s))},
  {"program", "restartdelay", "5s", "from an exit to the restart by itself, at least", own, true, RESTARTS(next, restartdelay, milliseconds_of(t.key, s))},
  {"program", "restartlimit", "5/60s", "so many restarts by itself within that time, then it is given up; default: no limit", own, true, RESTARTS(live, restartlimit, rate_of(t.key, s))},
  {"program", "restartlimitaction", "fatal", "at the limit: fatal, or wait until one more is allowed", own, true, RESTARTS(live, limit_waits, waits_of(t.key, s))},
  {"program", "successexitcodes", "0, TERM", "exit codes and signals that are expected, and no failure however early", own, true, RESTARTS(live, successexitcodes, exit_codes(s))},
  {"program", "norestartexitcodes", "64, 78", "exit codes and signals after which it stays EXITED, whatever autorestart says", own, true, RESTARTS(live, norestartexitcodes, exit_codes(s))},
  {"program", "startdelay", "10s", "wait before a start that nobody asked for: with the daemon, or when it is added", own, true, RESTARTS(live, startdelay, milliseconds_of(t.key, s))},
  {"program", "startstagger", "2s", "from one spawn of this section to the next, at least", own, true, RESTARTS(live, startstagger, milliseconds_of(t.key, s))},
  {"program", "depends_on", "db, cache:running?", "what must hold before each start: NAME, GROUP:PROCESS or GROUP:*, then :started, :running, :ready, :exited or :exited_ok, /COUNT and ?; another name: dependson", numbered, true, add_items, {.of_process = SAME_PROCESS(a.dependencies().items == b.dependencies().items)}, takes_effect::live, false, true, "dependson"},
  {"program", "depends_mode", "hard", "items without ?: hard, it waits until they hold; or soft, until they hold or have failed", own, true, DEPENDENCIES(live, soft, soft_of(t.key, s))},
  {"program", "depends_failure", "wait", "when a hard item has failed: wait all the same, fail, or ignore it", own, true, DEPENDENCIES(live, failure, failure_of(t.key, s))},
  {"program", "depends_timeout", "60s", "so long it waits, then the first item that does not hold has failed; default: for ever", own, true, DEPENDENCIES(next, timeout, milliseconds_of(t.key, s))},
  {"program", "depends_lost", "keep", "when a running or ready item holds no more, while it runs: keep, stop, or restart it", own, true, DEPENDENCIES(live, lost, loss_of(t.key, s))},
  {"program", "ready", "startsecs", "when it is RUNNING: startsecs, or a check: notify, fd:N, tcp:HOST:PORT, unix:PATH, http://HOST/PATH, exec:COMMAND or logline:REGEX", own, true, SET(process, ask().ready.form, ready_form(t.key, s)), {.of_process = SAME_PROCESS(a.ready().form == b.ready().form), .restarts = form_needs_restart<ready_options, &process_options::ready>}, takes_effect::next, false, true},
  {"program", "readytimeout", "60s", "with a check: a start that is not ready after so long has failed; 0: never", own, true, READY(timeout, milliseconds_of(t.key, s))},
  {"program", "readyinterval", "1s", "from one look whether it is ready to the next, after some quick ones at first; 0.1s or more", own, true, READY(interval, probe_interval(t.key, s))},
  {"program", "health", "http://127.0.0.1:8080/health", "how it is looked after in RUNNING: notify, tcp:HOST:PORT, unix:PATH, http://HOST/PATH or exec:COMMAND; default: not at all", own, true, SET(process, ask().health.form, health_form(t.key, s)), {.of_process = SAME_PROCESS(a.health().form == b.health().form), .restarts = form_needs_restart<health_options, &process_options::health>}, takes_effect::live, false, true},
  {"program", "healthinterval", "10s", "from one look to the next, 0.1s or more; with notify: the longest time without a sign of life", own, true, HEALTH(interval, probe_interval(t.key, s))},
  {"program", "healthtimeout", "3s", "a look that takes longer has failed", own, true, HEALTH(timeout, probe_timeout(t.key, s))},
  {"program", "healthretries", "3", "so many failures in a row, and it is unhealthy, 1 to 1000; default: 3, with notify 1", own, true, HEALTH(retries, health_retries(t.key, s))},
  {"program", "healthstartperiod", "0", "so long after RUNNING failures do not count, or until the first success", own, true, HEALTH(startperiod, milliseconds_of(t.key, s))},
  {"program", "healthaction", "restart", "once it is unhealthy: restart, signal:NAME, event (nothing but the event), or none", own, true, set_health_action, {.of_process = SAME_PROCESS(a.health().then == b.health().then && a.health().signo == b.health().signo)}, takes_effect::live, false, true},
  {"program", "stopcommand", "/bin/app quit", "what a stop runs first; the signals follow if it fails, or if the process lives on", own, true, STOPS(next, command, command_line_of(t.key, s))},
  {"program", "stopcommandtimeout", "10s", "so long after the start of stopcommand the signals follow, if the process lives on; default: stopwaitsecs", own, true, STOPS(next, commandtimeout, milliseconds_of(t.key, s))},
  {"program", "killmode", "group", "whom SIGKILL reaches, and what it leaves behind when it ends is stopped: process (nothing more), group, session, cgroup or tree; default: as killasgroup", own, true, SET(process, ask().stops.reach, reach_of(t.key, s)), {.of_process = SAME_PROCESS(a.stops().reach == b.stops().reach), .shown = SHOWN(a.stops().reach), .restarts = reach_needs_restart}, takes_effect::next, false, true},
  {"program", "sweeptime", "2s", "what it leaves behind has so long from SIGTERM to SIGKILL", own, true, STOPS(next, sweeptime, milliseconds_of(t.key, s))},
  {"program", "prestart", "/bin/app check", "what is run before each start of it", own, true, HOOKS(prestart.command, command_line_of(t.key, s))},
  {"program", "prestarttimeout", "30s", "it is killed after so long, and has failed; 0: never", own, true, HOOKS(prestart.timeout, milliseconds_of(t.key, s))},
  {"program", "prestartfailure", "abort", "if it fails: abort, the start has failed; or ignore", own, true, HOOKS(prestart.aborts, aborts_of(t.key, s))},
  {"program", "poststart", "/bin/app warm", "what is run once it is ready, before it is RUNNING", own, true, HOOKS(poststart.command, command_line_of(t.key, s))},
  {"program", "poststarttimeout", "30s", "it is killed after so long, and has failed; 0: never", own, true, HOOKS(poststart.timeout, milliseconds_of(t.key, s))},
  {"program", "poststartfailure", "ignore", "if it fails: ignore, or abort, the start has failed", own, true, HOOKS(poststart.aborts, aborts_of(t.key, s))},
  {"program", "prestop", "/bin/app drain", "what is run in a stop before stopcommand and signals", own, true, HOOKS(prestop.command, command_line_of(t.key, s))},
  {"program", "prestoptimeout", "30s", "it is killed after so long, and has failed; 0: never", own, true, HOOKS(prestop.timeout, milliseconds_of(t.key, s))},
  {"program", "poststop", "/bin/app tidy", "what is run after each end of it", own, true, HOOKS(poststop.command, command_line_of(t.key, s))},
  {"program", "poststoptimeout", "30s", "it is killed after so long, and has failed; 0: never", own, true, HOOKS(poststop.timeout, milliseconds_of(t.key, s))},
  {"program", "poststopfailure", "ignore", "if it fails: ignore, or abort, it is not restarted by itself", own, true, HOOKS(poststop.aborts, aborts_of(t.key, s))},
  {"program", "type", "service", "service; or oneshot: it runs to its end, which is its success; see docs/oneshots.md", own, true, POLICY(oneshot, oneshot_of(t.key, s))},
  {"program", "essential", "false", "its end ends the daemon; another name: critical", own, true, POLICY_LIVE(essential.essential, boolean(s)), "critical"},
  {"program", "essential_on", "exit, fatal", "with essential, what counts as its end: exit (EXITED, and it is not started again), fatal, unhealthy", own, true, set_essential_on, {.of_process = SAME_PROCESS(same_essential_on(a.essential(), b.essential()))}, takes_effect::live, false, true},
  {"program", "essential_exitcode", "program", "with essential, the exit status of the daemon, 0 to 255; program: its own", own, true, SET(process, ask().essential.exitcode, essential_exitcode_of(t.key, s)), {.of_process = SAME_PROCESS(a.essential().exitcode == b.essential().exitcode)}, takes_effect::live, false, true},
  {"program", "envfile", "app.env, -local.env", "files with KEY=VALUE lines, read at each start; later ones win, environment wins over all; - before: it may be missing; other names: environment_file, envfiles", own, true, [](T t, S s, H h) -> result<void> { return put(t.process->ask().around.env_files, env_files_of(t, s, h)); }, {.of_process = SAME_PROCESS(same_env_files(a.around(), b.around()))}, takes_effect::restart, false, true, "environment_file envfiles"},
  {"program", "setenv_user", "false", "HOME, USER, LOGNAME and SHELL are those of the user; another name: userenv", own, true, POLICY(around.user_variables, boolean(s)), "userenv"},
  {"program", "cleanenv", "false", "of the daemon's own environment only PATH, LANG, LC_*, TZ and TERM", own, true, POLICY(around.clean, boolean(s))},
  {"program", "group", "www-data", "run in this group, by name or number, instead of the user's primary one; needs root", own, true, POLICY(around.gid, group_id(s, h))},
  {"program", "supplementarygroups", "adm, ssl-cert", "and in these, instead of those that the user belongs to; needs root", own, true, POLICY(around.groups, group_ids(s, h))},
  {"program", "directory_create", "false", "make what is missing of directory, for the user and group", own, true, POLICY(around.makes_directory, boolean(s))},
  {"program", "directory_mode", "0755", "mode of what directory_create makes, whatever the umask", own, true, SET(process, ask().around.directory_mode, directory_mode_of(t.key, s)), {.of_process = SAME_PROCESS(a.around().directory_mode == b.around().directory_mode), .shown = SHOWN(std::optional<int>(a.around().directory_mode))}, takes_effect::restart, false, true},
  {"program", "restartmode", "parallel", "what a restart of several processes does: parallel, all at once; or rolling, one after the other: see docs/rolling.md", own, true, ROLLING(rolls, rolls_of(t.key, s), false)},
  {"program", "rollingbatch", "1", "in a rolling restart, so many at a time, or such a share of them: 2 or 20%; one of several is always left running", share, true, ROLLING(batch, batch_of(t.key, s), batch_size())},
  {"program", "rollingpause", "0", "from one batch to the next", own, true, ROLLING(pause, milliseconds_of(t.key, s), std::chrono::milliseconds(0))},
  {"program", "rollingwait", "ready", "what is awaited before the next batch: running, ready or healthy", own, true, ROLLING(wait, rolling_wait_of(t.key, s), rolling_wait::ready)},
  {"program", "rollingmaxfail", "0", "so many may fail, 0 to 10000, before a rolling restart is ended", own, true, ROLLING(maxfail, most_failures_of(t.key, s), 0)},
  {"program", "rollingtimeout", "60s", "one that is not there after so long has failed; 0: never; default: readytimeout, startsecs, the time its stop may take, and 10s", own, true, ROLLING(timeout, milliseconds_of(t.key, s), std::chrono::milliseconds(-1))},
  {"program", "reloadsignal", "HUP", "what supervisorctl hup sends", own, true, RELOADS(signo, reload_signal_of(s))},
  {"program", "reloadcommand", "/bin/app reload", "what supervisorctl hup runs, in place of a signal", own, true, RELOADS(command, command_line_of(t.key, s))},
  {"program", "reloadtimeout", "30s", "a reload that takes longer has failed; 0: never", own, true, RELOADS(timeout, milliseconds_of(t.key, s))},
  {"program", "template", "web, logged", "what it does not say itself is as in these [template:x], the last first; see docs/configuration.md", narrow, false, SET(draft, names, result<std::vector<std::string>>(comma_list(s))), ignored("what it leads to is compared"), takes_effect::restart, false, true},
  {"program", "labels", "front", "words, comma-separated, that roles call programs by: @front; see docs/access.md", narrow, false, ACCESS_SETTER(set_labels)},
  {"program", "command", "/bin/cat", "the program and its arguments; a path, or found through PATH", own, true, PROCESS(command, shared(s))},

  {"group", "programs", "progname1,progname2", "the programs of this group, by their x in [program:x]", narrow, false, SET(draft, names, result<std::vector<std::string>>(comma_list(s))), as_processes},
  {"group", "priority", "999", "lower starts first and stops last", narrow, false, GROUP(priority, integer(s)), takes_effect::live},
  {"group", "depends_on", "db", "what must hold before each start of its processes, before what they say themselves; another name: dependson", narrow, false, DRAFT(items, depends_items_of(t.key, s)), ignored("it is part of what each process gets, and compared there"), takes_effect::restart, false, true, "dependson"},
  {"group", "stopmode", "parallel", "in a stop of the whole group: parallel, or ordered: one priority of its processes after the other, the highest first", narrow, false, GROUP(ordered_stop, ordered_of(t.key, s)), takes_effect::live, false, true},
  {"group", "onfailure", "none", "when one of its processes has failed, FATAL or EXITED unexpectedly for good, all of them: stopgroup, restartgroup, or none", narrow, false, GROUP(onfailure, group_fate_of(t.key, s)), takes_effect::live, false, true},
  {"group", "restartmode", "parallel", "what a restart of several of its processes does: parallel, all at once; or rolling, one after the other; of its processes that do not say", narrow, false, ROLLING_OF_GROUP(rolls, rolls_of(t.key, s))},
  {"group", "rollingbatch", "1", "in a rolling restart, so many at a time, or such a share of them; of its processes that do not say", nothing, false, ROLLING_OF_GROUP(batch, batch_of(t.key, s))},
  {"group", "rollingpause", "0", "from one batch to the next; of its processes that do not say", narrow, false, ROLLING_OF_GROUP(pause, milliseconds_of(t.key, s))},
  {"group", "rollingwait", "ready", "what is awaited before the next batch: running, ready or healthy; of its processes that do not say", narrow, false, ROLLING_OF_GROUP(wait, rolling_wait_of(t.key, s))},
  {"group", "rollingmaxfail", "0", "so many may fail before a rolling restart is ended; of its processes that do not say", narrow, false, ROLLING_OF_GROUP(maxfail, most_failures_of(t.key, s))},
  {"group", "rollingtimeout", "60s", "one that is not there after so long has failed; of its processes that do not say", narrow, false, ROLLING_OF_GROUP(timeout, milliseconds_of(t.key, s))},

  {"eventlistener", "priority", "-1", "lower starts first and stops last", narrow, false, GROUP(priority, integer(s)), takes_effect::live},
  {"eventlistener", "buffer_size", "10", "events kept while no listener is ready", narrow, false, GROUP(buffer_size, integer(s))},
  {"eventlistener", "result_handler", "supervisor.dispatchers:default_handler", "who decides on a listener's result", narrow, false, set_result_handler, {.of_group = SAME_GROUP(a.result_handler == b.result_handler)}},
  {"eventlistener", "events", "EVENT", "comma-separated event types to receive", narrow, false, set_events, {.of_group = SAME_GROUP(a.events == b.events)}},
  {"eventlistener", "detail", "false", "events of ends that nobody asked for say how, and hold the death report", narrow, false, GROUP(detail, boolean(s))},

  {"fcgi-program", "priority", "999", "lower starts first and stops last", narrow, false, GROUP(priority, integer(s)), takes_effect::live},
  {"fcgi-program", "socket_backlog", "4096", "connections that may wait", narrow, false, SET(socket, backlog, backlog(s)), by_address},
  {"fcgi-program", "socket_owner", "chrism:nogroup", "owner of a unix socket, user:group", narrow, false, set_socket_owner, by_address},
  {"fcgi-program", "socket_mode", "0700", "mode of a unix socket", narrow, false, SET(socket, mode, socket_mode(s, "socket_mode")), by_address},
  {"fcgi-program", "socket", "unix:///var/run/%(program_name)s.sock", "unix:///absolute/path or tcp://host:port", socket, false, set_socket_address, {.of_process = SAME_PROCESS(same_socket(a.socket.get(), b.socket.get())), .of_group = SAME_GROUP(same_socket(a.socket.get(), b.socket.get()))}},

  {"include", "files", "relative/directory/*.ini", "files to read as well, with wildcards, separated by blanks", node, false, SET(draft, names, result<std::vector<std::string>>(blank_list(s))), ignored("what the files say is compared")},

  {"access", "token_file", "/var/lib/supervisor/tokens", "where tokens are kept; default: there are none", narrow, false, ACCESS(access, token_file, optional_path(s, h))},
  {"access", "token_ttl", "8h", "life of a token that is made without one", narrow, false, ACCESS(access, token_ttl, duration(s))},
  {"access", "token_ttl_max", "90d", "the longest life of a token, at most 366d", narrow, false, ACCESS(access, token_ttl_max, duration(s))},
  {"access", "session_idle", "30m", "a session ends after so long without a request", narrow, false, ACCESS(access, session_idle, duration(s))},
  {"access", "session_max", "12h", "and after so long in any case", narrow, false, ACCESS(access, session_max, duration(s))},
  {"access", "session_bind", "address", "address: a session counts from where it was begun only; or none", narrow, false, ACCESS_SETTER(set_session_bind)},

  {"role", "verbs", "start, stop, tail", "what it lets: the words of docs/access.md, signal:NAME, NS.METHOD or NS.* of an extension", narrow, false, ACCESS_SETTER(set_verbs)},
  {"role", "programs", "web, pair:*, @front, !secret", "over which programs; * for all", narrow, false, ACCESS_SETTER(set_patterns)},
  {"role", "networks", "10.0.0.0/8, unix, loopback", "from where it counts; default: anywhere", narrow, false, ACCESS_SETTER(set_role_networks)},

  {"user", "password", "$y$j9T$...", "a hash that supervisorctl passwd makes; {PLAIN} and text; {SHA} and its SHA-1 in hex", narrow, false, ACCESS_SETTER(set_password)},
  {"user", "password_file", "%(here)s/anna.pw", "instead of password: a file whose first line it is", narrow, false, ACCESS_SETTER(set_password_file)},
  {"user", "unixuser", "anna", "users of this machine, by name or uid: who connects to a unix socket as one of them is this user", narrow, false, ACCESS_SETTER(set_unix_users)},
  {"user", "unixgroup", "ops", "likewise groups, by name or gid", narrow, false, ACCESS_SETTER(set_unix_groups)},
  {"user", "tls_cn", "anna.example.com", "common names of client certificates", narrow, false, ACCESS(user, certificate_names, item_list(t, s))},
  {"user", "tls_fingerprint", "0a:1b:...", "SHA-256 of client certificates, 64 hexadecimal digits each", narrow, false, ACCESS_SETTER(set_fingerprints)},
  {"user", "roles", "webops, viewer", "what the user may do", narrow, false, ACCESS(user, roles, item_list(t, s))},

  {"audit", "file", "/var/log/supervisor/audit.log", "where records go; syslog for the system log", narrow, false, ACCESS_AUDIT(file, audit_path(s, h))},
  {"audit", "format", "json", "records as json, one object each, or as text", narrow, false, ACCESS_AUDIT(json, json_format(t.key, s))},
  {"audit", "maxbytes", "50MB", "rotate the file when it is this large; 0: never", narrow, false, ACCESS_AUDIT(maxbytes, byte_size(s))},
  {"audit", "backups", "10", "rotated files to keep; 0: none", narrow, false, ACCESS_AUDIT(backups, integer(s))},
  {"audit", "reads", "false", "record who reads logs and definitions, too", narrow, false, ACCESS_AUDIT(reads, boolean(s))},
  {"audit", "required", "false", "refuse what cannot be recorded", narrow, false, ACCESS_AUDIT(required, boolean(s))},
  {"audit", "chain", "false", "each record holds the hash of the one before", narrow, false, ACCESS_AUDIT(chain, boolean(s))},
  {"audit", "key_file", "/etc/supervisor/audit.key", "with chain: a key for the hashes", narrow, false, ACCESS_AUDIT(key_file, result<std::string>(absolute(expand_user(s, h), h)))},
  {"audit", "events", "false", "each record is an event of type supervisor.audit, too", narrow, false, ACCESS_AUDIT(events, boolean(s))},

  {"history", "file", "/var/lib/supervisor/history.db", "where what happens is kept: an SQLite database in a folder that only the daemon can write", narrow, false, HISTORY(file, optional_path(s, h))},
  {"history", "maxbytes", "64MB", "so large it may become, then the oldest goes; 0: no bound", narrow, false, HISTORY(maxbytes, history_size(t.key, s))},
  {"history", "maxage", "30d", "so long it is kept, a number and s, m, h or d; 0: no bound", narrow, false, HISTORY(maxage, time_span(t.key, s))},
  {"history", "sync", "normal", "full: each record survives a power cut, not only the end of the daemon", narrow, false, HISTORY(full_sync, setters::full_sync(t.key, s))},
  {"history", "keep", "state, command, config, health, ready, death, daemon, event", "which kinds of records are kept", narrow, false, HISTORY(keep, history_kind_list(t.key, s))},
};
// clang-format on

/// A row without a setter, or of which nobody decided whether a reload compares it, does not compile.
[[maybe_unused]] constexpr bool is_complete(const option_row& row) {
  bool compared = row.same.of_process || row.same.of_group;
  return row.assign && compared == row.same.not_because.empty();
}
#ifndef TROUPE_SANITIZED // to GCC's sanitizers the address of a function in another file is no constant
static_assert(std::all_of(std::begin(rows), std::end(rows), is_complete),
              "each option needs a setter, and a comparison or the reason why it has none");
#endif
static_assert(std::all_of(std::begin(rows), std::end(rows),
                          [](auto& row) { return row.key != "loglevel" || names_all_log_levels(row.help); }),
              "the help names the levels");

} // namespace

std::span<const option_row> schema() { return rows; }

} // namespace troupe::config
