// What stands around each page of the web UI: its head, the bar on top with who reads it, the foot. Must not know what
// is on a page. Source: docs/contract/http.md, 6.1; docs/contract/access.md, 6. Cases: tests/web/web_pages_test.cpp.
#pragma once

#include "actors/rpc/caller.hpp"
#include "actors/web/web_rows.hpp"

#include <string>

namespace troupe::actors {

struct page_frame {
  const daemon_identity& who;
  const std::string& token;
  const caller* reader = nullptr; ///< null, or not known: access control is off
  bool live = false;              ///< scripts keep it up to date
  bool configuration = false;     ///< whose buttons there are
  bool main_log = false;
  bool graph = false;    ///< there are dependencies to be seen
  bool stranger = false; ///< nobody has proved who reads it: it names neither machine nor daemon
};

/// `page`: the script that brings it to life; empty: none. `reader`: of a page that follows the daemon; else null.
void append_head(std::string& out, const std::string& title, const std::string& token, const char* page,
                 const caller* reader = nullptr);
void append_token(std::string& out, const std::string& token);
void begin_header(std::string& out, const page_frame& frame); ///< to be followed by more bars and </header>
void append_header(std::string& out, const page_frame& frame);
void append_footer(std::string& out, bool metrics);

bool offers_any(const protocols::mask& held); ///< something can be done to processes
bool may_have_metrics(const caller* reader);
bool may_follow(const caller* reader);

} // namespace troupe::actors
