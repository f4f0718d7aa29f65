// What stands in the headers of a sign-in: the cookie of a session, and the page to go on to.
// Must not know sessions (session_book.hpp does). Source: docs/contract/access.md, 3.4.
// Cases: tests/protocols/session_book_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace troupe::protocols {

/// `listener`: its port, or `unix`: browsers share cookies between the ports of a host. `over_tls`: the browser speaks
/// TLS, be it to a proxy.
std::string cookie_name(std::string_view listener, bool over_tls);
/// The value of Set-Cookie.
std::string set_cookie(std::string_view listener, bool over_tls, std::string_view id);
std::string clear_cookie(std::string_view listener, bool over_tls);

/// `next` of the form, if it is a page of ours; else the status page. Fit for a Location header.
std::string page_after_sign_in(std::string_view next);

} // namespace troupe::protocols
