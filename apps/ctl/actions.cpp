// The table of actions, its help, and the actions that concern the daemon as a whole or only the client.
// Must not act on single processes (the other actions_*.cpp do).
#include "apps/ctl/actions.hpp"

#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>
#include <vector>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_value;
using enum action::completion;

constexpr auto unlisted = action::place::unlisted;
constexpr auto listed = action::place::listed;
constexpr auto no_json = action::json_output::none;
constexpr auto results = action::json_output::results;
constexpr auto lines = action::json_output::lines;

// clang-format off
constexpr action table[] = {
    {"add", do_add,
     "add <name> [...]\tput groups that reread has found into service", listed, groups, results},
    {"apply", do_apply,
     "apply [<gname> ...]\treread and apply what plan says\n"
     "apply --mode process\tprocess by process: what has not changed runs on; group: as update does;\n"
     "\t\t\tdefault: updatemode of [supervisord]\n"
     "apply --plan ID\t\tonly if it is still that plan, see plan --json\n"
     "apply --rolling [...]\trestarts one batch after the other, with the flags of restart --rolling", unlisted, groups},
    {"avail", do_avail,
     "avail\t\t\tshow every configured process, in service or not", listed, nothing},
    {"can", do_can,
     "can <right> <name> [...]\twhether you may do that to a process\n"
     "can <right> <gname>:*\tto each process of a group\n"
     "can <right> all\t\tto each process\n"
     "can shutdown\t\tlikewise mainlog, publish, token, admin and methods of extensions: over the daemon\n"
     "can --as <user> ...\tthe same for somebody else", unlisted, right_and_processes, results},
    {"clear", do_clear,
     "clear <name>\t\tempty the log files of a process\n"
     "clear <name> <name>\tempty those of several processes\n"
     "clear all\t\tempty those of all processes", listed, processes, results},
    {"diff", do_plan, "diff\tanother name of plan", unlisted, groups},
    {"disable", do_disable,
     "disable <name> [...] [--now] [--until WHEN]\n"
     "\t\t\tfrom now on only a start by its own name starts a process; groups, all and\n"
     "\t\t\tpatterns as in stop; --now: stop it, too\n"
     "\t\t\tWHEN is a time from now, such as 2h, or 06:00, or 2026-12-01T06:00:\n"
     "\t\t\tthen it is enabled, and started if it starts with the daemon", unlisted, processes},
    {"doctor", do_doctor,
     "doctor\t\t\tlook for what may be wrong: configuration, daemon, address, rights, logs, programs\n"
     "\t\t\ta line for each: ok, warn or FAIL, with the next command; exit status 0, 1 or 2", unlisted, nothing},
    {"enable", do_enable,
     "enable <name> [...] [--now]\n"
     "\t\t\tthe end of disable; --now: start it, too", unlisted, processes},
    {"exit", do_exit,
     "exit\tleave the shell", listed, nothing},
    {"fg", do_fg,
     "fg <process>\tattach this terminal to a process\n"
     "\t\tCtrl-C leaves it", listed, processes, no_json},
    {"help", do_help,
     "help\t\tlist the actions\n"
     "help <action>\texplain an action", unlisted, action::completion::actions},
    {"graph", do_graph,
     "graph\t\t\twhat programs wait for: + it is met, - it is not, ~ it is not and need not be\n"
     "graph <name> [...]\tof these processes\n"
     "graph --reverse [<name> ...]\twho depends on them\n"
     "graph --dot\t\tfor Graphviz\n"
     "start --no-deps <name>\tstart it whatever it depends on\n"
     "stop --with-dependents <name>\tfirst stop who depends on it; restart takes it, too", unlisted, processes},
    {"health", do_health,
     "health [<name> ...]\texit status 0, or 1 and a line for each reason, within 3 s; for health checks of containers:\n"
     "\t\t\tFATAL, BACKOFF, UNKNOWN, EXITED by no status of exitcodes, unhealthy, no daemon that runs\n"
     "health --ready [...]\tSTARTING is a reason, too", unlisted, processes},
    {"history", do_history,
     "history [name ...] [--since T] [--until T] [--kind KIND,...] [-n N] [--json]\n"
     "\t\t\twhat has happened, the last 50 records, oldest first; `supervisord` names the daemon\n"
     "history at T [name ...]\tthe states at that time\n"
     "history --export FILE\ta copy of all of it, where the daemon runs\n"
     "\t\t\tT is such as 2h, 10m, 03:12, 2026-11-28 03:12; KIND is state, command, config,\n"
     "\t\t\thealth, ready, death, daemon or event", unlisted, processes},
    {"hup", do_hup,
     "hup <name>\thave a process read its files again: by its reloadcommand, else by its reloadsignal (HUP)\n"
     "hup <gname>:*\tall processes of a group that run\n"
     "hup all\t\tall that run", unlisted, processes},
    {"init", do_init,
     "init [<folder>] [--program <name>=<command> ...]\n"
     "\t\t\ta first supervisord.conf there, which is not overwritten; a command reaches to\n"
     "\t\t\tthe next --program; no daemon is asked", unlisted, nothing},
    {"kill", do_kill,
     "kill <name>\tSIGKILL a process now, and what its killmode reaches\n"
     "kill <gname>:*\tall processes of a group\n"
     "kill all\tall that run", unlisted, processes},
    {"logs", do_logs,
     "logs [<name> ...]\tlast 10 *lines* of the logs of processes, groups or patterns, all if there is no name;\n"
     "\t\t\tsupervisord is the daemon's\n"
     "logs -f [...]\t\tand what comes, Ctrl-C ends\n"
     "logs -n N [...]\t\tN lines of each, or all\n"
     "logs --since T [...]\tsince then, by the times in the lines: 10m, 2h, 12:03, 2026-11-28T12:00\n"
     "\t\t\tlikewise --stdout, --stderr, --both, --no-prefix, --timestamps, --json", unlisted, processes, lines},
    {"maintail", do_maintail,
     "maintail -f\tfollow the daemon's log, Ctrl-C ends\n"
     "maintail -100\tits last 100 *bytes*\n"
     "maintail\tits last 1600 *bytes*", listed, nothing, lines},
    {"open", do_open,
     "open <url>\tswitch to the daemon that listens there\n"
     "\t\ta local socket is written unix:///socket/path", listed, nothing},
    {"passwd", do_passwd,
     "passwd\t\task for a password, twice, and print the line for [user:x]\n"
     "passwd < file\tthe same for the first line of a file; no daemon is asked", unlisted, nothing},
    {"pid", do_pid,
     "pid\t\t\tpid of the daemon\n"
     "pid <name>\t\tpid of one process\n"
     "pid <gname>:*\t\tpids of all processes of a group\n"
     "pid all\t\t\tpids of all processes, one in a line", listed, processes, results},
    {"quit", do_exit,
     "quit\tleave the shell", listed, nothing},
    {"reload", do_reload,
     "reload\t\trestart the daemon"},
    {"plan", do_plan,
     "plan [<gname> ...]\twhat apply would do to each process, and why; nothing is changed\n"
     "plan --mode process\tlikewise group, as apply takes it\n"
     "plan --all\t\tthose that are kept, too\n"
     "plan --check\t\texit status 1 if there is something to do", unlisted, groups},
    {"remove", do_remove,
     "remove <name> [...]\ttake stopped groups out of service", listed, groups, results},
    {"reread", do_reread,
     "reread\t\t\tread the configuration again, without applying it", listed, nothing},
    {"restart", do_restart,
     "restart <name>\t\tstop a process, then start it\n"
     "restart <gname>:*\tall processes of a group\n"
     "restart <name> <name>\tseveral processes or groups\n"
     "restart all\t\tall processes\n"
     "\t\t\tnote: no configuration is read; see reread and update for that", listed, processes, results},
    {"rollout", do_rollout,
     "rollout [<id>]\t\thow far a rolling restart is, the last one; watches it until it is over\n"
     "rollout abort <id>\tend it after the batch that is under way\n"
     "restart <name> [...] --rolling [--batch N|N%] [--pause TIME] [--wait running|ready|healthy]\n"
     "\t\t[--max-fail N] [--timeout TIME] [--all]\n"
     "\t\t\trestart one batch after the other: those that run, or with --all all of them", unlisted, nothing},
    {"scale", do_scale,
     "scale <program> <n>\tso many processes of a program, until its numprocs changes in the configuration\n"
     "scale <program> --reset\tas many as that says", unlisted, nothing},
    {"shutdown", do_shutdown,
     "shutdown\tend the daemon"},
    {"signal", do_signal,
     "signal <signal name> <name>\t\tsend a signal to a process\n"
     "signal <signal name> <gname>:*\t\tto all processes of a group\n"
     "signal <signal name> <name> <name>\tto several processes or groups\n"
     "signal <signal name> all\t\tto all processes", listed, processes, results},
    {"start", do_start,
     "start <name>\t\tstart a process\n"
     "start <gname>:*\t\tall processes of a group\n"
     "start <name> <name>\tseveral processes or groups\n"
     "start all\t\tall processes", listed, processes, results},
    {"status", do_status,
     "status <name>\t\tstate of a process\n"
     "status <gname>:*\tof all processes of a group\n"
     "status <name> <name>\tof several processes or groups\n"
     "status\t\t\tof all processes\n"
     "status -v\t\talso processor time, memory, restarts and the last end\n"
     "status --state A,B\tonly those in these states\n"
     "status --sort KEY\tby name, state, cpu, mem, restarts or start\n"
     "status --strict\t\texit status 3 unless all are RUNNING\n"
     "status --watch[=S]\tagain whenever something changes, Ctrl-C ends", listed, processes},
    {"stop", do_stop,
     "stop <name>\t\tstop a process\n"
     "stop <gname>:*\t\tall processes of a group\n"
     "stop <name> <name>\tseveral processes or groups\n"
     "stop all\t\tall processes", listed, processes, results},
    {"tail", do_tail,
     "tail [-f] <name> [stdout|stderr] (default stdout)\n"
     "For example:\n"
     "tail -f <name>\t\tfollow the stdout of a process, Ctrl-C ends\n"
     "tail -100 <name>\tlast 100 *bytes* of its stdout\n"
     "tail <name> stderr\tlast 1600 *bytes* of its stderr", listed, processes, lines},
    {"token", do_token,
     "token create [--role ROLE[,ROLE]] [--ttl TIME] [--name TEXT] [--network NET] [--user USER]\n"
     "\t\t\tprint a new token, for programs; roles and networks can only take rights away\n"
     "\t\t\tTIME is a number and s, m, h or d: 12h\n"
     "token list [--user USER]\tyour tokens, or those of somebody else\n"
     "token revoke <id> [...]\tmake tokens worthless", unlisted, token_word, results},
    {"top", do_top,
     "top\t\t\tthe processes on the whole terminal, as they change; F1 tells what the keys do\n"
     "top --once\t\tone picture of it", unlisted, nothing, no_json},
    {"update", do_update,
     "update\t\t\treread and apply; programs concerned are restarted\n"
     "update all\t\tthe same\n"
     "update <gname> [...]\tapply to these groups only\n"
     "update --mode process [...]\tprocess by process, see plan and apply; --mode group as ever", listed, groups, results},
    {"upgrade", do_upgrade,
     "upgrade\t\t\tlet the daemon's binary, as it is now, take over; all programs go on\n"
     "upgrade --binary PATH\tanother binary\n"
     "upgrade --check\t\tonly see whether that could be done", unlisted, nothing},
    {"version", do_version,
     "version\t\t\tversion of the daemon", listed, nothing},
    {"wait", do_wait,
     "wait <name> [...] [--state STATE] [--timeout SECONDS]\n"
     "\t\t\twait until processes are in a state (default RUNNING, for ever)", unlisted, processes, results},
    {"whoami", do_whoami,
     "whoami [--json]\twho you are to the daemon, and what you may do", unlisted, nothing},
    {"why", do_why,
     "why <name>\twhy a process is in its state, and how it ended last, if nobody had asked for that\n"
     "why <gname>:*\tof all processes of a group, a line for each\n"
     "why <name> <name>\tof several processes or groups\n"
     "why <name> --json\tthe last 8 ends of a process, newest first", unlisted, processes},
    {"EOF", do_exit, "", unlisted, nothing},
};
// clang-format on

} // namespace

