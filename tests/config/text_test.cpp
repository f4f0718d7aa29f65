// Quoted forms, names of signals and errors, and the split of values that load_test does not reach.
#include "config/datatypes.hpp"
#include "config/text.hpp"
#include "config/utf8.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>

BOOST_AUTO_TEST_SUITE(text_test)

using namespace troupe::config;
namespace data = boost::unit_test::data;

namespace {

struct row {
  std::string text;
  std::string expected;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.expected; }

const row quotes[] = {
  {"a", "'a'"},
  {"it's", "\"it's\""},
  {"it's \"so\"", "'it\\'s \"so\"'"},
  {"a\\b\n\r\t", "'a\\\\b\\n\\r\\t'"},
  {"\x01\x7f", "'\\x01\\x7f'"},
  {"\xc2\xa0\xc2\xad", "'\\xa0\\xad'"},
  {"\xc3\xa9\xe7\xbc\x93\xf0\x9f\x98\x80", "'\xc3\xa9\xe7\xbc\x93\xf0\x9f\x98\x80'"},
  {"\xef\xbb\xbf\xe2\x80\xa8", "'\\ufeff\\u2028'"},
  {"\xf3\xa0\x80\x81", "'\\U000e0001'"},
};
const row byte_quotes[] = {
  {"a\xff\n", "b'a\\xff\\n'"},
  {"it's\x80", "b\"it's\\x80\""},
};
const row decodings[] = {
  {"caf\xc3\xa9", "caf\xc3\xa9"},
  {"a\xff"
   "b\n",
   "Undecodable: b'a\\xffb\\n'"},
  {"\xed\xa0\x80", "Undecodable: b'\\xed\\xa0\\x80'"},
  {"\xc3", "Undecodable: b'\\xc3'"},
  {"twelve bytes\xc3\xa9", "twelve bytes\xc3\xa9"}, // they are looked at in eights
  {"eight byt\xc3", "Undecodable: b'eight byt\\xc3'"},
};
struct counted {
  std::string_view text;
  std::size_t characters;
};
std::ostream& operator<<(std::ostream& out, const counted& c) { return out << c.text; }
const counted counts[] = {
  {"", 0},
  {"1234567", 7},
  {"12345678", 8},
  {"1234567\xc3\xa9", 8},
  {"\xc3\xa9\xe7\xbc\x93\xf0\x9f\x98\x80", 3},
  {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 3},
};

} // namespace

BOOST_DATA_TEST_CASE(quoted_text, data::make(quotes), r) { BOOST_TEST(quoted(r.text) == r.expected); }
BOOST_DATA_TEST_CASE(quoted_bytes_of, data::make(byte_quotes), r) { BOOST_TEST(quoted_bytes(r.text) == r.expected); }
BOOST_DATA_TEST_CASE(decoded_output, data::make(decodings), r) { BOOST_TEST(decoded(r.text) == r.expected); }

BOOST_DATA_TEST_CASE(characters, data::make(counts), c) { BOOST_TEST(code_points(c.text) == c.characters); }

BOOST_AUTO_TEST_CASE(names_of_signals_and_errors) {
  BOOST_TEST(signal_name(15) == "SIGTERM");
  BOOST_TEST(signal_name(6) == "SIGABRT");
  BOOST_TEST(signal_name(17) == "SIGCHLD");
  BOOST_TEST(signal_name(29) == "SIGPOLL");
  BOOST_TEST(signal_name(34) == "SIGRTMIN");
  BOOST_TEST(signal_name(64) == "SIGRTMAX");
  for (int unnamed : {0, 32, 33, 35, 63, 65, -1})
    BOOST_TEST(signal_name(unnamed) == "signal " + std::to_string(unnamed));
  BOOST_TEST(errno_name(ENOENT) == "ENOENT");
  BOOST_TEST(errno_name(99999) == "99999");
}

BOOST_AUTO_TEST_CASE(one_record_is_one_line) {
  BOOST_TEST(one_line("plain \\ 'text' \"é\" \t€") == "plain \\ 'text' \"é\" \t€");
  BOOST_TEST(one_line("a\n2026-11-28 00:00:00,000 CRIT b\r\x1b[31m\x7f") ==
             "a\\n2026-11-28 00:00:00,000 CRIT b\\r\\x1b[31m\\x7f");
  BOOST_TEST(one_line(std::string_view("\0\xc2\x9b[2J", 6)) == "\\x00\\x9b[2J"); // an 8-bit CSI
  BOOST_TEST(one_line("\xe2\x80\xa8\xe2\x80\xae") == "\\u2028\\u202e");
  BOOST_TEST(one_line("\xff\xe2\x82x") == "\\xff\\xe2\\x82x");
  BOOST_TEST(one_line("") == "");
}

BOOST_AUTO_TEST_CASE(every_signal_name_is_known) {
  fake_machine machine;
  for (const char* known :
       {"ABRT", "ALRM", "BUS",  "CHLD", "CLD",  "CONT", "FPE",   "HUP",   "ILL",    "INT",    "IO",   "IOT",
        "KILL", "PIPE", "POLL", "PROF", "PWR",  "QUIT", "RTMAX", "RTMIN", "SEGV",   "STKFLT", "STOP", "SYS",
        "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG",  "USR1",  "USR2",  "VTALRM", "WINCH",  "XCPU", "XFSZ"})
    BOOST_TEST(bool(signal_number(known)), known);
}

BOOST_AUTO_TEST_CASE(paths) {
  fake_machine machine;
  auto on = machine.make();
  BOOST_TEST(absolute("x/../y//z", on) == "/c/y/z");
  BOOST_TEST(absolute("/../..", on) == "/");
  BOOST_TEST(expand_user("~/x", on) == "/root/x");
  BOOST_TEST(expand_user("~nobody/x", on) == "/nonexistent/x");
  BOOST_TEST(expand_user("~stranger/x", on) == "~stranger/x");
  BOOST_TEST(strip("\xc2\xa0 a \xe2\x80\xa8") == "a");
}

BOOST_AUTO_TEST_CASE(ports) {
  BOOST_TEST(port("[::1]:9001")->host == "[::1]");
  BOOST_TEST(port("LocalHost:1")->host == "localhost");
  BOOST_TEST(port(":9001")->port == 9001);
  BOOST_TEST(port("*").error().what == "not a valid port number: '*' ");
  BOOST_TEST(port("h:0").error().what == "0 is below lower bound (1)");
  BOOST_TEST(port(":").error().what == "no port number specified in ''");
}

BOOST_AUTO_TEST_CASE(numbers_saturate) {
  BOOST_TEST(*integer("99999999999999999999999") == INT64_MAX);
  BOOST_TEST(*integer("-99999999999999999999999") == -INT64_MAX);
  BOOST_TEST(*byte_size("99999999999gb") > 0);
  BOOST_TEST(!integer("1__0"));
  BOOST_TEST(!integer("_1"));
  BOOST_TEST(!integer("1_"));
}

BOOST_AUTO_TEST_SUITE_END()
