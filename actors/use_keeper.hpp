// What actors and their I/O have of a keeper, where there is one: a desk, signals, sockets that it holds. Must not
// start anything. Source: docs/contract/survival.md, 2.3, 4.6 and 6.6. Cases: tests/survive_test.py.
#pragma once

#include "actors/core/control.hpp"
#include "actors/io/event_memory.hpp"
#include "actors/services.hpp"

#include <functional>
#include <memory>

namespace troupe::actors {

/// From now on what has to outlive us is the keeper's, too. `signal`: one has come for the daemon; `upgrade`: may be
/// empty.
void use_keeper(services& use, keeper_desk& keeper, std::function<void(int)> signal,
                std::function<void(upgrade_request, control_answer_to)> upgrade);

/// For what listeners are at. Null: there is nobody who would hold it, or no memory.
std::shared_ptr<event_memory> make_event_memory(const std::shared_ptr<keeper_desk>& keeper);
/// Before anything is sent. What the worker before us had is outdated, whether there is something in its place or not.
void hold_events(keeper_desk* keeper, const event_memory* memory);

} // namespace troupe::actors
