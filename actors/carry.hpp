// What all actors and their I/O hand to the binary that follows this one, gathered, and given out again there. Must not
// stop or start anything (runtime.cpp does), nor know how it is kept (protocols/parcel.hpp). Source:
// docs/contract/survival.md, 6.3. Cases: tests/upgrade_test.py.
#pragma once

#include "actors/core/carried.hpp"
#include "actors/reaper_actor.hpp"
#include "actors/services.hpp"
#include "actors/supervisor_actor.hpp"

#include <vector>

namespace troupe::actors {

/// On the actors' thread, or while it rests; with the event bus held. `pipes`: of child_io, asked for before that,
/// since who reads a pipe waits for the bus.
carried_runtime carry(const supervisor_record& groups, const reaper_record& children, std::vector<carried_child> pipes,
                      services& use);

/// What changes seldom: the groups, their options, what was read last. On the actors' thread.
carried_runtime carry_image(const supervisor_record& groups, const services& use);

/// What has become of the image that was kept last.
void keep_added(const supervisor_record& groups, const services& use, std::uint64_t group);
void keep_removed(const supervisor_record& groups, const services& use, std::uint64_t group, const group_cell& cell);

/// No child is made any more: what nobody has begun waits.
void postpone_spawns(reaper_record& children);

/// Before there is an actor: the records are as they were.
void take_up(carried_runtime& from, supervisor_record& groups, reaper_record& children, services& use);
/// Behind that, and once the pools of listeners are there: pipes are watched again.
void take_up_pipes(carried_runtime& from, const supervisor_record& groups, services& use);

} // namespace troupe::actors
