// Which places are open to whoever comes, where cookies count, and who is answered how without a proof
// (docs/contract/access.md, 2.5, 3.1 and 3.4; vectors 110, 114 and 118).
#include "protocols/sign_in.hpp"

#include "protocols/sign_in_body.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(sign_in_test)

using namespace troupe::protocols;
using enum sign_in_place;

BOOST_AUTO_TEST_CASE(places) {
  const struct {
    std::string_view target;
    sign_in_place is;
    bool read, posted; ///< without a proof
  } rows[] = {
    {"/signin.html", sign_in_page, true, true},
    {"/signin.html?next=account.html&x=%2e", sign_in_page, true, true},
    {"/api/v1/session", session, false, true},
    {"/api/v1/session/end", session_end, false, false},
    {"/signout", sign_out, false, false},
    {"/account.html", account, false, false},
    {"/scripts/status.js", asset, true, false},
    {"/stylesheets/x/y", asset, true, false},
    {"/images/", asset, true, false},
    {"/scripts/../api/v1/status", none, false, false},
    {"/scripts/..", none, false, false},
    {"/scripts//status.js", none, false, false},
    {"/scripts", none, false, false},
    {"//signin.html", none, false, false},
    {"/./signin.html", none, false, false},
    {"/signin.html/", none, false, false},
    {"/signin.html;x", none, false, false},
    {"/signin%2ehtml", none, false, false},
    {"/%73ignin.html", none, false, false},
    {"/Signin.html", none, false, false},
    {"signin.html", none, false, false},
    {"http://here/signin.html", none, false, false},
    {"*", none, false, false},
    {"", none, false, false},
    {"/", none, false, false},
    {"/index.html", none, false, false},
    {"/api/v1/sessions", none, false, false},
    {"/api/v1/status", none, false, false},
    {"/RPC2", none, false, false},
  };
  for (const auto& row : rows)
    BOOST_TEST_CONTEXT(row.target) {
      BOOST_TEST((sign_in_place_of(row.target) == row.is));
      BOOST_TEST(is_open_door(true, false, row.target) == row.read);
      BOOST_TEST(is_open_door(false, true, row.target) == row.posted);
      BOOST_TEST(!is_open_door(false, false, row.target)); // PUT, say
    }
}

BOOST_AUTO_TEST_CASE(what_the_form_says) {
  const struct {
    std::string_view body, user, password, next;
  } rows[] = {
    {"user=anna&password=a%2Bb+c%25&next=index.html", "anna", "a+b c%", "index.html"},
    {"password=x&user=anna", "anna", "x", ""},
    {"user=anna&password=one&password=two", "anna", "two", ""}, // the last one counts
    {"user=anna&password=%ff%c3%a4", "anna", "\xef\xbf\xbd\xc3\xa4", ""},
    {"user=anna&password=", "anna", "", ""},
    {"", "", "", ""},
  };
  for (const auto& row : rows) {
    auto said = sign_in_form(row.body);
    BOOST_TEST(said.user == row.user, row.body);
    BOOST_TEST(said.password.text == row.password, row.body);
    BOOST_TEST(said.next == row.next, row.body);
  }
}

BOOST_AUTO_TEST_CASE(what_json_says) {
  const struct {
    std::string_view body, user, password;
  } rows[] = {
    {R"({"user":"anna","password":"pw"})", "anna", "pw"},
    {R"( {"password": "p\"\u0041\u00e4\n", "user": "an\u006ea"} )", "anna", "p\"A\xc3\xa4\n"},
    {R"({"user":"anna","password":"pw","more":[{"user":1,"password":"x"}],"next":{"user":"y"},"n":1.5,"z":null})",
     "anna", "pw"},
    {R"({"\u0075ser":"anna","password":""})", "anna", ""},
  };
  for (const auto& row : rows) {
    auto said = sign_in_json(row.body);
    BOOST_REQUIRE_MESSAGE(said, row.body);
    BOOST_TEST(said->user == row.user, row.body);
    BOOST_TEST(said->password.text == row.password, row.body);
  }
  for (std::string body :
       {R"()", R"({})", R"({"user":"anna"})", R"({"password":"pw"})", R"({"user":"anna","password":1})",
        R"({"user":null,"password":"pw"})", R"({"user":["anna"],"password":"pw"})",
        R"({"user":{"user":"anna"},"password":"pw"})", R"([{"user":"anna","password":"pw"}])", R"("user")",
        R"({"user":"anna","password":"pw"} x)", R"({"user":"anna","password":"pw")", R"({"user":"anna","password":"pw)",
        R"({"user":"anna","password":"pw","user":"carl"})", R"({"user":"anna","password":"pw","password":1})",
        R"({"user":"anna","password":"\xff"})", R"({"user":"anna","password":"\ud800"})",
        "{\"user\":\"anna\",\"password\":\"\xff\"}"})
    BOOST_CHECK_MESSAGE(!sign_in_json(body), body);
  BOOST_TEST(!sign_in_json(R"({"user":"anna","password":"pw","x":)" + std::string(50, '[') + std::string(50, ']') + '}')
                .has_value());
}

