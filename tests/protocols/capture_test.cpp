// Capture tokens and the arithmetic of the capture buffer: vectors V093 to V105, and each of them at every split of
// its input. What the log, the events and their order make of the steps is child_output_test's.
#include "protocols/capture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(capture_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;

namespace {

const std::string B = "<!--XSUPERVISOR:BEGIN-->";
const std::string E = "<!--XSUPERVISOR:END-->";

/// What came of the steps: the log, and each message in brackets.
struct outcome {
  std::string log;
  std::string messages;

  void take(const std::vector<capture_step>& steps) {
    for (const auto& step : steps)
      switch (step.kind) {
      case capture_step::what::output:
        log += step.bytes;
        break;
      case capture_step::what::captured:
        buffer.add(step.bytes);
        break;
      case capture_step::what::complete:
        messages += '[' + std::string(buffer.bytes()) + ']';
        buffer.clear();
        break;
      }
  }
  capture_buffer buffer{1000};
};

struct row {
  const char* when;
  std::vector<std::string> reads;
  std::string log, messages; ///< in the end
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

const row rows[] = {
  {"V094", {B + "hello" + E}, "", "[hello]"},
  {"V095", {"ab" + B.substr(0, 10), B.substr(10) + "xy" + E + "tail"}, "abtail", "[xy]"},
  {"V096", {std::string(25, 'x') + "<!-", "- not a token"}, std::string(25, 'x') + "<!-- not a token", ""},
  {"V097", {B + "one" + E + "mid" + B + "two" + E + "end"}, "midend", "[one][two]"},
  {"V099", {"x" + E + std::string(30, 'y')}, "x" + E + std::string(30, 'y'), ""},
  {"V100", {B + "a" + B + "b" + E}, "", "[a" + B + "b]"},
  {"V101", {B + E}, "", "[]"},
  {"V102", {B + "unfinished"}, "", ""},
  {"V103", {"tail-under-24"}, "tail-under-24", ""},
  {"nothing", {""}, "", ""},
  {"a token that begins within a token", {"<!--XSUPERVISOR:BEG" + B + "m" + E}, "<!--XSUPERVISOR:BEG", "[m]"},
  {"< around the tokens", {"<<" + B + "<" + E + "<"}, "<<<", "[<]"},
  {"END cut short inside", {B + "a<!--XSUPERVISOR:EN" + E}, "", "[a<!--XSUPERVISOR:EN]"},
  {"any bytes",
   {std::string("\0\xff", 2) + B + std::string("\0\n\xfe", 3) + E},
   std::string("\0\xff", 2),
   '[' + std::string("\0\n\xfe", 3) + ']'},
  {"the end of BEGIN held at the end", {"x" + B.substr(0, 23)}, "x" + B.substr(0, 23), ""},
};

std::string joined(const std::vector<std::string>& reads) {
  std::string all;
  for (const auto& read : reads)
    all += read;
  return all;
}

} // namespace

BOOST_DATA_TEST_CASE(vectors, data::make(rows), r) {
  outcome o;
  capture_scanner scanner;
  for (const auto& read : r.reads)
    o.take(scanner.feed(read));
  o.take(scanner.finish());
  BOOST_TEST(o.log == r.log);
  BOOST_TEST(o.messages == r.messages);
}

BOOST_DATA_TEST_CASE(every_split, data::make(rows), r) { // into three reads
  auto all = joined(r.reads);
  for (std::size_t i = 0; i <= all.size(); ++i)
    for (std::size_t k = i; k <= all.size(); ++k) {
      outcome o;
      capture_scanner scanner;
      for (const auto& read : {all.substr(0, i), all.substr(i, k - i), all.substr(k)})
        o.take(scanner.feed(read));
      o.take(scanner.finish());
      BOOST_REQUIRE_MESSAGE(o.log == r.log && o.messages == r.messages,
                            r.when << " split at " << i << " and " << k << ": " << o.log << ' ' << o.messages);
    }
}

BOOST_DATA_TEST_CASE(byte_by_byte, data::make(rows), r) {
  outcome o;
  capture_scanner scanner;
  for (char byte : joined(r.reads))
    o.take(scanner.feed({&byte, 1}));
  o.take(scanner.finish());
  BOOST_TEST(o.log == r.log);
  BOOST_TEST(o.messages == r.messages);
}

struct held_row {
  const char* when;
  std::string read, out; ///< what leaves at once
};
std::ostream& operator<<(std::ostream& out, const held_row& r) { return out << r.when; }

const held_row holding[] = {
  {"V093, V103: less than a token, and no beginning of one", "short", "short"},
  {"V096: three bytes that may be one", std::string(25, 'x') + "<!-", std::string(25, 'x')},
  {"all but its last byte", B.substr(0, 23), ""},
  {"a beginning, but not at the end", "<!-x", "<!-x"},
  {"the longest beginning counts", "<<!", "<"},
  {"inside a capture END is awaited, not BEGIN", B + "<!--XSUPERVISOR:B", "<!--XSUPERVISOR:B"},
  {"inside a capture, END begun", B + "a" + E.substr(0, 21), "a"},
};

BOOST_DATA_TEST_CASE(only_a_true_beginning_is_held, data::make(holding), r) { // 10.9
  capture_scanner scanner;
  std::string out;
  for (const auto& step : scanner.feed(r.read))
    out += step.bytes;
  BOOST_TEST(out == r.out);
}

BOOST_AUTO_TEST_CASE(what_is_held_at_the_end_keeps_its_side) {
  capture_scanner scanner;
  scanner.feed(B + "a" + E.substr(0, 5));
  BOOST_TEST(scanner.capturing());
  auto steps = scanner.finish();
  BOOST_REQUIRE(steps.size() == 1U);
  BOOST_TEST((steps[0].kind == capture_step::what::captured));
  BOOST_TEST(steps[0].bytes == E.substr(0, 5));
  BOOST_TEST(scanner.finish().empty());
}

BOOST_AUTO_TEST_CASE(steps_come_in_order) { // V098: what the events are made of
  capture_scanner scanner;
  std::string order;
  for (const auto& step : scanner.feed(B + "one" + E + "mid" + B + "two" + E + "end"))
    order += step.kind == capture_step::what::complete   ? "COMM "
             : step.kind == capture_step::what::captured ? "captured:" + std::string(step.bytes) + ' '
                                                         : "output:" + std::string(step.bytes) + ' ';
  BOOST_TEST(order == "captured:one COMM output:mid captured:two COMM output:end ");
}

struct ring_row {
  const char* when;
  std::size_t max;
  std::vector<std::string> chunks;
  std::vector<std::string> after; ///< each
};
std::ostream& operator<<(std::ostream& out, const ring_row& r) { return out << r.when; }

std::string run(char c, std::size_t n) { return std::string(n, c); }

const ring_row rings[] = {
  {"V104",
   100,
   {run('a', 60) + run('b', 20), run('c', 60), run('d', 10)},
   {run('a', 60) + run('b', 20), run('b', 20) + run('c', 60), run('b', 20) + run('c', 60) + run('d', 10)}},
  {"V105",
   10,
   {"12345", "67890", "ab", run('X', 15), "y"},
   {"12345", "1234567890", "34567890ab", run('X', 15), run('X', 14) + "y"}},
  {"exactly full", 4, {"abcd", "e"}, {"abcd", "bcde"}},
  {"nothing is kept but the last chunk", 1, {"abc", "de", "f"}, {"abc", "cde", "def"}},
};

BOOST_DATA_TEST_CASE(the_buffer, data::make(rings), r) {
  capture_buffer buffer{r.max};
  for (std::size_t i = 0; i < r.chunks.size(); ++i) {
    buffer.add(r.chunks[i]);
    BOOST_TEST(buffer.bytes() == r.after[i]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
