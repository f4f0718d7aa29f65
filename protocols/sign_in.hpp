// What signing in means for addresses: which places are open to whoever comes, where a session's cookie counts, and how
// somebody is answered who has proved nothing: a script, a page's own request, or a browser that wants to show a page.
// Must not know sessions (session_book.hpp does), nor read requests. Source: docs/contract/access.md, 2.5, 3.1 and 3.4.
// Cases: tests/protocols/sign_in_test.cpp.
#pragma once

#include "protocols/site_check.hpp"

#include <string>
#include <string_view>

namespace troupe::protocols {

enum class sign_in_place { none, asset, sign_in_page, session, sign_out, session_end, account };
/// `target`: path and query as sent. These places have one spelling each: whatever is escaped, doubled or in another
/// case is somewhere else.
sign_in_place sign_in_place_of(std::string_view target);
/// Nothing has to be proved there (doors.hpp is the table).
bool is_open_door(bool reads, bool posts, std::string_view target);

/// Not where only scripts come: a page of another site could have a browser send them.
bool cookies_count_at(std::string_view target);

enum class unproven {
  script,    ///< is asked for a password, as ever
  page_part, ///< of a page of ours: the browser must not ask by itself
  page       ///< a person at a browser: is sent to the sign-in page
};
/// `accept`: the header. `proved`: something was wrong with Authorization.
unproven unproven_form(bool reads, std::string_view target, const request_marks& marks, std::string_view accept,
                       bool proved);
/// Where a person signs in, and goes on to `target` afterwards; relative, so that it holds behind a proxy.
std::string sign_in_address(std::string_view target);

} // namespace troupe::protocols
