// See web_desk.hpp: /api/v1/config: the configuration is read again, and on request what differs is applied, group by
// group, with the methods that `supervisorctl update` uses. Must not know how a configuration is read or compared
// (config/ does). Source: docs/web.md.
#include "actors/web/web_json.hpp"

#include "actors/rpc/audited_act.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::fault;
using protocols::json_writer;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

void write_names(json_writer& out, std::string_view key, const std::vector<std::string>& names) {
  out.name(key);
  out.begin_array();
  for (const auto& name : names)
    out.value(name);
  out.end_array();
}

void write_diff(json_writer& out, const config::reload_diff& diff) {
  write_names(out, "added", diff.added);
  write_names(out, "changed", diff.changed);
  write_names(out, "removed", diff.removed);
}

void write_group_results(json_writer& out, const process_results& results) {
  out.name("results");
  out.begin_array();
  for (const auto& result : results) {
    out.begin_object();
    out.member("group", result.group);
    out.member("status", result.status);
    out.member("description", result.description);
    out.end_object();
  }
  out.end_array();
}

} // namespace

/// One request of the daemon; the result is named after the group.
awaitable<process_result> web_desk::group_step(std::string method, std::string group) {
  std::string unused;
  protocols::rpc_writer writer{unused};
  auto step = context_.methods.run(who_, method, {rpc_value{group}}, writer);
  auto answer = co_await answer_of(std::move(step));
  process_result result{"", group, static_cast<int>(fault::success), "OK"};
  if (const auto* refused = std::get_if<rpc_fault>(&answer)) {
    result.status = static_cast<int>(refused->code);
    result.description = refused->text;
  }
  co_return result;
}

/// Stopped and taken out, or put in, or both; what went wrong first is the result.
awaitable<process_result> web_desk::update_group(std::string group, bool out, bool in) {
  process_result result{"", group, static_cast<int>(fault::success), "OK"};
  if (out) {
    result = co_await group_step("stopProcessGroup", group);
    if (result.status == static_cast<int>(fault::success))
      result = co_await group_step("removeProcessGroup", group);
  }
  if (in && result.status == static_cast<int>(fault::success))
    result = co_await group_step("addProcessGroup", group);
  co_return result;
}

/// `only`: these groups; none: all that differ.
awaitable<process_results> web_desk::apply_diff(config::reload_diff diff,
                                                std::optional<std::vector<std::string>> only) {
  struct change {
    const std::vector<std::string>& groups;
    bool out, in;
  };
  const change changes[] = {{diff.removed, true, false}, {diff.changed, true, true}, {diff.added, false, true}};
  process_results results;
  for (const auto& c : changes)
    for (const auto& group : c.groups)
      if (!only || std::find(only->begin(), only->end(), group) != only->end()) {
        auto result = co_await update_group(group, c.out, c.in);
        results.push_back(std::move(result));
      }
  co_return results;
}

/// Reads the configuration again; `update`: and applies what differs, to the groups that the body names, or to all.
awaitable<web_answer> web_desk::api_config(const web_request& r, bool update) {
  auto body = co_await parsed(r.body);
  if (!body)
    co_return json_problem(400, body.error().what);
  auto wanted = json_strings(*body, "groups");
  if (!wanted)
    co_return json_problem(400, wanted.error().what);
  if (board_.daemon() != daemon_state::running)
    co_return fault_reply(make_fault(fault::shutdown_state));
  std::string unused;
  protocols::rpc_writer writer{unused};
  auto step = context_.methods.run(who_, "reloadConfig", {}, writer);
  auto act = act_of_config(update);
  if (const auto* refused = std::get_if<rpc_fault>(&step); !refused && act)
    if (auto not_told = act->begin())
      co_return fault_reply(*not_told);
  auto answer = co_await answer_of(std::move(step));
  if (const auto* refused = std::get_if<rpc_fault>(&answer)) {
    if (act)
      act->end(*refused);
    co_return fault_reply(*refused);
  }
  auto diff = std::get<config::reload_diff>(answer);
  std::string text;
  json_writer out{text};
  out.begin_object();
  write_diff(out, diff);
  if (update) {
    auto results = co_await apply_diff(diff, *wanted);
    if (auto told = results; act) {
      for (auto& one : told)
        one.name = one.group;
      act->end(std::move(told));
    }
    write_group_results(out, results);
  }
  if (act)
    act->end(std::monostate{}); // once is enough
  out.end_object();
  co_return json_reply(200, std::move(text));
}

} // namespace troupe::actors
