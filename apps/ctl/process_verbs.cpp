// See process_verbs.hpp.
#include "apps/ctl/process_verbs.hpp"

#include "apps/ctl/hints.hpp"
#include "apps/ctl/processes.hpp"

#include <algorithm>

namespace troupe::ctl {

using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_value;

namespace {

const outcome no_such_process = {fault_code::bad_name, "no such process", exit_status::generic};
const outcome not_permitted = {fault_code::not_permitted, "not permitted", exit_status::insufficient_privileges};

} // namespace

const verb& start_verb() {
  static const verb v = {"start",
                         "started",
                         "supervisor.startAllProcesses",
                         "supervisor.startProcessGroup",
                         "supervisor.startProcess",
                         {no_such_process,
                          not_permitted,
                          {fault_code::no_file, "no such file", exit_status::generic},
                          {fault_code::not_executable, "file is not executable", exit_status::generic},
                          {fault_code::already_started, "already started", std::nullopt},
                          {fault_code::still_running, "still running", exit_status::generic}, // of an update
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
                         {no_such_process, not_permitted, {fault_code::not_running, "not running", std::nullopt}},
                         exit_status::generic,
                         true};
  return v;
}

const verb& kill_verb() {
  static const verb v = {"kill",
                         "killed",
                         "",
                         "",
                         "troupe.killProcess",
                         {no_such_process, not_permitted, {fault_code::not_running, "not running", std::nullopt}},
                         exit_status::generic,
                         true};
  return v;
}

const verb& hup_verb() {
  static const verb v = {
    "hup",
    "reloaded",
    "",
    "",
    "troupe.hupProcess",
    {no_such_process, not_permitted, {fault_code::not_running, "not running", exit_status::not_running}}};
  return v;
}

const verb& signal_verb() {
  static const verb v = {"signal",
                         "signalled",
                         "supervisor.signalAllProcesses",
                         "supervisor.signalProcessGroup",
                         "supervisor.signalProcess",
                         {no_such_process,
                          not_permitted,
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
                         {no_such_process, not_permitted, {fault_code::failed, "failed", exit_status::generic}}};
  return v;
}

namespace {

/// What there is to know about a start that failed, if somebody is there to read it.
void advise_on_start(session& s, const std::string& name) try {
  if (!s.may_advise())
    return;
  constexpr std::int64_t last_bytes = 1600;
  std::string spawnerr, log;
  auto info = s.call("supervisor.getProcessInfo", {name});
  if (auto known = std::get_if<rpc_value>(&info))
    if (auto text = known->member("spawnerr"); text && text->string())
      spawnerr = *text->string();
  auto tail = s.call("supervisor.readProcessStderrLog", {name, -last_bytes, 0});
  if (auto text = std::get_if<rpc_value>(&tail); text && text->string())
    log = *text->string();
  s.advise(hint_for_start(name, spawnerr, last_line_of(log)));
} catch (const trouble&) {
  // it was a kindness
}

} // namespace

std::optional<exit_status> status_of(const verb& v, std::int64_t code) {
  auto known = std::find_if(v.outcomes.begin(), v.outcomes.end(), [&](auto& o) { return o.code == code; });
  return known != v.outcomes.end() ? known->status : exit_status::generic;
}

void tell(session& s, const verb& v, const std::string& name, std::int64_t code, const std::string& text) {
  std::string action(v.name);
  if (code == fault_code::success)
    return s.result({action, name, code, true, name + ": " + std::string(v.done)});
  auto known = std::find_if(v.outcomes.begin(), v.outcomes.end(), [&](auto& o) { return o.code == code; });
  if (known != v.outcomes.end()) {
    s.result({action, name, code, !known->status, name + ": ERROR (" + std::string(known->text) + ")"});
    if (code == fault_code::spawn_error || code == fault_code::abnormal_termination)
      advise_on_start(s, name);
    if (known->status)
      s.fail(*known->status);
    if (auto waits = text.find("waiting for "); code == fault_code::spawn_error && waits != text.npos)
      s.hint(name + " goes on " + text.substr(waits));
    return;
  }
  bool bare = code == fault_code::failed && v.bare_failure;
  s.result({action, name, code, false, bare ? text : name + ": ERROR (" + text + ")"});
  s.fail(exit_status::generic);
}

void tell_unknown(session& s, const verb& v, const std::string& line) {
  auto name = line.substr(0, line.find(": ERROR"));
  s.result({std::string(v.name), name, fault_code::bad_name, false, line, line.ends_with("(no such group)")});
  s.fail(exit_status::generic);
}

void tell_all(session& s, const verb& v, const rpc_value& results) {
  if (!results.items())
    return;
  for (const auto& result : *results.items()) {
    auto row = to_row(result);
    auto status = result.member("status");
    tell(s, v, row.shown(), status && status->integer() ? *status->integer() : 0, row.description);
  }
}

bool is_denied(const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  return fault && fault->code == fault_code::not_permitted;
}

void tell_group(session& s, const verb& v, const std::string& group, const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  if (!fault)
    return tell_all(s, v, std::get<rpc_value>(response));
  if (is_denied(response))
    return tell(s, v, group, fault->code, fault->text);
  if (fault->code != fault_code::bad_name)
    throw to_trouble(*fault);
  s.result({std::string(v.name), group, fault->code, false, group + ": ERROR (no such group)", true});
  s.fail(v.no_such_group);
}

void tell_one(session& s, const verb& v, const name_form& name, const rpc_response& response) {
  auto fault = std::get_if<rpc_fault>(&response);
  auto shown = shown_name(name.group, *name.process);
  tell(s, v, shown, fault ? fault->code : std::int64_t{fault_code::success}, fault ? fault->text : "");
  if (fault && fault->code == fault_code::bad_name)
    suggest(s, shown);
}

} // namespace troupe::ctl
