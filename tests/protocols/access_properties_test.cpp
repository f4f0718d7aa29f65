// What holds for any rules: the contract's vectors 59 to 62 (docs/contract/access.md, 12.1) over random ones, held
// against the plain implementation in access_fixture.hpp.
#include "protocols/access.hpp"

#include "access_stage.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(access_properties_test)

using namespace troupe::protocols;
namespace config = troupe::config;
namespace tests = troupe::tests;
using config::right;
using tests::from;
using tests::role;
using tests::standing_of;

namespace {

/// Random rules over few short names, so that much of it meets.
struct random_rules {
  std::mt19937 random;
  explicit random_rules(unsigned seed) : random(seed) {}

  std::size_t below(std::size_t n) { return random() % n; }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

  config::role_options a_role(std::size_t number) {
    static const tests::words patterns = {"*",       "web",   "w*",    "web:*", "web:web_00", "*:p?",
                                          "@front",  "@back", "pair:", "!web",  "!@back",     "!db",
                                          "!pair:*", "[!d]*", "void",  "void:", "g:*",        "db"};
    static const std::vector<std::string_view> networks = {"10.0.0.0/8", "unix", "loopback", "2001:db8::/32"};
    static const std::vector<int> signals = {SIGHUP, SIGTERM, 63};
    auto made = role("r" + std::to_string(number), "", "");
    for (auto n = below(4); n > 0; --n)
      made.rights |= config::right_bits{1} << below(config::right_table.size() - (below(4) == 0 ? 0 : 1));
    if (below(4) == 0)
      made.signals |= std::uint64_t{1} << one_of(signals);
    for (auto n = below(4); n > 0; --n)
      made.programs.push_back(one_of(patterns));
    if ((made.rights & ~config::program_rights & ~config::bit(right::token)) != 0)
      made.programs = {"*"}; // or the configuration is refused
    for (auto n = below(3) == 0 ? 1 + below(2) : 0; n > 0; --n)
      made.networks.push_back(*config::network_of(one_of(networks)));
    return made;
  }

  config::access_options options() {
    config::access_options made = tests::fixture();
    made.roles.clear();
    for (std::size_t i = 0; i < 6; ++i)
      made.roles.push_back(a_role(i));
    return made;
  }

  std::string a_name() {
    static const tests::words names = {"viewer", "operator", "admin", "r0", "r1", "r2", "r3", "r4", "r5"};
    return below(4) == 0 ? one_of(names) : one_of(tests::words(names.begin() + 3, names.end()));
  }

  tests::reference::layers layers() {
    tests::reference::layers made(below(4));
    for (auto& one : made)
      for (auto n = below(4); n > 0; --n)
        one.push_back(a_name());
    return made;
  }

  config::origin where() {
    static const std::vector<std::string_view> addresses = {"unix", "10.1.2.3",    "127.0.0.1",
                                                            "::1",  "2001:db8::1", "192.0.2.1"};
    return from(one_of(addresses));
  }

  subject what() {
    static const std::vector<subject> more = {{"void", "", "group:void"},
                                              {"g", "web_00", "program:web"},
                                              {"g", "", "program:db"},
                                              {"x", "p1", "fcgi-program:web"}};
    return below(3) == 0 ? one_of(more) : one_of(tests::programs);
  }
};

std::set<std::string> words_of(const mask& held) {
  std::set<std::string> made;
  for (const auto& row : config::right_table)
    if (has(held.rights, row.which))
      made.emplace(row.word);
  for (int number = 1; number < 64; ++number)
    if (decide_signal(held, number) == verdict::allow)
      made.insert("signal:" + std::to_string(number));
  return made;
}

bool within(const mask& less, const mask& more) {
  return (less.rights & ~more.rights) == 0 && (less.signals & ~more.signals) == 0;
}

constexpr int rules_tried = 300;
constexpr int cases_each = 8;

BOOST_AUTO_TEST_CASE(as_a_plain_implementation_has_it) { // 62
  random_rules random{62};
  int hidden = 0, signalled = 0;
  for (int i = 0; i < rules_tried; ++i) {
    auto options = random.options();
    access_rules rules(options);
    for (int j = 0; j < cases_each; ++j) {
      auto layers = random.layers();
      auto where = random.where();
      auto what = random.what();
      auto who = standing_of(rules, layers, where);
      auto held = rules.mask_of(who, what);
      auto expected = tests::reference::over(options, layers, where, what);
      BOOST_TEST_REQUIRE(words_of(held) == expected, boost::test_tools::per_element());
      auto daemon = words_of(mask{rules.daemon_rights(who), 0});
      BOOST_TEST_REQUIRE(daemon == tests::reference::over_daemon(options, layers, where),
                         boost::test_tools::per_element());
      BOOST_TEST_REQUIRE(has(held.rights, right::status) == (held != mask{})); // 61
      BOOST_TEST_REQUIRE(within(rules.everywhere(who), held));
      BOOST_TEST_REQUIRE(within(held, rules.anywhere(who)));
      hidden += held == mask{};
      signalled += held.signals != 0;
    }
  }
  BOOST_TEST(hidden > 200);
  BOOST_TEST(hidden < rules_tried * cases_each - 200);
  BOOST_TEST(signalled > 50);
}

BOOST_AUTO_TEST_CASE(roles_add_and_layers_take_away) { // 59, 60
  random_rules random{59};
  int grown = 0, shrunk = 0;
  for (int i = 0; i < rules_tried; ++i) {
    access_rules rules(random.options());
    for (int j = 0; j < cases_each; ++j) {
      auto layers = random.layers();
      auto where = random.where();
      auto what = random.what();
      auto before = standing_of(rules, layers, where);
      if (!layers.empty()) {
        auto more = layers;
        more[random.below(more.size())].push_back(random.a_name());
        auto after = standing_of(rules, more, where);
        BOOST_TEST_REQUIRE(within(rules.mask_of(before, what), rules.mask_of(after, what)));
        BOOST_TEST_REQUIRE((rules.daemon_rights(before) & ~rules.daemon_rights(after)) == 0u);
        grown += rules.mask_of(before, what) != rules.mask_of(after, what);
        layers.push_back({random.a_name(), random.a_name()});
        after = standing_of(rules, layers, where);
        BOOST_TEST_REQUIRE(within(rules.mask_of(after, what), rules.mask_of(before, what)));
        BOOST_TEST_REQUIRE((rules.daemon_rights(after) & ~rules.daemon_rights(before)) == 0u);
        shrunk += rules.mask_of(before, what) != rules.mask_of(after, what);
      }
    }
  }
  BOOST_TEST(grown > 20);
  BOOST_TEST(shrunk > 20);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
