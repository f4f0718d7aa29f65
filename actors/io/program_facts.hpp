// What is known of each process of the dependency graph at the moment, by the status board. Must not decide anything.
#pragma once

#include "actors/core/passing_stop.hpp"
#include "actors/core/program_graph.hpp"
#include "actors/core/retry_patience.hpp"
#include "actors/io/status_board.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace troupe::actors {

inline std::optional<process_moment> moment_of(const process_status_ptr& status) {
  if (!status)
    return {};
  bool in_vain = status->state == process_state::backoff &&
                 is_tried_in_vain(status->backoff, status->deadline, std::chrono::steady_clock::now());
  return process_moment{status->state,
                        status->pid,
                        status->started_once || is_stopped_by_hand(*status),
                        status->last_end,
                        status->deadline.has_value() && !in_vain,
                        status->check && status->check->has_lasted,
                        status->disabled,
                        status->wished == intent::unwanted,
                        status->is_held,
                        is_passing(*status)};
}

/// For as long as both are there.
inline facts_of_node facts_by(const program_graph& programs, const status_board& board) {
  return [&programs, &board](std::size_t node) {
    const auto& of = programs.nodes[node];
    return facts_of(of, moment_of(of.process == 0 ? nullptr : board.find(of.process)));
  };
}

} // namespace troupe::actors
