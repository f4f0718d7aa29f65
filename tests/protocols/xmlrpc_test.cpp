// The XML-RPC codec: decoding rules, exact bytes of answers, hostile input. No sockets.
// Cases: docs/contract/http.md, 3.1 to 3.3 and the vectors of 10.2 that need no daemon (ids in the names).
#include "protocols/xmlrpc.hpp"

#include "protocols/xmlrpc_quick.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <random>

using namespace troupe::protocols;
namespace data = boost::unit_test::data;
using A = rpc_value::array;
using S = rpc_value::structure;

namespace troupe::protocols {
std::ostream& operator<<(std::ostream& out, const rpc_value& v) {
  std::string text;
  rpc_writer(text).value(v);
  return out << text;
}
} // namespace troupe::protocols

BOOST_AUTO_TEST_SUITE(xmlrpc_test)

namespace {

std::string call_with(const std::string& param) {
  return "<methodCall><methodName>a.b</methodName><params><param>" + param + "</param></params></methodCall>";
}

std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

// -- what a parameter decodes to ---------------------------------------------------------------------

struct decoded {
  const char* xml;
  rpc_value value;
};
std::ostream& operator<<(std::ostream& out, const decoded& d) { return out << d.xml; }

// clang-format off
const decoded values[] = {
    {"<value><int>5</int></value>", 5},
    {"<value><i4> -7 </i4></value>", -7},
    {"<value><i8>9999999999</i8></value>", std::int64_t{9999999999}},
    {"<value><int>+1_000</int></value>", 1000},
    {"<value><int>99999999999999999999</int></value>", std::numeric_limits<std::int64_t>::max()},
    {"<value><int>-99999999999999999999</int></value>", std::numeric_limits<std::int64_t>::min()},
    {"<value><i1>5</i1></value>", "5"},
    {"<value><strange>x</strange></value>", "x"},
    {"<value><boolean>1</boolean></value>", true},
    {"<value><boolean>true</boolean></value>", false},
    {"<value><boolean> 1 </boolean></value>", false},
    {"<value>  x y </value>", "  x y "},
    {"<value> nolog </value>", " nolog "}, // 67
    {"<value></value>", ""},
    {"<value/>", ""},
    {"<value>   </value>", "   "},
    {"<value><string> a </string></value>", " a "},
    {"<value><string></string></value>", ""},
    {"<value><string>a&amp;b&#x41;&#233;<![CDATA[<&x;>]]>z</string></value>", "a&bA\u00e9<&x;>z"},
    {"<value>a<!-- & comment -->b</value>", "ab"},
    {"<value>a\r\nb</value>", "a\nb"},
    {"<value>a&#13;b</value>", "a\rb"},
    {"<value>x<string>y</string>z</value>", "y"},
    {"<value><double>1.9</double></value>", 1.9},
    {"<value><double> +2e3 </double></value>", 2000.0},
    {"<value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>", rpc_date{"19980717T14:08:55"}},
    {"<value><base64>bm9uZQ==</base64></value>", "none"}, // 65
    {"<value><base64>!!</base64></value>", ""},
    {"<value><base64>\nYWI=\n</base64></value>", "ab"},
    {"<value><nil/></value>", rpc_value()},
    {"<value><array><data/></array></value>", A{}},
    {"<value><array><data><value>a</value><value><int>1</int></value></data></array></value>", A{"a", 1}},
    {"<value><struct><member><name>k</name><value>v</value></member></struct></value>", S{{"k", "v"}}},
    {"<value><struct/></value>", S{}},
    {"<int>3</int>", 3},
};
// clang-format on

BOOST_DATA_TEST_CASE(decodes, data::make(values), d) {
  auto call = parse_call(call_with(d.xml));
  BOOST_TEST_REQUIRE(call.has_value());
  BOOST_TEST_REQUIRE(call->params.size() == 1u);
  BOOST_TEST(call->params[0] == d.value);
}

// -- what is no request: HTTP 400 --------------------------------------------------------------------

// clang-format off
const std::string refused[] = {
    "",
    "hello", // 52
    "<methodCall><methodName></methodName></methodCall>", // 53
    "<methodCall><params/></methodCall>", // 54
    call_with("<value><int>x</int></value>"), // 61
    call_with("<value><int></int></value>"),
    call_with("<value><int>1__0</int></value>"),
    call_with("<value><double>x</double></value>"),
    call_with("<value><base64>/w==</base64></value>"), // 66
    call_with("<value><base64>YWJ</base64></value>"),
    call_with("<value><dateTime.iso8601>1998</dateTime.iso8601></value>"), // 69
    call_with("<value><dateTime.iso8601>19981317T14:08:55</dateTime.iso8601></value>"),
    call_with("<value>a</value>") + "x", // 70
    call_with("<value>a</value>") + "<x/>",
    call_with("<value>\xff</value>"), // 73
    call_with("<value>\xed\xa0\x80</value>"),
    call_with("<value>\xc0\x80</value>"),
    call_with("<value>\x1b</value>"),
    call_with("<value>&#27;</value>"),
    call_with("<value>&undefined;</value>"),
    call_with("<value>a & b</value>"),
    call_with("<value><array></array></value>"), // 76
    call_with("<value><struct><member><value>v</value><name>k</name></member></struct></value>"),
    call_with("<value>"),
    call_with(""),
    "<methodCall><methodName>a.b</methodName>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>" + call_with("<value>&b;</value>"),
    "\n<?xml version='1.0'?>" + call_with("<value/>"),
};
// clang-format on

BOOST_DATA_TEST_CASE(refuses, data::make(refused), text) { BOOST_TEST(!parse_call(text).has_value()); }

BOOST_AUTO_TEST_CASE(structure_is_read_leniently) {
  auto plain = parse_call("<methodCall><methodName>supervisor.getPID</methodName></methodCall>"); // 55
  BOOST_TEST_REQUIRE(plain.has_value());
  BOOST_TEST(plain->method == "supervisor.getPID");
  BOOST_TEST(plain->params.empty());
  BOOST_TEST(parse_call("<m><methodName> a.b </methodName></m>")->method == " a.b "); // 57
  BOOST_TEST(parse_call("<m><x><methodName>a</methodName></x><methodName>b</methodName></m>")->method == "b");
  auto bare =
    parse_call("<m><methodName>a</methodName><params><value>x</value><param><int>2</int></param></params></m>");
  BOOST_TEST(bare->params == (A{"x", 2}), boost::test_tools::per_element());
  BOOST_TEST(parse_call("\xef\xbb\xbf<?xml version='1.0'?>" + call_with("<value/>")).has_value());           // 72
  BOOST_TEST(parse_call("<?xml version='1.0' encoding='ISO-8859-1'?>" + call_with("<value/>")).has_value()); // 71
  BOOST_TEST(parse_call(" \n" + call_with("<value/>") + "\n").has_value());
}

// -- bytes out ---------------------------------------------------------------------------------------

struct encoded {
  rpc_value value;
  const char* xml;
};
std::ostream& operator<<(std::ostream& out, const encoded& e) { return out << e.xml; }

// clang-format off
const encoded outputs[] = {
    {5, "<int>5</int>"},
    {std::int64_t{2147483647}, "<int>2147483647</int>"},
    {std::int64_t{2147483648}, "<i8>2147483648</i8>"},
    {std::int64_t{-2147483649}, "<i8>-2147483649</i8>"},
    {true, "<boolean>1</boolean>"},
    {false, "<boolean>0</boolean>"},
    {"", "<string></string>"},
    {"<&\u00e9>\"'", "<string>&lt;&amp;\u00e9&gt;\"'</string>"}, // 68
    {"a\x1b[0m\tb\n\r", "<string>a\ufffd[0m\tb\n&#13;</string>"},
    {std::string("\0x", 2), "<string>\ufffdx</string>"},
    {"\xef\xbf\xbe\xef\xbf\xbf", "<string>\ufffd\ufffd</string>"},
    {"caf\xc3", "<string>caf\ufffd</string>"},
    {"\xa9x", "<string>\ufffdx</string>"},
    {"\xf0\x9f\x98", "<string>\ufffd</string>"},
    {"\xed\xa0\x80", "<string>\ufffd\ufffd\ufffd</string>"},
    {"\xf0\x9f\x98\x80", "<string>\xf0\x9f\x98\x80</string>"},
    {1.5, "<double>1.5</double>"},
    {rpc_date{"19980717T14:08:55"}, "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>"},
    {rpc_secret{"a<b"}, "<string>a&lt;b</string>"},
    {rpc_bytes{"none"}, "<base64>\nbm9uZQ==\n</base64>"},
    {A{}, "<array><data>\n</data></array>"},
    {A{1, "x"}, "<array><data>\n<value><int>1</int></value>\n<value><string>x</string></value>\n</data></array>"},
    {S{{"k", 1}}, "<struct>\n<member>\n<name>k</name>\n<value><int>1</int></value>\n</member>\n</struct>"},
};
// clang-format on

BOOST_DATA_TEST_CASE(encodes, data::make(outputs), e) {
  std::string out;
  rpc_writer(out).value(e.value);
  BOOST_TEST(out == "<value>" + std::string(e.xml) + "</value>\n");
}

BOOST_AUTO_TEST_CASE(whole_answers_have_the_exact_layout) {
  std::string fault;
  append_fault(fault, 10, "BAD_NAME: nope");
  BOOST_TEST(fault == "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n"
                      "<name>faultCode</name>\n<value><int>10</int></value>\n</member>\n<member>\n"
                      "<name>faultString</name>\n<value><string>BAD_NAME: nope</string></value>\n</member>\n"
                      "</struct></value>\n</fault>\n</methodResponse>\n");
  std::string yes;
  append_response(yes, true);
  BOOST_TEST(yes.size() == 129u); // 75
  std::string state;
  append_response(state, S{{"statecode", 1}, {"statename", "RUNNING"}});
  BOOST_TEST(state.size() == 279u); // 74
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  const A all = {"a", 1, std::int64_t{1} << 40, true, 0.1, A{A{}, S{{"\u00e9<", "x\r\n"}}}, S{}};
  std::string call;
  append_call(call, "x.y", all);
  auto read = parse_call(call);
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(read->method == "x.y");
  BOOST_TEST(read->params == all, boost::test_tools::per_element());
  for (const auto& value : all) {
    std::string text;
    append_response(text, value);
    auto response = parse_response(text);
    BOOST_TEST_REQUIRE(response.has_value());
    BOOST_TEST(std::get<rpc_value>(*response) == value);
  }
  std::string fault;
  append_fault(fault, 92, "CANT_REREAD: 'x'");
  BOOST_TEST((std::get<rpc_fault>(*parse_response(fault)) == rpc_fault{92, "CANT_REREAD: 'x'"}));
}

// -- the client's side -------------------------------------------------------------------------------

std::string answer_of(const std::string& text) {
  return "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><string>" + text +
         "</string></value>\n</param>\n</params>\n</methodResponse>\n";
}

BOOST_AUTO_TEST_CASE(the_client_takes_bytes_as_they_come) {
  for (std::string text : {"\x1b[1m", "\xff\xfe", "a\r\nb\r", "caf\xc3"})
    BOOST_TEST(*std::get<rpc_value>(*parse_response(answer_of(text))).string() == text);
}

struct broken {
  std::string text;
  const char* error;
};
std::ostream& operator<<(std::ostream& out, const broken& b) { return out << b.error; }
// clang-format off
const broken broken_answers[] = {
    {"", "no element found: line 1, column 0"},
    {"hello", "syntax error: line 1, column 0"},
    {"<methodResponse>", "no element found: line 1, column 16"},
    {"<methodResponse/>", "no result found"},
    {"<methodResponse>\n<params <", "not well-formed (invalid token): line 2, column 8"},
};
// clang-format on
BOOST_DATA_TEST_CASE(broken_answers_are_named, data::make(broken_answers), b) {
  auto response = parse_response(b.text);
  BOOST_TEST_REQUIRE(response.has_error());
  BOOST_TEST(response.error().what == b.error);
}

// -- the quick readers ---------------------------------------------------------------------------------

// clang-format off
const rpc_value some_values[] = {
    "", "  ", "a&b<c>", 7, -1, std::int64_t{1} << 40, true, false, 1.5, rpc_date{"19980717T14:08:55"},
    A{}, A{"x", A{1, A{}}}, S{}, S{{"a", 1}, {"b", S{{"c", "&"}}}, {"a", 2}},
};
// clang-format on

BOOST_AUTO_TEST_CASE(what_programs_write_is_known_by_sight) {
  for (const auto& v : some_values) {
    std::string call, answer;
    append_call(call, "a.b", {v, v});
    auto read = quick_call(call, 48);
    BOOST_TEST_REQUIRE(read.has_value(), call);
    BOOST_TEST(read->method == "a.b");
    BOOST_TEST(read->params == (A{v, v}), boost::test_tools::per_element());
    append_response(answer, v);
    auto result = quick_result(answer, 48);
    BOOST_TEST_REQUIRE(result.has_value(), answer);
    BOOST_TEST(*result == v);
  }
  // xmlrpc.client's layout
  BOOST_TEST(quick_call("<?xml version='1.0'?>\n<methodCall>\n<methodName>a.b</methodName>\n<params>\n<param>\n"
                        "<value><string>x</string></value>\n</param>\n</params>\n</methodCall>\n",
                        48)
               .has_value());
  BOOST_TEST(quick_call("<methodCall><methodName>a.b</methodName></methodCall>", 48).has_value());
}

/// With a comment at its end, which the quick readers do not know, a text means the same.
void agrees(const std::string& text) {
  if (auto quick = quick_call(text, 48)) {
    auto slow = parse_call(text + "<!---->");
    BOOST_TEST_REQUIRE(slow.has_value(), text);
    BOOST_TEST(slow->method == quick->method, text);
    BOOST_TEST((slow->params == quick->params), text);
  }
  if (auto quick = quick_result(text, 48)) {
    auto slow = parse_response(text + "<!---->");
    BOOST_TEST_REQUIRE(slow.has_value(), text);
    BOOST_TEST((std::get<rpc_value>(*slow) == *quick), text);
  }
}

BOOST_AUTO_TEST_CASE(the_quick_readers_agree_with_the_parser) {
  auto response_with = [](const std::string& value) {
    return "<methodResponse><params><param>" + value + "</param></params></methodResponse>";
  };
  for (const auto& d : values)
    agrees(call_with(d.xml)), agrees(response_with(d.xml));
  for (const auto& text : refused)
    BOOST_TEST(!quick_call(text, 48).has_value(), text);
  std::string call, answer;
  append_call(call, "a.b", A(std::begin(some_values), std::end(some_values)));
  append_response(answer, A(std::begin(some_values), std::end(some_values)));
  std::mt19937 random(2);
  for (int round = 0; round < 20000; ++round)
    for (auto text : {call, answer}) {
      auto at = random() % text.size();
      switch (random() % 3) {
      case 0:
        text[at] = static_cast<char>(random() % 2 ? "<>&/; \n\r\t0x\x7f"[random() % 12] : random());
        break;
      case 1:
        text.erase(at, random() % 20);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
      agrees(text);
    }
}

BOOST_AUTO_TEST_CASE(the_quick_readers_keep_the_bounds) {
  auto nested = [](int n) {
    return "<methodCall><methodName>a</methodName><params><param>" + repeat("<value><array><data>", n) +
           repeat("</data></array></value>", n) + "</param></params></methodCall>";
  };
  BOOST_TEST(quick_call(nested(48), 48).has_value());
  BOOST_TEST(!quick_call(nested(49), 48).has_value());
  BOOST_TEST(!quick_call(nested(100000), 48).has_value());
}

// -- hostile input -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  auto nested = [](int n) {
    return call_with(repeat("<value><array><data>", n) + "<value>x</value>" + repeat("</data></array></value>", n));
  };
  BOOST_TEST(parse_call(nested(48)).has_value());
  BOOST_TEST(!parse_call(nested(49)).has_value());
  BOOST_TEST(!parse_call(nested(100000)).has_value());
  BOOST_TEST(!parse_call(repeat("<a>", 100000)).has_value());
  BOOST_TEST(!parse_call(call_with(repeat("<value>", 100000))).has_value());
  BOOST_TEST(!parse_response(repeat("<methodResponse>", 100000)).has_value());
  auto deep = "<methodResponse><params><param>" + repeat("<value><array><data>", 100000) +
              repeat("</data></array></value>", 100000) + "</param></params></methodResponse>";
  BOOST_TEST(!parse_response(deep).has_value());
}

