// Which requests are answered and which may change something, by what their headers say: docs/contract/http.md 6.5
// and 6.6, docs/web.md. Cases as browsers, scripts, proxies and rebinding pages send them.
#include "protocols/site_check.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(site_check_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;

namespace {

const char* const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

struct sender_row {
  const char* what;
  request_marks marks;
  sender expected;
};
std::ostream& operator<<(std::ostream& out, const sender_row& r) { return out << r.what; }

using enum sender;
const sender_row senders[] = {
  {"curl", {.host = "h:9001", .user_agent = "curl/8"}, script},
  {"Python's urllib", {.host = "h:9001", .user_agent = "Python-urllib/3.11"}, script},
  {"HTTP/1.0 without anything", {}, script},
  {"Node's fetch", {.host = "h", .sec_fetch_mode = "cors", .accept_language = "*", .user_agent = "node"}, script},
  {"our page", {.host = "h:9001", .origin = "http://h:9001", .sec_fetch_site = "same-origin"}, own_page},
  {"our page, older browser", {.host = "h:9001", .origin = "http://H:9001", .user_agent = firefox}, own_page},
  {"typed, or a link in a mail", {.host = "h:9001", .sec_fetch_site = "none", .user_agent = firefox}, nobody},
  {"another site's page, and nothing but that is known", {.host = "h:9001", .referer = "http://evil/"}, another_site},
  {"an empty Referer says nothing", {.host = "h:9001", .referer = ""}, script},
  {"our link", {.host = "h:9001", .referer = "http://h:9001/x?y", .user_agent = firefox}, own_page},
  {"usual port", {.host = "h", .origin = "http://h:80"}, own_page},
  {"behind TLS", {.host = "h", .origin = "https://h:443"}, own_page},
  {"another site's script", {.host = "h", .origin = "http://evil", .sec_fetch_site = "cross-site"}, another_site},
  {"another port", {.host = "h:9001", .origin = "http://h:9002"}, another_site},
  {"a sibling", {.host = "a.h", .sec_fetch_site = "same-site"}, another_site},
  {"no origin at all", {.host = "h", .origin = "null"}, another_site},
  {"another site's image", {.host = "h:9001", .referer = "http://evil/", .user_agent = firefox}, another_site},
  {"image that hides its page", {.host = "h:9001", .user_agent = firefox}, unknown},
  {"a cookie", {.host = "h:9001", .cookie = "a=b"}, unknown},
  {"prefetched", {.host = "h", .sec_fetch_site = "none", .purpose = "prefetch;prerender"}, unknown},
  {"proxy that renames us, browser vouches",
   {.host = "127.0.0.1:9001", .origin = "https://example.com", .sec_fetch_site = "same-origin"},
   own_page},
  {"proxy that renames us and says so",
   {.host = "127.0.0.1:9001", .forwarded_host = "example.com, inner", .origin = "http://example.com"},
   own_page},
  {"proxy that renames us in silence", {.host = "127.0.0.1:9001", .origin = "http://example.com"}, another_site},
  {"empty host", {.host = "", .origin = "http://"}, another_site},
};
BOOST_DATA_TEST_CASE(who_sent_it, data::make(senders), r) {
  BOOST_TEST(static_cast<int>(sender_of(r.marks)) == static_cast<int>(r.expected));
}

BOOST_AUTO_TEST_CASE(links_and_parts_of_pages) {
  auto from = [](const char* site, const char* mode) {
    return request_marks{.host = "h", .sec_fetch_site = site, .sec_fetch_mode = mode, .user_agent = firefox};
  };
  BOOST_TEST(is_navigation(from("cross-site", "navigate")));
  BOOST_TEST(!is_navigation(from("cross-site", "no-cors")));
  BOOST_TEST(is_navigation({.host = "h", .user_agent = firefox})); // a browser that does not say
  BOOST_TEST(!is_navigation({.host = "h", .sec_fetch_mode = "navigate", .purpose = "prefetch"}));
  BOOST_TEST(is_embedded(from("cross-site", "no-cors")));
  BOOST_TEST(!is_embedded(from("cross-site", "navigate")));
  BOOST_TEST(!is_embedded(from("same-origin", "cors")));
  BOOST_TEST(!is_embedded({.host = "h"}));
}

struct host_row {
  const char* what;
  request_marks marks;
  host_rules rules;
  bool expected;
};
std::ostream& operator<<(std::ostream& out, const host_row& r) { return out << r.what; }

request_marks browser(const char* host) { return {.host = host, .accept_language = "en", .user_agent = firefox}; }
request_marks quiet_browser(const char* host) { return {.host = host, .accept_language = ""}; } // hides its name
request_marks curl(const char* host) { return {.host = host, .user_agent = "curl/8"}; }
const host_rules open{.machine = "box"};
const host_rules listed{.machine = "box", .allowed = {"Status.example.com", ".corp.example", "*.lab"}};

const host_row hosts[] = {
  {"address", browser("127.0.0.1:9001"), open, true},
  {"IPv6 address", browser("[::1]:9001"), open, true},
  {"localhost", browser("localhost:9001"), open, true},
  {"machine", browser("box:9001"), open, true},
  {"machine with a domain", browser("box.example.com"), {.machine = "box.example.com"}, true},
  {"no dot", browser("app:9001"), open, true},
  {"reserved", browser("box.local:9001"), open, true},
  {"reserved, too", browser("a.localhost"), open, true},
  {"rebound", browser("evil.com:9001"), open, false},
  {"rebound, with a dot behind", browser("evil.com.:9001"), open, false},
  {"rebound, dressed up as an address", browser("127.0.0.1.evil.com"), open, false},
  {"rebound, dressed up as localhost", browser("localhost.evil.com"), open, false},
  {"rebound, by a page that hides", quiet_browser("evil.com"), open, false},
  {"rebound POST", {.host = "evil.com", .origin = "http://evil.com"}, open, false},
  {"script by a name of its own", curl("supervisor.example.com:9001"), open, true},
  {"HTTP/1.0", {}, open, true},
  {"empty", curl(""), open, true},
  {"where a password keeps pages out", browser("evil.com"), {.authenticates = true}, true},
  {"unix socket", browser("evil.com"), {.is_unix = true}, true},
  {"listener's own name", browser("Status.Example.com:9001"), {.listens_on = "status.example.com"}, true},
  {"listed", browser("status.example.com"), listed, true},
  {"listed with its domain", browser("a.b.corp.example:80"), listed, true},
  {"listed with a star", browser("x.lab"), listed, true},
  {"not listed", browser("example.com"), listed, false},
  {"not listed: the domain itself", browser("corp.example"), listed, false},
  {"a list is for scripts, too", curl("example.com"), listed, false},
  {"a list is for servers with passwords, too", browser("evil.com"), {.authenticates = true, .allowed = {"a"}}, false},
  {"addresses need no listing", curl("10.0.0.1:9001"), listed, true},
  {"all", browser("evil.com"), {.allowed = {"*"}}, true},
};
BOOST_DATA_TEST_CASE(what_it_calls_us, data::make(hosts), r) {
  BOOST_TEST(host_admitted(r.marks, r.rules) == r.expected);
}

BOOST_AUTO_TEST_CASE(secrets) {
  BOOST_TEST(same_secret("abc", "abc"));
  BOOST_TEST(!same_secret("abd", "abc"));
  BOOST_TEST(!same_secret("ab", "abc"));
  BOOST_TEST(!same_secret("abcabc", "abc"));
  BOOST_TEST(!same_secret("", "abc"));
  BOOST_TEST(!same_secret("abc", ""));
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
