// How many attempts to sign in are looked at, as a table of moments (docs/contract/access.md, 3.3; vectors 101 to 105):
// who is refused, who is not, and that nothing grows.
#include "protocols/login_throttle.hpp"

#include "protocols/client_place.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(login_throttle_test)

using troupe::protocols::client_place;
using troupe::protocols::login_throttle;
namespace config = troupe::config;
using namespace std::chrono_literals;

namespace {

using text = std::string_view;
const login_throttle::time_point t0{1000h};

/// 0: it was looked at; else the seconds to wait.
int wait_of(login_throttle& by, text place, std::optional<text> name, login_throttle::time_point now) {
  auto came = by.try_it(place, name, now);
  auto* refused = std::get_if<login_throttle::refusal>(&came);
  return refused ? static_cast<int>(refused->retry_after.count()) : 0;
}

/// An attempt that is looked at and right; false: it was refused.
bool sign_in(login_throttle& by, text place, std::optional<text> name, login_throttle::time_point now) {
  auto came = by.try_it(place, name, now);
  auto* taken = std::get_if<login_throttle::attempt>(&came);
  if (taken)
    by.succeeded(*taken, now);
  return taken != nullptr;
}

std::string place(int number) { return "10.0." + std::to_string(number / 256) + '.' + std::to_string(number % 256); }

BOOST_AUTO_TEST_CASE(ten_from_a_place) { // 101, 102
  login_throttle by;
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(wait_of(by, "a", "anna", t0 + i * 100ms) == 0);
  BOOST_TEST(wait_of(by, "a", "anna", t0 + 1s) == 30); // right or wrong: it is not looked at
  BOOST_TEST(wait_of(by, "a", "bob", t0 + 1s) == 30);
  BOOST_TEST(wait_of(by, "a", {}, t0 + 1s) == 30); // a token
  BOOST_TEST(wait_of(by, "b", "anna", t0 + 1s) == 0);
  BOOST_TEST(wait_of(by, "a", "anna", t0 + 29s) == 30);
  BOOST_TEST(wait_of(by, "a", "anna", t0 + 31s) == 0); // one
  BOOST_TEST(wait_of(by, "a", "anna", t0 + 31s) == 30);
  for (int i = 0; i < 10; ++i) // and never more than ten
    BOOST_TEST(wait_of(by, "a", "anna", t0 + 24h) == 0);
  BOOST_TEST(wait_of(by, "a", "anna", t0 + 24h) == 30);
}

BOOST_AUTO_TEST_CASE(thirty_for_a_name) { // 103
  login_throttle by;
  BOOST_TEST(sign_in(by, "home", "anna", t0));
  for (int i = 0; i < 30; ++i)
    BOOST_TEST(wait_of(by, place(i), "anna", t0) == 0);
  BOOST_TEST(wait_of(by, place(30), "anna", t0) == 60);
  BOOST_TEST(wait_of(by, place(30), "bob", t0) == 0);
  BOOST_TEST(wait_of(by, place(31), {}, t0) == 0); // a token is nobody's name
  BOOST_TEST(sign_in(by, "home", "anna", t0));
  BOOST_TEST(wait_of(by, place(32), "anna", t0 + 60s) == 0);
  BOOST_TEST(wait_of(by, place(33), "anna", t0 + 60s) == 60);
}

BOOST_AUTO_TEST_CASE(names_are_bytes) { // 104
  login_throttle by;
  for (int i = 0; i < 30; ++i)
    wait_of(by, place(i), "anna", t0);
  BOOST_TEST(wait_of(by, "x", "anna", t0) == 60);
  BOOST_TEST(wait_of(by, "x", "Anna", t0) == 0);
  BOOST_TEST(wait_of(by, "x", "anna ", t0) == 0);
  BOOST_TEST(wait_of(by, "x", text("anna\0", 5), t0) == 0);
}

BOOST_AUTO_TEST_CASE(places) { // 105
  auto of = [](text address) { return client_place({false, *config::ip_address(address)}); };
  BOOST_TEST(of("10.0.0.7") == "10.0.0.7");
  BOOST_TEST(of("::ffff:10.0.0.7") == "10.0.0.7");
  BOOST_TEST(of("2001:db8:0:1::2") == "2001:db8:0:1::/64");
  BOOST_TEST(of("2001:db8:0:1:ffff:ffff:ffff:ffff") == "2001:db8:0:1::/64");
  BOOST_TEST(of("2001:db8:0:2::2") != of("2001:db8:0:1::2"));
  BOOST_TEST(client_place({true, {}}, 4000000000U) == "uid 4000000000");
  BOOST_TEST(client_place({true, {}}) == "unix");
}

BOOST_AUTO_TEST_CASE(what_was_right_costs_nothing) {
  login_throttle by;
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(sign_in(by, "a", {}, t0)); // tokens make nothing known
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(sign_in(by, "a", "anna", t0));
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(wait_of(by, "a", "bob", t0) == 0);
  BOOST_TEST(wait_of(by, "a", "bob", t0) == 30);
}

// Pieces are taken before anything is known of the attempt, so many at once gain nothing.
BOOST_AUTO_TEST_CASE(a_volley_gains_nothing) {
  login_throttle by;
  std::vector<login_throttle::attempt> taken;
  for (int i = 0; i < 50; ++i) {
    auto came = by.try_it("a", "anna", t0);
    if (auto* one = std::get_if<login_throttle::attempt>(&came))
      taken.push_back(*one);
  }
  BOOST_TEST(taken.size() == 10u);
  by.succeeded(taken.back(), t0);
  BOOST_TEST(wait_of(by, "a", "bob", t0) == 0); // the one given back
  BOOST_TEST(wait_of(by, "a", "bob", t0) == 30);
}

BOOST_AUTO_TEST_CASE(known_pairs_have_their_own) {
  login_throttle by;
  BOOST_TEST(sign_in(by, "a", "anna", t0));
  for (int i = 0; i < 10; ++i) // a neighbour of hers guesses
    wait_of(by, "a", "bob", t0);
  BOOST_TEST(wait_of(by, "a", "bob", t0) == 30);
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(wait_of(by, "a", "anna", t0) == 0);
  BOOST_TEST(wait_of(by, "a", "anna", t0) == 30); // and somebody guesses hers from her place
  BOOST_TEST(wait_of(by, "a", "anna", t0 + 30s) == 0);
  BOOST_TEST(wait_of(by, "b", "anna", t0) == 0);

  login_throttle later;
  BOOST_TEST(sign_in(later, "a", "anna", t0));
  for (int i = 0; i < 10; ++i)
    wait_of(later, "a", "bob", t0 + 30 * 24h);
  BOOST_TEST(wait_of(later, "a", "anna", t0 + 30 * 24h) == 30); // not known any more
}

BOOST_AUTO_TEST_CASE(records) {
  login_throttle by;
  auto record = [&](text from, text name, login_throttle::time_point now) {
    auto came = by.try_it(from, name, now);
    auto* refused = std::get_if<login_throttle::refusal>(&came);
    return refused ? refused->record : "looked at";
  };
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(record("a", "x", t0) == "looked at");
  BOOST_TEST(record("a", "x", t0) == "too many failed sign-ins from a");
  BOOST_TEST(record("a", "x", t0 + 29s) == "");
  BOOST_TEST(record("a", "x", t0 + 31s) == "looked at");
  BOOST_TEST(record("a", "x", t0 + 59s) == "");
  BOOST_TEST(record("a", "x", t0 + 60s) == "looked at");
  BOOST_TEST(record("a", "x", t0 + 60s) == "too many failed sign-ins from a");
  for (int i = 0; i < 30; ++i)
    record(place(i), "y", t0);
  BOOST_TEST(record(place(99), "y", t0) == "too many failed sign-ins for a user");
}

BOOST_AUTO_TEST_CASE(thirty_two_places_of_a_user) {
  login_throttle by;
  for (int i = 0; i < 33; ++i)
    BOOST_TEST(sign_in(by, place(i), "anna", t0 + i * 1s));
  auto now = t0 + 1min;
  for (int i = 0; i < 35; ++i) // nobody may sign in as her from a new place
    wait_of(by, place(100 + i), "anna", now);
  BOOST_TEST(wait_of(by, place(0), "anna", now) == 60); // the first gave way
  for (int i = 1; i < 33; ++i)
    BOOST_TEST(sign_in(by, place(i), "anna", now), i);
}

BOOST_AUTO_TEST_CASE(nothing_grows) {
  login_throttle by;
  for (int i = 0; i < 10; ++i)
    wait_of(by, "first", "first", t0);
  for (int i = 0; i < 10; ++i)
    wait_of(by, "second", "first", t0);
  constexpr int most = login_throttle::most_entries;
  for (int i = 0; i < most + 10; ++i) {
    auto number = std::to_string(i);
    sign_in(by, number, number, t0);
    if (i % 1000 == 0)
      BOOST_TEST_REQUIRE(wait_of(by, "second", {}, t0) == 30); // still touched
  }
  BOOST_TEST(wait_of(by, "second", {}, t0) == 30);
  BOOST_TEST(wait_of(by, "first", {}, t0) == 0); // untouched longest, it gave way
  for (int i = 0; i < most; ++i) {
    auto number = "again " + std::to_string(i);
    sign_in(by, number, number, t0);
  }
  BOOST_TEST(by.size() == 3u * most);
  // a name that nobody can have costs no more than one
  login_throttle small;
  std::string longest(100'000, 'x');
  wait_of(small, "a", longest + "1", t0);
  wait_of(small, "a", longest + "2", t0);
  BOOST_TEST(small.size() == 2u);
  wait_of(small, "a", std::string(64, 'x'), t0);
  BOOST_TEST(small.size() == 3u);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