std::span<const action> actions() { return table; }

const action* find_action(std::string_view name) {
  auto found = std::find_if(std::begin(table), std::end(table), [&](const action& a) { return a.name == name; });
  return found == std::end(table) ? nullptr : found;
}

/// Names in columns, read downwards, in as few rows as fit 80 characters.
std::string action_list() {
  std::vector<std::string_view> names;
  for (const auto& a : table)
    if (a.shown == listed)
      names.push_back(a.name);
  std::size_t rows = 0;
  std::vector<std::size_t> widths;
  std::size_t total = 0;
  do {
    ++rows;
    widths.clear();
    for (std::size_t first = 0; first < names.size(); first += rows) {
      auto last = names.begin() + static_cast<std::ptrdiff_t>(std::min(first + rows, names.size()));
      auto longest = std::max_element(names.begin() + static_cast<std::ptrdiff_t>(first), last,
                                      [](auto a, auto b) { return a.size() < b.size(); });
      widths.push_back(longest->size());
    }
    total = 0;
    for (auto w : widths)
      total += w + 2;
  } while (total > 80 + 2);
  std::string text = "\ndefault commands (type help <topic>):\n=====================================\n";
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      auto at = column * rows + row;
      text += column ? "  " : "";
      text += padded(at < names.size() ? names[at] : "", widths[column]);
    }
    text += '\n';
  }
  return text;
}

