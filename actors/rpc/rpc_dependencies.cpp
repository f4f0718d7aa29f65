// The methods about dependencies: the graph, a start whatever a process depends on, a stop and a restart of whoever
// depends on it, too. Must not decide an order (the supervisor's actor does). Source: docs/contract/programs.md, 1.
#include "actors/io/program_facts.hpp"
#include "actors/rpc/program_rows.hpp"
#include "actors/rpc/rpc_handlers.hpp"

#include <algorithm>
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

program_graph_ptr programs_of(const call_context& c) { return c.context.programs ? c.context.programs() : nullptr; }

/// What parameter 0 names, and whoever depends on it and runs: ids.
std::variant<rpc_fault, std::vector<std::uint64_t>> tree_of(const call_context& c, const std::string& name) {
  auto [group, process] = split_name(name);
  std::vector<process_status_ptr> named;
  for (const auto& status : c.board.all())
    if (status->who->group.view() == group && (!process || status->who->options->name.view() == *process))
      named.push_back(status);
  if (named.empty())
    return make_fault(fault::bad_name, name);
  std::vector<std::uint64_t> all;
  std::vector<std::size_t> nodes;
  auto programs = programs_of(c);
  for (const auto& status : named) {
    all.push_back(status->who->id);
    if (auto node = programs ? programs->node_of(status->who->id) : std::nullopt)
      nodes.push_back(*node);
  }
  const auto& board = c.board.board();
  auto stopped = [&](std::size_t node) {
    auto status = board.find(programs->nodes[node].process);
    return !status || protocols::is_stopped(status->state);
  };
  if (programs)
    for (auto node : running_dependents(programs->graph, nodes, stopped))
      all.push_back(programs->nodes[node].process);
  for (auto id : all)
    if (auto status = board.find(id);
        status && c.board.may(c.row.opens.needs, *status->who) != protocols::verdict::allow)
      return c.who.refused(c.row.opens.needs, name);
  return all;
}

control_request request_of(const call_context& c, const std::vector<std::uint64_t>& tree, verb what, bool wait) {
  process_task task{.what = what, .wait = wait};
  if (!c.board.whole())
    task.choice = c.who.choice(c.row.opens.needs, 0);
  return {.of = control_request::scope::some, .name = *c.params[0].string(), .members = tree, .task = std::move(task)};
}

} // namespace

rpc_step graph(call_context& c) {
  rpc_value::array rows;
  if (auto programs = programs_of(c)) {
    auto known = facts_by(*programs, c.board.board());
    auto sees = [&](std::size_t node) {
      const auto& of = programs->nodes[node];
      return c.board.whole() || (of.process != 0 && c.board.find(of.group.view(), of.options->name.view()) != nullptr);
    };
    for (const auto& status : c.board.all()) {
      auto node = programs->node_of(status->who->id);
      if (!node || programs->graph.items_of(*node).empty())
        continue;
      rows.emplace_back(rpc_value::structure{{"name", status->who->options->name.str()},
                                             {"group", status->who->group.str()},
                                             {"state", static_cast<std::int64_t>(status->state)},
                                             {"statename", std::string(to_string(status->state))},
                                             {"items", item_rows(*programs, *node, known, sees)}});
    }
  }
  return wrote(c, rpc_value(std::move(rows)));
}

rpc_step stop_tree(call_context& c) {
  const auto* name = c.params[0].string();
  if (!name)
    return wrong_parameters();
  auto tree = tree_of(c, *name);
  if (auto* refused = std::get_if<rpc_fault>(&tree))
    return std::move(*refused);
  return request_of(c, std::get<1>(tree), verb::stop, truth(c.params, 1));
}

rpc_step restart_tree(call_context& c) {
  const auto* name = c.params[0].string();
  if (!name)
    return wrong_parameters();
  auto tree = tree_of(c, *name);
  if (auto* refused = std::get_if<rpc_fault>(&tree))
    return std::move(*refused);
  const auto& all = std::get<1>(tree);
  return rpc_restart{request_of(c, all, verb::stop, true), request_of(c, all, verb::start, truth(c.params, 1))};
}

} // namespace troupe::actors
