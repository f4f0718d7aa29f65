// What actors and their I/O have of a keeper, where there is one: a desk, signals, sockets that it holds. Must not
// start anything. Source: docs/contract/survival.md, 2.3, 4.6 and 6.6. Cases: tests/survive_test.py.
#pragma once

#include "actors/core/control.hpp"
#include "actors/services.hpp"

#include <functional>

namespace troupe::actors {

/// From now on what has to outlive us is the keeper's, too. `signal`: one has come for the daemon; `upgrade`: may be
/// empty.
void use_keeper(services& use, keeper_desk& keeper, std::function<void(int)> signal,
                std::function<void(upgrade_request, control_answer_to)> upgrade);

} // namespace troupe::actors
