// What is wrong with processes, for whoever restarts containers: which states are ailments, and how they are told. Text
// out; must not ask, nor print. Source: docs/contract/packaging.md, 3.2.
#pragma once

#include "apps/ctl/processes.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

struct ailment {
  std::string name;  ///< of a process; empty: the daemon, or what is asked itself
  std::string state; ///< empty: none is known
  std::string text;
};

/// Of processes that run and are unhealthy, by the name `group:process`: what was found out last.
using unhealthy_book = std::map<std::string, std::string, std::less<>>;
/// What GET /api/v1/status says.
unhealthy_book to_unhealthy(std::string_view json);

/// `ready`: one that is still on its way is none that serves.
std::vector<ailment> ailments_of(const std::vector<const process_row*>& rows, const unhealthy_book& unhealthy,
                                 bool ready);

/// A line for each, as many as there is room for (4,096 bytes, which is what is kept of a health check), and how many
/// more there are.
std::string lines_of(const std::vector<ailment>& all);

} // namespace troupe::ctl
