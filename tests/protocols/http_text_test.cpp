// The words of HTTP against the vectors of docs/contract/http.md, 10.1, and its sections 1.5 to 1.7; UTF-8 at the
// edges of a window; descriptions (4.5).
#include "protocols/descriptions.hpp"
#include "protocols/http_text.hpp"
#include "protocols/utf8.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>

BOOST_AUTO_TEST_SUITE(http_text_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;

namespace {

struct credentials_row {
  std::string header;
  std::string password;
  admission expected;
};
std::ostream& operator<<(std::ostream& out, const credentials_row& r) { return out << r.header << " / " << r.password; }

const std::string hash = "{SHA}0d12071cce00577433f114f08a44003c2a352b0d"; // of p:w

using enum admission;
const credentials_row credentials[] = {
  {"", "p:w", denied},
  {"Basic dTpwOnc=", "p:w", granted},   // 37
  {"BASIC dTpwOnc=", "p:w", granted},   // 38
  {"Basic  dTpwOnc= ", "p:w", granted}, // 39
  {"Basic dTpw Onc=", "p:w", granted},
  {"Basic dTp4", "p:w", denied}, // 40
  {"Basic VTpwOnc=", "p:w", denied},
  {"Basic dQ==", "p:w", denied}, // 41
  {"Basic !!!", "p:w", denied},
  {"Basic ", "p:w", denied},
  {"Basic a", "p:w", malformed}, // 42
  {"Basic dTpwOnc", "p:w", malformed},
  {"Basic dTr/", "p:w", malformed}, // not UTF-8
  {"Digest foo", "p:w", denied},    // 43
  {"Bearer foo", "p:w", denied},
  {"Basic", "p:w", denied},
  {"Basic dTpwOnc=", hash, granted},
  {"Basic dTp4", hash, denied},
  {"Basic dTpwOnc=", "{SHA}0D12071CCE00577433F114F08A44003C2A352B0D", denied}, // 44
  {"Basic dTpwOnc=", "{sha}0d12071cce00577433f114f08a44003c2a352b0d", denied},
  {"Basic dTp7c2hhfXg=", "{sha}x", granted}, // 45: u:{sha}x
  {"Basic dTpwOnc=", "", denied},
  {"Basic dTo=", "", granted},       // an empty password is one
  {"Basic dTpwOnd3", "p:w", denied}, // longer
  {"Basic dTpw", "p:w", denied},     // shorter
};

BOOST_DATA_TEST_CASE(basic_authentication, data::make(credentials), r) {
  BOOST_TEST(static_cast<int>(check_basic(r.header, "u", r.password)) == static_cast<int>(r.expected));
}

BOOST_AUTO_TEST_CASE(error_pages_have_their_lengths) { // 1.5
  const std::pair<int, std::size_t> lengths[] = {{301, 142}, {400, 136}, {401, 137}, {404, 134},
                                                 {411, 140}, {413, 149}, {500, 146}};
  for (auto [status, length] : lengths)
    BOOST_TEST(error_page(status).size() == length);
  BOOST_TEST(error_page(404).ends_with("<p>Message: Not Found.\r\n</body>\r\n")); // 10
}

BOOST_AUTO_TEST_CASE(dates) {
  BOOST_TEST(http_date(1795344805) == "Sun, 22 Nov 2026 10:53:25 GMT");
  BOOST_TEST(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_TEST(parse_http_date("Sun, 22 Nov 2026 10:53:25 GMT").value() == 1795344805);
  BOOST_TEST(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT").value() == 1709251199);
  BOOST_TEST(parse_http_date("Wed, 31 Dec 1969 23:59:58 GMT").value() == -2);
  for (const char* none : {"", "Sun, 22 Nov 2026 10:53:25", "Sun, 22 Nov 2026 10:53:25 GMT+1", "22 Nov"})
    BOOST_TEST(!parse_http_date(none), none);
}

struct route_row {
  const char* target;
  endpoint expected;
};
std::ostream& operator<<(std::ostream& out, const route_row& r) { return out << r.target; }
const route_row routes[] = {
  {"/RPC2", endpoint::rpc},
  {"/RPC2/", endpoint::rpc},
  {"/RPC2xyz", endpoint::rpc},
  {"/RPC2?x=1", endpoint::rpc},
  {"//RPC2", endpoint::other},
  {"/rpc2", endpoint::other},
  {"/logtail/cat", endpoint::log},
  {"/logtail", endpoint::log},
  {"/mainlogtail", endpoint::main_log},
  {"/ok.html", endpoint::ok},
  {"//ok.html", endpoint::ok},
  {"/%6fk.html?a=b", endpoint::ok},
  {"/OK.html", endpoint::other},
  {"/ok.html/", endpoint::other},
  {"/../x", endpoint::other},
  {"/%52PC2", endpoint::rpc},
  {"/RPC2%zz", endpoint::rpc},
  {"/log%74ail/cat", endpoint::log},
  {"*", endpoint::other},
  {"/ok.html;x=1", endpoint::other},
  {"/?x=/ok.html", endpoint::web},
  {"/", endpoint::web},
  {"/metrics", endpoint::web},
  {"/nope", endpoint::other},
};
BOOST_DATA_TEST_CASE(routing, data::make(routes), r) {
  BOOST_TEST(static_cast<int>(route(r.target)) == static_cast<int>(r.expected));
}

struct address_row {
  const char* target;
  const char* name; ///< null: nothing
  bool is_stderr;
};
std::ostream& operator<<(std::ostream& out, const address_row& r) { return out << r.target; }
const address_row addresses[] = {
  {"/logtail/cat", "cat", false},
  {"/logtail/cat/stdout", "cat", false},
  {"/logtail/cat%3Acat/stderr", "cat:cat", true}, // 181
  {"/logtail/cat:cat?x=1", "cat:cat", false},
  {"/logtail/caf%c3%a9", "café", false},
  {"/logtailx/cat", "cat", false},
  {"/logtail", nullptr, false}, // 183
  {"/logtail/", nullptr, false},
  {"/logtail/cat/foo", nullptr, false}, // 182
  {"/logtail/cat/stdout/", nullptr, false},
  {"/logtail/%ff", nullptr, false},
  {"/logtail/%zz", nullptr, false},
  {"/logtail/%2", nullptr, false},
  {"/logtail/a%00b", nullptr, false},
};
BOOST_DATA_TEST_CASE(log_addresses, data::make(addresses), r) {
  auto found = log_address_of(r.target);
  BOOST_TEST(found.has_value() == (r.name != nullptr));
  if (!found || !r.name)
    return;
  BOOST_TEST(found->name == r.name);
  BOOST_TEST(found->is_stderr == r.is_stderr);
}

BOOST_AUTO_TEST_CASE(users_of_credentials) {         // for the log: never the password
  BOOST_TEST(user_of("Basic dTpwOnc=", "w") == "u"); // u:p:w
  BOOST_TEST(user_of("bAsIc  dTpwOnc=", "w") == "u");
  BOOST_TEST(user_of("Basic dQ==", "w") == "u"); // no colon
  BOOST_TEST(user_of("Bearer dTpwOnc=", "w") == "");
  BOOST_TEST(user_of("Basic a", "w") == "");
  BOOST_TEST(user_of("Basic", "w") == "");
  BOOST_TEST(user_of("", "w") == "");
  BOOST_TEST(user_of("Basic dzp4", "w") == ""); // w:x: the right password as the user
  BOOST_TEST(user_of("Basic eDp4", "w") == ""); // x:x: the tried one
  BOOST_TEST(user_of("Basic dzp4", "{SHA}aff024fe4ab0fece4091de044c58c9ae4233383a") == ""); // the hash of "w"
}

BOOST_AUTO_TEST_CASE(what_a_record_of_the_log_may_hold) {
  const std::pair<const char*, const char*> rows[] = {
    {"GET /ok.html HTTP/1.1", "GET /ok.html HTTP/1.1"},
    {"a\n2026-11-25 00:00:00,000 CRIT b\x1b[0m\x7f", "a?2026-11-25 00:00:00,000 CRIT b?[0m?"},
    {"GET http://u:secret@host/x HTTP/1.1", "GET http://host/x HTTP/1.1"},
    {"GET http://u:se@cret@host HTTP/1.1", "GET http://host HTTP/1.1"},
    {"GET http://host/u@v HTTP/1.1", "GET http://host/u@v HTTP/1.1"},
    {"GET /?to=http://u:secret@host&b=https://v:secret@h HTTP/1.1", "GET /?to=http://host&b=https://h HTTP/1.1"},
    {"x@y://", "x@y://"},
    {"é", "é"},
  };
  for (auto [text, expected] : rows)
    BOOST_TEST(log_text(text) == expected);
}

BOOST_AUTO_TEST_CASE(characters_at_the_edges_of_a_window) {
  BOOST_TEST(first_character("abc") == 0u);
  BOOST_TEST(first_character("\xa9"
                             "abc") == 1u);
  BOOST_TEST(first_character("\x9f\x98\x80x") == 3u);
  BOOST_TEST(first_character("\x80\x80\x80\x80\x80") == 3u); // no UTF-8 at all: the rest is shown
  BOOST_TEST(cut_character("abc") == 0u);
  BOOST_TEST(cut_character("caf\xc3") == 1u);
  BOOST_TEST(cut_character("caf\xc3\xa9") == 0u);
  BOOST_TEST(cut_character("\xf0\x9f\x98") == 3u);
  BOOST_TEST(cut_character("\xf0\x9f\x98\x80") == 0u);
  BOOST_TEST(cut_character("\xff") == 0u);     // begins nothing
  BOOST_TEST(cut_character("\xe0\x80") == 0u); // cannot become one
  BOOST_TEST(cut_character("") == 0u);
  BOOST_TEST(is_utf8("héllo"));
  BOOST_TEST(!is_utf8("h\xc3"));
  BOOST_TEST(!is_utf8("\xed\xa0\x80")); // a surrogate
}

// -- descriptions ------

BOOST_AUTO_TEST_CASE(uptimes) {
  const std::pair<std::int64_t, const char*> rows[] = {{0, "0:00:00"},
                                                       {-5, "0:00:00"},
                                                       {192, "0:03:12"},
                                                       {86399, "23:59:59"},
                                                       {86400, "1 day, 0:00:00"},
                                                       {36000, "10:00:00"},
                                                       {93784, "1 day, 2:03:04"},
                                                       {34560005, "400 days, 0:00:05"}};
  for (auto [seconds, text] : rows)
    BOOST_TEST(uptime_text(seconds) == text);
}

BOOST_AUTO_TEST_CASE(descriptions) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  using enum process_state;
  auto say = [](process_state s, std::string spawnerr, std::int64_t start, std::int64_t stop) {
    return describe(s, "n", 7, spawnerr, start, stop, 1000);
  };
  BOOST_TEST(say(running, "", 995, 0) == "pid 7, uptime 0:00:05");
  BOOST_TEST(say(running, "", 1005, 0) == "pid 7, uptime 0:00:00");
  BOOST_TEST(say(backoff, "why", 1, 1) == "why");
  BOOST_TEST(say(fatal, "", 1, 1) == "unknown error (try \"tail n\")");
  BOOST_TEST(say(stopped, "", 0, 0) == "Not started");
  BOOST_TEST(say(stopped, "", 900, 0) == "Not started"); // 117
  BOOST_TEST(say(exited, "", 1, 1795345325) == "Nov 22 11:02 AM");
  BOOST_TEST(say(stopped, "", 1, 1795305600) == "Nov 22 12:00 AM");
  BOOST_TEST(say(stopped, "", 1, 1795348800) == "Nov 22 12:00 PM");
  BOOST_TEST(say(stopped, "", 1, 1788217140) == "Aug 31 10:59 PM");
  for (auto state : {starting, stopping, unknown})
    BOOST_TEST(say(state, "why", 1, 1) == "");
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