void usage_error(session& s, std::string_view action_name, std::string_view why, exit_status with) {
  s.wrong_use("Error: " + std::string(why), find_action(action_name)->help);
  s.fail(with);
}

bool without_arguments(session& s, std::string_view action_name, const std::string& arguments) {
  if (arguments == "--json")
    s.chosen().json = true;
  if (arguments.empty() || arguments == "--json")
    return true;
  usage_error(s, action_name, std::string(action_name) + " accepts no arguments");
  return false;
}

void do_help(session& s, const std::string& arguments) {
  auto words = split_words(arguments);
  takes_json(s, words);
  auto topic = words.empty() ? std::string() : s.chosen().json ? words.front() : arguments;
  const auto* found = find_action(topic);
  auto text = topic.empty()                   ? action_list()
              : found && !found->help.empty() ? std::string(found->help)
                                              : "*** No help on " + topic;
  if (s.chosen().json)
    s.document(rpc_value::structure{{"help", text}});
  else
    s.out(text);
}

void do_exit(session& s, const std::string&) {
  s.out("");
  s.end();
}

void do_open(session& s, const std::string& arguments) {
  if (!arguments.starts_with("http:") && !arguments.starts_with("https:") && !arguments.starts_with("unix:"))
    return s.complain("ERROR: url must be http:// or unix://"), s.fail(exit_status::generic);
  s.chosen().daemon.url = arguments;
  s.chosen().source = "that of `open`";
  do_status(s, "");
  s.fail(exit_status::success);
}

