// See rpc_table.hpp. The table is at the end, the handlers before it in the order of their subjects.
#include "actors/rpc/rpc_table.hpp"

#include "actors/io/child_io.hpp"
#include "config/datatypes.hpp"
#include "platform/log_window.hpp"
#include "platform/main_log.hpp"
#include "protocols/descriptions.hpp"
#include "troupe_version.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <unistd.h>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;
using protocols::rpc_writer;

namespace {

using call_context = rpc_methods::call_context;

constexpr std::string_view api_version = "3.0";
constexpr std::size_t longest_event = std::size_t{4} << 20;
constexpr std::size_t quick_event = 256 << 10; ///< bytes that are looked at while the others wait

/// XML-RPC's integers end in 2038.
std::int64_t shown_time(const rpc_writer& out, std::int64_t seconds) {
  return out.whole_times() ? seconds
                           : std::clamp<std::int64_t>(seconds, std::numeric_limits<std::int32_t>::min(),
                                                      std::numeric_limits<std::int32_t>::max());
}

// -- parameters ----------------------------------------------------------------------------------

/// 4.1: anything is true that is not empty or zero. Without the parameter: true.
bool truth(const rpc_value::array& params, std::size_t i) {
  if (i >= params.size())
    return true;
  struct judge {
    bool operator()(std::monostate) const { return false; }
    bool operator()(bool v) const { return v; }
    bool operator()(std::int64_t v) const { return v != 0; }
    bool operator()(double v) const { return v != 0; }
    bool operator()(const std::string& v) const { return !v.empty(); }
    bool operator()(const protocols::rpc_date&) const { return true; }
    bool operator()(const protocols::rpc_bytes& v) const { return !v.bytes.empty(); }
    bool operator()(const rpc_value::array& v) const { return !v.empty(); }
    bool operator()(const rpc_value::structure& v) const { return !v.empty(); }
  };
  return std::visit(judge{}, params[i].is);
}

std::optional<std::int64_t> number(const rpc_value& value) {
  if (const auto* i = value.integer())
    return *i;
  if (const auto* b = value.boolean())
    return *b ? 1 : 0;
  if (const auto* d = value.real(); d && std::abs(*d) < 9e18)
    return static_cast<std::int64_t>(*d);
  std::int64_t parsed = 0;
  if (const auto* s = value.string(); s && protocols::parse_integer(*s, parsed))
    return parsed;
  return {};
}

/// Any scalar as text, for event data.
std::optional<std::string> scalar_text(const rpc_value& value) {
  if (const auto* s = value.string())
    return *s;
  if (const auto* b = value.boolean())
    return *b ? "True" : "False";
  if (const auto* i = value.integer())
    return std::to_string(*i);
  if (const auto* date = std::get_if<protocols::rpc_date>(&value.is))
    return date->text;
  if (const auto* d = value.real()) {
    char digits[40];
    auto end = std::to_chars(digits, digits + sizeof digits, *d).ptr;
    std::string text(digits, end);
    return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
  }
  return {};
}

/// The process that parameter `i` names, or null and `problem`.
process_status_ptr named(const call_context& c, std::size_t i, rpc_fault& problem) {
  const auto* name = c.params[i].string();
  if (!name) {
    problem = wrong_parameters();
    return nullptr;
  }
  auto [group, process] = split_name(*name);
  auto found = process ? c.context.board.find(group, *process) : nullptr;
  if (!found)
    problem = make_fault(fault::bad_name, *name);
  return found;
}

template <class T>
rpc_step wrote(call_context& c, const T& value) {
  c.out.value(value);
  return rpc_written{};
}

// -- the daemon ----------------------------------------------------------------------------------

rpc_step get_api_version(call_context& c) { return wrote(c, api_version); }
rpc_step get_supervisor_version(call_context& c) { return wrote(c, version); }
rpc_step get_identification(call_context& c) { return wrote(c, c.context.identifier); }
rpc_step get_pid(call_context& c) { return wrote(c, static_cast<std::int64_t>(::getpid())); }

rpc_step get_state(call_context& c) {
  auto state = c.context.board.daemon();
  c.out.begin_struct();
  c.out.member("statecode", static_cast<int>(state));
  c.out.member("statename", protocols::to_string(state));
  c.out.end_struct();
  return rpc_written{};
}

template <control_request::kind What>
rpc_step ask_daemon(call_context&) {
  return control_request{.what = What};
}

rpc_step send_remote_comm_event(call_context& c) {
  auto type = scalar_text(c.params[0]);
  auto data = scalar_text(c.params[1]);
  if (!type || !data)
    return wrong_parameters();
  if (type->size() + data->size() > longest_event) // every pool that listens keeps it
    return make_fault(fault::bad_arguments,
                      "an event's type and data are " + std::to_string(longest_event >> 20) + " MiB at most");
  bool quick = data->size() <= quick_event;
  auto tell = [publish = c.context.publish, type = *std::move(type), data = *std::move(data)]() -> control_answer {
    publish(protocols::remote_communication_event(type, data));
    return rpc_value{true};
  };
  if (!quick)
    return rpc_long(std::move(tell));
  tell();
  return wrote(c, true);
}

// -- start, stop, signal -------------------------------------------------------------------------

/// The request for what parameter 0 names: a process, or all of a group where `group:*` stands.
rpc_step ask_named(call_context& c, process_task task) {
  const auto* name = c.params[0].string();
  if (!name)
    return wrong_parameters();
  auto [group, process] = split_name(*name);
  control_request request{.name = *name, .group = group, .task = std::move(task)};
  if (process)
    request.process = *process;
  else
    request.of = control_request::scope::group;
  return request;
}

rpc_step ask_group(call_context& c, process_task task) {
  const auto* name = c.params[0].string();
  if (!name)
    return wrong_parameters();
  return control_request{.of = control_request::scope::group, .name = *name, .group = *name, .task = std::move(task)};
}

rpc_step ask_all(process_task task) {
  return control_request{.of = control_request::scope::all, .task = std::move(task)};
}

template <verb What>
rpc_step ask_process(call_context& c) {
  return ask_named(c, {.what = What, .wait = truth(c.params, 1)});
}
template <verb What>
rpc_step ask_process_group(call_context& c) {
  return ask_group(c, {.what = What, .wait = truth(c.params, 1)});
}
template <verb What>
rpc_step ask_all_processes(call_context& c) {
  return ask_all({.what = What, .wait = truth(c.params, 0)});
}

/// 4.4: a number, or the text of one, or a name.
std::optional<process_task> signal_task(const rpc_value& value) {
  process_task task{.what = verb::signal};
  if (const auto* s = value.string())
    task.signal_text = *s;
  else if (auto n = number(value))
    task.signal_text = std::to_string(*n);
  else
    return {};
  if (auto signo = config::signal_number(task.signal_text))
    task.signo = *signo;
  else if (auto probe = config::integer(task.signal_text); probe && *probe == 0) // "is it there?"; no stopsignal
    task.signo = 0;
  return task;
}

rpc_step signal_process(call_context& c) {
  auto task = signal_task(c.params[1]);
  return task ? ask_named(c, *std::move(task)) : wrong_parameters();
}
rpc_step signal_process_group(call_context& c) {
  auto task = signal_task(c.params[1]);
  return task ? ask_group(c, *std::move(task)) : wrong_parameters();
}
rpc_step signal_all_processes(call_context& c) {
  auto task = signal_task(c.params[0]);
  return task ? ask_all(*std::move(task)) : wrong_parameters();
}

rpc_step send_process_stdin(call_context& c) {
  const auto* chars = c.params[1].string();
  if (!chars) {
    auto shown = scalar_text(c.params[1]);
    return shown ? make_fault(fault::incorrect_parameters, *shown) : wrong_parameters();
  }
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  const auto& name = *c.params[0].string();
  if (process->pid == 0 || process->state == process_state::stopping)
    return make_fault(fault::not_running, name);
  switch (c.context.io.write_input(process->id, *chars)) {
  case child_io::input::taken:
    return wrote(c, true);
  case child_io::input::full:
    return make_fault(fault::failed, name + " does not read its stdin: too many bytes are waiting for it");
  case child_io::input::closed:
    break;
  }
  return make_fault(fault::no_file, name);
}

template <control_request::kind What>
rpc_step ask_for_group(call_context& c) {
  const auto* name = c.params[0].string();
  if (!name)
    return wrong_parameters();
  return control_request{.what = What, .name = *name};
}

// -- information ---------------------------------------------------------------------------------

} // namespace

