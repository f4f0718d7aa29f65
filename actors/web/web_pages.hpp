// The HTML of the web UI: pages that work by themselves, and that the scripts in web/ bring to life. All text of others
// is escaped here. Must not read the board or know requests. Source: docs/contract/http.md, 6.1 and 6.4. Cases:
// tests/web/web_pages_test.cpp.
#pragma once

#include "actors/core/death_book.hpp"
#include "actors/rpc/caller.hpp"
#include "actors/web/web_rows.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::actors {

struct status_view {
  const board_view& board; ///< what the reader may do
  const daemon_identity& who;
  std::string token;
  std::string message;                       ///< of an action; empty: none
  std::vector<process_status_ptr> processes; ///< in lexical order
  std::int64_t now = 0;                      ///< seconds since the epoch
  const caller* reader = nullptr;            ///< null: no matter
  bool graph = false;                        ///< some of them depend on others
};
std::string status_page(const status_view& view);

/// Asks before something is done that a link or a page without scripts has asked for.
struct question_view {
  const daemon_identity& who;
  std::string token;
  std::string action;   ///< as the old URLs call it
  std::string question; ///< "Stop all 3 processes?"
  std::vector<std::string> names;
  std::vector<std::pair<std::string, std::string>> fields; ///< that go with the action
  bool danger = false;
  const caller* reader = nullptr;
};
std::string question_page(const question_view& view);

struct tail_view {
  const daemon_identity& who;
  std::string token;
  std::string name;           ///< as it was asked for; empty: none was
  process_status_ptr process; ///< null: there is no such process
  bool is_stderr = false;
  std::int64_t limit = 1024;                      ///< bytes
  std::string text;                               ///< of the log, or what is wrong
  protocols::mask held = held_rights::everything; ///< over the process
  const caller* reader = nullptr;
  std::vector<death_report_ptr> deaths = {}; ///< newest first
  protocols::death_view deaths_shown = {};
  bool deaths_open = false; ///< it is they that the reader came for
  bool history = false;     ///< one is kept
};
std::string tail_page(const tail_view& view);

/// What has happened; of one process with a band of its states.
struct history_view {
  const daemon_identity& who;
  std::string token;
  std::string name, since, n;    ///< as they were asked for
  std::int64_t from = 0, to = 0; ///< what the band shows; microseconds since the epoch
  protocols::rpc_value::array records;
  bool cut = false;    ///< there are older ones
  std::string problem; ///< in place of records; empty: there is none
  const caller* reader = nullptr;
};
std::string history_page(const history_view& view);

/// Who needs whom, as troupe.graph answers.
struct graph_view {
  const daemon_identity& who;
  std::string token;
  protocols::rpc_value::array programs = {};
  const caller* reader = nullptr;
};
std::string graph_page(const graph_view& view);
bool anybody_depends(const program_graph_ptr& programs, const std::vector<process_status_ptr>& processes);

} // namespace troupe::actors
