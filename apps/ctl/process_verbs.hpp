// What a fault of the daemon means to each verb that changes processes, and how its outcomes are told. Must not ask
// for anything (actions_process.cpp does). Source: docs/contract/supervisorctl.md, 6.4 and 6.7.
#pragma once

#include "apps/ctl/actions.hpp"
#include "apps/ctl/context.hpp"
#include "apps/ctl/names.hpp"
#include "apps/ctl/session.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::ctl {

/// What a code means to one verb; no status: it is no failure.
struct outcome {
  std::int64_t code;
  std::string_view text;
  std::optional<exit_status> status;
};

struct verb {
  std::string_view name;
  std::string_view done;
  std::string_view all; ///< RPC methods
  std::string_view group;
  std::string_view one;
  std::vector<outcome> outcomes;
  exit_status no_such_group = exit_status::generic;
  bool bare_failure = false; ///< fault 30: its text alone
};

const verb& start_verb();
const verb& stop_verb();
const verb& kill_verb(); ///< has a method for one process alone
const verb& hup_verb();  ///< likewise
const verb& signal_verb();
const verb& clear_verb();

/// What a failure with `code` makes of the exit status; nothing: it is none.
std::optional<exit_status> status_of(const verb& v, std::int64_t code);
bool is_denied(const protocols::rpc_response& response);
void tell(session& s, const verb& v, const std::string& name, std::int64_t code, const std::string& text);
/// `x: ERROR (no such process)`, or group.
void tell_unknown(session& s, const verb& v, const std::string& line);
/// An array of results of a group or of all processes.
void tell_all(session& s, const verb& v, const protocols::rpc_value& results);
void tell_group(session& s, const verb& v, const std::string& group, const protocols::rpc_response& response);
void tell_one(session& s, const verb& v, const name_form& name, const protocols::rpc_response& response);

} // namespace troupe::ctl
