// See program_rows.hpp.
#include "actors/rpc/program_rows.hpp"

#include <algorithm>

namespace troupe::actors {

using protocols::rpc_value;

namespace {

/// `FATAL`, `1 of 2`, `not in service`; empty: it may not be told.
std::string state_of(const program_graph& programs, const dependency_graph::item& item, const facts_of_node& known,
                     const may_see_node& sees) {
  if (item.members.empty())
    return "not in service";
  if (item.members.size() > 1)
    return share_met(item, known);
  auto member = item.members.front();
  if (!sees(member))
    return {};
  auto facts = known(member);
  return programs.nodes[member].process == 0 ? "not in service" : std::string(to_string(state_at(facts.at)));
}

} // namespace

rpc_value::array item_rows(const program_graph& programs, std::size_t node, const facts_of_node& known,
                           const may_see_node& sees) {
  rpc_value::array rows;
  for (const auto& item : programs.graph.items_of(node)) {
    rpc_value::array members;
    for (auto member : item.members)
      if (sees(member))
        members.emplace_back(programs.nodes[member].shown);
    rows.emplace_back(rpc_value::structure{{"item", item.shown},
                                           {"condition", std::string(to_string(item.what))},
                                           {"met", look_at(item, known) == verdict_on_item::met},
                                           {"soft", item.soft},
                                           {"state", state_of(programs, item, known, sees)},
                                           {"members", std::move(members)}});
  }
  return rows;
}

std::vector<std::string> unmet_items(const program_graph& programs, std::size_t node, const facts_of_node& known) {
  std::vector<std::string> unmet;
  for (const auto& item : programs.graph.items_of(node))
    if (look_at(item, known) != verdict_on_item::met)
      unmet.push_back(item.shown);
  return unmet;
}

} // namespace troupe::actors
