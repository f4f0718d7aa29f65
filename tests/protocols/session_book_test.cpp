// Who is signed in, as tables of moments (docs/contract/access.md, 3.4; vectors 111, 114 to 117, 121, 215), and what
// the headers of a sign-in say.
#include "protocols/session_book.hpp"

#include "plain_hash.hpp"
#include "protocols/session_cookie.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

BOOST_AUTO_TEST_SUITE(session_book_test)

using namespace troupe::protocols;
using troupe::tests::plain_hash;
using namespace std::chrono_literals;

namespace {

const session_book::time_point t0{1000h};

struct stage {
  session_book book{plain_hash};
  int made = 0;

  session_book::opened open(std::string user, session_book::time_point now = t0, std::string place = "here",
                            std::optional<std::string_view> shown = {}) {
    session_book::random_bytes random{};
    ++made;
    random[0] = static_cast<std::uint8_t>(made);
    random[1] = static_cast<std::uint8_t>(made >> 8);
    return book.open(std::move(user), std::move(place), shown, random, now, 1'795'344'805 + made);
  }
  std::string user_of(std::string_view id, session_book::time_point now = t0, std::string_view place = "here") {
    const auto* found = book.find(id, place, now);
    return found ? found->user : "-";
  }
};

BOOST_AUTO_TEST_CASE(ids) {
  stage s;
  auto vera = s.open("vera"), anna = s.open("anna");
  BOOST_TEST(vera.id == "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  BOOST_TEST(s.user_of(vera.id) == "vera");
  BOOST_TEST(s.user_of(anna.id) == "anna");
  BOOST_TEST(s.user_of("") == "-");
  BOOST_TEST(s.user_of(vera.id.substr(1)) == "-");
  BOOST_TEST(s.user_of(vera.id + "A") == "-");
  BOOST_TEST(s.user_of(hex(bytes_of(vera.made.key))) == "-"); // what is kept is of no use
  BOOST_TEST(s.user_of(std::string(bytes_of(vera.made.key)) + "0123456789a") == "-");
  BOOST_TEST(vera.made.label().size() == 16u);
  BOOST_TEST(vera.made.label() != anna.made.label());
}

BOOST_AUTO_TEST_CASE(when_they_end_in_any_case) {
  stage s;
  s.book.set({30min, 12h, true});
  auto one = s.open("vera");
  BOOST_TEST((s.book.longest_end(one.made.key) == t0 + 12h));
  s.book.stream_opened(one.made.key);
  BOOST_TEST((s.book.longest_end(one.made.key) == t0 + 12h));
  s.book.set({30min, 2h, true});
  BOOST_TEST((s.book.longest_end(one.made.key) == t0 + 2h));
  s.book.end(one.made.key);
  BOOST_TEST((s.book.longest_end(one.made.key) == session_book::time_point::min()));
}

BOOST_AUTO_TEST_CASE(they_end) { // 115
  const struct {
    std::string_view what;
    bool streams;
    std::vector<session_book::clock::duration> used;
    session_book::clock::duration at;
    bool expected;
  } table[] = {
    {"used", false, {29min}, 58min, true},   {"idle", false, {}, 30min, false},
    {"almost", false, {}, 30min - 1s, true}, {"idle later", false, {29min}, 59min, false},
    {"a stream", true, {}, 31min, true},     {"a stream, long", true, {}, 12h - 1s, true},
    {"too long", true, {}, 12h, false},
  };
  for (const auto& row : table) {
    stage s;
    auto made = s.open("vera");
    if (row.streams)
      s.book.stream_opened(made.made.key);
    for (auto at : row.used)
      s.user_of(made.id, t0 + at);
    BOOST_TEST(s.book.lasts(made.made.key, t0 + row.at) == row.expected, row.what);
    BOOST_TEST(s.book.of_user("vera", t0 + row.at).size() == (row.expected ? 1u : 0u), row.what);
    BOOST_TEST((s.user_of(made.id, t0 + row.at) == "vera") == row.expected, row.what);
    BOOST_TEST(s.book.size() == (row.expected ? 1u : 0u), row.what);
  }
  stage s;
  auto busy = s.open("vera");
  for (auto at = t0; at < t0 + 12h; at += 10min)
    BOOST_TEST(s.user_of(busy.id, at) == "vera");
  BOOST_TEST(s.user_of(busy.id, t0 + 12h) == "-");
}

BOOST_AUTO_TEST_CASE(streams_count) {
  stage s;
  auto made = s.open("vera");
  s.book.stream_opened(made.made.key);
  s.book.stream_opened(made.made.key);
  s.book.stream_closed(made.made.key, t0 + 1h);
  BOOST_TEST(s.book.lasts(made.made.key, t0 + 2h)); // one is left
  s.book.stream_closed(made.made.key, t0 + 2h);
  BOOST_TEST(s.book.lasts(made.made.key, t0 + 2h + 29min)); // its end was the last use
  BOOST_TEST(!s.book.lasts(made.made.key, t0 + 2h + 30min));
  s.book.stream_closed(made.made.key, t0 + 3h); // once too often
  BOOST_TEST(!s.book.lasts(made.made.key, t0 + 4h));
  s.book.sweep(t0 + 4h);
  BOOST_TEST(s.book.size() == 0u);
}

BOOST_AUTO_TEST_CASE(limits_of_the_configuration) {
  stage s;
  s.book.set({10s, 60s, false});
  auto made = s.open("vera");
  BOOST_TEST(s.user_of(made.id, t0 + 9s, "elsewhere") == "vera"); // session_bind=none
  BOOST_TEST(s.user_of(made.id, t0 + 19s) == "-");
  made = s.open("vera");
  s.book.set({});                                              // replaced: they hold at once
  BOOST_TEST(s.user_of(made.id, t0 + 9s, "elsewhere") == "-"); // 121
  BOOST_TEST(s.user_of(made.id, t0 + 9s) == "vera");           // it was not ended by that
  BOOST_TEST(s.user_of(made.id, t0 + 20min) == "vera");
}

BOOST_AUTO_TEST_CASE(sixteen_of_a_user) { // 117
  stage s;
  std::vector<session_book::opened> all;
  for (int i = 0; i < 16; ++i)
    all.push_back(s.open("vera", t0 + i * 1s));
  auto anna = s.open("anna", t0 - 1s);
  s.user_of(all[0].id, t0 + 20s);
  s.book.stream_opened(all[1].made.key); // not idle
  all.push_back(s.open("vera", t0 + 21s));
  for (std::size_t i = 0; i < all.size(); ++i)
    BOOST_TEST((s.user_of(all[i].id, t0 + 21s) == "vera") == (i != 2), i);
  BOOST_TEST(s.user_of(anna.id, t0 + 21s) == "anna");
  BOOST_TEST(s.book.of_user("vera", t0 + 21s).size() == 16u);
}

BOOST_AUTO_TEST_CASE(a_thousand_in_all) {
  stage s;
  auto first = s.open("first", t0), second = s.open("second", t0 + 1s);
  for (int i = 0; i < 998; ++i)
    s.open("u" + std::to_string(i), t0 + 2s);
  BOOST_TEST(s.book.size() == 1000u);
  s.user_of(first.id, t0 + 3s);
  s.open("last", t0 + 3s);
  BOOST_TEST(s.book.size() == 1000u);
  BOOST_TEST(s.user_of(first.id, t0 + 3s) == "first");
  BOOST_TEST(s.user_of(second.id, t0 + 3s) == "-");
}

BOOST_AUTO_TEST_CASE(a_planted_id_is_never_adopted) { // 215
  stage s;
  auto planted = s.open("mallory");
  auto own = s.open("vera", t0, "here", planted.id);
  BOOST_TEST(own.id != planted.id);
  BOOST_TEST(s.user_of(planted.id) == "-");
  BOOST_TEST(s.user_of(own.id) == "vera");
  std::string made_up(43, 'x');
  own = s.open("vera", t0, "here", made_up);
  BOOST_TEST(s.user_of(made_up) == "-");
  own = s.open("vera", t0, "here", std::string(100'000, 'x'));
  BOOST_TEST(s.user_of(own.id) == "vera");
}

BOOST_AUTO_TEST_CASE(in_another_binary) {
  stage s, next;
  for (auto* one : {&s, &next})
    one->book.set({30min, 12h, true});
  auto vera = s.open("vera"), anna = s.open("anna"), idle = s.open("idle"), over = s.open("over", t0 - 11h);
  s.book.stream_opened(over.made.key);
  auto later = t0 + 29min;
  BOOST_TEST(s.user_of(vera.id, later) == "vera");
  s.book.stream_opened(anna.made.key);
  auto then = t0 + 50min;
  for (auto& one : s.book.all(then))
    next.book.put_back(one, then);
  BOOST_TEST(next.book.size() == 3u); // idle is over
  BOOST_TEST(next.user_of(vera.id, then) == "vera");
  BOOST_TEST(next.user_of(vera.id, then, "there") == "-");
  BOOST_TEST(next.user_of(anna.id, then + 29min) == "anna"); // its page was open
  BOOST_TEST(next.user_of(idle.id, then) == "-");
  BOOST_TEST((next.book.longest_end(vera.made.key) == t0 + 12h));
  BOOST_TEST(next.book.of_user("vera", then).at(0).since == vera.made.since);
  BOOST_TEST(next.user_of(over.id, t0 + 62min) == "-"); // it is no longer kept than here
  stage full;
  for (std::size_t i = 0; i < session_book::most; ++i)
    full.open("u" + std::to_string(i));
  for (auto& one : s.book.all(t0))
    full.book.put_back(one, t0);
  BOOST_TEST(full.book.size() == session_book::most);
}

BOOST_AUTO_TEST_CASE(ending_them) { // 116
  stage s;
  auto a = s.open("vera"), b = s.open("vera", t0 + 1s), c = s.open("vera", t0 + 2s), anna = s.open("anna");
  BOOST_TEST(s.book.end(a.made.key));
  BOOST_TEST(!s.book.end(a.made.key));
  BOOST_TEST(!s.book.end("vera", anna.made.label())); // not hers
  BOOST_TEST(s.book.end("vera", b.made.label()));
  auto left = s.book.of_user("vera", t0 + 2s);
  BOOST_REQUIRE(left.size() == 1u);
  BOOST_TEST(left[0].since == c.made.since);
  BOOST_TEST(left[0].place == "here");
  BOOST_TEST(s.book.end_all_of("vera") == 1u);
  BOOST_TEST(s.user_of(c.id) == "-");
  s.open("vera");
  s.book.keep_users([](const std::string& user) { return user == "vera"; });
  BOOST_TEST(s.user_of(anna.id) == "-");
  BOOST_TEST(s.book.size() == 1u);
}

BOOST_AUTO_TEST_CASE(page_tokens) { // 120, 218
  stage s;
  auto a = s.open("vera").made, b = s.open("vera").made;
  std::set<std::string> all{page_token(plain_hash, a), page_token(plain_hash, b), page_token(plain_hash, "vera"),
                            page_token(plain_hash, "anna")};
  BOOST_TEST(all.size() == 4u);
  BOOST_TEST(page_token(plain_hash, a) == *all.find(page_token(plain_hash, a)));
  auto other_key = [](std::string_view text) { return plain_hash("k" + std::string(text)); };
  BOOST_TEST(!all.contains(page_token(other_key, a)));
  BOOST_TEST(all.begin()->size() == 43u);
}

// -- headers -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(cookies) { // 111, 116
  BOOST_TEST(set_cookie("9001", false, "x") == "troupe_9001=x; Path=/; HttpOnly; SameSite=Strict");
  BOOST_TEST(set_cookie("9001", true, "x") == "__Host-troupe_9001=x; Path=/; HttpOnly; SameSite=Strict; Secure");
  BOOST_TEST(clear_cookie("unix", false) == "troupe_unix=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
  BOOST_TEST(cookie_name("unix", true) == "__Host-troupe_unix");
}

BOOST_AUTO_TEST_CASE(pages_after_signing_in) { // 114
  for (std::string ours : {"index.html", "account.html", "tail.html?", "tail.html?processname=web%3Aweb_00&limit=1024"})
    BOOST_TEST(page_after_sign_in(ours) == ours);
  for (std::string foreign :
       {"", "//evil", "https://evil", "/\\evil", "javascript:x", "index.html?x", "tail.html", "/account.html",
        "account.html/../x", "tail.html?x\r\nSet-Cookie: a=b", "tail.html?<script>", "tail.html?a=//b",
        "tail.html?\xc3\xa4", "Account.html", "tail.html#x", "scripts/x.js"})
    BOOST_TEST(page_after_sign_in(foreign) == "index.html", foreign);
}

BOOST_AUTO_TEST_CASE(digests_as_text) {
  BOOST_TEST(hex("\x01\xff") == "01ff");
  BOOST_TEST(base64url("\xfb\xff\xfe") == "-__-");
  BOOST_TEST(base64url("a") == "YQ");
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
