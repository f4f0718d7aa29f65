// Which names a pattern of `programs=` stands for, as tables (docs/contract/access.md, 1.5; vectors 44 to 48, 57, 58),
// and random ones against a plain implementation.
#include "protocols/access_pattern.hpp"

#include "access_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <random>

BOOST_AUTO_TEST_SUITE(access_pattern_test)

using namespace troupe::protocols;
namespace tests = troupe::tests;

namespace {

bool fits(std::string_view pattern, std::string_view name) { return glob(pattern).fits(name); }

bool stands_for(std::string_view pattern, const subject& what, const tests::words& labels = {}) {
  return access_pattern(pattern).fits(what, labels);
}

BOOST_AUTO_TEST_CASE(globs) {
  const struct {
    std::string_view pattern, name;
    bool expected;
  } table[] = {
    {"", "", true},
    {"", "a", false},
    {"web", "web", true},
    {"web", "webb", false},
    {"web", "we", false},
    {"Web", "web", false},
    {"*", "", true},
    {"**", "abc", true},
    {"web*", "web", true},
    {"web*", "web-1", true},
    {"*web", "web", true},
    {"*web", "a-web-b", false},
    {"w?b*", "web", true},
    {"w?b*", "wb", false},
    {"?", "", false},
    {"?", "ab", false},
    {"a*b*c", "axbxc", true},
    {"a*b*c", "axbxcx", false},
    {"*a*a", "aXa", true},
    {"a*?", "a", false},
    {"[a-c]*", "cron", true},
    {"[a-c]*", "db", false},
    {"[!a]", "b", true},
    {"[!a]", "a", false},
    {"[!a]", "", false},
    {"[!a-c]x", "dx", true},
    {"[x", "[x", true},
    {"[x", "x", false},
    {"[", "[", true},
    {"a[", "a[", true},
    {"[]a]", "]", true},
    {"[]a]", "a", true},
    {"[]", "[]", true},
    {"[!]", "[!]", true},
    {"[!]]", "a", true},
    {"[!]]", "]", false},
    {"[a-]", "-", true},
    {"[a-]", "a", true},
    {"[-a]", "-", true},
    {"[c-a]", "b", false},
    {"[*]", "*", true},
    {"[*]", "a", false},
    {"[?]", "?", true},
    {"[ab][cd]", "bc", true},
    // characters, not bytes
    {"?", "\xc3\xa4", true},
    {"??", "\xc3\xa4", false},
    {"[\xc3\xa4-\xc3\xbc]", "\xc3\xb6", true},
    {"[!a]", "\xe2\x82\xac", true},
    {"[!a][!a]", "\xe2\x82\xac", false},
    {"?", "\xf0\x9f\x8e\xad", true},
    {"\xc3\xa4*", "\xc3\xa4rger", true},
    {"\xc3*", "\xc3\xa4rger", false}, // half a character is none of its beginnings
    {"\xc3", "\xc3", true},
    {"[\xc3]", "\xc3", true},
    {"?", "\xc3", true},
    {"\xc3", "\xc4", false},
  };
  for (const auto& row : table)
    BOOST_TEST(fits(row.pattern, row.name) == row.expected, row.pattern << " for " << row.name);
}

BOOST_AUTO_TEST_CASE(sections_groups_labels) {
  const subject web{"web", "web_00", "program:web"};
  const subject web_in_g{"g", "web_00", "program:web"};
  const subject called_web{"other", "web", "program:other"};
  const subject fcgi{"web", "web", "fcgi-program:web"};
  const subject listener{"web", "web", "eventlistener:web"};
  const subject empty{"void", "", "group:void"};
  const subject empty_program{"g", "", "program:web"};
  const tests::words front = {"back", "front"};
  const struct {
    std::string_view pattern;
    subject what;
    tests::words labels;
    bool expected;
  } table[] = {
    {"web", web, {}, true},
    {"web", web_in_g, {}, true},    // 44
    {"g", web_in_g, {}, false},     // a bare word is a section's
    {"web", called_web, {}, false}, // 45
    {"web", fcgi, {}, true},
    {"web", listener, {}, true},
    {"program", web, {}, false},
    {"program:web", web, {}, false},
    {"web:", web, {}, true}, // 46
    {"web:*", web, {}, true},
    {"web:web_01", web, {}, false},
    {"web:web_0?", web, {}, true},
    {"*:web_00", web_in_g, {}, true},
    {"w*:", web_in_g, {}, false},
    {"*b_00", web, {}, false},
    {"@front", web, front, true},
    {"@fron", web, front, false},
    {"@f*", web, front, false}, // a label has no such characters
    {"@", web, front, false},
    {"*", web, {}, true},
    {"*", empty, {}, true}, // 57
    {"void:*", empty, {}, true},
    {"void:", empty, {}, true},
    {"void", empty, {}, true},
    {"void:x", empty, {}, false},
    {"web", empty, {}, false},
    {"web", empty_program, {}, true},
    {"g", empty_program, {}, true},
    {"a:b:c", {"a", "b", "program:b"}, {}, false},
    {"[a:b]*", {"[a", "b]", "program:b"}, {}, true}, // not across the colon
    {"", web, {}, false},
  };
  for (const auto& row : table) {
    BOOST_TEST(stands_for(row.pattern, row.what, row.labels) == row.expected,
               row.pattern << " for " << row.what.group << ':' << row.what.process);
    BOOST_TEST(stands_for("!" + std::string(row.pattern), row.what, row.labels) == row.expected);
  }
}

BOOST_AUTO_TEST_CASE(what_is_too_long_lets_nobody_in) {
  const subject web{"web", "web_00", "program:web"};
  std::string longest(access_pattern::longest, '*');
  BOOST_TEST(stands_for(longest, web));
  BOOST_TEST(!stands_for(longest + "*", web));
  BOOST_TEST(stands_for("!" + std::string(access_pattern::longest, 'x'), web));
}

// 58: with any number of stars tried again this takes longer than anybody waits.
BOOST_AUTO_TEST_CASE(time_does_not_explode) {
  std::string name(10'000, 'a');
  std::string stars;
  while (stars.size() < 254)
    stars += "*a";
  BOOST_TEST(!fits(std::string(256, '*') + "b", name));
  BOOST_TEST(fits(std::string(256, '*'), name));
  BOOST_TEST(!fits(stars + "*b", name));
  BOOST_TEST(fits(stars + "*a", name));
}

BOOST_AUTO_TEST_CASE(as_a_plain_implementation_has_it) {
  std::mt19937 random{5};
  const std::string of_patterns = "ab*?[]!-:@", of_names = "ab-]![";
  auto text = [&](const std::string& from, std::size_t longest) {
    std::string made(random() % (longest + 1), ' ');
    for (auto& c : made)
      c = from[random() % from.size()];
    return made;
  };
  int fitting = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto pattern = text(of_patterns, 7), name = text(of_names, 5);
    bool expected = tests::reference::fits(pattern, name);
    BOOST_TEST_REQUIRE(fits(pattern, name) == expected, pattern << " for " << name);
    fitting += expected;
  }
  BOOST_TEST(fitting > 500);
}

BOOST_AUTO_TEST_CASE(any_bytes_do) {
  std::mt19937 random{6};
  const std::string likely = "*?[]!-:@\xc3\xa4\xe2\x82\xac\xf0\x9f\xff";
  auto bytes = [&](std::size_t longest) {
    std::string made(random() % longest, ' ');
    for (auto& c : made)
      c = random() % 3 == 0 ? static_cast<char>(random()) : likely[random() % likely.size()];
    return made;
  };
  for (int i = 0; i < 5'000; ++i) {
    auto pattern = bytes(40), name = bytes(40);
    access_pattern made(pattern);
    subject what{name, name, name};
    // what a pattern says is a matter of bytes, not of where they lie
    BOOST_TEST_REQUIRE(made.fits(what, {}) == access_pattern(std::string(pattern)).fits(what, {}));
    glob(pattern).fits(name);
    BOOST_TEST_REQUIRE(glob("*" + pattern + "*").fits(name) >= glob(pattern).fits(name));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
