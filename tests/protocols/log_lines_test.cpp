// Lines of a log: stamped, prefixed or as JSON; every table is fed in every split of its input. Time stamps and JSON
// text have their own cases first.
#include "protocols/json_text.hpp"
#include "protocols/log_lines.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <ctime>
#include <random>

BOOST_AUTO_TEST_SUITE(log_lines_test)

using namespace troupe::protocols;
using troupe::config::line_options;
using troupe::config::log_level;
namespace data = boost::unit_test::data;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

struct india { // a zone that is not a whole number of hours away
  india() {
    ::setenv("TZ", "XXX-5:30", 1);
    ::tzset();
  }
};

/// 2024-05-06 07:08:09 UTC, and some.
wall_time at(std::chrono::microseconds more) {
  return wall_time{1714979289s} + std::chrono::duration_cast<wall_time::duration>(more);
}

// -- time stamps ----------------------------------------------------------------------------------

struct stamp_row {
  const char* format;
  int micros;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const stamp_row& r) { return out << r.format << " +" << r.micros; }

const stamp_row stamps[] = {
  {"rfc3339", 0, "2024-05-06T07:08:09.000Z"},
  {"rfc3339", 999999, "2024-05-06T07:08:09.999Z"},
  {"rfc3339", 7001, "2024-05-06T07:08:09.007Z"},
  {"%Y-%m-%d %H:%M:%S", 5, "2024-05-06 12:38:09"},
  {"%H:%M:%S.%f", 5, "12:38:09.000005"},
  {"%f", 999999, "999999"},
  {"%f%f", 12, "000012000012"},
  {"%%f", 12, "%f"},
  {"%%%f", 12, "%000012"},
  {"[%s.%f] %z", 500000, "[1714979289.500000] +0530"},
  {"plain", 0, "plain"},
  {"100%", 0, "100%"},
  {"%c %A %B", 0, "Mon May  6 12:38:09 2024 Monday May"},
};

} // namespace

BOOST_DATA_TEST_CASE_F(india, time_stamps, data::make(stamps), r) {
  time_stamp stamp{r.format};
  BOOST_TEST(stamp.at(at(std::chrono::microseconds{r.micros})) == r.expected);
  BOOST_TEST(stamp.at(at(std::chrono::microseconds{r.micros})) == r.expected);
}

BOOST_FIXTURE_TEST_CASE(time_goes_on_and_back, india) {
  time_stamp stamp{"%S.%f"};
  BOOST_TEST(stamp.at(at(1us)) == "09.000001");
  BOOST_TEST(stamp.at(at(2us)) == "09.000002");
  BOOST_TEST(stamp.at(at(1s)) == "10.000000");
  BOOST_TEST(stamp.at(at(-1us)) == "08.999999");
  BOOST_TEST(time_stamp{"rfc3339"}.at(wall_time{-1ms}) == "1969-12-31T23:59:59.999Z");
}

// -- JSON text ------------------------------------------------------------------------------------

