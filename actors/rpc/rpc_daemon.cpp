// The methods about the daemon as a whole: who it is, its state, its configuration and its groups, its end, and events
// from outside. Must not carry any of it out: what changes something is handed back as a request for the actors.
// Source: docs/contract/http.md, 4.2, 4.4 and 4.7.
#include "actors/rpc/rpc_handlers.hpp"

#include "actors/rpc/audit_trail.hpp"
#include "platform/daemon.hpp"
#include "protocols/events.hpp"
#include "troupe_version.hpp"

#include <string>
#include <utility>

#include <unistd.h>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;

namespace {

constexpr std::string_view api_version = "3.0";
constexpr std::size_t longest_event = std::size_t{4} << 20;
constexpr std::size_t quick_event = 256 << 10; ///< bytes that are looked at while the others wait

/// Over every member of the group, as it runs and as it was read last. The fault says what the caller may know.
std::optional<protocols::rpc_fault> refused_group(const call_context& c, const std::string& name) {
  if (c.board.whole())
    return {};
  bool seen = c.board.has_group(name);
  bool judged = false;
  bool allowed = true;
  auto judge = [&](const protocols::mask& held) {
    judged = true;
    allowed = allowed && protocols::decide(held, c.row.opens.needs) == protocols::verdict::allow;
  };
  const auto& held = c.board.held();
  for (const auto& process : c.context.board.all())
    if (process->who->group.view() == name)
      judge(c.board.over(*process->who));
  for (const auto& group : *c.board.loaded())
    if (group->name.view() == name) {
      seen = seen || c.board.sees_group(*group);
      for (const auto& process : group->processes)
        judge(held.over(group->name, *process));
      if (group->processes.empty())
        judge(held.over(*group));
    }
  if (!judged) // it runs without processes, and is not loaded any more
    judge(held.over(protocols::subject{name, {}, {}}));
  if (!seen)
    return make_fault(fault::bad_name, name);
  return allowed ? std::nullopt : std::optional(c.who.refused(c.row.opens.needs, name));
}

/// The request about the group that parameter 0 names.
rpc_step ask_for_group(call_context& c, control_request::kind what) {
  const auto* name = c.params[0].string();
  if (!name)
    return wrong_parameters();
  if (auto refused = refused_group(c, *name))
    return *std::move(refused);
  return control_request{.what = what, .name = *name, .task = {.choice = c.who.choice(c.row.opens.needs)}};
}

} // namespace

rpc_step get_api_version(call_context& c) { return wrote(c, api_version); }
rpc_step get_supervisor_version(call_context& c) { return wrote(c, version); }
rpc_step get_identification(call_context& c) { return wrote(c, c.context.identifier); }
rpc_step get_pid(call_context& c) { return wrote(c, static_cast<std::int64_t>(platform::daemon_pid())); }

rpc_step get_state(call_context& c) {
  auto state = c.board.daemon();
  c.out.begin_struct();
  c.out.member("statecode", static_cast<int>(state));
  c.out.member("statename", protocols::to_string(state));
  c.out.end_struct();
  return rpc_written{};
}

rpc_step reload_config(call_context& c) {
  return control_request{.what = control_request::kind::reload, .reader = c.board.held_for_others()};
}
rpc_step restart(call_context&) { return control_request{.what = control_request::kind::restart}; }
rpc_step shutdown(call_context&) { return control_request{.what = control_request::kind::shutdown}; }

rpc_step upgrade(call_context& c) {
  if (!c.context.upgrade)
    return make_fault(fault::failed, "not from here");
  upgrade_request wanted;
  if (!c.params.empty()) {
    if (!c.params[0].members())
      return wrong_parameters();
    for (const auto& [name, value] : *c.params[0].members()) {
      if (name == "binary" && value.string())
        wanted.binary = *value.string();
      else if (name == "check" && value.boolean())
        wanted.only_check = *value.boolean();
      else
        return make_fault(fault::incorrect_parameters, "troupe.upgrade takes binary, a path, and check, a boolean");
    }
  }
  return [ask = c.context.upgrade, wanted](control_answer_to answer) { ask(wanted, std::move(answer)); };
}
rpc_step add_process_group(call_context& c) { return ask_for_group(c, control_request::kind::add_group); }
rpc_step remove_process_group(call_context& c) { return ask_for_group(c, control_request::kind::remove_group); }

rpc_step send_remote_comm_event(call_context& c) {
  auto type = scalar_text(c.params[0]);
  auto data = scalar_text(c.params[1]);
  if (!type || !data)
    return wrong_parameters();
  if (c.context.audit && c.context.audit->is_event() && *type == audit_event)
    return make_fault(fault::incorrect_parameters, "events of type " + *type + " are the audit trail's own");
  if (type->size() + data->size() > longest_event) // every pool that listens keeps it
    return make_fault(fault::bad_arguments,
                      "an event's type and data are " + std::to_string(longest_event >> 20) + " MiB at most");
  if (auto refused = c.about_to_act())
    return *std::move(refused);
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

} // namespace troupe::actors
