// A rolling restart as the client sees it: begun, watched, told. Must not decide who is restarted when: the daemon
// does, and goes on with it when nobody watches. Source: docs/contract/programs.md, 7.
#pragma once

#include "apps/ctl/session.hpp"

#include <string>
#include <vector>

namespace troupe::ctl {

/// `restart`, of which `--rolling` is one word.
void restart_rolling(session& s, std::vector<std::string> given);
/// The flags of one, taken out of the words; as troupe.restartRolling takes them.
protocols::rpc_value::structure take_rolling_flags(std::vector<std::string>& given);
/// Of the words of a plain `restart`: what the configuration wants restarted like that is, and the others are left.
/// Nothing is asked where the daemon has not said that there may be any.
std::vector<std::string> restart_as_configured(session& s, std::vector<std::string> given);

} // namespace troupe::ctl
