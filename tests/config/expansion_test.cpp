// Templates by themselves: flags, widths, faults and their order, the names of a place. What each option may use is in
// tests/config/load_test.cpp. Rows without a vector were settled by running the reference formatter, N2 and rt() apart.
#include "config/expansion.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

BOOST_AUTO_TEST_SUITE(expansion_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct names {
  variables env{{"X", "xval"}, {"PCT", "a%b"}, {"EMPTY", ""}, {"WIDE", "\u00e9\u4e2d"}, {"U", "\u00e9"}};
  environment own{{"X", "mine"}};
  std::string here = "/c";
  std::string program = "a";
  std::int64_t number = 7;
  std::int64_t count = -42;

  expansion_scope scope() const {
    expansion_scope s;
    s.env = &env;
    s.here = &here;
    s.program_name = &program;
    s.process_num = &number;
    s.numprocs = &count;
    return s;
  }
};

struct row {
  const char* text;
  const char* expected; ///< or the reason, or the unknown name
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.text; }

const row results[] = {
  {"", ""},
  {"plain", "plain"},
  {"%%", "%"},
  {"%%%%(here)s", "%%(here)s"},
  {"%(ENV_PCT)s%%", "a%b%"},
  {"%(ENV_EMPTY)s|", "|"},
  {"%(process_num)i %(process_num)u", "7 7"},
  {"%(process_num)ld", "7"},
  {"%(process_num)s", "7"},
  {"%(process_num)04s", "   7"},
  {"%(process_num)r", "7"},
  {"%(process_num)05d", "00007"},
  {"%(process_num)-05d|", "7    |"},
  {"%(process_num) d", " 7"},
  {"%(process_num)+ d", "+7"},
  {"%(process_num).3d", "007"},
  {"%(process_num)6.3d", "   007"},
  {"%(process_num)+06d", "+00007"},
  {"%(numprocs)d", "-42"},
  {"%(numprocs)06d", "-00042"},
  {"%(numprocs)x", "-2a"},
  {"%(numprocs)X", "-2A"},
  {"%(numprocs)#x", "-0x2a"},
  {"%(numprocs)#X", "-0X2A"},
  {"%(numprocs)#o", "-0o52"},
  {"%(numprocs)#08x", "-0x0002a"},
  {"%(process_num)e", "7.000000e+00"},
  {"%(process_num).1F", "7.0"},
  {"%(numprocs)08.1f", "-00042.0"},
  {"%(process_num)g", "7"},
  {"%(process_num)c", "\a"},
  {"%(ENV_U)c", "\u00e9"},
  {"%(ENV_X).2s", "xv"},
  {"%(ENV_X)6.2s", "    xv"},
  {"%(ENV_WIDE)4s", "  \u00e9\u4e2d"}, // widths count characters
  {"%(ENV_WIDE).1s", "\u00e9"},
  {"%(ENV_X)r", "'xval'"},
};

#define NO_NAME "a percent sign is written %%, an expansion %(name)s"

// clang-format off
const row reasons[] = { // nothing of the text itself: it may be a password
  {"%", "incomplete format (character 1"},
  {"%(here)", "incomplete format (character 1"},
  {"%(here)5", "incomplete format (character 1"},
  {"%(here)5.", "incomplete format (character 1"},
  {"%(here)l", "incomplete format (character 1"},
  {"%5", NO_NAME " (character 1"},
  {"%(here", "incomplete format key (character 1"},
  {"%((here)s", "incomplete format key (character 1"},
  {"%(here)%", "unsupported format character (character 1"},
  {"%(here)lls", "unsupported format character (character 1"},
  {"\u00e9%(here)\u4e2d", "unsupported format character (character 2"}, // characters, not bytes
  {"%\n", NO_NAME " (character 1"},
  {"%(here)d", "%d format: a real number is required, not str (character 1"},
  {"%(here)i", "%i format: a real number is required, not str (character 1"},
  {"%(here)X", "%X format: an integer is required, not str (character 1"},
  {"%(here)f", "must be real number, not str (character 1"},
  {"%(here)c", "%c requires int or char (character 1"},
  {"%(ENV_EMPTY)c", "%c requires int or char (character 1"},
  {"%(numprocs)c", "%c arg not in range(0x110000) (character 1"},
  {"%(process_num)*d", "not enough arguments for format string (character 1"},
  {"%(process_num).*d", "not enough arguments for format string (character 1"},
  {"%x", NO_NAME " (character 1"},
  {"hunter%s", NO_NAME " (character 7"},
  {"%(here)s%d", NO_NAME " (character 9"},
  {"%%%z%(nope)s", NO_NAME " (character 3"}, // the leftmost wins
};
// clang-format on

const row unknown[] = {
  {"%(nope)s", "names ('nope') which cannot be expanded (character 1"},
  {"%()s", "a name which cannot be expanded (character 1"},
  {"%(Here)s", "names ('Here') which cannot be expanded (character 1"},
  {"%( here)s", "a name which cannot be expanded (character 1"}, // may be no name at all, but a piece of a password
  {"%(a(b)c)s", "a name which cannot be expanded (character 1"},
  {"hunter2 %(ENV_x)s", "names ('ENV_x') which cannot be expanded (character 9"},
  {"%(ENV_)s", "names ('ENV_') which cannot be expanded (character 1"},
  {"%(group_name)s", "names ('group_name') which cannot be expanded (character 1"}, // exists, but not here
  {"%(nope)d%z", "names ('nope') which cannot be expanded (character 1"},
};

} // namespace

