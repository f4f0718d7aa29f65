// The methods about updates process by process: what one would do, doing it, and how many processes a program has. Must
// not compare or carry out anything: what is asked for is handed back as a request for the actors. Source:
// docs/contract/programs.md, 6 and 15.2.
#include "actors/rpc/rpc_handlers.hpp"

#include <memory>
#include <string>
#include <utility>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_value;

namespace {

control_request request_for(const call_context& c, update_wish asked) {
  asked.choice = c.who.choice(c.row.opens.needs);
  return {.what = control_request::kind::reload,
          .reader = c.board.held_for_others(),
          .wish = std::make_shared<const update_wish>(std::move(asked))};
}

/// Parameter 1, flags. Nothing: they are understood.
std::optional<protocols::rpc_fault> read_flags(const call_context& c, update_wish& into, const char* allowed) {
  auto unknown = make_fault(fault::incorrect_parameters, allowed);
  if (c.params.size() < 2)
    return {};
  if (!c.params[1].members())
    return unknown;
  bool applies = into.what == update_wish::kind::apply;
  for (const auto& [key, value] : *c.params[1].members()) {
    const auto* text = value.string();
    if (key == "mode" && text && (*text == "group" || *text == "process")) {
      into.by_process = *text == "process";
    } else if (key == "plan" && text && applies) {
      into.plan_id = *text;
    } else if (const auto* watch = value.boolean(); key == "watch" && watch && applies) {
      into.watched = *watch;
    } else if (key == "rolling" && applies) {
      auto flags = rollout_flags_of(value);
      if (auto* refused = std::get_if<protocols::rpc_fault>(&flags))
        return *refused;
      into.rolling = std::get<rollout_flags>(flags);
    } else {
      return unknown;
    }
  }
  return {};
}

/// Parameter 0, groups; false: it is something else.
bool read_groups(const call_context& c, update_wish& into) {
  if (c.params.empty())
    return true;
  const auto* names = c.params[0].items();
  if (!names)
    return false;
  for (const auto& name : *names) {
    if (!name.string())
      return false;
    into.groups.push_back(*name.string());
  }
  return true;
}

} // namespace

rpc_step plan(call_context& c) {
  update_wish asked{.what = update_wish::kind::plan};
  if (!read_groups(c, asked))
    return wrong_parameters();
  if (auto refused = read_flags(c, asked, "troupe.plan takes mode, process or group"))
    return *refused;
  return request_for(c, std::move(asked));
}

rpc_step apply(call_context& c) {
  update_wish asked{.what = update_wish::kind::apply};
  if (!read_groups(c, asked))
    return wrong_parameters();
  if (auto refused = read_flags(
        c, asked, "troupe.apply takes mode, process or group, plan, the id of one, watch, and rolling, flags"))
    return *refused;
  return request_for(c, std::move(asked));
}

rpc_step get_update(call_context& c) {
  auto id = number(c.params[0]);
  auto since = c.params.size() > 1 ? number(c.params[1]) : std::int64_t{0};
  if (!id || !since)
    return wrong_parameters();
  update_wish asked{.what = update_wish::kind::see};
  asked.id = *id;
  asked.since = *since;
  auto request = request_for(c, std::move(asked));
  request.what = control_request::kind::see_update;
  return request;
}

rpc_step scale(call_context& c) {
  const auto* program = c.params[0].string();
  auto count = number(c.params[1]);
  if (!program || !count)
    return wrong_parameters();
  return request_for(c, {.what = update_wish::kind::scale, .program = *program, .count = *count});
}

rpc_step reset_scale(call_context& c) {
  const auto* program = c.params[0].string();
  if (!program)
    return wrong_parameters();
  return request_for(c, {.what = update_wish::kind::reset, .program = *program});
}

} // namespace troupe::actors
