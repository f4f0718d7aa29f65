// The lines of an env file: what each gives, and which line is at fault. Vectors P062 to P066 of
// docs/contract/programs.md, and the choices that its section 10 leaves.
#include "config/env_file.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(env_file_test)

using namespace troupe::config;
using namespace std::string_literals;
namespace data = boost::unit_test::data;

namespace {

/// `A[1] B[2]`, or `LINE: WHY`.
std::string shown(std::string_view text) {
  auto variables = variables_in(text);
  if (!variables)
    return std::to_string(variables.error().at.line) + ": " + variables.error().what;
  std::string all;
  for (const auto& [key, value] : *variables)
    all += (all.empty() ? "" : " ") + key + '[' + value + ']';
  return all;
}

struct row {
  std::string text;
  std::string expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.text; }

#define NONE "no KEY=VALUE"
#define OPEN "No closing quotation"

// clang-format off
const row rows[] = {
  {"", ""},
  {"\n\n  \t\n", ""},
  {"# A=1\n   # B=2\n#", ""},
  {"A=1", "A[1]"},
  {"A=1\nB=2\n", "A[1] B[2]"},
  {"A=1\r\nB=2 \r\n\r\n", "A[1] B[2]"},
  {"\xef\xbb\xbf" "A=1\n", "A[1]"},
  {"export B=\"x y\"", "B[x y]"}, // P062
  {"export\tB=1\nexport   C=2", "B[1] C[2]"},
  {"export=1", "export[1]"},
  {"exportA=1", "exportA[1]"},
  {"C='a$b\\n'", "C[a$b\\n]"}, // P063
  {"D=v # c", "D[v]"}, // P064
  {"E=v#c", "E[v#c]"},
  {"E=v\t#c", "E[v]"},
  {"E= # c", "E[]"},
  {"E=#c", "E[#c]"},
  {"E=a #b #c", "E[a]"},
  {"F=\"a\\nb\"", "F[a\nb]"}, // P065
  {"G=", "G[]"},
  {"G=\nH=1", "G[] H[1]"},
  {"G=   ", "G[]"},
  {"a=1\nb=2\n9A=1", "3: " NONE}, // P066
  {"_9=1\na_B=2", "_9[1] a_B[2]"},
  {"  A = 1", "A[1]"},
  {"A=  two words  ", "A[two words]"},
  {"A==", "A[=]"},
  {"A=b=c", "A[b=c]"},
  {"A=$HOME `x` $(y) ~ %s", "A[$HOME `x` $(y) ~ %s]"},
  {"A=it's", "A[it's]"},
  {"A=say \"it\"", "A[say \"it\"]"},
  {"A=b\\nc\\", "A[b\\nc\\]"},
  {"A=b\\\nB=1", "A[b\\] B[1]"},
  {"A=\"\"", "A[]"},
  {"A=''", "A[]"},
  {"A= \" x \"  ", "A[ x ]"},
  {"A=\"b\" # c", "A[b]"},
  {"A='b'\t# c\nB=1", "A[b] B[1]"},
  {"A='#'", "A[#]"},
  {"A=\"\\n\\t\\\"\\\\\\$\\x\\'\"", "A[\n\t\"\\$\\x\\']"},
  {"A=\"b\\\\\"", "A[b\\]"},
  {"A=\"it's\"\nB='say \"it\"'", "A[it's] B[say \"it\"]"},
  {"A='1\n2'\nB=3", "A[1\n2] B[3]"},
  {"A=\"1\n\n2\" # c\nB=3", "A[1\n\n2] B[3]"},
  {"A=\"1\\\n2\"", "A[1\\\n2]"},
  {"A='1\nB=2\n'", "A[1\nB=2\n]"},
  {"A=1\nA=2\nB=3\nA=4", "A[4] B[3]"},
  {"A=\xff\xfe", "A[\xff\xfe]"},
  {"A", "1: " NONE},
  {"=1", "1: " NONE},
  {"export", "1: " NONE},
  {"export A", "1: " NONE},
  {"export =1", "export[1]"}, // blanks around a key are ignored
  {"A B=1", "1: " NONE},
  {"A-B=1", "1: " NONE},
  {"A.B=1", "1: " NONE},
  {"\xc3\xa4=1", "1: " NONE},
  {"A=1\n\n# c\nB", "4: " NONE},
  {"A='1\n2'\nB", "3: " NONE},
  {"A='1'2", "1: " NONE},
  {"A=\"1\"#2", "1: " NONE},
  {"A='1\n2'3", "2: " NONE},
  {"A=1\0"s, "1: " NONE},
  {"A=1\nB='\n\0'"s, "2: " NONE},
  {"A='", "1: " OPEN},
  {"A=\"1", "1: " OPEN},
  {"A=\"1\\\"", "1: " OPEN},
  {"A=\"1\\", "1: " OPEN},
  {"A=1\nB='2\n\nC=3\n", "2: " OPEN}, // where it opens
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(lines, data::make(rows), r) { BOOST_TEST(shown(r.text) == r.expected); }

BOOST_AUTO_TEST_CASE(very_many) {
  std::string text;
  for (int i = 0; i < 100'000; ++i)
    text += "V" + std::to_string(i % 50'000) + "=" + std::to_string(i) + "\n";
  auto variables = variables_in(text);
  BOOST_TEST_REQUIRE(variables.has_value());
  BOOST_TEST(variables->size() == 50'000U);
  BOOST_TEST(variables->front().second == "50000");
}

BOOST_AUTO_TEST_CASE(an_error_repeats_nothing_of_the_text) {
  BOOST_TEST(variables_in("PASSWORD hunter2").error().what.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
