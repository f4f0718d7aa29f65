// What is known of each process of the dependency graph at the moment, by the status board. Must not decide anything.
#pragma once

#include "actors/core/program_graph.hpp"
#include "actors/io/status_board.hpp"

#include <optional>
#include <utility>

namespace troupe::actors {

inline std::optional<process_moment> moment_of(const process_status_ptr& status) {
  if (!status)
    return {};
  auto why = status->why;
  bool begins_anew = why == start_reason::update || why == start_reason::scale || why == start_reason::rolling;
  return process_moment{status->state,
                        status->pid,
                        status->started_once,
                        status->last_end,
                        status->deadline.has_value(),
                        status->check && status->check->has_lasted,
                        status->disabled,
                        status->wished == intent::unwanted,
                        status->is_held,
                        begins_anew && !status->administrative_stop && status->started_once};
}

/// For as long as both are there.
inline facts_of_node facts_by(const program_graph& programs, const status_board& board) {
  return [&programs, &board](std::size_t node) {
    const auto& of = programs.nodes[node];
    return facts_of(of, moment_of(of.process == 0 ? nullptr : board.find(of.process)));
  };
}

} // namespace troupe::actors
