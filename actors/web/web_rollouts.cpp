// See web_desk.hpp: rolling restarts over the API and from pages: begun, followed until they are over where somebody
// waits for that, ended. Must not decide who is restarted when (the supervisor has that done). Source:
// docs/contract/programs.md, 7 and 15.4; docs/web.md.
#include "actors/web/web_json.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <utility>

namespace troupe::actors {

using boost::asio::awaitable;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

std::string text_in(const rpc_value& of, std::string_view key) {
  const auto* member = of.member(key);
  return member && member->string() ? *member->string() : std::string();
}

std::int64_t number_in(const rpc_value& of, std::string_view key) {
  const auto* member = of.member(key);
  return member && member->integer() ? *member->integer() : 0;
}

const rpc_value::array& array_in(const rpc_value& of, std::string_view key) {
  static const rpc_value::array none;
  const auto* member = of.member(key);
  return member && member->items() ? *member->items() : none;
}

process_result result_for(const std::string& name, std::int64_t status, std::string text) {
  auto [group, process] = split_name(name);
  return {process.value_or(""), group, static_cast<int>(status), std::move(text)};
}

/// What became of each: its start, or that it was not stopped.
void append_steps(process_results& to, const rpc_value& rollout) {
  constexpr std::int64_t success = static_cast<int>(fault::success);
  for (const auto& step : array_in(rollout, "steps"))
    if (auto status = number_in(step, "status"); status != success || text_in(step, "what") == "started")
      to.push_back(result_for(text_in(step, "name"), status, text_in(step, "text")));
}

void append_left(process_results& to, const rpc_value& rollout) {
  for (const auto& name : array_in(rollout, "not_restarted"))
    if (name.string())
      to.push_back(result_for(
        *name.string(), static_cast<int>(fault::failed),
        make_fault(fault::failed, *name.string() + " was not restarted: " + text_in(rollout, "complaint")).text));
}

std::optional<std::int64_t> id_in(std::string_view text) {
  std::int64_t id = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), id);
  bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole && id >= 0 ? std::optional(id) : std::nullopt;
}

} // namespace

awaitable<control_answer> web_desk::ask_method(std::string method, rpc_value::array params) {
  std::string unused;
  protocols::rpc_writer writer{unused};
  auto step = context_.methods.call(who_, method, params, writer);
  auto answered = co_await answer_of(std::move(step));
  co_return answered;
}

/// Until it is over, or the client has gone; without `waits`: those that are concerned.
awaitable<process_results> web_desk::results_of_rollout(std::int64_t id, bool waits) {
  process_results results;
  rpc_value::array question(1, rpc_value(id));
  while (!gone_) {
    auto answer = co_await ask_method("troupe.getRollout", question);
    const auto* rollout = std::get_if<rpc_value>(&answer);
    if (!rollout)
      break;
    if (!waits) {
      for (const auto& name : array_in(*rollout, "names"))
        results.push_back(
          result_for(name.string() ? *name.string() : std::string(), static_cast<int>(fault::success), "OK"));
      break;
    }
    append_steps(results, *rollout);
    if (text_in(*rollout, "state") != "running") {
      append_left(results, *rollout);
      break;
    }
    question.resize(1);
    question.emplace_back(number_in(*rollout, "next"));
  }
  co_return results;
}

awaitable<web_desk::results_or_fault> web_desk::roll(web_task task) {
  rpc_value::array names;
  for (auto& name : task.names)
    names.emplace_back(std::move(name));
  if (task.all)
    names.emplace_back("*:*");
  auto flags = task.flags ? *task.flags : rpc_value(rpc_value::structure{});
  rpc_value::array params;
  params.emplace_back(std::move(names));
  params.emplace_back(std::move(flags));
  auto begun = co_await ask_method("troupe.restartRolling", std::move(params));
  if (auto* refused = std::get_if<rpc_fault>(&begun))
    co_return std::move(*refused);
  const auto* value = std::get_if<rpc_value>(&begun);
  rollout_ = value && value->integer() ? *value->integer() : 0;
  auto results = co_await results_of_rollout(rollout_, task.wait);
  co_return results;
}

