// Tokens and the lines of their file (docs/contract/access.md, 3.5; vectors 125, 128, 129, 130, 132, 195), and random
// bytes for a file.
#include "protocols/token_book.hpp"

#include "plain_hash.hpp"
#include "protocols/credentials.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(token_book_test)

using namespace troupe::protocols;
using troupe::tests::plain_hash;
namespace config = troupe::config;

namespace {

constexpr std::int64_t now = 1'795'344'805, hour = 3600, day = 86400;
const config::origin over_unix{true, {}};

config::origin from(std::string_view address) { return {false, *config::ip_address(address)}; }

struct stage {
  token_book book{plain_hash};
  std::mt19937 random{11};

  auto create(token_book::wish what, token_book::limits by = {}, std::int64_t at = now) {
    return book.create(
      std::move(what), by, [this] { return static_cast<std::uint8_t>(random()); }, at);
  }
  token_book::made made(std::string user) { return std::get<token_book::made>(create({.user = user, .by = user})); }
  std::string refused(token_book::wish what, token_book::limits by = {}) {
    auto came = create(std::move(what), by);
    auto* fault = std::get_if<rpc_fault>(&came);
    return fault ? std::to_string(static_cast<int>(fault->code)) + ' ' + fault->text : "made";
  }
  std::string user_of(std::string_view token, std::int64_t at = now, const config::origin& where = over_unix) {
    const auto* found = book.find(token, where, at);
    return found ? found->user : "-";
  }
};

BOOST_AUTO_TEST_CASE(made_and_used) { // 125, 128
  stage s;
  auto came = s.create({.user = "ci", .by = "adm", .roles = {{"viewer"}}, .name = "build", .ttl = hour});
  auto token = std::get<token_book::made>(came);
  auto text = token.token.view();
  BOOST_TEST(text.size() == 34u);
  BOOST_TEST(text.starts_with("trp_" + token.id));
  BOOST_TEST(token.expires == now + hour);
  const auto* found = s.book.find(text, over_unix, now);
  BOOST_REQUIRE(found);
  BOOST_TEST(found->user == "ci");
  BOOST_TEST(found->by == "adm");
  BOOST_TEST(found->roles->at(0) == "viewer");
  BOOST_TEST(s.user_of(text, now + hour - 1) == "ci");
  BOOST_TEST(s.user_of(text, now + hour) == "-");
  std::string wrong(text);
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  BOOST_TEST(s.user_of(wrong) == "-");
  BOOST_TEST(s.user_of(token.id) == "-");
  BOOST_TEST(s.user_of("") == "-");
  BOOST_TEST(!(s.made("ci").token == token.token));
  BOOST_TEST(s.made("ci").expires == now + 8 * hour);
}

BOOST_AUTO_TEST_CASE(digits_are_fair) {
  stage s;
  std::map<char, int> count;
  for (int i = 0; i < 90; ++i)
    for (auto made = s.made("u" + std::to_string(i)); char c : made.token.view().substr(4))
      ++count[c];
  BOOST_TEST(count.size() == 62u);
  for (auto [c, n] : count) // 2,700 digits: 44 of each
    BOOST_TEST((n > 15 && n < 80), c << ": " << n);
  bool never = std::holds_alternative<rpc_fault>(s.book.create(
    {.user = "x", .by = "x"}, {}, [] { return std::uint8_t{255}; }, now));
  BOOST_TEST(never);
}

BOOST_AUTO_TEST_CASE(refusals) { // 132
  stage s;
  BOOST_TEST(s.refused({.user = "u", .by = "u", .ttl = 91 * day}) == "2 INCORRECT_PARAMETERS: ttl is at most 90d");
  BOOST_TEST(s.refused({.user = "u", .by = "u", .ttl = 90 * day}) == "made");
  BOOST_TEST(s.refused({.user = "u", .by = "u", .ttl = 0}) == "2 INCORRECT_PARAMETERS: ttl is at least 1s");
  BOOST_TEST(s.refused({.user = "u", .by = "u", .ttl = -5}) == "2 INCORRECT_PARAMETERS: ttl is at least 1s");
  BOOST_TEST(s.refused({.user = "u", .by = "u", .networks = {"unix", "10.0.0.0/33"}}) ==
             "2 INCORRECT_PARAMETERS: not a network: '10.0.0.0/33'");
  BOOST_TEST(s.refused({.user = "u", .by = "u", .name = std::string(129, 'x')}) ==
             "2 INCORRECT_PARAMETERS: name has at most 128 bytes");
  BOOST_TEST(s.refused({.user = "u", .by = "u", .networks = std::vector<std::string>(101, "unix")}) ==
             "2 INCORRECT_PARAMETERS: there are at most 100 networks");
  BOOST_TEST(s.refused({.user = "u", .by = "u", .ttl = 7201}, {hour, 2 * hour}) ==
             "2 INCORRECT_PARAMETERS: ttl is at most 2h");
  BOOST_TEST(duration_text(366 * day) == "366d");
  BOOST_TEST(duration_text(90 * 60) == "90m");
  BOOST_TEST(duration_text(61) == "61s");
}

BOOST_AUTO_TEST_CASE(counts) {
  stage s;
  std::string last;
  for (int i = 0; i < 100; ++i)
    last = s.made("u").id;
  BOOST_TEST(s.refused({.user = "u", .by = "u"}) == "30 FAILED: u has 100 tokens");
  BOOST_TEST(s.refused({.user = "v", .by = "u"}) == "made");
  BOOST_TEST(s.book.revoke(last, "u", now));
  BOOST_TEST(s.refused({.user = "u", .by = "u"}) == "made");
  auto later = s.create({.user = "u", .by = "u"}, {}, now + 8 * hour); // all are over
  BOOST_TEST(std::holds_alternative<token_book::made>(later));
  BOOST_TEST(s.book.size() == 1u);
}

BOOST_AUTO_TEST_CASE(networks) {
  stage s;
  auto token =
    std::get<token_book::made>(s.create({.user = "u", .by = "u", .networks = {"10.0.0.0/8", "loopback"}})).token;
  BOOST_TEST(s.user_of(token.view(), now, from("10.1.2.3")) == "u");
  BOOST_TEST(s.user_of(token.view(), now, from("::1")) == "u");
  BOOST_TEST(s.user_of(token.view(), now, from("192.0.2.1")) == "-");
  BOOST_TEST(s.user_of(token.view(), now, over_unix) == "-");
}

BOOST_AUTO_TEST_CASE(revoking) { // 129, 195
  stage s;
  auto token = s.made("u"), other = s.made("v"), third = s.made("v");
  BOOST_TEST(s.book.valid(token.id, now) != nullptr);
  BOOST_TEST(!s.book.revoke("nope", "u", now));
  BOOST_TEST(!s.book.revoke(other.id, "u", now)); // somebody else's
  BOOST_TEST(s.book.revoke(token.id, "u", now));
  BOOST_TEST(!s.book.revoke(token.id, "u", now));
  BOOST_TEST(s.book.valid(token.id, now) == nullptr);
  BOOST_TEST(s.user_of(token.token.view()) == "-");
  BOOST_TEST(s.book.revoke(other.id, {}, now));
  BOOST_TEST(s.book.of_user("u", now).empty());
  BOOST_REQUIRE(s.book.of_user("v", now).size() == 1u);
  BOOST_TEST(s.book.of_user("v", now)[0].id == third.id);
  s.book.keep_users([](const std::string& user) { return user == "u"; });
  BOOST_TEST(s.user_of(third.token.view()) == "-");
  BOOST_TEST(s.book.size() == 3u); // until they would have been over
  BOOST_TEST(s.book.text(now + 8 * hour) == "");
}

/// Ten thousand of them must not fill the file.
BOOST_AUTO_TEST_CASE(little_is_kept_of_revoked_ones) {
  stage s;
  std::vector<std::string> roles(100, std::string(64, 'r')), networks(100, "2001:db8::/32");
  auto kept = std::get<token_book::made>(s.create({.user = "u", .by = "u", .roles = roles, .networks = networks}));
  auto ended = std::get<token_book::made>(s.create({.user = "v", .by = "v", .roles = roles, .networks = networks}));
  auto before = s.book.text(now).size();
  BOOST_TEST(s.book.revoke(ended.id, "v", now));
  BOOST_TEST(s.book.text(now).size() < before / 2 + 400);
  s.book.keep_users([](const std::string&) { return false; });
  BOOST_TEST(s.book.text(now).size() < 800u);
  token_book read{plain_hash};
  BOOST_REQUIRE(read.read(s.book.text(now), now));
  BOOST_TEST(read.valid(ended.id, now) == nullptr);
  BOOST_TEST(read.valid(kept.id, now) == nullptr);
  BOOST_TEST(read.size() == 2u);
}

// -- the file ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_file_says_all_but_secrets) { // 123, 130
  stage s;
  auto a = std::get<token_book::made>(s.create({.user = "ci",
                                                .by = "adm",
                                                .roles = std::vector<std::string>{},
                                                .networks = {"10.0.0.0/8"},
                                                .name = "two\nlines \"quoted\" \xc3\xa4"}));
  auto b = s.made("anna");
  s.book.revoke(b.id, {}, now);
  auto c = s.made("anna");
  BOOST_TEST(s.user_of(c.token.view(), now + 60) == "anna");
  auto text = s.book.text(now);
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 3);
  for (const auto& made : {a, b, c}) {
    BOOST_TEST(text.find(made.id) != text.npos);
    BOOST_TEST(text.find(made.token.view().substr(12)) == text.npos);
  }
  stage again;
  BOOST_TEST(again.book.read(text, now).has_value());
  BOOST_TEST(again.book.text(now) == text);
  BOOST_CHECK(again.book.of_user("ci", now) == s.book.of_user("ci", now));
  BOOST_TEST(again.book.of_user("ci", now).at(0).name == "two\nlines \"quoted\" \xc3\xa4");
  BOOST_TEST(again.user_of(a.token.view(), now, from("10.0.0.1")) == "ci");
  BOOST_TEST(again.user_of(a.token.view(), now, from("11.0.0.1")) == "-");
  BOOST_TEST(again.user_of(b.token.view()) == "-");
  BOOST_TEST(again.user_of(c.token.view()) == "anna");
  BOOST_TEST(again.book.read("", now).has_value());
  BOOST_TEST(again.book.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_line) {
  stage s;
  const std::string line = R"({"id":"k3Jd81Qz","sha256":")" + std::string(64, '0') +
                           R"(","user":"ci","created":1795344000,"by":"adm","expires":1795430400})";
  BOOST_TEST(s.book.read(line, now).has_value()); // the last newline may be missing
  BOOST_TEST(s.book.text(now) == line + '\n');
  BOOST_TEST(s.book.read(line + '\n', 1795430400).has_value());
  BOOST_TEST(s.book.size() == 0u); // over
}