void write_info(rpc_writer& out, const process_status& p, std::int64_t now) {
  const auto& name = p.options->name;
  auto start = p.laststart / 1'000'000;
  auto stop = p.laststop / 1'000'000;
  out.begin_struct();
  out.member("name", name);
  out.member("group", p.group);
  out.member("start", shown_time(out, start));
  out.member("stop", shown_time(out, stop));
  out.member("now", shown_time(out, now));
  out.member("state", static_cast<int>(p.state));
  out.member("statename", protocols::to_string(p.state));
  out.member("spawnerr", p.spawnerr);
  out.member("exitstatus", p.exitstatus.value_or(0));
  out.member("logfile", p.stdout_path);
  out.member("stdout_logfile", p.stdout_path);
  out.member("stderr_logfile", p.stderr_path);
  out.member("pid", p.pid);
  out.member("description", protocols::describe(p.state, name, p.pid, p.spawnerr, start, stop, now));
  out.end_struct();
}

namespace {

rpc_step get_process_info(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  write_info(c.out, *process, now_seconds());
  return rpc_written{};
}

} // namespace

rpc_step get_all_process_info(call_context& c) {
  if (!c.out.whole_times()) {
    c.out.written(c.methods.all_info());
    return rpc_written{};
  }
  c.out.begin_array();
  for (const auto& process : c.context.board.all())
    write_info(c.out, *process, now_seconds());
  c.out.end_array();
  return rpc_written{};
}