namespace {

struct json_row {
  std::string text;
  const char* expected;
};
std::ostream& operator<<(std::ostream& out, const json_row& r) { return out << r.expected; }

// clang-format off
const json_row json_texts[] = {
  {"", ""},
  {"plain text, even / and '", "plain text, even / and '"},
  {"\"quoted\" \\ back", R"(\"quoted\" \\ back)"},
  {"\b\f\n\r\t", R"(\b\f\n\r\t)"},
  {"\0\x01\x1b\x1f\x7f"s, R"(\u0000\u0001\u001b\u001f\u007f)"},
  {"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8e\xad", "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8e\xad"},
  {"a\xff\xfe" "b", "a\xef\xbf\xbd\xef\xbf\xbd" "b"},
  {"\xe2\x82", "\xef\xbf\xbd"},                                                 // cut short: one
  {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                     // overlong
  {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                     // a surrogate
  {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},     // beyond U+10FFFF
  {"\xe2\x82\"", "\xef\xbf\xbd\\\""},                                           // the quote is not swallowed
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(json_text_rows, data::make(json_texts), r) {
  std::string out = "before:";
  append_json_text(out, r.text);
  BOOST_TEST(out == std::string("before:") + r.expected);
}

// -- lines ----------------------------------------------------------------------------------------

namespace {

const line_source source{"web_00", "sh\"op", "stdout", 42};
constexpr auto longest = line_formatter::longest_line;

line_options options(bool json, std::string timestamp, std::string prefix) {
  return {json, std::move(timestamp), std::move(prefix)};
}

std::string object(const std::string& line, bool partial = false) {
  return R"({"time":"2024-05-06T07:08:09.000Z","process":"web_00","group":"sh\"op","channel":"stdout","pid":42,"line":")" +
         line + (partial ? "\",\"partial\":true}\n" : "\"}\n");
}

struct line_row {
  const char* when;
  line_options how;
  std::string input;
  std::string fed;     ///< what comes out while it is fed
  std::string flushed; ///< and at the end
};
std::ostream& operator<<(std::ostream& out, const line_row& r) { return out << r.when; }

const auto stamped = options(false, "rfc3339", "");
const auto prefixed = options(false, "", "web |");
const auto both = options(false, "%H:%M", "web |");
const auto json = options(true, "", "");
const auto T = "2024-05-06T07:08:09.000Z "s;
const auto x_max = std::string(longest, 'x');

// clang-format off
const line_row lines[] = {
  {"nothing", stamped, "", "", ""},
  {"one line", stamped, "hello\n", T + "hello\n", ""},
  {"lines", prefixed, "a\nbb\n\nc\n", "web | a\nweb | bb\nweb | \nweb | c\n", ""},
  {"both, the time first", both, "a\n", "12:38 web | a\n", ""},
  {"no end", prefixed, "a\nrest", "web | a\n", "web | rest\n"},
  {"CR stays", prefixed, "a\r\nb\rc\n", "web | a\r\nweb | b\rc\n", ""},
  {"any bytes", prefixed, "\0\xff\x80\n"s, "web | \0\xff\x80\n"s, ""},
  {"json", json, "a\n\"b\"\n", object("a") + object(R"(\"b\")"), ""},
  {"json: an empty line", json, "\n", object(""), ""},
  {"json: no end", json, "a", "", object("a")},
  {"json: CRLF", json, "a\r\n", object("a\\r"), ""},
  {"json: a character of four bytes", json, "\xf0\x9f\x8e\xad\n", object("\xf0\x9f\x8e\xad"), ""},
  {"json: not UTF-8", json, "a\xff\xe2\x82\n\x82\xac\n", object("a\xef\xbf\xbd\xef\xbf\xbd") + object("\xef\xbf\xbd\xef\xbf\xbd"), ""},
  {"json: its own time", options(true, "%H\"%M", ""), "a\n",
   R"({"time":"12\"38","process":"web_00","group":"sh\"op","channel":"stdout","pid":42,"line":"a"})" "\n", ""},
};
// clang-format on

/// Long ones are only cut at some places.
// clang-format off
const line_row long_lines[] = {
  {"as long as may be", prefixed, x_max + "\ny\n", "web | " + x_max + "\nweb | y\n", ""},
  {"one too long", prefixed, x_max + "z\ny\n", "web | " + x_max + "z\nweb | y\n", ""},
  {"several times as long", prefixed, x_max + x_max + x_max + "z\ny\n", "web | " + x_max + x_max + x_max + "z\nweb | y\n", ""},
  {"too long without an end", prefixed, x_max + "z", "web | " + x_max, "z\n"},
  {"as long as may be, no end", prefixed, x_max, "", "web | " + x_max + "\n"},
  {"json: one too long", json, x_max + "z\ny\n", object(x_max, true) + object("z") + object("y"), ""},
  {"json: not inside a character", json, x_max.substr(1) + "\xe2\x82\xac" "z\n",
   object(x_max.substr(1), true) + object("\xe2\x82\xac" "z"), ""},
  {"json: too long without an end", json, x_max + x_max + "z", object(x_max, true) + object(x_max, true), object("z")},
};
// clang-format on

void feed_in(const line_row& r, const std::vector<std::size_t>& cuts) {
  line_formatter formatter{r.how, source};
  std::string fed;
  std::size_t from = 0;
  for (auto cut : cuts) {
    formatter.feed(std::string_view(r.input).substr(from, cut - from), at(0us), fed);
    from = cut;
  }
  formatter.feed(std::string_view(r.input).substr(from), at(0us), fed);
  std::string flushed;
  formatter.flush(flushed);
  bool right = fed == r.fed && flushed == r.flushed;
  BOOST_TEST(right, "cut at " << (cuts.empty() ? 0 : cuts.front()) << " …: " << fed.substr(0, 300) << " / "
                              << flushed.substr(0, 300));
  std::string again;
  formatter.flush(again);
  BOOST_TEST(again == "");
}

} // namespace

BOOST_DATA_TEST_CASE_F(india, every_split, data::make(lines), r) {
  feed_in(r, {});
  std::vector<std::size_t> each;
  for (std::size_t first = 0; first <= r.input.size(); ++first) {
    feed_in(r, {first});
    for (std::size_t second = first; second <= r.input.size(); ++second)
      feed_in(r, {first, second});
    each.push_back(first);
  }
  feed_in(r, each);
}

BOOST_DATA_TEST_CASE_F(india, splits_of_long_lines, data::make(long_lines), r) {
  feed_in(r, {});
  for (auto middle : {std::size_t{1}, longest / 2, longest, 2 * longest, r.input.size()})
    for (auto cut = middle - std::min(middle, std::size_t{4}); cut <= std::min(middle + 4, r.input.size()); ++cut)
      feed_in(r, {cut});
  std::mt19937 random{7};
  for (int round = 0; round < 20; ++round) {
    std::vector<std::size_t> cuts;
    for (int i = 0; i < 30; ++i)
      cuts.push_back(random() % (r.input.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    feed_in(r, cuts);
  }
}

BOOST_FIXTURE_TEST_CASE(the_time_is_that_of_the_first_byte, india) {
  for (bool as_json : {false, true}) {
    line_formatter formatter{options(as_json, "%S.%f", ""), source};
    std::string out;
    formatter.feed("one ", at(0us), out);
    formatter.feed("line", at(1s), out);
    formatter.feed("\ntwo\nthr", at(2s), out);
    formatter.feed("ee\nfour", at(3s), out);
    formatter.feed("\n", at(4s), out);
    formatter.feed("five\n", at(5s), out);
    formatter.feed("six", at(6s), out);
    formatter.flush(out);
    std::vector<std::string> times;
    for (std::size_t at = 0; at < out.size(); at = out.find('\n', at) + 1)
      times.push_back(out.substr(at + (as_json ? 9 : 0), 2));
    BOOST_TEST(times == (std::vector<std::string>{"09", "11", "11", "12", "14", "15"}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded) {
  line_formatter formatter{prefixed, source};
  std::string out;
  for (int i = 0; i < 1000; ++i)
    formatter.feed(std::string(1000, 'x'), at(0us), out);
  BOOST_TEST(out.size() + longest >= 1000000U);
}

BOOST_AUTO_TEST_CASE(records_of_the_main_log) {
  BOOST_TEST(
    json_record(at(5ms), log_level::info, "spawned: 'p' with pid 7", 3) ==
    R"({"time":"2024-05-06T07:08:09.005Z","process":"supervisord","pid":3,"level":"info","line":"spawned: 'p' with pid 7"})"
    "\n");
  BOOST_TEST(
    json_record(at(5ms), log_level::debug, "output:\nx\n", 3).find(R"("level":"debug","line":"output:\nx\n"})") !=
    std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
