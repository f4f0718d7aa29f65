// The history of one start, as [history] says: whether it can be kept is found out before the daemon goes into the
// background; its thread opens the file anew there. Must not write records. Source: docs/contract/history.md, 7.1 and
// 7.3.
#pragma once

#include "actors/io/history.hpp"
#include "actors/rpc/audit_trail.hpp"
#include "config/options.hpp"
#include "config/result.hpp"

#include <memory>

namespace troupe {

/// Null: none is kept. Errors, at the first start only: what keeps it from being kept for good.
config::result<std::shared_ptr<actors::history_keeper>> open_history(const config::configuration& configuration,
                                                                     platform::main_log& log, bool first_start);

/// The trail from which the history hears of calls: `audit`, or, where there is none, one that tells nobody else.
std::shared_ptr<actors::audit_trail> trail_for(const std::shared_ptr<actors::history_keeper>& history,
                                               std::shared_ptr<actors::audit_trail> audit, platform::main_log& log);

} // namespace troupe