namespace {

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
  out.member("autostart", p.autostart);
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
  out.member("startretries", p.startretries);
  out.member("startsecs", p.startsecs);
  auto channel = [&](const std::string& prefix, const config::channel_options& options, const std::string& path) {
    out.member(prefix + "_capture_maxbytes", options.capture_maxbytes);
    out.member(prefix + "_events_enabled", options.events_enabled);
    out.member(prefix + "_logfile", log_name(options, path));
    out.member(prefix + "_logfile_backups", options.logfile_backups);
    out.member(prefix + "_logfile_maxbytes", options.logfile_maxbytes);
    out.member(prefix + "_syslog", options.syslog);
  };
  channel("stdout", p.out, active ? active->stdout_path : "");
  out.member("stopsignal", p.stopsignal);
  out.member("stopwaitsecs", p.stopwaitsecs);
  channel("stderr", p.err, active ? active->stderr_path : "");
  member_or_none(out, "serverurl", p.serverurl);
  out.end_struct();
}

rpc_step get_all_config_info(call_context& c) {
  struct item {
    const config::group_options* group;
    const config::process_options* process;
  };
  auto loaded = c.context.board.loaded();
  std::vector<item> items;
  for (const auto& group : *loaded)
    for (const auto& process : group->processes)
      items.push_back({group.get(), process.get()});
  std::stable_sort(items.begin(), items.end(), [](auto& a, auto& b) { return a.process->name < b.process->name; });
  c.out.begin_array();
  for (const auto& [group, process] : items) {
    auto active = c.context.board.find(group->name, process->name);
    bool same = active && active->options.get() == process;
    write_config(c.out, *group, *process, c.context.board.has_group(group->name), same ? active.get() : nullptr);
  }
  c.out.end_array();
  return rpc_written{};
}

