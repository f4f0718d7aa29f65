// The table of methods: one row each, with its name, types, permission class, help and handler. A new method is a row
// here and a function in rpc_handlers.hpp. Must not hold handlers. Source: docs/contract/http.md, 4 and 7.
#include "actors/rpc/rpc_handlers.hpp"

namespace troupe::actors {

namespace {

constexpr auto read = access::read;
constexpr auto control = access::control;
constexpr auto admin = access::admin;

// clang-format off: one row each
const rpc_methods::method_row main_rows[] = {
  // sorted by name
  {"addProcessGroup", "boolean", "string name", admin, "activate a configured group by name", add_process_group},
  {"clearAllProcessLogs", "array", "", control, "empty the logs of every process; per-process results",
   clear_all_process_logs},
  {"clearLog", "boolean", "", admin, "empty the daemon's own log", clear_log},
  {"clearProcessLog", "boolean", "string name", control, "old name of clearProcessLogs", clear_process_logs},
  {"clearProcessLogs", "boolean", "string name", control, "empty both logs of one process and reopen them",
   clear_process_logs},
  {"getAPIVersion", "string", "", read, "version of this RPC API", get_api_version},
  {"getAllConfigInfo", "array", "", read, "configuration of every process, groups flattened", get_all_config_info},
  {"getAllProcessInfo", "array", "", read, "status of every process", get_all_process_info},
  {"getIdentification", "string", "", read, "configured identifier of this daemon", get_identification},
  {"getPID", "int", "", read, "pid of the daemon", get_pid},
  {"getProcessInfo", "struct", "string name", read, "status of one process", get_process_info},
  {"getState", "struct", "", read, "daemon state: statecode, statename", get_state},
  {"getSupervisorVersion", "string", "", read, "version of the daemon software", get_supervisor_version},
  {"getVersion", "string", "", read, "old name of getAPIVersion", get_api_version},
  {"readLog", "string", "int offset, int length", read, "bytes of the daemon log: offset, length", read_log},
  {"readMainLog", "string", "int offset, int length", read, "old name of readLog", read_log},
  {"readProcessLog", "string", "string name, int offset, int length", read, "old name of readProcessStdoutLog",
   read_process_stdout_log},
  {"readProcessStderrLog", "string", "string name, int offset, int length", read,
   "bytes of a stderr log: name, offset, length", read_process_stderr_log},
  {"readProcessStdoutLog", "string", "string name, int offset, int length", read,
   "bytes of a stdout log: name, offset, length", read_process_stdout_log},
  {"reloadConfig", "array", "", admin, "read the configuration again; names of added, changed, removed groups",
   reload_config},
  {"removeProcessGroup", "boolean", "string name", admin, "deactivate a stopped group", remove_process_group},
  {"restart", "boolean", "", admin, "stop everything and reload the daemon", restart},
  {"sendProcessStdin", "boolean", "string name, string chars", control, "write text to a process's stdin",
   send_process_stdin},
  {"sendRemoteCommEvent", "boolean", "string type, string data", control,
   "publish an event with a type and data to listeners", send_remote_comm_event, true},
  {"shutdown", "boolean", "", admin, "stop everything and exit", shutdown},
  {"signalAllProcesses", "array", "string signal", control, "signal every live process", signal_all_processes},
  {"signalProcess", "boolean", "string name, string signal", control, "signal one process (or `group:*`)",
   signal_process},
  {"signalProcessGroup", "array", "string name, string signal", control, "signal all live processes of a group",
   signal_process_group},
  {"startAllProcesses", "array", "boolean wait=true", control, "start everything not started; wait flag",
   start_all_processes},
  {"startProcess", "boolean", "string name, boolean wait=true", control, "start one process (or `group:*`); wait flag",
   start_process},
  {"startProcessGroup", "array", "string name, boolean wait=true", control, "start all of a group; wait flag",
   start_process_group},
  {"stopAllProcesses", "array", "boolean wait=true", control, "stop everything; wait flag", stop_all_processes},
  {"stopProcess", "boolean", "string name, boolean wait=true", control, "stop one process (or `group:*`); wait flag",
   stop_process},
  {"stopProcessGroup", "array", "string name, boolean wait=true", control, "stop all of a group; wait flag",
   stop_process_group},
  {"tailProcessLog", "array", "string name, int offset, int length", read, "old name of tailProcessStdoutLog",
   tail_process_stdout_log},
  {"tailProcessStderrLog", "array", "string name, int offset, int length", read,
   "end of a stderr log with size and overflow flag", tail_process_stderr_log},
  {"tailProcessStdoutLog", "array", "string name, int offset, int length", read,
   "end of a stdout log with size and overflow flag", tail_process_stdout_log},
};

const rpc_methods::method_row system_rows[] = {
  // handled by name
  {"listMethods", "array", "", read, "names of all methods", nullptr},
  {"methodHelp", "string", "string name", read, "help text of a method", nullptr},
  {"methodSignature", "array", "string name", read, "return and parameter types of a method", nullptr},
  {"multicall", "array", "array calls", read, "several calls in one request; bare results, a struct for each fault",
   nullptr},
};
// clang-format on

} // namespace

std::span<const rpc_methods::method_row> main_methods() { return main_rows; }

std::span<const rpc_methods::method_row> system_methods() { return system_rows; }

} // namespace troupe::actors