void do_version(session& s, const std::string& arguments) {
  if (!without_arguments(s, "version", arguments) || !s.check_daemon())
    return;
  auto version = s.demand("supervisor.getSupervisorVersion");
  auto text = version.string() ? *version.string() : std::string();
  if (s.chosen().json)
    s.document(rpc_value::structure{{"version", text}});
  else
    s.out(text);
}

namespace {

/// True where nobody is to be asked, or the answer is yes.
bool confirmed(session& s, const std::string& question) {
  if (!s.chosen().interactive)
    return true;
  auto answer = s.outside().ask(question, true);
  bool is_yes = answer && (answer->starts_with('y') || answer->starts_with('Y'));
  if (!is_yes && s.chosen().json)
    s.document(rpc_value::structure{{"ok", false}});
  return is_yes;
}

} // namespace

void do_reload(session& s, const std::string& arguments) {
  if (!without_arguments(s, "reload", arguments) ||
      !confirmed(s, "Really restart the remote supervisord process y/N? "))
    return;
  auto response = s.call("supervisor.restart");
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return s.out("Restarted supervisord");
  if (fault->code != fault_code::shutdown_state)
    throw to_trouble(*fault);
  s.wrong("ERROR: already shutting down");
  s.fail(exit_status::generic);
}

void do_shutdown(session& s, const std::string& arguments) try {
  if (!without_arguments(s, "shutdown", arguments) ||
      !confirmed(s, "Really shut the remote supervisord process down y/N? "))
    return;
  auto response = s.call("supervisor.shutdown");
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return s.out("Shut down");
  if (fault->code != fault_code::shutdown_state)
    throw to_trouble(*fault);
  s.wrong("ERROR: already shutting down");
} catch (const trouble& why) {
  if (why.why != trouble::kind::refused && why.why != trouble::kind::no_socket)
    throw;
  s.wrong("ERROR: " + s.url() + (why.why == trouble::kind::refused ? " refused connection" : " no such file") +
          " (already shut down?)");
  s.hint_where();
  s.fail(exit_status::generic);
}

} // namespace troupe::ctl