// -- logs ----------------------------------------------------------------------------------------

constexpr std::int64_t quick_window = 256 << 10; ///< bytes that are read while the others wait

rpc_fault window_fault(const platform::log_window& window, const std::string& path) {
  switch (window.problem) {
  case platform::window_problem::bad_arguments:
    return make_fault(fault::bad_arguments);
  case platform::window_problem::missing:
    return make_fault(fault::no_file, path);
  case platform::window_problem::too_large:
    return make_fault(fault::failed,
                      "more than " + std::to_string(platform::largest_window >> 20) + " MiB at once; ask for less");
  case platform::window_problem::none:
  case platform::window_problem::unreadable:
    break;
  }
  return make_fault(fault::failed);
}

bool is_quick(const std::string& path, std::int64_t offset, std::int64_t length) {
  auto wanted = offset < 0 ? -std::max(offset, -std::numeric_limits<std::int64_t>::max()) : length;
  return (wanted > 0 && wanted <= quick_window) || platform::measure_log(path).size <= quick_window;
}

template <class Read>
rpc_step read_now_or_apart(call_context& c, bool quick, Read read) {
  if (!quick)
    return rpc_long(std::move(read));
  control_answer found = read();
  if (auto* refused = std::get_if<rpc_fault>(&found))
    return std::move(*refused);
  return wrote(c, std::get<rpc_value>(found));
}

rpc_step read_window(call_context& c, const std::string& path, std::size_t first) {
  auto offset = number(c.params[first]);
  auto length = number(c.params[first + 1]);
  if (!offset || !length)
    return wrong_parameters();
  if (path.empty())
    return make_fault(fault::no_file);
  return read_now_or_apart(c, is_quick(path, *offset, *length),
                           [path, offset = *offset, length = *length]() -> control_answer {
                             auto window = platform::read_log(path, offset, length);
                             if (window.problem != platform::window_problem::none)
                               return window_fault(window, path);
                             return rpc_value{std::move(window.bytes)};
                           });
}

rpc_step read_log(call_context& c) {
  const auto& path = c.context.log.path();
  return read_window(c, path == "syslog" ? "" : path, 0);
}

rpc_step clear_log(call_context& c) {
  const auto& path = c.context.log.path();
  if (path == "syslog" || path.empty() || platform::measure_log(path).problem == platform::window_problem::missing)
    return make_fault(fault::no_file);
  if (c.context.log.clear() != 0)
    return make_fault(fault::failed);
  c.context.log.write(config::log_level::info, "reopening log file");
  return wrote(c, true);
}

enum class channel { out, err };

const std::string& path_of(const process_status& p, channel which) {
  return which == channel::out ? p.stdout_path : p.stderr_path;
}

template <channel Which>
rpc_step read_process_log(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  return process ? read_window(c, path_of(*process, Which), 1) : problem;
}

template <channel Which>
rpc_step tail_process_log(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  auto offset = number(c.params[1]);
  auto length = number(c.params[2]);
  if (!offset || !length)
    return wrong_parameters();
  const auto& path = path_of(*process, Which);
  return read_now_or_apart(
    c, path.empty() || is_quick(path, 0, *length), [path, offset = *offset, length = *length]() -> control_answer {
      auto window = path.empty() ? platform::log_window{} : platform::tail_log(path, offset, length);
      if (window.problem == platform::window_problem::too_large)
        return window_fault(window, path);
      return rpc_value{rpc_value::array{rpc_value{std::move(window.bytes)}, window.size, window.overflow}};
    });
}

bool clear_logs(const rpc_context& context, const process_status& p) {
  return context.io.clear_logs(p.id, p.stdout_path, p.stderr_path) == 0;
}

