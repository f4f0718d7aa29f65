// The methods about rolling restarts, and the one that has a process read its files again: whom a call names and what
// it wants is read here. Must not decide whose turn it is (the supervisor's actor has that done). Source:
// docs/contract/programs.md, 7 and 15.2.
#include "actors/core/rollout.hpp"
#include "actors/rpc/rpc_handlers.hpp"
#include "config/restart_setters.hpp"
#include "config/rolling_setters.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::actors {

using config::right;
using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

/// A number, or a text, as an option would say it.
std::optional<std::string> flag_text(const rpc_value& value) {
  if (const auto* text = value.string())
    return *text;
  if (const auto* whole = value.integer())
    return std::to_string(*whole);
  if (const auto* real = value.real())
    return std::to_string(*real);
  return {};
}

template <class Value>
bool take(std::optional<Value>& to, config::result<Value> from) {
  if (from)
    to = *std::move(from);
  return from.has_value();
}

/// False: that is no value of it. What is no flag is passed over: a later client may know more of them.
bool take_flag(rollout_flags& flags, const std::string& name, const rpc_value& value) {
  namespace setters = config::setters;
  bool is_switch = name == "all" || name == "configured";
  if (is_switch) {
    const auto* on = value.boolean();
    if (on)
      (name == "all" ? flags.all : flags.configured) = *on;
    return on;
  }
  auto text = flag_text(value);
  if (name == "batch")
    return text && take(flags.batch, setters::batch_of(name, *text));
  if (name == "pause")
    return text && take(flags.pause, setters::milliseconds_of(name, *text));
  if (name == "wait")
    return text && take(flags.wait, setters::rolling_wait_of(name, *text));
  if (name == "max_fail")
    return text && take(flags.maxfail, setters::most_failures_of(name, *text));
  if (name == "timeout")
    return text && take(flags.timeout, setters::milliseconds_of(name, *text));
  return true;
}

} // namespace

std::variant<rpc_fault, rollout_flags> rollout_flags_of(const rpc_value& given) {
  rollout_flags flags;
  if (!given.members())
    return wrong_parameters();
  for (const auto& [name, value] : *given.members())
    if (!take_flag(flags, name, value))
      return make_fault(fault::failed, "bad " + name + " " + flag_text(value).value_or(""));
  return flags;
}

namespace {

struct members_meant {
  std::vector<std::uint64_t> all;
  std::set<std::uint64_t> named; ///< each by itself
};

/// Of those that the caller may restart: for a group, and for `*:*`, the others of it are left out.
std::variant<rpc_fault, members_meant> members_of(const call_context& c, const rpc_value::array& names) {
  members_meant members;
  auto all = c.board.all();
  for (const auto& one : names) {
    const auto* name = one.string();
    if (!name)
      return wrong_parameters();
    auto [group, process] = split_name(*name);
    bool whole = *name == "*:*";
    bool is_there = false, any = false;
    for (const auto& status : all) {
      bool is_named =
        whole || (status->who->group.view() == group && (!process || status->who->options->name.view() == *process));
      if (!is_named)
        continue;
      is_there = true;
      if (c.board.may(c.row.opens.needs, *status->who) != protocols::verdict::allow)
        continue;
      any = true;
      members.all.push_back(status->who->id);
      if (process)
        members.named.insert(status->who->id);
    }
    if (!is_there && !whole)
      return make_fault(fault::bad_name, *name);
    if (!any && !whole)
      return c.who.refused(c.row.opens.needs, *name);
  }
  return members;
}

std::optional<std::int64_t> number_at(const call_context& c, std::size_t i) {
  return i < c.params.size() ? number(c.params[i]) : std::nullopt;
}

} // namespace

rpc_step restart_rolling(call_context& c) {
  const auto* names = c.params[0].items();
  if (!names)
    return wrong_parameters();
  auto flags = rollout_flags_of(c.params.size() > 1 ? c.params[1] : rpc_value(rpc_value::structure{}));
  if (auto* refused = std::get_if<rpc_fault>(&flags))
    return std::move(*refused);
  auto members = members_of(c, *names);
  if (auto* refused = std::get_if<rpc_fault>(&members))
    return std::move(*refused);
  process_task task;
  if (!c.board.whole())
    task.choice = c.who.choice(c.row.opens.needs, 0);
  auto& meant = std::get<members_meant>(members);
  rollout_request asked;
  asked.flags = std::get<rollout_flags>(std::move(flags));
  asked.named = std::move(meant.named);
  return control_request{.what = control_request::kind::begin_rollout,
                         .members = std::move(meant.all),
                         .task = std::move(task),
                         .reader = c.board.held_for_others(),
                         .rollout = std::make_shared<const rollout_request>(std::move(asked))};
}

rpc_step get_rollout(call_context& c) {
  auto id = number_at(c, 0);
  if (!id || *id < 0)
    return wrong_parameters();
  rollout_request asked{.id = *id};
  if (c.params.size() > 1) {
    asked.since = number_at(c, 1);
    if (!asked.since)
      return wrong_parameters();
  }
  return control_request{.what = control_request::kind::see_rollout,
                         .reader = c.board.held_for_others(),
                         .rollout = std::make_shared<const rollout_request>(std::move(asked))};
}

rpc_step abort_rollout(call_context& c) {
  auto id = number_at(c, 0);
  if (!id || *id < 0)
    return wrong_parameters();
  process_task task;
  if (!c.board.whole())
    task.choice = c.who.choice(c.row.opens.needs, 0);
  return control_request{.what = control_request::kind::abort_rollout,
                         .task = std::move(task),
                         .reader = c.board.held_for_others(),
                         .rollout = std::make_shared<const rollout_request>(rollout_request{.id = *id})};
}

} // namespace troupe::actors
