// What a worker makes of the image of the one that died, by what the register and the ledger say of the time since:
// then it can be taken up as another binary's (carry.hpp). Must not start, signal or read anything. Source:
// docs/contract/survival.md, 4.7. Cases: tests/actors/resume_test.cpp, tests/survive_test.py.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/io/found_events.hpp"
#include "actors/io/keeper_desk.hpp"

namespace troupe::actors {

/// `image` as carry_image() made it. The desk has what is still to be told of processes.
/// `events`: what they were at; null: listeners begin anew.
void bring_up_to_date(carried_runtime& image, keeper_desk& keeper, found_events* events = nullptr);

} // namespace troupe::actors