rpc_step clear_process_logs(call_context& c) {
  rpc_fault problem;
  auto process = named(c, 0, problem);
  if (!process)
    return problem;
  if (!clear_logs(c.context, *process))
    return make_fault(fault::failed, *c.params[0].string());
  return wrote(c, true);
}

rpc_step clear_all_process_logs(call_context& c) {
  process_results results;
  for (const auto& process : c.context.board.by_priority()) {
    const auto& name = process->options->name;
    auto outcome = clear_logs(c.context, *process)
                     ? process_outcome{}
                     : process_outcome::of(make_fault(fault::failed, full_name(process->group, name)));
    results.push_back({name, process->group, outcome.status, outcome.text});
  }
  rpc_methods::write(c.out, results);
  return rpc_written{};
}

// -- the table -------------------------------------------------------------------------------------

using kind = control_request::kind;
constexpr auto read = access::read;
constexpr auto control = access::control;
constexpr auto admin = access::admin;

// clang-format off: one row each
const rpc_methods::method_row main_rows[] = {
  // sorted by name
  {"addProcessGroup", "boolean", "string name", admin, "activate a configured group by name",
   ask_for_group<kind::add_group>},
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
   read_process_log<channel::out>},
  {"readProcessStderrLog", "string", "string name, int offset, int length", read,
   "bytes of a stderr log: name, offset, length", read_process_log<channel::err>},
  {"readProcessStdoutLog", "string", "string name, int offset, int length", read,
   "bytes of a stdout log: name, offset, length", read_process_log<channel::out>},
  {"reloadConfig", "array", "", admin, "read the configuration again; names of added, changed, removed groups",
   ask_daemon<kind::reload>},
  {"removeProcessGroup", "boolean", "string name", admin, "deactivate a stopped group",
   ask_for_group<kind::remove_group>},
  {"restart", "boolean", "", admin, "stop everything and reload the daemon", ask_daemon<kind::restart>},
  {"sendProcessStdin", "boolean", "string name, string chars", control, "write text to a process's stdin",
   send_process_stdin},
  {"sendRemoteCommEvent", "boolean", "string type, string data", control,
   "publish an event with a type and data to listeners", send_remote_comm_event, true},
  {"shutdown", "boolean", "", admin, "stop everything and exit", ask_daemon<kind::shutdown>},
  {"signalAllProcesses", "array", "string signal", control, "signal every live process", signal_all_processes},
  {"signalProcess", "boolean", "string name, string signal", control, "signal one process (or `group:*`)",
   signal_process},
  {"signalProcessGroup", "array", "string name, string signal", control, "signal all live processes of a group",
   signal_process_group},
  {"startAllProcesses", "array", "boolean wait=true", control, "start everything not started; wait flag",
   ask_all_processes<verb::start>},
  {"startProcess", "boolean", "string name, boolean wait=true", control, "start one process (or `group:*`); wait flag",
   ask_process<verb::start>},
  {"startProcessGroup", "array", "string name, boolean wait=true", control, "start all of a group; wait flag",
   ask_process_group<verb::start>},
  {"stopAllProcesses", "array", "boolean wait=true", control, "stop everything; wait flag",
   ask_all_processes<verb::stop>},
  {"stopProcess", "boolean", "string name, boolean wait=true", control, "stop one process (or `group:*`); wait flag",
   ask_process<verb::stop>},
  {"stopProcessGroup", "array", "string name, boolean wait=true", control, "stop all of a group; wait flag",
   ask_process_group<verb::stop>},
  {"tailProcessLog", "array", "string name, int offset, int length", read, "old name of tailProcessStdoutLog",
   tail_process_log<channel::out>},
  {"tailProcessStderrLog", "array", "string name, int offset, int length", read,
   "end of a stderr log with size and overflow flag", tail_process_log<channel::err>},
  {"tailProcessStdoutLog", "array", "string name, int offset, int length", read,
   "end of a stdout log with size and overflow flag", tail_process_log<channel::out>},
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
