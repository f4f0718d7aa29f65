// What the two ways of `status`, once (actions_status.cpp) and again and again (actions_watch.cpp), have in common.
// Must not hold columns (status_view.hpp does).
#pragma once

#include "apps/ctl/session.hpp"
#include "apps/ctl/status_view.hpp"

namespace troupe::ctl {

/// Where GET /api/v1/events is.
constexpr std::string_view events_path = "/api/v1/events";

status_look look_of(session& s, const status_request& wanted);
/// Sets the exit status.
void judge_status(session& s, const status_request& wanted, const shown_rows& found, const shown_rows& shown);
/// What a daemon of ours tells besides; of another one nothing, and that is said.
facts_book known_facts(session& s);
/// `top`, once, with all rows.
void print_top(session& s, const std::string& version);
/// Until Ctrl-C.
void watch_status(session& s, const status_request& wanted);

} // namespace troupe::ctl
