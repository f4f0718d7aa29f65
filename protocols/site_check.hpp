// Is a request what it pretends to be? Pages of other sites, names rebound to this host, and links followed by a
// browser are told from scripts by what their headers say. Must not read sockets or know what is asked for. Source:
// docs/contract/http.md, 6.5 and 6.6; docs/web.md. Cases: tests/protocols/site_check_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::protocols {

/// Headers of one request by which browsers give themselves away; none: not sent.
struct request_marks {
  using text = std::optional<std::string_view>;
  text host;
  text forwarded_host; ///< X-Forwarded-Host: what the browser asked the proxy for
  text origin;
  text referer;
  text sec_fetch_site;
  text sec_fetch_mode;
  text purpose; ///< Sec-Purpose or Purpose: prefetching
  text cookie;
  text accept_language;
  text user_agent;
};

/// What the listener that was asked knows about itself.
struct host_rules {
  bool is_unix = false;
  bool authenticates = false;
  std::string listens_on;           ///< its host; empty: all
  std::string machine;              ///< this machine's name
  std::vector<std::string> allowed; ///< allowed_hosts=: `*` any, `.example.com` whatever ends so; empty: unset
};

/// May a request be answered here that names this host? Not: a name that may be somebody else's, rebound to us.
/// Without allowed_hosts= only browsers are asked, and only where no password keeps them out: names without a dot,
/// reserved names and addresses cannot be rebound. With it everybody is, and the list counts besides addresses,
/// localhost and the listener's own host.
bool host_admitted(const request_marks& marks, const host_rules& rules);
/// The host part of `Host`, lower-cased, without the port; IPv6 addresses with their brackets.
std::string host_name(std::string_view host);

/// Whose page sent the request.
enum class sender {
  script,       ///< nothing a browser would send is in it
  nobody,       ///< a browser's own doing: an address typed, a bookmark, a link in a mail or another program
  own_page,     ///< the browser vouches for it, or it names our own host as its origin
  another_site, ///< or a sandboxed one
  unknown       ///< a browser that does not say: it may be another site's image or link
};
sender sender_of(const request_marks& marks);
/// Did somebody follow a link, or type an address, so that the answer is what the browser shows? Not: a part of a page.
bool is_navigation(const request_marks& marks);
/// A part of a page of another site, which has no business here; a link on one may lead here.
bool is_embedded(const request_marks& marks);

/// Takes as long for a wrong secret as for the right one of the same length.
bool same_secret(std::string_view given, std::string_view secret);

} // namespace troupe::protocols