BOOST_DATA_TEST_CASE(expands, data::make(results), r) {
  names n;
  auto made = expand(r.text, n.scope(), "K");
  BOOST_REQUIRE_MESSAGE(made, made.error().what);
  BOOST_TEST(*made == r.expected);
}

BOOST_DATA_TEST_CASE(badly_formatted, data::make(reasons), r) {
  names n;
  auto made = expand(r.text, n.scope(), "K");
  BOOST_REQUIRE(!made);
  BOOST_TEST(made.error().what ==
             std::string("Format string for 'K' is badly formatted: ") + r.expected + " of the value)");
}

BOOST_DATA_TEST_CASE(unknown_names, data::make(unknown), r) {
  names n;
  auto made = expand(r.text, n.scope(), "s.key");
  BOOST_REQUIRE(!made);
  BOOST_TEST(made.error().what ==
             std::string("Format string for 's.key' contains ") + r.expected +
               " of the value). Available names: ENV_*, here, numprocs, process_num, program_name");
}

BOOST_AUTO_TEST_CASE(own_variables_hide_others) {
  names n;
  auto scope = n.scope();
  scope.own_env = &n.own;
  BOOST_TEST(expand("%(ENV_X)s", scope, "K").value() == "mine");
  auto all = scope.names();
  BOOST_TEST(std::count(all.begin(), all.end(), "ENV_*") == 1); // which ones there are is nobody's business
}

BOOST_AUTO_TEST_CASE(a_place_without_names) {
  auto made = expand("%(x)s", {}, "K");
  BOOST_REQUIRE(!made);
  BOOST_TEST(
    made.error().what ==
    "Format string for 'K' contains names ('x') which cannot be expanded (character 1 of the value). Available "
    "names: none");
}

BOOST_AUTO_TEST_CASE(hostile_templates) {
  names n;
  BOOST_TEST(!expand("%(process_num)99999999999999999999d", n.scope(), "K")); // not a terabyte of blanks
  BOOST_TEST(!expand("%(process_num).99999999999999999999d", n.scope(), "K"));
  BOOST_TEST(expand("%(process_num).400f", n.scope(), "K").value().starts_with("7.0"));
  n.number = std::numeric_limits<std::int64_t>::min();
  BOOST_TEST(expand("%(process_num)d", n.scope(), "K").value() == "-9223372036854775808");
  BOOST_TEST(!expand(std::string(1'000'000, '(').insert(0, "%"), n.scope(), "K"));
  std::mt19937 random{3};
  // clang-format off
  const std::string pieces[] = {"%", "%(", ")", "here", "process_num", "ENV_WIDE", "s", "d", "c", "e", "x", "0", "9",
                                ".", "-", "#", "*", "\xc3", "\xa9", "l"};
  // clang-format on
  for (int round = 0; round < 30000; ++round) {
    std::string text;
    for (unsigned i = 0, count = random() % 14; i < count; ++i)
      text += pieces[random() % std::size(pieces)];
    (void)expand(text, n.scope(), "K");
  }
}

BOOST_AUTO_TEST_SUITE_END()
