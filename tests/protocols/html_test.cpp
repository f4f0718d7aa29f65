// Hostile text in pages, forms taken apart, and where a URL of the web UI leads: docs/contract/http.md, 2, 6.2
// and 6.3, and vectors of its 10.1.
#include "protocols/html.hpp"
#include "protocols/web_place.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(html_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;

namespace {

struct text_row {
  std::string in;
  std::string out;
};
std::ostream& operator<<(std::ostream& out, const text_row& r) { return out << r.in; }

const text_row escapes[] = {
  {"plain text", "plain text"},
  {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
  {"\" onmouseover='x'", "&quot; onmouseover=&#39;x&#39;"},
  {"&lt;", "&amp;lt;"}, // whatever it looks like already
  {"&#x3c;", "&amp;#x3c;"},
  {"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
  {"a\xff"
   "b",
   "a\xef\xbf\xbd"
   "b"},
  {"\x1b[31m\t\r\n\x7f", "\xef\xbf\xbd[31m\t\r\n\xef\xbf\xbd"},
  {std::string("a\0b", 3), "a\xef\xbf\xbd"
                           "b"},
  {"\xc3", "\xef\xbf\xbd"},
};
BOOST_DATA_TEST_CASE(escaped, data::make(escapes), r) { BOOST_TEST(html(r.in) == r.out); }

const text_row quotes[] = {
  {"Page refreshed at 11:02", "Page%20refreshed%20at%2011%3A02"},
  {"group:name", "group%3Aname"},
  {"a/b_c.d-e~f", "a/b_c.d-e~f"},
  {"\xc3\xa9&=\r\n", "%C3%A9%26%3D%0D%0A"},
};
BOOST_DATA_TEST_CASE(quoted_for_urls, data::make(quotes), r) { BOOST_TEST(url_quoted(r.in) == r.out); }

const text_row fields[] = {
  {"a=1&b=2", "a=1;b=2;"},
  {"a=x+y%20z", "a=x y z;"},
  {"a=&b&=c&d=e", "=c;d=e;"}, // blank values are none
  {"a=%zz%4", "a=%zz%4;"},
  {"a=%ff", "a=\xef\xbf\xbd;"},
  {"a=%E2%82%AC", "a=\xe2\x82\xac;"},
  {"a%3Db=c%26d", "a=b=c&d;"},
  {"", ""},
};
BOOST_DATA_TEST_CASE(fields_of_forms, data::make(fields), r) {
  std::string all;
  for (const auto& [name, value] : parse_form(r.in))
    all += name + '=' + value + ';';
  BOOST_TEST(all == r.out);
}

BOOST_AUTO_TEST_CASE(a_body_counts_more_than_a_query) {
  form f{"/?a=1&a=2&b=3&x=", "a=4&a=5&c=6"};
  BOOST_TEST(f.value("a") == "5"); // the last of the body
  BOOST_TEST(f.value("b") == "3");
  BOOST_TEST(f.value("c") == "6");
  BOOST_TEST(!f.find("x"));
  BOOST_TEST((form{"/?a=1&a=2", ""}).value("a") == "1"); // the first of the query
  BOOST_TEST((form{"/", ""}).value("a") == "");
  BOOST_TEST(f.all("a").size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_form_has_an_end) {
  std::string many;
  for (int i = 0; i < 200'000; ++i)
    many += "a=1&";
  BOOST_TEST(parse_form(many).size() == 100'000u);
}

using kind = web_place::kind;
struct place_row {
  const char* target;
  kind what;
  const char* path;
};
std::ostream& operator<<(std::ostream& out, const place_row& r) { return out << r.target; }
const place_row places[] = {
  {"/", kind::status_page, ""},
  {"/?action=refresh", kind::status_page, ""},
  {"/index.html", kind::status_page, ""},
  {"//index.html", kind::status_page, ""}, // 33
  {"index.html", kind::status_page, ""},
  {"/%69ndex.html", kind::status_page, ""},
  {"/INDEX.HTML", kind::none, ""}, // 32
  {"/index.html/", kind::none, ""},
  {"/index.html;x=1", kind::none, ""}, // 34
  {"/index.htm", kind::none, ""},
  {"/tail.html?processname=cat", kind::tail_page, ""},
  {"/history.html?name=cat", kind::history_page, ""},
  {"/graph.html", kind::graph_page, ""},
  {"*", kind::none, ""},
  {"", kind::none, ""},
  {"?x", kind::none, ""},
  {"/../x", kind::none, ""}, // 31
  {"/status.html", kind::none, ""},
  {"/images", kind::none, ""},
  {"/images/", kind::file, "images/"}, // there is none of that name: 404
  {"/images/%2e%2e/%2e%2e/x", kind::file, "images/../../x"},
  {"/images/%252e", kind::file, "images/%2e"}, // decoded once
  {"/stylesheets/supervisor.css?v=1", kind::file, "stylesheets/supervisor.css"},
  {"/metrics", kind::metrics, ""},
  {"/metrics/", kind::none, ""},
  {"/api/v1/status", kind::api, "status"},
  {"/api/v1/log/a%3Ab/stderr?bytes=1", kind::api, "log/a:b/stderr"},
  {"/api/v1/", kind::api, ""},
  {"/api/v2/status", kind::none, ""},
  {"/api/v1/%ff", kind::none, ""},
};
BOOST_DATA_TEST_CASE(where_urls_lead, data::make(places), r) {
  auto place = web_place_of(r.target);
  BOOST_TEST(static_cast<int>(place.what) == static_cast<int>(r.what));
  BOOST_TEST(place.path == r.path);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
