// The pages of signing in and about oneself. Must not know sessions or cookies (actors/http does). Source:
// docs/contract/access.md, 3.4 and 6. Cases: tests/web/web_pages_test.cpp, tests/access_session_test.py.
#pragma once

#include "actors/web/web_desk.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors {

struct sign_in_view {
  const daemon_identity& who;
  std::string next; ///< as it was asked for
  std::string_view problem = {};
};
web_reply sign_in_page(const sign_in_view& view);

struct account_view {
  const daemon_identity& who;
  std::string token;
  const caller& reader;
  struct session {
    std::string id;
    std::string place;
    std::int64_t since = 0; ///< seconds since the epoch
    bool this_one = false;
  };
  std::vector<session> sessions = {};
};
web_reply account_page(const account_view& view);

} // namespace troupe::actors