BOOST_AUTO_TEST_CASE(use_is_noted_by_day) {
  stage s;
  auto token = s.made("u").token;
  BOOST_TEST(s.book.unsaved());
  s.book.saved();
  s.user_of(token.view(), now, over_unix);
  BOOST_TEST(s.book.unsaved());
  BOOST_TEST(s.book.of_user("u", now).at(0).used == now - now % day);
  s.book.saved();
  s.user_of(token.view(), now + hour);
  BOOST_TEST(!s.book.unsaved());
  s.user_of("trp_k3Jd81Qz0123456789abcdefABCDEF", now);
  BOOST_TEST(!s.book.unsaved());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_file) {
  const std::string rest = R"("user":"ci","created":1,"by":"adm","expires":9999999999})";
  const std::string hash = R"("sha256":")" + std::string(64, 'a') + "\",";
  const std::string good = R"({"id":"k3Jd81Qz",)" + hash + rest + '\n';
  const struct {
    std::string line, what;
  } table[] = {
    {good, "the token k3Jd81Qz is there twice"},
    {"[]", "not a token"},
    {R"({"id":"k3Jd81Q",)" + hash + rest, "id of a token is something else"},
    {R"({"id":"k3Jd81Q_",)" + hash + rest, "id of a token is something else"},
    {R"({"id":7,)" + hash + rest, "id of a token is something else"},
    {R"({"id":"aaaaaaaa",)" + rest, "a token needs sha256"},
    {R"({"id":"aaaaaaaa","sha256":"aa",)" + rest, "sha256 of a token is something else"},
    {R"({"id":"aaaaaaaa","sha256":")" + std::string(64, 'A') + "\"," + rest, "sha256 of a token is something else"},
    {R"({"id":"aaaaaaaa","roles":"x",)" + hash + rest, "roles of a token is something else"},
    {R"({"id":"aaaaaaaa","roles":[7],)" + hash + rest, "roles of a token is something else"},
    {R"({"id":"aaaaaaaa","networks":["x"],)" + hash + rest, "not a network: 'x'"},
    {R"({"id":"aaaaaaaa","used":-1,)" + hash + rest, "used of a token is something else"},
    {R"({"id":"aaaaaaaa","revoked":1,)" + hash + rest, "revoked of a token is something else"},
    {R"({"id":"aaaaaaaa","only":"x",)" + hash + rest, "a token has no only"},
  };
  for (const auto& row : table) {
    stage s;
    BOOST_REQUIRE(s.book.read(good, now).has_value());
    auto read = s.book.read(good + row.line + '\n' + good, now);
    BOOST_REQUIRE(read.has_error());
    BOOST_TEST(read.error().what == row.what);
    BOOST_TEST(read.error().at.line == 2);
    BOOST_TEST(s.book.text(now) == good); // as it was
  }
  stage s;
  BOOST_TEST(s.book.read("\n" + good, now).has_error());
  BOOST_TEST(s.book.read("{", now).has_error());
}

BOOST_AUTO_TEST_CASE(any_bytes_do) {
  stage s;
  s.create({.user = "ci", .by = "adm", .roles = {{"viewer"}}, .networks = {"10.0.0.0/8"}, .name = "n", .ttl = day});
  s.made("anna");
  const auto good = s.book.text(now);
  std::mt19937 random{12};
  int kept = 0;
  for (int i = 0; i < 8'000; ++i) {
    auto text = good;
    for (auto n = 1 + random() % 3; n > 0; --n)
      switch (auto at = random() % text.size(); random() % 3) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 4);
        break;
      default:
        text.insert(at, 1, "\"{}[]:,\n0a"[random() % 10]);
      }
    stage other;
    if (!other.book.read(text, now))
      continue;
    ++kept;
    BOOST_TEST_REQUIRE(other.book.size() <= 3u);
    auto written = other.book.text(now);
    BOOST_TEST_REQUIRE(other.book.read(written, now).has_value()); // what it writes it reads
    BOOST_TEST_REQUIRE(other.book.text(now) == written);
  }
  BOOST_TEST(kept > 100);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
