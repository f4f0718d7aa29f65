// Messages between the daemon and a program behind [rpcinterface:x]: what is read from a line, what is refused, what is
// written; lines out of every split of a stream.
#include "protocols/json_rpc.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>

BOOST_AUTO_TEST_SUITE(json_rpc_test)

using namespace troupe::protocols;
using array = rpc_value::array;
using structure = rpc_value::structure;
namespace data = boost::unit_test::data;

namespace {

/// In short: "call ID METHOD PARAMS", "note METHOD PARAMS", "answer ID VALUE", "fault ID CODE TEXT", "error TEXT".
std::string shown(std::string_view line) {
  auto parsed = parse_message(line);
  if (!parsed)
    return "error " + parsed.error().what;
  auto json = [](const rpc_value& v) {
    auto text = note_line("m", v);
    auto from = text.find("\"params\":") + 9;
    return text.substr(from, text.rfind('}') - from);
  };
  if (const auto* call = std::get_if<json_call>(&*parsed))
    return "call " + call->id + ' ' + call->method + ' ' + json(call->params) +
           (call->serves ? " for " + std::to_string(*call->serves) : "");
  if (const auto* note = std::get_if<json_note>(&*parsed))
    return "note " + note->method + ' ' + json(note->params);
  const auto& answer = std::get<json_answer>(*parsed);
  if (const auto* fault = std::get_if<rpc_fault>(&answer.what))
    return "fault " + std::to_string(answer.id) + ' ' + std::to_string(fault->code) + ' ' + fault->text;
  return "answer " + std::to_string(answer.id) + ' ' + json(std::get<rpc_value>(answer.what));
}

struct row {
  const char* line;
  const char* expected; ///< its beginning
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.line; }

const row lines[] = {
  {R"({"jsonrpc":"2.0","id":7,"result":5})", "answer 7 5"},
  {R"({"id":7,"result":5})", "answer 7 5"}, // the version may be left out
  {R"({"id":7,"result":null})", "answer 7 null"},
  {R"({"id":7,"result":[1,-2.5,"a\u00e9\n",true,{"k":{}}]})", "answer 7 [1,-2.5E0,\"aé\\n\",true,{\"k\":{}}]"},
  {R"({"id":7,"result":9223372036854775807})", "answer 7 9223372036854775807"},
  {R"({"id":7,"result":18446744073709551615})", "answer 7 1.8446744073709552E19"},
  {R"({"id":7,"result":1,"error":null})", "answer 7 1"},
  {R"({"id":7,"error":{"code":30,"message":"no"}})", "fault 7 30 no"},
  {R"({"id":7,"error":{"code":"x","message":"no"}})", "error its error has no integer code"},
  {R"({"id":7,"error":"no"})", "error its error has no integer code"},
  {R"({"id":7,"error":{"code":1}})", "error its error has no integer code"},
  {R"({"id":7})", "error it has neither method nor result nor error"},
  {R"({"id":"7","result":1})", "error it answers a call that was not made"},
  {R"({"id":7.5,"result":1})", "error it answers a call that was not made"},
  {R"({"id":null,"result":1})", "error it has no method"},
  {R"({"method":"log","params":{"text":"x"}})", "note log {\"text\":\"x\"}"},
  {R"({"method":"log"})", "note log null"},
  {R"({"id":null,"method":"log"})", "note log null"},
  {R"({"method":7})", "error it has no method"},
  {R"({"id":1,"method":"supervisor.getPID"})", "call 1 supervisor.getPID []"},
  {R"({"id":"a\"b","method":"m","params":[1]})", R"(call "a\"b" m [1])"},
  {R"({"id":1,"method":"m","params":[],"for":7})", "call 1 m [] for 7"},
  {R"({"id":1,"method":"m","params":[],"for":null})", "call 1 m []"},
  {R"({"id":1,"method":"m","params":[],"for":"7"})", "call 1 m [] for 0"}, // of no call, and not of nobody
  {R"({"id":1,"method":"m","params":{"a":1}})", "error the params of its call are no array"},
  {R"({"id":1.5,"method":"m"})", "error its id is neither text nor integer"},
  {R"({"id":[],"method":"m"})", "error its id is neither text nor integer"},
  {"[]", "error it is no JSON object"},
  {"7", "error it is no JSON object"},
  {"", "error it is no JSON: "},
  {"Traceback (most recent call last):", "error it is no JSON: "},
  {R"({"id":7,"result":5} x)", "error it is no JSON: "},
  {R"({"id":7,"result":5)", "error it is no JSON: "},
  {"{\"id\":7,\"result\":\"\xff\"}", "error it is no JSON: "}, // not UTF-8
};

} // namespace

