// How a process and the daemon look in JSON: the rows of the status, of events and of the API alike.
// Must not know HTTP. Source: docs/web.md.
#pragma once

#include "actors/core/program_graph.hpp"
#include "actors/core/worker_facts.hpp"
#include "actors/io/process_usage.hpp"
#include "actors/rpc/caller.hpp"
#include "actors/rpc/process_facts.hpp"
#include "protocols/json.hpp"

namespace troupe::actors {

/// As the view shows it. `usage`: null for none; `programs`: null, nobody depends on anybody.
void write_row(protocols::json_writer& out, const board_view& view, const process_status& process,
               const process_usage* usage, const program_graph* programs = nullptr);
/// How its last child ended, in words; empty: none has.
std::string last_end_text(const process_status& process);
/// RUNNING, and not well.
bool is_unhealthy(const process_status& p);
/// What there is to say beside pid and uptime.
std::string about(const process_status& p, std::int64_t now);

struct daemon_identity {
  std::string identifier;
  std::string machine;
  std::optional<worker_facts> worker = {}; ///< of a keeper; nothing: there is none
};
/// `view`: of whoever reads it.
void write_daemon(protocols::json_writer& out, const daemon_identity& who, daemon_state state, const board_view& view);

} // namespace troupe::actors