/// A plain restart of several, where the configuration wants those of some groups restarted one after the other.
awaitable<web_desk::results_or_fault> web_desk::restart_as_configured(web_task task) {
  web_task rolling{.what = web_verb::rolling, .names = task.names, .all = task.all, .wait = task.wait};
  rolling.flags = std::make_shared<const rpc_value>(rpc_value::structure{{"configured", true}});
  auto known = [&](auto& one) { return is_there(one); };
  std::erase_if(rolling.names, [&](auto& one) { return !known(one); }); // they are refused below
  std::set<std::string> rolled;
  process_results results;
  if (rolling.all || !rolling.names.empty()) {
    bool waits = std::exchange(rolling.wait, false);
    auto begun = co_await roll(std::move(rolling));
    if (auto* refused = std::get_if<rpc_fault>(&begun);
        refused && refused->code != static_cast<int>(fault::not_permitted))
      co_return std::move(*refused);
    if (const auto* concerned = std::get_if<process_results>(&begun); concerned && rollout_ != 0)
      for (const auto& one : *concerned)
        rolled.insert(full_name(one.group, one.name));
    if (rollout_ != 0 && waits) {
      auto came = co_await results_of_rollout(rollout_, true);
      results = std::move(came);
    } else if (rollout_ != 0) {
      results = std::get<process_results>(std::move(begun));
    }
  }
  if (!rolled.empty()) {
    auto singles = single_processes(task);
    std::erase_if(singles, [&](auto& one) {
      auto [group, process] = split_name(one);
      return process && rolled.contains(full_name(group, *process));
    });
    task.all = false;
    task.names = std::move(singles);
  }
  if (task.all || !task.names.empty()) {
    auto others = co_await restart_together(std::move(task));
    results.insert(results.end(), others.begin(), others.end());
  }
  co_return results;
}

/// `rollouts`, `rollouts/ID`.
awaitable<web_answer> web_desk::api_rollouts(const web_request& r, std::string path) {
  bool is_one = path.size() > 9;
  auto id = is_one ? id_in(std::string_view(path).substr(9)) : std::optional<std::int64_t>{0};
  if (!id)
    co_return json_problem(404, "there is no such rolling restart");
  if (r.reads()) {
    rpc_value::array params(1, rpc_value(*id));
    auto query = r.target.substr(std::min(r.target.find('?'), r.target.size()));
    if (auto at = query.find("since="); at != query.npos)
      if (auto since = id_in(query.substr(at + 6, query.find('&', at) - at - 6)))
        params.emplace_back(*since);
    auto answered = co_await api_result("troupe.getRollout", std::move(params), "");
    co_return answered;
  }
  bool ends = r.method == web_request::http_method::remove;
  if (ends != is_one || (!ends && r.method != web_request::http_method::post))
    co_return json_problem(405, "GET reads; POST goes to rollouts, DELETE to rollouts/ID");
  if (auto refused = turned_away(r, "", true))
    co_return *std::move(refused);
  if (ends) {
    rpc_value::array params(1, rpc_value(*id));
    auto answered = co_await api_result("troupe.abortRollout", std::move(params), "result");
    co_return answered;
  }
  auto body = co_await parsed(r.body);
  if (!body)
    co_return json_problem(400, body.error().what);
  const auto* names = body->member("names");
  if (!names || !names->items())
    co_return json_problem(400, "names must be a list of texts");
  const auto* flags = body->member("flags");
  rpc_value::array params(1, *names);
  params.push_back(flags ? *flags : rpc_value(rpc_value::structure{}));
  auto answered = co_await api_result("troupe.restartRolling", std::move(params), "rollout");
  co_return answered;
}

} // namespace troupe::actors
