// The inside of rollout.cpp and rollout_notes.cpp, and of nobody else. Source: docs/contract/programs.md, 7.
#pragma once

#include "actors/core/rollout.hpp"
#include "protocols/faults.hpp"

#include <chrono>
#include <string>

namespace troupe::actors {

/// At what nobody tells of: health, and answers that were lost.
inline constexpr std::chrono::milliseconds between_looks{200};

/// It has been stopped, or started, or has failed: that is a step.
void finish_step(rollout& r, rollout_member& m, bool starts, rollout_member::place to, protocols::fault code,
                 std::string text);

} // namespace troupe::actors