BOOST_AUTO_TEST_CASE(size_is_bounded) {
  rpc_limits small{.bytes = 200};
  BOOST_TEST(parse_call(call_with("<value>x</value>"), small).has_value());
  BOOST_TEST(!parse_call(call_with("<value>" + std::string(200, 'x') + "</value>"), small).has_value());
}

BOOST_AUTO_TEST_CASE(markup_is_bounded) {
  auto with = [](const std::string& inside) {
    return parse_call("<methodCall><methodName>m</methodName>" + inside + "</methodCall>", {.markup = 100});
  };
  BOOST_TEST(with(repeat("<a/>", 96)).has_value()); // and the four tags around it
  BOOST_TEST(!with(repeat("<a/>", 97)).has_value());
  BOOST_TEST(!with(repeat("<![CDATA[]]>", 97)).has_value());
  BOOST_TEST(with("<a" + repeat(" b='\"'", 95) + "/>").has_value());
  BOOST_TEST(with("<a" + repeat(" b='\"'", 97) + "/>").error().what == "too many attributes");
  BOOST_TEST(with(std::string(100000, '=')).has_value());
}

BOOST_AUTO_TEST_CASE(entity_bombs_do_not_go_off) {
  std::string bomb = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'>";
  for (char c = 'b'; c < 'm'; ++c)
    bomb +=
      std::string("<!ENTITY ") + c + " '" + repeat("&" + std::string(1, static_cast<char>(c - 1)) + ";", 10) + "'>";
  BOOST_TEST(!parse_call(bomb + "]>" + call_with("<value>&l;</value>")).has_value());
}

