// Values to JSON and back, and what no JSON text may do to us.
#include "protocols/json.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>

BOOST_AUTO_TEST_SUITE(json_test)

using namespace troupe::protocols;
using array = rpc_value::array;
using structure = rpc_value::structure;
namespace data = boost::unit_test::data;

namespace {

std::string json_of(const rpc_value& v) {
  std::string text;
  json_writer{text}.value(v);
  return text;
}

struct row {
  rpc_value value;
  std::string text;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.text; }

const row both_ways[] = {
  {rpc_value{}, "null"},
  {true, "true"},
  {false, "false"},
  {0, "0"},
  {-7, "-7"},
  {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
  {0.5, "0.5"},
  {"", R"("")"},
  {"text \xe2\x82\xac \"x\" \\ /", "\"text \xe2\x82\xac \\\"x\\\" \\\\ /\""},
  {"a\nb\tc\x01", R"("a\nb\u0009c\u0001")"},
  {"</script>&", R"("\u003c/script\u003e\u0026")"}, // may stand in a page
  {array{}, "[]"},
  {array{1, "x", array{true}}, R"([1,"x",[true]])"},
  {structure{}, "{}"},
  {structure{{"a", 1}, {"b", structure{{"c", array{2, 3}}}}}, R"({"a":1,"b":{"c":[2,3]}})"},
};
BOOST_DATA_TEST_CASE(there_and_back, data::make(both_ways), r) {
  BOOST_TEST(json_of(r.value) == r.text);
  auto parsed = parse_json(r.text);
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST((*parsed == r.value));
}

BOOST_AUTO_TEST_CASE(what_json_cannot_say) {
  BOOST_TEST(json_of("a\xff") == "\"a\xef\xbf\xbd\"");
  BOOST_TEST(json_of(std::numeric_limits<double>::infinity()) == "null");
  BOOST_TEST(json_of(rpc_bytes{"hello"}) == R"("aGVsbG8=")");
  BOOST_TEST(json_of(rpc_secret{"hello"}) == R"("hello")");
  BOOST_TEST(json_of(rpc_date{"20261122T10:00:00"}) == R"("20261122T10:00:00")");
}

BOOST_AUTO_TEST_CASE(commas_come_by_themselves) {
  std::string text = "data: ";
  json_writer out{text};
  out.begin_object();
  out.member("a", "x,");
  out.name("b");
  out.begin_array();
  out.value(1);
  out.begin_object();
  out.end_object();
  out.value("]");
  out.null();
  out.end_array();
  out.member("c", std::uint64_t{7});
  out.end_object();
  BOOST_TEST(text == R"(data: {"a":"x,","b":[1,{},"]",null],"c":7})");
}

const char* const refused[] = {"",        "{", "[1,]", "{\"a\":1,}", "nul", "1 2", "'x'", "[18446744073709551615]",
                               "\"\xff\""};
BOOST_DATA_TEST_CASE(is_refused, data::make(refused), text) { BOOST_TEST(parse_json(text).has_error()); }

std::string refusal(std::string_view text, const json_limits& limits = {}) {
  auto parsed = parse_json(text, limits);
  return parsed ? "" : parsed.error().what;
}

BOOST_AUTO_TEST_CASE(names_occur_once) {
  BOOST_TEST(refusal(R"({"a":1,"b":{"a":2},"c":[{"a":3}]})") == "");
  BOOST_TEST(refusal(R"({"a":1,"b":2,"a":3})") == "the name 'a' occurs twice in one object");
  BOOST_TEST(refusal(R"([{"x":{"long name\n":1,"long name\n":1}}])") ==
             "the name 'long name\\n' occurs twice in one object");
  auto last = parse_json(R"({"a":1,"a":2})", {.names_once = false});
  BOOST_REQUIRE(last.has_value());
  BOOST_TEST(*last->member("a")->integer() == 2);
}

BOOST_AUTO_TEST_CASE(elements_are_counted) {
  json_limits five{.elements = 5};
  BOOST_TEST(refusal("[1,2,3,4]", five) == ""); // and the array
  BOOST_TEST(refusal("[1,2,3,4,5]", five) == "more than 5 values and names");
  BOOST_TEST(refusal(R"({"a":1,"b":2})", five) == "");
  BOOST_TEST(refusal(R"({"a":1,"b":[]})", five) == "");
  BOOST_TEST(refusal(R"({"a":1,"b":[1]})", five) == "more than 5 values and names");
  std::string many = "[";
  for (int i = 0; i < 1'000'000; ++i)
    many += "[],";
  BOOST_TEST(refusal(many + "1]").starts_with("more than "));
}

BOOST_AUTO_TEST_CASE(large_numbers_as_they_are_wanted) {
  BOOST_TEST(refusal("[18446744073709551615]") == "the number 18446744073709551615 is too large");
  auto number = parse_json("18446744073709551615", {.large_numbers = true});
  BOOST_REQUIRE(number.has_value());
  BOOST_TEST(*number->real() == 18446744073709551615.0);
}

BOOST_AUTO_TEST_CASE(depth_has_an_end) {
  BOOST_TEST(parse_json(std::string(48, '[') + std::string(48, ']')).has_value());
  BOOST_TEST(parse_json(std::string(49, '[') + std::string(49, ']')).has_error());
  BOOST_TEST(parse_json(std::string(1'000'000, '[')).has_error());
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
