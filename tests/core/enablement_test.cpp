// What is remembered by name, as text and back: hostile files, too. Source: docs/contract/programs.md, 11.
#include "actors/core/enablement.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

BOOST_AUTO_TEST_SUITE(enablement_test)

using namespace troupe::actors;
namespace data = boost::unit_test::data;

namespace {

enablement some() {
  return {{{"db", 0}, {"web:web_00", 1'800'000'000}},
          {{"db", false}, {"g\"ra\xc3\xbc", true}},
          {{"web", 4}},
          {{"web", 2}},
          {{"backup", 1'700'000'000}},
          {}};
}

bool nobody(std::string_view) { return false; }

struct row {
  const char* text;
  const char* trouble; ///< empty: none
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.text; }

// clang-format off
const row rows[] = {
  {"{}", ""},
  {R"({"version":1})", ""},
  {R"({"version":7,"disabled":{}})", ""},
  {R"({"disabled":{"a":0,"b":5},"wanted":{"a":false}})", ""},
  {"{", "not JSON: incomplete JSON"}, // P159
  {"", "not JSON: incomplete JSON"},
  {"\xff", "not JSON: syntax error"},
  {"[]", "it is no JSON object"},
  {"7", "it is no JSON object"},
  {"{} {}", "not JSON: extra data"},
  {R"({"version":0})", "it has no version"},
  {R"({"version":"1"})", "it has no version"},
  {R"({"disabled":[]})", "disabled is no object"},
  {R"({"disabled":{"a":true}})", "disabled: 'a' has no number"},
  {R"({"disabled":{"a":-1}})", "disabled: 'a' has no number"},
  {R"({"disabled":{"a":1.5}})", "disabled: 'a' has no number"},
  {R"({"disabled":{"a":1e400}})", "disabled: 'a' has no number"},
  {R"({"disabled":{"a":18446744073709551615}})", "the number 18446744073709551615 is too large"},
  {R"({"disabled":{"a":99999999999999999999999}})", "disabled: 'a' has no number"},
  {R"({"wanted":{"a":1}})", "wanted: 'a' is neither true nor false"},
  {R"({"wanted":null})", "wanted is no object"},
  {R"({"scales":{"a":"4"}})", "scales: 'a' has no number"},
  {R"({"numprocs":{"a":-4}})", "numprocs: 'a' has no number"},
  {R"({"last_runs":{"a":null}})", "last_runs: 'a' has no number"},
  {R"({"disabled":{"a":0},"disabled":{}})", "the name 'disabled' occurs twice in one object"},
};
// clang-format on

} // namespace

BOOST_AUTO_TEST_CASE(there_and_back) {
  auto before = some();
  auto text = state_text(before);
  BOOST_TEST(text ==
             "{\"version\":1,\"disabled\":{\"db\":0,\"web:web_00\":1800000000},"
             "\"wanted\":{\"db\":false,\"g\\\"ra\xc3\xbc\":true},\"scales\":{\"web\":4},\"numprocs\":{\"web\":2},"
             "\"last_runs\":{\"backup\":1700000000}}\n");
  auto after = read_state(text);
  BOOST_REQUIRE(after.has_value());
  BOOST_TEST((*after == before));
  BOOST_TEST(state_text({}) == "{\"version\":1}\n");
}

BOOST_AUTO_TEST_CASE(what_another_version_has_written_stays) {
  auto read = read_state(R"({"new":{"a":[1,true,null,"x<y"]},"disabled":{"p":0},"more":7})");
  BOOST_REQUIRE(read.has_value());
  auto text = state_text(*read);
  BOOST_TEST(text == "{\"version\":1,\"disabled\":{\"p\":0},\"more\":7,\"new\":{\"a\":[1,true,null,\"x\\u003cy\"]}}\n");
  auto again = read_state(text);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST((*again == *read));
}

BOOST_DATA_TEST_CASE(files, data::make(rows), r) {
  auto read = read_state(r.text);
  BOOST_TEST((read ? "" : read.error().what) == r.trouble);
}

BOOST_AUTO_TEST_CASE(deep_and_many) {
  BOOST_TEST(!read_state(std::string(100'000, '[')).has_value());
  BOOST_TEST(!read_state("{\"x\":" + std::string(40, '[') + std::string(40, ']') + "}").has_value());
  std::string many = "{\"wanted\":{";
  for (int i = 0; i < 300'000; ++i)
    many += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":true";
  auto read = read_state(many + "}}");
  BOOST_TEST(!read.has_value());
  BOOST_TEST(read.error().what == "more than 400000 values and names");
}

BOOST_AUTO_TEST_CASE(names_that_nobody_has) {
  enablement all;
  for (int i = 0; i < 20'000; ++i) {
    all.disabled["n" + std::to_string(100'000 + i)] = 0;
    all.wanted["n" + std::to_string(100'000 + i)] = true;
  }
  auto is_late = [](std::string_view name) { return name >= "n119000"; };
  BOOST_TEST(forget_unknown(all, is_late));
  BOOST_TEST(all.disabled.size() == most_unknown_names + 1'000);
  BOOST_TEST(all.disabled.contains("n100000"));
  BOOST_TEST(all.disabled.contains("n119999"));
  BOOST_TEST(!all.disabled.contains("n118999"));
  BOOST_TEST(all.wanted.size() == most_unknown_names + 1'000);
  BOOST_TEST(!forget_unknown(all, is_late));
  auto few = some();
  BOOST_TEST(!forget_unknown(few, nobody));
  BOOST_TEST((few == some()));
}

BOOST_AUTO_TEST_CASE(what_is_known_counts_more) {
  enablement known{{{"db", 7}}, {}, {}, {}, {}};
  add_unknown(known, some());
  BOOST_TEST(known.disabled.at("db") == 7);
  BOOST_TEST(known.disabled.at("web:web_00") == 1'800'000'000);
  BOOST_TEST(known.wanted.at("db") == false);
}

BOOST_AUTO_TEST_CASE(ends) {
  enablement of{{{"a", 0}, {"b", 20}, {"c", 10}, {"d", 30}}, {}, {}, {}, {}};
  BOOST_TEST(next_end(of).value() == 10);
  BOOST_TEST(take_over_by(of, 9).empty());
  BOOST_TEST(take_over_by(of, 20) == (std::vector<std::string>{"b", "c"}), boost::test_tools::per_element());
  BOOST_TEST(next_end(of).value() == 30);
  BOOST_TEST(of.disabled.size() == 2u);
  BOOST_TEST(take_over_by(of, 1'000).size() == 1u);
  BOOST_TEST(!next_end(of));
}

BOOST_AUTO_TEST_SUITE_END()
