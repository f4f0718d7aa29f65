// See rpc_methods.hpp: what the audit trail tells of calls: which of them, and in which words. Must not write records
// (audit_trail.cpp does), nor know how calls arrive. Source: docs/contract/access.md, 7.2.
#include "actors/rpc/audited_act.hpp"
#include "actors/rpc/rpc_found.hpp"

#include <string>
#include <utility>
#include <vector>

namespace troupe::actors {

using config::right;
using protocols::audit_record;
using protocols::rpc_fault;
using protocols::rpc_value;
using protocols::rpc_writer;

namespace {

bool changes(right what) {
  switch (what) {
  case right::status:
  case right::tail:
  case right::config:
  case right::events:
  case right::metrics:
  case right::mainlog:
    return false;
  default:
    return true;
  }
}

bool reads_contents(right what) { return what == right::tail || what == right::mainlog || what == right::config; }

std::string text_of(const rpc_value::array& params, std::size_t i) {
  if (i >= params.size())
    return {};
  if (const auto* number = params[i].integer())
    return std::to_string(*number);
  const auto* text = params[i].string();
  return text ? audit_text_of(*text) : std::string();
}

/// What is concerned, as the caller may see it: a process, or the members of a group that he may do it to.
std::vector<std::string> names_of(const caller& who, right needs, const std::string& name, bool whole_group, bool all) {
  const auto& view = who.view();
  auto [group, process] = split_name(name);
  if (process && !whole_group && !all)
    return view.find(group, *process) ? std::vector{full_name(group, *process)} : std::vector<std::string>{};
  if (whole_group)
    group = name;
  std::vector<std::string> names;
  for (const auto& one : view.all())
    if ((all || one->who->group.view() == group) &&
        (view.whole() || needs == right::signal || view.may(needs, *one->who) == protocols::verdict::allow))
      names.push_back(full_name(one->who->group, one->who->options->name));
  return names;
}

/// Those of the others hand back what has to be done.
bool acts_at_once(right what) {
  return what == right::clear || what == right::standard_input || what == right::publish || what == right::admin;
}

} // namespace

std::optional<rpc_fault> rpc_methods::call_context::about_to_act() const {
  return act ? act->about_to_act() : std::nullopt;
}

bool rpc_methods::is_told(const found& what, bool reads) {
  if (what.extension)
    return !what.only_reads;
  if (what.row.name.empty() || what.system || what.row.audit == method_row::told::never)
    return false;
  if (what.row.audit == method_row::told::always)
    return true;
  if (what.row.audit == method_row::told::as_contents)
    return reads;
  if (what.row.opens.of == reach::known)
    return false;
  return changes(what.row.opens.needs) || (reads && reads_contents(what.row.opens.needs));
}

std::shared_ptr<audited_act> rpc_methods::act_of(const caller& who, const audit_origin& by, const std::string& method,
                                                 const found& what, const rpc_value::array& params) const {
  auto record = context_.audit->record_of(who, by);
  record.call = audit_text_of(method);
  if (what.extension) {
    record.verb = record.call;
    return std::make_shared<audited_act>(context_.audit, std::move(record), context_.board);
  }
  const auto& row = what.row;
  auto needs = row.opens.needs;
  record.verb = row.opens.of == reach::known ? row.name : config::word_of(needs);
  bool all = row.opens.of == reach::all;
  if (row.name == "hupProcess")
    record.verb += ":HUP";
  else if (needs == right::signal)
    record.verb += ':' + text_of(params, all ? 0 : 1);
  if (needs == right::standard_input || needs == right::publish)
    if (const auto* sent = params.size() > 1 ? params[1].string() : nullptr)
      record.bytes = sent->size();
  if (all)
    record.target = "all";
  else if (row.opens.of == reach::one || row.opens.of == reach::known || needs == right::publish)
    record.target = text_of(params, 0);
  if (needs != right::update && (all || row.opens.of == reach::one))
    record.names = names_of(who, needs, record.target, row.name.ends_with("Group"), all || record.target == "*:*");
  if (row.name == "abortRollout")
    record.target = text_of(params, 0);
  if (row.name == "restartRolling" && !params.empty() && params[0].items())
    for (const auto& one : *params[0].items())
      if (const auto* name = one.string())
        for (auto& concerned : names_of(who, needs, *name, false, *name == "*:*"))
          record.names.push_back(std::move(concerned));
  auto act = std::make_shared<audited_act>(context_.audit, std::move(record), context_.board);
  if (row.name == "reloadConfig")
    act->watch(context_.access);
  return act;
}

rpc_rest rpc_methods::begin(const caller& who, const audit_origin* by, const std::string& method,
                            const rpc_value::array& params, rpc_writer& out,
                            const std::function<void(control_request, control_answer_to)>& ask_actors) {
  auto what = find(method);
  bool audited = by && context_.audit;
  bool told = audited && is_told(what, context_.audit->reads());
  auto act =
    told && !what.extension && acts_at_once(what.row.opens.needs) ? act_of(who, *by, method, what, params) : nullptr;
  auto step = call(who, what, method, params, out, act.get());
  auto* refused = std::get_if<rpc_fault>(&step);
  if (audited && refused && what.known() && refused->code == static_cast<int>(protocols::fault::not_permitted)) {
    // A flood of them costs no record each.
    if (auto suppressed = context_.audit->next_refusal(who.known() ? who.name() : by->user, by->from))
      act_of(who, *by, method, what, params)->refused(*refused, *suppressed);
    return rest_of(std::move(step), ask_actors);
  }
  if (told) {
    if (!act)
      act = act_of(who, *by, method, what, params);
    return act->follow(rest_of(std::move(step), ask_actors));
  }
  if (std::holds_alternative<rpc_written>(step)) // nearly all
    return {};
  if (audited && refused && what.known() && refused->code == static_cast<int>(protocols::fault::bad_name))
    act_of(who, *by, method, what, params)->refused(*refused);
  if (refused) // as quick as what is allowed
    return {std::move(*refused), {}, {}};
  return rest_of(std::move(step), ask_actors);
}

} // namespace troupe::actors
