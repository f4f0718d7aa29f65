// The methods that disable and enable processes. Whom a call names and until when is read here; what it does to them is
// the actors' part. Must not wait. Source: docs/contract/programs.md, 11 and 15.2. Cases: tests/enable_test.py.
#include "actors/rpc/rpc_handlers.hpp"

#include "actors/io/enablement_book.hpp"
#include "protocols/until_words.hpp"

#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_value;

namespace {

/// Each process that the names of parameter 0 stand for, once: ids.
std::variant<rpc_fault, std::vector<std::uint64_t>> processes_named(const call_context& c) {
  const auto* names = c.params[0].items();
  if (!names)
    return wrong_parameters();
  std::vector<std::uint64_t> found;
  std::unordered_set<std::uint64_t> seen;
  auto add = [&](std::uint64_t id) {
    if (seen.insert(id).second)
      found.push_back(id);
  };
  for (const auto& one : *names) {
    const auto* name = one.string();
    if (!name)
      return wrong_parameters();
    auto [group, process] = split_name(*name);
    auto status = process ? c.board.find(group, *process) : nullptr;
    if (process ? !status : !c.board.has_group(group))
      return make_fault(fault::bad_name, *name);
    if (status)
      add(status->who->id);
    else
      for (const auto& member : c.board.all())
        if (member->who->group.view() == group)
          add(member->who->id);
  }
  return found;
}

/// As people write it, or seconds since the epoch; nothing of it: 0.
std::variant<rpc_fault, std::int64_t> end_of(const rpc_value& until) {
  auto now = static_cast<std::int64_t>(std::time(nullptr));
  if (const auto* text = until.string()) {
    auto found = text->empty() ? std::optional<std::int64_t>(0) : protocols::moment_to_come(*text, now);
    return found ? std::variant<rpc_fault, std::int64_t>(*found) : make_fault(fault::failed, "bad time " + *text);
  }
  const auto* seconds = until.integer();
  if (!seconds)
    return wrong_parameters();
  return *seconds == 0 || *seconds > now ? std::variant<rpc_fault, std::int64_t>(*seconds)
                                         : make_fault(fault::failed, "bad time " + std::to_string(*seconds));
}

control_request request_of(const std::vector<std::uint64_t>& whom, process_task task) {
  return {.of = control_request::scope::some, .members = whom, .task = std::move(task)};
}

bool is_asked(const rpc_value::array& params, std::size_t i) { return params.size() > i && truth(params, i); }

/// Of a list of results each that went well is told in that word.
process_results told(const control_answer& answer, const std::string& as) {
  const auto* results = std::get_if<process_results>(&answer);
  auto all = results ? *results : process_results{};
  for (auto& one : all)
    if (one.status == static_cast<int>(fault::success))
      one.description = as;
  return all;
}

/// What was done second behind what was done first, process by process.
process_results joined(const process_results& first, const process_results& second) {
  std::map<std::pair<std::string_view, std::string_view>, const process_result*> also;
  for (const auto& one : second)
    also[{one.group, one.name}] = &one;
  process_results all;
  for (const auto& one : first) {
    all.push_back(one);
    if (auto found = also.find({one.group, one.name}); found != also.end())
      all.push_back(*found->second);
  }
  return all;
}

} // namespace

rpc_deferred ask_both(rpc_both what, std::function<void(control_request, control_answer_to)> ask) {
  return [what = std::move(what), send = std::move(ask)](control_answer_to to) {
    auto then = [what, send, to](const control_answer& first) {
      if (std::holds_alternative<rpc_fault>(first))
        return (*to)(first);
      auto done = told(first, what.first_is_told_as);
      if (!what.second)
        return (*to)(done);
      auto last = [done, to, word = what.second_is_told_as](const control_answer& second) {
        if (std::holds_alternative<rpc_fault>(second))
          return (*to)(second);
        (*to)(joined(done, told(second, word)));
      };
      send(*what.second, std::make_shared<reply_promise<control_answer>>(last, make_fault(fault::failed)));
    };
    send(what.first, std::make_shared<reply_promise<control_answer>>(then, make_fault(fault::failed)));
  };
}

rpc_step disable_processes(call_context& c) {
  auto whom = processes_named(c);
  if (auto* refused = std::get_if<rpc_fault>(&whom))
    return std::move(*refused);
  auto until = c.params.size() > 1 ? end_of(c.params[1]) : std::int64_t{0};
  if (auto* refused = std::get_if<rpc_fault>(&until))
    return std::move(*refused);
  const auto& ids = std::get<1>(whom);
  auto end = std::get<1>(until);
  rpc_both both{request_of(ids, {.what = verb::disable, .until = end}), {}, "disabled", "stopped"};
  if (!c.context.remembered || !c.context.remembered->is_kept())
    both.first_is_told_as += end != 0 ? " (until the daemon ends: no statefile)" : " (until supervisord ends)";
  if (is_asked(c.params, 2))
    both.second = request_of(ids, {.what = verb::stop, .wait = true, .passing = true});
  return both;
}

rpc_step enable_processes(call_context& c) {
  auto whom = processes_named(c);
  if (auto* refused = std::get_if<rpc_fault>(&whom))
    return std::move(*refused);
  const auto& ids = std::get<1>(whom);
  rpc_both both{request_of(ids, {.what = verb::enable}), {}, "enabled", "started"};
  if (is_asked(c.params, 1))
    both.second = request_of(ids, {.what = verb::start, .wait = true});
  return both;
}

} // namespace troupe::actors
