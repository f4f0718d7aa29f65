// start, stop, restart, signal, clear: what changes processes. One table of outcomes for each verb says what a fault of
// the daemon means to it. Must not ask how processes are (actions_status.cpp does). Source:
// docs/contract/supervisorctl.md, 6.4 and 6.7.
#include "apps/ctl/actions.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>
#include <optional>

namespace troupe::ctl {

namespace {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;
using words = std::vector<std::string>;

// -- asking several processes for the same -------------------------------------------------------------

/// What a code means to one verb; no status: it is no failure.
struct outcome {
  std::int64_t code;
  std::string_view text;
  std::optional<exit_status> status;
};

struct verb {
  std::string_view name;
  std::string_view done;
  std::string_view all; ///< RPC methods
  std::string_view group;
  std::string_view one;
  std::vector<outcome> outcomes;
  exit_status no_such_group = exit_status::generic;
  bool bare_failure = false; ///< fault 30: its text alone
};

const outcome no_such_process = {fault_code::bad_name, "no such process", exit_status::generic};

const verb& start_verb() {
  static const verb v = {"start",
                         "started",
                         "supervisor.startAllProcesses",
                         "supervisor.startProcessGroup",
                         "supervisor.startProcess",
                         {no_such_process,
                          {fault_code::no_file, "no such file", exit_status::generic},
                          {fault_code::not_executable, "file is not executable", exit_status::generic},
                          {fault_code::already_started, "already started", std::nullopt},
                          {fault_code::spawn_error, "spawn error", exit_status::not_running},
                          {fault_code::abnormal_termination, "abnormal termination", exit_status::not_running}},
                         exit_status::invalid_arguments};
  return v;
}

const verb& stop_verb() {
  static const verb v = {"stop",
                         "stopped",
                         "supervisor.stopAllProcesses",
                         "supervisor.stopProcessGroup",
                         "supervisor.stopProcess",
                         {no_such_process, {fault_code::not_running, "not running", std::nullopt}},
                         exit_status::generic,
                         true};
  return v;
}

const verb& signal_verb() {
  static const verb v = {"signal",
                         "signalled",
                         "supervisor.signalAllProcesses",
                         "supervisor.signalProcessGroup",
                         "supervisor.signalProcess",
                         {no_such_process,
                          {fault_code::not_running, "not running", exit_status::not_running},
                          {fault_code::bad_signal, "bad signal name", exit_status::generic}},
                         exit_status::generic,
                         true};
  return v;
}

const verb& clear_verb() {
  static const verb v = {"clear",
                         "cleared",
                         "supervisor.clearAllProcessLogs",
                         "",
                         "supervisor.clearProcessLogs",
                         {no_such_process, {fault_code::failed, "failed", exit_status::generic}}};
  return v;
}

void tell(session& s, const verb& v, const std::string& name, std::int64_t code, const std::string& text) {
  if (code == fault_code::success)
    return s.out(name + ": " + std::string(v.done));
  auto known = std::find_if(v.outcomes.begin(), v.outcomes.end(), [&](auto& o) { return o.code == code; });
  if (known != v.outcomes.end()) {
    s.out(name + ": ERROR (" + std::string(known->text) + ")");
    if (known->status)
      s.fail(*known->status);
    return;
  }
  bool bare = code == fault_code::failed && v.bare_failure;
  s.out(bare ? text : name + ": ERROR (" + text + ")");
  s.fail(exit_status::generic);
}

/// An array of results of a group or of all processes.
void tell_all(session& s, const verb& v, const rpc_value& results) {
  if (!results.items())
    return;
  for (const auto& result : *results.items()) {
    auto row = to_row(result);
    auto status = result.member("status");
    tell(s, v, row.shown(), status && status->integer() ? *status->integer() : 0, row.description);
  }
}

void tell_group(session& s, const verb& v, const std::string& group, const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return tell_all(s, v, std::get<rpc_value>(response));
  if (fault->code != fault_code::bad_name)
    throw to_trouble(*fault);
  s.out(group + ": ERROR (no such group)");
  s.fail(v.no_such_group);
}

void tell_one(session& s, const verb& v, const name_form& name, const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  if (fault && fault->code == fault_code::bad_name)
    suggest(s, shown_name(name.group, *name.process));
  tell(s, v, shown_name(name.group, *name.process), fault ? fault->code : std::int64_t{fault_code::success},
       fault ? fault->text : "");
}

/// `extra`: what follows the name in each call (the signal).
void ask_each(session& s, const verb& v, const words& given, const rpc_value::array& extra = {}) {
  auto parameters = [&](std::string_view name) {
    rpc_value::array all = {name};
    all.insert(all.end(), extra.begin(), extra.end());
    return all;
  };
  if (has_all(given))
    return tell_all(s, v, s.demand(v.all, extra));
  auto rows = std::any_of(given.begin(), given.end(), is_pattern) ? all_processes(s) : std::vector<process_row>();
  for (std::size_t i = 0; i < given.size(); ++i) {
    auto name = split_name(given[i]);
    if (!name.process) {
      tell_group(s, v, name.group, s.call(v.group, parameters(name.group)));
      continue;
    }
    words names = {given[i]};
    if (is_pattern(given[i])) { // what patterns in a row match goes out together, as a group does
      names = matching(rows, given[i]);
      for (; i + 1 < given.size() && is_pattern(given[i + 1]); ++i)
        for (auto& more : matching(rows, given[i + 1]))
          names.push_back(std::move(more));
    }
    std::vector<rpc_value::array> all;
    for (const auto& one : names)
      all.push_back(parameters(one));
    s.call_each(v.one, all, [&](std::size_t which, const rpc_response& response) {
      tell_one(s, v, split_name(names[which]), response);
    });
  }
}

std::string needs_a_name(const verb& v) { return std::string(v.name) + " requires a process name"; }

} // namespace

void do_start(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  if (given.empty())
    return usage_error(s, "start", needs_a_name(start_verb()), exit_status::invalid_arguments);
  ask_each(s, start_verb(), given);
}

void do_stop(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  if (given.empty())
    return usage_error(s, "stop", needs_a_name(stop_verb()));
  ask_each(s, stop_verb(), given);
}

void do_restart(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  if (split_words(arguments).empty())
    return usage_error(s, "restart", "restart requires a process name");
  do_stop(s, arguments);
  do_start(s, arguments);
}

void do_signal(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  if (given.size() < 2)
    return usage_error(s, "signal", "signal requires a signal name and a process name");
  rpc_value signal = given.front();
  given.erase(given.begin());
  ask_each(s, signal_verb(), given, {signal});
}

void do_clear(session& s, const std::string& arguments) {
  if (!s.check_daemon())
    return;
  auto given = split_words(arguments);
  if (given.empty())
    return usage_error(s, "clear", needs_a_name(clear_verb()));
  if (has_all(given))
    return ask_each(s, clear_verb(), given);
  for (const auto& word : expanded(s, given)) { // the daemon clears no groups: their members, one by one
    if (split_name(word).process) {
      ask_each(s, clear_verb(), {word});
      continue;
    }
    auto rows = all_processes(s);
    auto [members, unknown] = select(rows, {word});
    for (auto row : members)
      tell_one(s, clear_verb(), {row->group, row->name}, s.call(clear_verb().one, {row->group + ":" + row->name}));
    for (const auto& line : unknown)
      s.out(line), s.fail(exit_status::generic);
  }
}

} // namespace troupe::ctl
