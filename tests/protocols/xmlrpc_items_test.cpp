// Answers whose items are told while they arrive: the same items wherever the text is cut, and texts that only the
// parser can read. No sockets. Cases: docs/contract/http.md, 3.1 and 3.3.
#include "protocols/xmlrpc.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <random>

using namespace troupe::protocols;
namespace data = boost::unit_test::data;
using A = rpc_value::array;
using S = rpc_value::structure;

BOOST_AUTO_TEST_SUITE(xmlrpc_items_test)

namespace {

std::string shown(const rpc_value& value) {
  std::string text;
  rpc_writer(text).value(value);
  std::erase(text, '\n');
  return text;
}

/// What a reader tells of a text it sees up to each of the cuts, then whole.
struct reading {
  std::string items;     ///< those that count, each as shown
  std::string end;       ///< how many, the fault's code and text, or the error
  std::size_t early = 0; ///< items told before the text was whole
};

reading read(const std::string& text, const std::vector<std::size_t>& cuts, const rpc_limits& limits = {}) {
  reading got;
  std::vector<std::string> items;
  rpc_item_reader reader(
    [&](std::size_t which, rpc_value& item) {
      BOOST_TEST_REQUIRE(which <= items.size());
      items.resize(which);
      items.push_back(shown(item));
      if (which % 2)
        auto taken = std::move(item); // a reader must do without it
    },
    limits);
  for (auto cut : cuts)
    reader.look(std::string_view(text).substr(0, cut));
  got.early = items.size();
  auto outcome = reader.finish(text);
  if (!outcome)
    return {"", outcome.error().what, got.early};
  if (auto fault = std::get_if<rpc_fault>(&*outcome))
    return {"", std::to_string(fault->code) + " " + fault->text, got.early};
  auto count = std::get<std::size_t>(*outcome);
  BOOST_TEST_REQUIRE(count <= items.size());
  items.resize(count);
  got.end = std::to_string(count);
  for (const auto& item : items)
    got.items += item;
  return got;
}

std::string answer_with(const std::string& items) {
  return "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n" + items +
         "</data></array></value>\n</param>\n</params>\n</methodResponse>\n";
}

const std::string one = "<value><struct><member><name>name</name><value><string>a&amp;b</string></value></member>"
                        "<member><name>pid</name><value><int>17</int></value></member></struct></value>";
const std::string two = "<value><struct><member><name>name</name><value>plain </value></member></struct></value>";
const std::string shown_two =
  "<value><struct><member><name>name</name><value><string>plain </string></value></member></struct></value>";
const std::string word = "<value><string>x</string></value>";
const std::string nested = "<value><array><data><value><int>1</int></value><value><array><data></data></array></value>"
                           "</data></array></value>";

struct row {
  const char* when;
  std::string text;
  std::string items;
  std::string end;
  bool by_sight = true; ///< every item can be told before the text is whole
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

// clang-format off
const row rows[] = {
  {"no item", answer_with(""), "", "0"},
  {"one", answer_with(one), one, "1"},
  {"several, not alike", answer_with(one + "\n" + two + "\n" + word + one + nested + word + one + two),
   one + shown_two + word + one + nested + word + one + shown_two, "8"},
  {"fewer members, then more", answer_with(two + one + two + one), shown_two + one + shown_two + one, "4"},
  {"without blanks or declaration", "<methodResponse><params><param><value><array><data>" + one + "</data></array></value></param></params></methodResponse>", one, "1"},
  {"a name twice", answer_with("<value><struct><member><name>a</name><value><int>1</int></value></member><member><name>a</name><value><int>2</int></value></member></struct></value>"),
   "<value><struct><member><name>a</name><value><int>1</int></value></member><member><name>a</name><value><int>2</int></value></member></struct></value>", "1"},
  {"bytes that are no UTF-8, and CR", answer_with("<value>\xff\r</value>"), "<value><string>\xef\xbf\xbd&#13;</string></value>", "1"},
  {"no array", "<methodResponse><params><param><value><int>1</int></value></param></params></methodResponse>", "", "0"},
  {"a comment behind the second", answer_with(one + two + "<!-- c -->" + word), one + shown_two + word, "3", false},
  {"a section in the last", answer_with(one + "<value><![CDATA[<]]></value>"), one + "<value><string>&lt;</string></value>", "2", false},
  {"a reference nobody writes", answer_with(one + "<value>&#65;</value>" + word), one + "<value><string>A</string></value>" + word, "3", false},
  {"a comment at the end", answer_with(one + word) + "<!---->", one + word, "2"},
  {"a NUL", answer_with(one + std::string("<value>a\0b</value>", 18) + word), one + "<value><string>a?b</string></value>" + word, "3", false},
{"an item that ends with the array", answer_with(one + "<value></data>"), "", "no element found: line 9, column 18", false},
  {"a fault", "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>10</int></value></member><member><name>faultString</name><value><string>BAD</string></value></member></struct></value></fault></methodResponse>", "", "10 BAD"},
  {"cut behind an item", answer_with(one).substr(0, answer_with(one).find("</data>")), "", "no element found: line 6, column 166"},
  {"two results", answer_with(one).replace(answer_with(one).find("</params>"), 0, "<param>" + word + "</param>"), "", "no result found", false},
  {"empty", "", "", "no element found: line 1, column 0"},
  {"not XML", "hello", "", "syntax error: line 1, column 0"},
};
// clang-format on

BOOST_DATA_TEST_CASE(items_do_not_hang_on_where_a_text_is_cut, data::make(rows), r) {
  for (std::size_t cut = 0; cut <= r.text.size(); ++cut) {
    auto got = read(r.text, {cut});
    BOOST_TEST(got.items == r.items, "cut at " << cut);
    BOOST_TEST(got.end == r.end, "cut at " << cut << ": " << got.end);
  }
  std::vector<std::size_t> each(r.text.size());
  for (std::size_t i = 0; i < each.size(); ++i)
    each[i] = i;
  auto got = read(r.text, each);
  BOOST_TEST(got.items == r.items);
  BOOST_TEST(got.end == r.end);
}

BOOST_AUTO_TEST_CASE(items_are_told_before_the_text_is_whole) {
  for (const auto& r : rows)
    if (auto end = r.text.find("</data></array></value>\n</param>"); r.by_sight && end != r.text.npos)
      BOOST_TEST(std::to_string(read(r.text, {end}).early) == r.end, r.when);
}

/// Whatever is changed in an answer, its items are those of the whole value.
BOOST_AUTO_TEST_CASE(items_are_those_of_the_whole_value) {
  std::string answer;
  append_response(answer, A{S{{"name", "x<y"}, {"n", 1}}, S{{"name", ""}, {"n", 2.5}}, "", A{A{}, true},
                            S{{"name", "z"}, {"n", S{{"deep", A{1}}}}}});
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    auto text = answer;
    for (auto changes = random() % 3; changes; --changes) {
      auto at = random() % text.size();
      if (random() % 2)
        text[at] = static_cast<char>(random() % 2 ? "<>&/; \n\r\t0x\x7f"[random() % 12] : random());
      else
        text.insert(at, text.substr(random() % text.size(), random() % 60));
    }
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; (at += random() % 200) < text.size();)
      cuts.push_back(at);
    auto got = read(text, cuts);
    auto whole = parse_response(text);
    BOOST_TEST_REQUIRE(whole.has_error() == (!got.end.empty() && !(got.end[0] >= '0' && got.end[0] <= '9')), text);
    if (whole.has_error()) {
      BOOST_TEST(got.end == whole.error().what);
    } else if (auto value = std::get_if<rpc_value>(&*whole)) {
      std::string items;
      for (const auto& item : value->items() ? *value->items() : A{})
        items += shown(item);
      BOOST_TEST(got.items == items, text);
    }
  }
}

BOOST_AUTO_TEST_CASE(depth_is_bounded_as_for_whole_values) {
  auto deep = [](int n) {
    std::string text = "<value>x</value>";
    for (int i = 1; i < n; ++i)
      text = "<value><array><data>" + text + "</data></array></value>";
    return answer_with(text);
  };
  auto end = [&](int n, int limit) { return read(deep(n), {deep(n).size() / 2}, {.depth = limit}).end; };
  BOOST_TEST(end(48, 48) == "1");
  BOOST_TEST(end(49, 48) == "no result found");
  BOOST_TEST(end(1, 0) == "no result found");
}

BOOST_AUTO_TEST_CASE(
  one_long_item_is_not_read_again_at_each_cut) { // quadratic work would outlast the test's time limit
  auto text = answer_with("<value>" + std::string(30'000'000, 'x') + "</value>");
  rpc_item_reader reader([](std::size_t, rpc_value&) {});
  for (std::size_t cut = 0; cut < text.size(); cut += 1000)
    reader.look(std::string_view(text).substr(0, cut));
  BOOST_TEST(std::get<std::size_t>(reader.finish(text).value()) == 1u);
}

} // namespace

BOOST_AUTO_TEST_SUITE_END()
