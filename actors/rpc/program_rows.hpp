// The dependency graph as it is shown: pure functions of the graph and of what is known of its processes. Must not
// know who asks, but for what may be shown to him. Source: docs/contract/programs.md, 1.7. Cases:
// tests/rpc/program_rows_test.cpp.
#pragma once

#include "actors/core/program_graph.hpp"
#include "protocols/xmlrpc.hpp"

#include <functional>
#include <string>
#include <vector>

namespace troupe::actors {

using may_see_node = std::function<bool(std::size_t)>;

/// Array of {item, condition, met, soft, state, members}: what a process waits for, as its options have it. Of what may
/// not be seen neither name nor state is told.
protocols::rpc_value::array item_rows(const program_graph& programs, std::size_t node, const facts_of_node& known,
                                      const may_see_node& sees);
/// `db:ready` of each item that is not met.
std::vector<std::string> unmet_items(const program_graph& programs, std::size_t node, const facts_of_node& known);

} // namespace troupe::actors