BOOST_AUTO_TEST_CASE(cookies) { // 118
  for (const char* target : {"/", "/index.html", "/api/v1/status", "/account.html", "/metrics", "/nope", "/x/RPC2"})
    BOOST_TEST(cookies_count_at(target), target);
  for (const char* target :
       {"/RPC2", "/RPC2/x", "/%52PC2", "/logtail/web", "/logtailx", "/%6Cogtail/web", "/mainlogtail"})
    BOOST_TEST(!cookies_count_at(target), target);
}

BOOST_AUTO_TEST_CASE(forms_of_401) { // 110
  using enum unproven;
  constexpr std::string_view shown = "text/html,*/*;q=0.8";
  auto marks = [](request_marks::text mode, request_marks::text referer = {}) {
    request_marks made;
    made.host = "here:9001";
    made.sec_fetch_mode = mode;
    made.referer = referer;
    return made;
  };
  const struct {
    std::string_view what;
    unproven is;
    bool reads;
    std::string_view target;
    request_marks made;
    std::string_view accept;
    bool proved = false;
  } rows[] = {
    {"curl", script, true, "/", marks({}), "*/*"},
    {"nothing said", script, true, "/", marks({}), ""},
    {"a browser", page, true, "/", marks("navigate"), shown},
    {"a browser over plain HTTP", page, true, "/index.html?x=y", marks({}), shown},
    {"its mode alone", page, true, "/account.html", marks("navigate"), ""},
    {"a log", page, true, "/tail.html?processname=web", marks("navigate"), shown},
    {"a link of ours", page, true, "/", marks({}, "http://here:9001/"), shown},
    {"a form", script, false, "/", marks("navigate"), shown},
    {"a form of ours", page_part, false, "/", marks("navigate", "http://here:9001/"), shown},
    {"with a wrong password", script, true, "/", marks("navigate"), shown, true},
    {"no page", script, true, "/metrics", marks("navigate"), shown},
    {"nor is this", script, true, "/nope", marks("navigate"), shown},
    {"nor an API", script, true, "/api/v1/status", marks("navigate"), shown},
    {"a fetch", page_part, true, "/api/v1/status", marks("cors"), "*/*"},
    {"of a page's text", page_part, true, "/", marks("same-origin"), shown},
    {"that posts", page_part, false, "/api/v1/actions", marks("cors"), "*/*"},
    {"with a wrong password", page_part, true, "/api/v1/status", marks("cors"), "*/*", true},
    {"an image", page_part, true, "/", marks("no-cors"), "image/*"},
    {"a fetch over plain HTTP", page_part, true, "/api/v1/events", marks({}, "http://here:9001/"), "text/event-stream"},
    {"of another site", script, true, "/api/v1/events", marks({}, "http://there/"), "text/event-stream"},
  };
  for (const auto& row : rows)
    BOOST_TEST((unproven_form(row.reads, row.target, row.made, row.accept, row.proved) == row.is), row.what);
}

BOOST_AUTO_TEST_CASE(where_to_sign_in) {
  BOOST_TEST(sign_in_address("/") == "signin.html?next=index.html");
  BOOST_TEST(sign_in_address("/index.html?action=stop&processname=x") == "signin.html?next=index.html");
  BOOST_TEST(sign_in_address("/account.html") == "signin.html?next=account.html");
  BOOST_TEST(sign_in_address("/tail.html?processname=a%3Ab&limit=9") ==
             "signin.html?next=tail.html%3Fprocessname%3Da%253Ab%26limit%3D9");
  BOOST_TEST(sign_in_address("//evil/") == "signin.html?next=index.html");
  BOOST_TEST(sign_in_address("/tail.html?x\r\ny") == "signin.html?next=index.html");
}

BOOST_AUTO_TEST_SUITE_END()