BOOST_AUTO_TEST_CASE(every_cut_and_every_changed_byte_is_survived) {
  std::string whole;
  append_call(whole, "supervisor.x",
              {"a&b", 1, 2.5, A{S{{"k", true}}}, rpc_bytes{"bytes"}, rpc_date{"19980717T14:08:55"}});
  std::string answer;
  append_response(answer, A{S{{"name", "x"}, {"n", 1}}});
  for (std::size_t cut = 0; cut + 1 < whole.size(); ++cut)
    BOOST_TEST(!parse_call(std::string_view(whole).substr(0, cut)).has_value());
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    for (auto text : {whole, answer}) {
      for (auto changes = random() % 4 + 1; changes; --changes)
        text[random() % text.size()] = static_cast<char>(random() % 4 ? "<>&/;='\"!-[]?"[random() % 13] : random());
      (void)parse_call(text);
      (void)parse_response(text);
    }
  }
  for (int round = 0; round < 3000; ++round) {
    std::string noise(random() % 100, ' ');
    for (auto& c : noise)
      c = static_cast<char>(random());
    BOOST_TEST(!parse_call(noise).has_value());
    (void)parse_response("<" + noise);
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_processes_are_written_at_once) {
  std::string out;
  auto write = [&] {
    out.clear();
    rpc_writer w(out);
    w.begin_response();
    w.begin_array();
    for (int i = 0; i < 1000; ++i) {
      w.begin_struct();
      for (auto key :
           {"name", "group", "description", "statename", "spawnerr", "logfile", "stdout_logfile", "stderr_logfile"})
        w.member(key, "pid 18806, uptime 0:03:12");
      for (auto key : {"start", "stop", "now", "state", "exitstatus", "pid"})
        w.member(key, 1764000000);
      w.end_struct();
    }
    w.end_array();
    w.end_response();
  };
  auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i)
    write();
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
  BOOST_TEST_MESSAGE("1,000 processes: " << took.count() / 20 << " ms, " << out.size() << " bytes");
  auto read = parse_response(out);
  BOOST_TEST_REQUIRE(read.has_value());
  BOOST_TEST(std::get<rpc_value>(*read).items()->size() == 1000u);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
