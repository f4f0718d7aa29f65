// See web_desk.hpp: what the audit trail is told of pages and the API. Must not write records (audit_trail.cpp does).
// Source: docs/contract/access.md, 7.2.
#include "actors/web/web_json.hpp"

#include "actors/rpc/audited_act.hpp"

#include <utility>

namespace troupe::actors {

/// One for all that a request names.
std::shared_ptr<audited_act> web_desk::act_of(const web_task& task) const {
  if (!origin_ || !context_.audit)
    return nullptr;
  auto record = context_.audit->record_of(who_, *origin_);
  const auto& verb = row_of(task.what);
  record.verb = config::word_of(verb.needs);
  if (task.what == web_verb::signal)
    record.verb += ':' + audit_text_of(task.signal);
  if (task.all)
    record.target = "all";
  else if (task.names.size() == 1)
    record.target = audit_text_of(task.names.front());
  record.call = task.call;
  for (auto& name : single_processes(task)) {
    auto [group, process] = split_name(name);
    auto found = process ? board_.find(group, *process) : nullptr;
    if (found && verb.offered(board_.over(*found->who)))
      record.names.push_back(std::move(name));
  }
  return std::make_shared<audited_act>(context_.audit, std::move(record), context_.board);
}

std::shared_ptr<audited_act> web_desk::act_of_config(bool update) const {
  if (!origin_ || !context_.audit)
    return nullptr;
  auto record = context_.audit->record_of(who_, *origin_);
  record.verb = config::word_of(config::right::update);
  record.call = update ? "api/v1/config/update" : "api/v1/config/reread";
  auto act = std::make_shared<audited_act>(context_.audit, std::move(record), context_.board);
  act->watch(context_.access);
  return act;
}

void web_desk::tell_read(config::right what, std::string_view target, std::string_view call,
                         std::optional<protocols::fault> refused) const {
  if (origin_ && context_.audit)
    actors::tell_read(*context_.audit, who_, *origin_, {what, target, call, refused});
}

web_reply web_desk::refused_read(const protocols::rpc_fault& with, config::right what, std::string_view target,
                                 std::string_view call) const {
  tell_read(what, target, call, static_cast<protocols::fault>(with.code));
  return fault_reply(with);
}

} // namespace troupe::actors
