// What records of the history say: the JSON of each kind as it is kept, a record as a value for whoever asks, and as a
// line for people. Pure. Must not know where records are kept, nor who may see them (it is told). Source:
// docs/contract/history.md, 7.2 and 7.4. Cases: tests/protocols/history_record_test.cpp.
#pragma once

#include "platform/history_file.hpp"
#include "protocols/audit_record.hpp"
#include "protocols/process_state.hpp"
#include "protocols/time_words.hpp"
#include "protocols/xmlrpc.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

// -- as it is kept -----------------------------------------------------------------------------------

struct state_change {
  process_state from = process_state::stopped, to = process_state::stopped;
  int pid = 0;
  std::int64_t tries = 0;
  std::string exit;                ///< `exit status 3`; empty: nothing ended
  std::optional<std::int64_t> ran; ///< microseconds
  std::string reason;              ///< empty: none is known
};
std::string history_json(const state_change& of);

/// An end that nobody asked for.
struct unasked_end {
  std::string end; ///< `exit status 3`, or why it could not be made
  int pid = 0;
  std::optional<std::int64_t> ran; ///< microseconds
  process_state state = process_state::exited;
  std::int64_t tries = 0;
};
std::string history_json(const unasked_end& of);

/// A call that changes something: as it is asked for, or with what it came to.
std::string history_json(const audit_record& of);
/// Who asked.
std::string history_who(const audit_record& of);
/// Whether a record of the audit trail is one of a call that changes something, and not only of a refusal.
bool is_history(const audit_record& of);

/// What happened to the daemon: start, stop, reload, clock, lost; `more`: names and values.
using history_facts = std::vector<std::pair<std::string_view, rpc_value>>;
std::string history_json(std::string_view event, const history_facts& more);

// -- as it is told -----------------------------------------------------------------------------------

/// A struct. `whole`: whoever asks may know who did what.
rpc_value history_value(const platform::history_row& of, bool whole);

/// Such a value for people.
struct history_cells {
  std::int64_t at = 0;    ///< microseconds since the epoch
  std::string name, word; ///< `supervisord` where the record has no name
  std::string text;
};
/// Oldest first: what became of a call stands behind the call where both are there.
std::vector<history_cells> cells_of_history(const rpc_value::array& records);
/// The same as lines.
std::vector<std::string> history_text(const rpc_value::array& records, const time_zone& zone = local_zone());
/// The states of a moment: records of state changes as lines.
std::vector<std::string> states_text(const rpc_value::array& records, const time_zone& zone = local_zone());

} // namespace troupe::protocols