BOOST_DATA_TEST_CASE(reads, data::make(lines), r) {
  std::string_view expected = r.expected;
  BOOST_TEST(shown(r.line).substr(0, expected.size()) == expected);
}

BOOST_AUTO_TEST_CASE(depth_has_a_limit) {
  std::string deep(100'000, '[');
  BOOST_TEST(shown("{\"id\":1,\"result\":" + deep).starts_with("error it is no JSON: "));
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_message_is_refused) {
  std::string_view whole = R"({"jsonrpc":"2.0","id":7,"method":"m","params":[1,{"k":"v"},null]})";
  BOOST_TEST(shown(whole) == R"(call 7 m [1,{"k":"v"},null])");
  for (std::size_t n = 0; n < whole.size(); ++n)
    BOOST_TEST(shown(whole.substr(0, n)).starts_with("error it is no JSON"), n);
}

BOOST_AUTO_TEST_CASE(writes) {
  BOOST_TEST(call_line(7, "add", {1, 2}) == "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"add\",\"params\":[1,2]}\n");
  BOOST_TEST(call_line(1, "m", {}) == "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[]}\n");
  BOOST_TEST(call_line(1, "m", {}, json_caller{"a\"b", {"x", "y"}}) ==
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[],"
             "\"caller\":{\"user\":\"a\\\"b\",\"roles\":[\"x\",\"y\"]}}\n");
  BOOST_TEST(note_line("start", structure{{"a", "b"}}) ==
             "{\"jsonrpc\":\"2.0\",\"method\":\"start\",\"params\":{\"a\":\"b\"}}\n");
  BOOST_TEST(answer_line("\"x\"", rpc_value(true)) == "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":true}\n");
  BOOST_TEST(answer_line("3", rpc_fault{10, "BAD_NAME: \"x\""}) ==
             "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":10,\"message\":\"BAD_NAME: \\\"x\\\"\"}}\n");
}

BOOST_AUTO_TEST_CASE(values_that_json_lacks) {
  auto written = call_line(1, "m",
                           {rpc_value(), rpc_date{"20260102T03:04:05"}, rpc_bytes{"\x01\x02"}, "a\xff\xe2\x82z",
                            std::numeric_limits<double>::infinity(), structure{{"k", 1}, {"k", 2}}, "line\nfeed"});
  BOOST_TEST(written ==
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[null,\"20260102T03:04:05\",\"AQI=\","
             "\"a\xef\xbf\xbd\xef\xbf\xbdz\",null,{\"k\":2},\"line\\nfeed\"]}\n");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  array params{1, "é \x01", array{structure{{"a", -1.5}}, true, rpc_value()}, structure{}};
  auto line = call_line(9, "m", params);
  line.pop_back();
  auto parsed = parse_message(line);
  BOOST_REQUIRE(parsed);
  BOOST_TEST((std::get<json_call>(*parsed).params == params));
}

// -- lines ------

namespace {

struct collected {
  std::vector<std::string> lines;
  bool feed(line_splitter& from, std::string_view bytes) {
    return from.feed(bytes, [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(lines_come_out_of_every_split) {
  const std::string stream = "one\ntwo\r\n\nthree \r \nrest";
  const std::vector<std::string> expected{"one", "two", "", "three \r "};
  for (std::size_t i = 0; i <= stream.size(); ++i)
    for (std::size_t j = i; j <= stream.size(); ++j) {
      line_splitter splitter{20};
      collected got;
      std::string_view text = stream;
      BOOST_TEST_REQUIRE(got.feed(splitter, text.substr(0, i)));
      BOOST_TEST_REQUIRE(got.feed(splitter, text.substr(i, j - i)));
      BOOST_TEST_REQUIRE(got.feed(splitter, text.substr(j)));
      BOOST_TEST_REQUIRE(got.lines == expected);
      BOOST_TEST_REQUIRE(splitter.rest() == "rest");
    }
}

BOOST_AUTO_TEST_CASE(a_line_has_a_longest) {
  for (std::size_t split = 0; split <= 6; ++split) {
    line_splitter splitter{5};
    collected got;
    std::string_view fits = "12345\n";
    BOOST_TEST(got.feed(splitter, fits.substr(0, split)));
    BOOST_TEST(got.feed(splitter, fits.substr(split)));
    BOOST_TEST(got.lines == (std::vector<std::string>{"12345"}));
    std::string_view long_line = "123456\n";
    bool taken = got.feed(splitter, long_line.substr(0, split)) && got.feed(splitter, long_line.substr(split));
    BOOST_TEST(!taken);
    BOOST_TEST(splitter.rest().size() <= 6);
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_stops_gets_no_more) {
  line_splitter splitter{5};
  int seen = 0;
  BOOST_TEST(!splitter.feed("a\nb\n", [&](std::string_view) { return ++seen < 1; }));
  BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_SUITE_END()
