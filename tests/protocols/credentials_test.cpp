// What requests show to prove who sends them, as tables (docs/contract/access.md, 3.1 and 3.5; vectors 97, 98, 122,
// 126, 221), and random bytes.
#include "protocols/credentials.hpp"

#include "protocols/http_text.hpp"
#include "protocols/xmlrpc.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <vector>

BOOST_AUTO_TEST_SUITE(credentials_test)

using namespace troupe::protocols;
using namespace std::string_literals;

namespace {

using texts = std::vector<std::string_view>;

std::string basic(const std::string& both) { return "Basic " + base64_encode(both); }

proof shown(std::string_view value) {
  const texts one{value};
  return proof_of(one);
}

BOOST_AUTO_TEST_CASE(authorization) {
  using enum proof::kind;
  const struct {
    std::string header;
    proof::kind is;
    std::string user, secret;
  } table[] = {
    {"Basic dTpwOnc=", basic, "u", "p:w"},
    {"BASIC dTpwOnc=", basic, "u", "p:w"},
    {"Basic  dTpwOnc= ", basic, "u", "p:w"},
    {"Basic\tdTpw Onc=", basic, "u", "p:w"},
    {"Basic dTo=", basic, "u", ""},
    {"Basic Ono=", basic, "", "z"},
    {"Basic dQ==", foreign, "", ""}, // no colon
    {"Basic !!!", foreign, "", ""},
    {"Basic ", foreign, "", ""},
    {"Basic", foreign, "", ""},
    {"Basic a", broken, "", ""},
    {"Basic dTpwOnc", broken, "", ""}, // today's rule: the last group has to be whole
    {"Basic dTr/", broken, "", ""},    // not UTF-8
    {"Digest foo", foreign, "", ""},
    {"", foreign, "", ""},
    {"Bearer trp_x", bearer, "", "trp_x"},
    {"bearer \t trp_x ", bearer, "", "trp_x"},
    {"Bearer a b", bearer, "", "a b"}, // no token, which is for who looks it up to say
    {"Bearer ", bearer, "", ""},
    {"Bearer", foreign, "", ""},
    {"BearerX trp_x", foreign, "", ""},
  };
  for (const auto& row : table) {
    auto found = shown(row.header);
    BOOST_CHECK_MESSAGE(found.is == row.is, row.header);
    BOOST_TEST(found.user == row.user, row.header);
    BOOST_TEST(found.secret == row.secret, row.header);
  }
  BOOST_CHECK(proof_of({}).is == none);
  const texts two{"Basic dTpwOnc=", "Basic dTpwOnc="};
  BOOST_CHECK(proof_of(two).is == broken); // 98
}

// Where there is no access control the same header means the same.
BOOST_AUTO_TEST_CASE(as_check_basic_reads_it) {
  for (std::string header : {"Basic dTpwOnc=", "Basic dTpwOnd3", "Basic a", "Basic dTpwOnc", "Basic dQ==", "Basic dTr/",
                             "Digest foo", "Basic", "basic  dTpwOnc="}) {
    auto found = shown(header);
    auto expected = found.is == proof::kind::broken ? admission::malformed
                    : found.is == proof::kind::basic && found.user == "u" && found.secret == "p:w" ? admission::granted
                                                                                                   : admission::denied;
    BOOST_CHECK_MESSAGE(check_basic(header, "u", "p:w") == expected, header);
  }
}

BOOST_AUTO_TEST_CASE(passwords) { // 97
  BOOST_TEST(may_be_password("right"));
  BOOST_TEST(may_be_password(""));
  BOOST_TEST(may_be_password(std::string(512, 'x')));
  BOOST_TEST(!may_be_password(std::string(513, 'x')));
  BOOST_TEST(!may_be_password(shown(basic("anna:right\0more"s)).secret));
}

BOOST_AUTO_TEST_CASE(cookies) {
  const struct {
    texts headers;
    std::optional<std::string_view> expected;
  } table[] = {
    {{}, {}},
    {{""}, {}},
    {{"sid=x"}, "x"},
    {{"a=b; sid=x; c=d"}, "x"},
    {{"a=b;sid=x"}, "x"},
    {{"  sid = x ;"}, "x"},
    {{"sid="}, ""},
    {{"sid"}, ""},
    {{"sid=a=b"}, "a=b"},
    {{"Sid=x"}, {}},
    {{"xsid=x; sidx=y"}, {}},
    {{"__Host-sid=x"}, {}}, // 216: another name
    {{"a=sid=x"}, {}},
    {{"sid=x; sid=x"}, {}}, // 122
    {{"sid=x; a=b; sid=y"}, {}},
    {{"sid; sid=x"}, {}},
    {{"sid=x", "a=b"}, {}}, // 221
    {{"a=b", "c=d"}, {}},
    {{";;; ;"}, {}},
    {{"\"sid\"=x"}, {}},
    {{"a=\"; sid=x\""}, "x\""}, // quotes hold nothing together (RFC 6265): no id looks like that
  };
  for (const auto& row : table) {
    auto found = cookie_named(row.headers, "sid");
    BOOST_TEST(found.has_value() == row.expected.has_value(), row.headers.size() << " headers");
    BOOST_TEST(found.value_or("-") == row.expected.value_or("-"));
  }
}

BOOST_AUTO_TEST_CASE(tokens) {
  const std::string token = "trp_k3Jd81Qz0123456789abcdefABCDEF";
  BOOST_TEST(token.size() == 34u);
  BOOST_TEST(("ci:" + token).size() <= 57u); // 126: what stock clients bear
  auto parts = token_of(token);
  BOOST_REQUIRE(parts);
  BOOST_TEST(parts->id == "k3Jd81Qz");
  BOOST_TEST(parts->secret == "0123456789abcdefABCDEF");
  for (const auto& wrong :
       {""s, "trp_"s, token + "0", token.substr(0, 33), "TRP_" + token.substr(4), "trp-" + token.substr(4),
        "trp_k3Jd81Q_0123456789abcdefABCDEF"s, "trp_k3Jd81Qz0123456789abcdefABCDE\xc3"s, " " + token.substr(0, 33),
        "trp_k3Jd81Qz0123456789abcdefABCDE\0"s})
    BOOST_TEST(!token_of(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(no_token_of_a_url_in_a_log) { // 136
  const struct {
    std::string_view line, expected;
  } rows[] = {
    {"GET / HTTP/1.1", "GET / HTTP/1.1"},
    {"GET /?token=T HTTP/1.1", "GET /?token=* HTTP/1.1"},
    {"GET /?a=b&access_token=T&c=d HTTP/1.0", "GET /?a=b&access_token=*&c=d HTTP/1.0"},
    {"GET /?%74oke%6E=T;x", "GET /?%74oke%6E=*;x"},
    {"GET /?ToKeN=T#f", "GET /?ToKeN=*#f"},
    {"GET /?token=a=b", "GET /?token=*"},
    {"GET /?token", "GET /?token"},
    {"GET /?tokens=x&my_token=y&a=token=z", "GET /?tokens=x&my_token=y&a=token=z"},
    {"GET /?%zztoken=x&token=%zz", "GET /?%zztoken=x&token=*"},
    {"GET /token=x?", "GET /token=x?"},
    {"GET /??token=x&token=y", "GET /??token=x&token=*"},
    {"", ""},
  };
  for (const auto& row : rows)
    BOOST_TEST(without_tokens(row.line) == row.expected);
}

BOOST_AUTO_TEST_CASE(any_bytes_do) {
  std::mt19937 random{7};
  const std::string likely = "Basic Bearer trp_ ;=sid:\t\"dTpwOnc=";
  int found = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random() % 2 ? "Basic " : random() % 2 ? "sid=" : "";
    for (auto n = random() % 40; n > 0; --n)
      text += random() % 4 == 0 ? static_cast<char>(random()) : likely[random() % likely.size()];
    auto seen = shown(text);
    using enum proof::kind;
    BOOST_TEST_REQUIRE((seen.is != none));
    BOOST_TEST_REQUIRE((seen.is == proof::kind::basic || seen.user.empty()));
    BOOST_TEST_REQUIRE(seen.user.find(':') == std::string::npos);
    const texts one{text};
    if (auto cookie = cookie_named(one, "sid")) {
      ++found;
      BOOST_TEST_REQUIRE(cookie->find(';') == cookie->npos);
      BOOST_TEST_REQUIRE(cookie->size() < text.size());
    }
    BOOST_TEST_REQUIRE(!token_of(text + "\n"));
  }
  BOOST_TEST(found > 1000);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
