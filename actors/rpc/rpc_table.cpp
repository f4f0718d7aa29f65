// The table of methods: one row each, with its name, types, the right it needs, help and handler. A new method is a row
// here and a function in rpc_handlers.hpp. Must not hold handlers. Source: docs/contract/http.md, 4 and 7.
#include "actors/rpc/rpc_handlers.hpp"

namespace troupe::actors {

namespace {

using config::right;

using told = rpc_methods::method_row::told;
constexpr door known{reach::known};
constexpr door one(right needs) { return {reach::one, needs}; }
constexpr door all(right needs) { return {reach::all, needs}; }
constexpr door list(right needs) { return {reach::list, needs}; }
constexpr door daemon(right needs) { return {reach::daemon, needs}; }

// clang-format off: one row each
const rpc_methods::method_row main_rows[] = {
  // sorted by name
  {"addProcessGroup", "boolean", "string name", one(right::update), "activate a configured group by name",
   add_process_group},
  {"clearAllProcessLogs", "array", "", all(right::clear), "empty the logs of every process; per-process results",
   clear_all_process_logs},
  {"clearLog", "boolean", "", daemon(right::admin), "empty the daemon's own log", clear_log},
  {"clearProcessLog", "boolean", "string name", one(right::clear), "old name of clearProcessLogs", clear_process_logs},
  {"clearProcessLogs", "boolean", "string name", one(right::clear), "empty both logs of one process and reopen them",
   clear_process_logs},
  {"getAPIVersion", "string", "", known, "version of this RPC API", get_api_version},
  {"getAllConfigInfo", "array", "", list(right::config), "configuration of every process, groups flattened",
   get_all_config_info},
  {"getAllProcessInfo", "array", "", list(right::status), "status of every process", get_all_process_info},
  {"getIdentification", "string", "", known, "configured identifier of this daemon", get_identification},
  {"getPID", "int", "", known, "pid of the daemon", get_pid},
  {"getProcessInfo", "struct", "string name", one(right::status), "status of one process", get_process_info},
  {"getState", "struct", "", known, "daemon state: statecode, statename", get_state},
  {"getSupervisorVersion", "string", "", known, "version of the daemon software", get_supervisor_version},
  {"getVersion", "string", "", known, "old name of getAPIVersion", get_api_version},
  {"readLog", "string", "int offset, int length", daemon(right::mainlog), "bytes of the daemon log: offset, length",
   read_log},
  {"readMainLog", "string", "int offset, int length", daemon(right::mainlog), "old name of readLog", read_log},
  {"readProcessLog", "string", "string name, int offset, int length", one(right::tail),
   "old name of readProcessStdoutLog", read_process_stdout_log},
  {"readProcessStderrLog", "string", "string name, int offset, int length", one(right::tail),
   "bytes of a stderr log: name, offset, length", read_process_stderr_log},
  {"readProcessStdoutLog", "string", "string name, int offset, int length", one(right::tail),
   "bytes of a stdout log: name, offset, length", read_process_stdout_log},
  {"reloadConfig", "array", "", list(right::update),
   "read the configuration again; names of added, changed, removed groups", reload_config},
  {"removeProcessGroup", "boolean", "string name", one(right::update), "deactivate a stopped group",
   remove_process_group},
  {"restart", "boolean", "", daemon(right::shutdown), "stop everything and reload the daemon", restart},
  {"sendProcessStdin", "boolean", "string name, string chars", one(right::standard_input),
   "write text to a process's stdin", send_process_stdin},
  {"sendRemoteCommEvent", "boolean", "string type, string data", daemon(right::publish),
   "publish an event with a type and data to listeners", send_remote_comm_event, true},
  {"shutdown", "boolean", "", daemon(right::shutdown), "stop everything and exit", shutdown},
  {"signalAllProcesses", "array", "string signal", all(right::signal), "signal every live process",
   signal_all_processes},
  {"signalProcess", "boolean", "string name, string signal", one(right::signal), "signal one process (or `group:*`)",
   signal_process},
  {"signalProcessGroup", "array", "string name, string signal", one(right::signal),
   "signal all live processes of a group", signal_process_group},
  {"startAllProcesses", "array", "boolean wait=true", all(right::start), "start everything not started; wait flag",
   start_all_processes},
  {"startProcess", "boolean", "string name, boolean wait=true", one(right::start),
   "start one process (or `group:*`); wait flag", start_process},
  {"startProcessGroup", "array", "string name, boolean wait=true", one(right::start), "start all of a group; wait flag",
   start_process_group},
  {"stopAllProcesses", "array", "boolean wait=true", all(right::stop), "stop everything; wait flag",
   stop_all_processes},
  {"stopProcess", "boolean", "string name, boolean wait=true", one(right::stop),
   "stop one process (or `group:*`); wait flag", stop_process},
  {"stopProcessGroup", "array", "string name, boolean wait=true", one(right::stop), "stop all of a group; wait flag",
   stop_process_group},
  {"tailProcessLog", "array", "string name, int offset, int length", one(right::tail),
   "old name of tailProcessStdoutLog", tail_process_stdout_log},
  {"tailProcessStderrLog", "array", "string name, int offset, int length", one(right::tail),
   "end of a stderr log with size and overflow flag", tail_process_stderr_log},
  {"tailProcessStdoutLog", "array", "string name, int offset, int length", one(right::tail),
   "end of a stdout log with size and overflow flag", tail_process_stdout_log},
};

const rpc_methods::method_row access_rows[] = {
  // sorted by name
  {"can", "boolean", "string right, string name", known,
   "may the caller do that? name: a process, `group:*`, or empty for "
   "rights over the daemon",
   access_can, true},
  {"createToken",
   "struct",
   "struct wish={}",
   {reach::self, right::token},
   "make a token for a program: roles it is limited to, ttl in seconds, name, networks, user whose it is; "
   "id, token, expires",
   access_create_token,
   true},
  {"endSessions", "int", "string user=oneself", known,
   "end all sessions of the caller, or of another user for an admin; how many there were", access_end_sessions, true},
  {"explain", "boolean", "string user, string right, string name", daemon(right::admin),
   "can, as somebody else would be "
   "answered from where the caller is",
   access_explain, true, told::never},
  {"listTokens", "array", "struct whose={}", known,
   "valid tokens of the caller, or of another user: id, user, roles, networks, name, created, by, expires, used",
   access_list_tokens, true},
  {"restartProcess", "boolean", "string name, boolean wait=true", one(right::restart),
   "stop and start one process (or `group:*`, `*:*` for all) as one act; wait flag", access_restart_process},
  {"revokeToken", "boolean", "string id", known, "end a token of the caller at once", access_revoke_token, true,
   told::always},
  {"whoami", "struct", "", known, "who the caller is, how that was proved, and what he may do", access_whoami, true},
};

const rpc_methods::method_row troupe_rows[] = {
  // sorted by name
  {"abortRollout", "boolean", "int id", list(right::restart), "end a rolling restart once those are back that it is at",
   abort_rollout},
  {"apply", "struct", "array groups=[], struct flags={}", list(right::update),
   "read the configuration again and carry it out, of these groups or all; mode: process or group; plan: the id of the "
   "plan that it must be; watch: answer with its number as soon as it is known what is to be done",
   apply},
  {"disable", "array", "array names, string until=, boolean now=false", daemon(right::admin),
   "from now on nothing starts these processes (or `group:*`) but whoever names one by itself; until: a time from now, "
   "06:00, or 2026-12-01T06:00; now: stop them, too",
   disable_processes},
  {"enable", "array", "array names, boolean now=false", daemon(right::admin),
   "the end of disable; now: start them, too", enable_processes},
  {"getDeaths", "array", "string name", one(right::status),
   "why a process ended, each time that nobody had asked for it: the last 8, newest first", get_deaths, false,
   told::as_contents},
  {"getHistory", "struct", "struct question={}", list(right::status),
   "what has happened, as far as the caller may see it: name, kind, since, until, n, after, or the states at a moment: "
   "at, or a copy in a file of the daemon's side: export",
   get_history, true, told::never},
  {"getProcessDetails", "struct", "string name", one(right::status),
   "all there is to know of one process: what its state means, what it waits for, how it is, and its options",
   get_process_details},
  {"getRollout", "struct", "int id, int since=0", list(right::status),
   "how far a rolling restart is, as far as the caller may see it; id 0: the last one; since: so many steps are known, "
   "answer when there are more, or after 5 seconds",
   get_rollout},
  {"getUpdate", "struct", "int id, int since=0", list(right::update),
   "how far an update is, of whoever has asked for it with watch; since: so many steps are known, answer when there "
   "are "
   "more, or after 5 seconds",
   get_update, false, told::never},
  {"graph", "array", "", list(right::status),
   "who waits for whom: of each process that depends on others its items, met or not", graph, true, told::never},
  {"hupProcess", "boolean", "string name, boolean wait=true", one(right::signal),
   "have one process (or `group:*`) read its files again, by its reloadcommand or reloadsignal; wait flag",
   hup_process},
  {"killProcess", "boolean", "string name, boolean wait=true", one(right::stop),
   "SIGKILL one process (or `group:*`) now, whatever its signals and commands to stop are; wait flag", kill_process},
  {"plan", "struct", "array groups=[], struct flags={}", list(right::status),
   "what apply would do: id, summary, and for each process its action and the reasons", plan, true, told::never},
  {"resetScale", "struct", "string program", list(right::update), "as many processes as the configuration says",
   reset_scale},
  {"restartRolling", "int", "array names, struct flags={}", list(right::restart),
   "restart processes (`group:*`, `*:*` for all) one batch after the other; the number of the rolling restart. flags: "
   "batch, pause, wait, max_fail, timeout, all, configured",
   restart_rolling},
  {"restartTree", "array", "string name, boolean wait=true", one(right::restart),
   "stop a process (or `group:*`) and first all that depend on it, then start what ran; wait flag", restart_tree},
  {"scale", "struct", "string program, int n", list(right::update),
   "so many processes of a program, until its numprocs changes in the configuration", scale},
  {"startAlone", "boolean", "string name, boolean wait=true", one(right::start),
   "start one process (or `group:*`), whatever it depends on; wait flag", start_alone},
  {"stopTree", "array", "string name, boolean wait=true", one(right::stop),
   "stop a process (or `group:*`), and first all that depend on it; wait flag", stop_tree},
  {"upgrade", "struct", "struct how={}", daemon(right::admin),
   "hand over to another binary, in which everything goes on; check: only see whether it could; binary: its path",
   upgrade},
  {"why", "string", "string name", one(right::status),
   "why a process is in its state, in a line; and below it how it ended last, if nobody had asked for that", why, false,
   told::as_contents},
};

const rpc_methods::method_row system_rows[] = {
  // handled by name
  {"listMethods", "array", "", known, "names of all methods", nullptr},
  {"methodHelp", "string", "string name", known, "help text of a method", nullptr},
  {"methodSignature", "array", "string name", known, "return and parameter types of a method", nullptr},
  {"multicall", "array", "array calls", known, "several calls in one request; bare results, a struct for each fault",
   nullptr},
};
// clang-format on

} // namespace

std::span<const rpc_methods::method_row> main_methods() { return main_rows; }

std::span<const rpc_methods::method_row> access_methods() { return access_rows; }

std::span<const rpc_methods::method_row> troupe_methods() { return troupe_rows; }

std::span<const rpc_methods::method_row> system_methods() { return system_rows; }

} // namespace troupe::actors
