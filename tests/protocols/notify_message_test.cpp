// What programs say of themselves, as tables: datagrams and what they mean, and two of them as one. Vector P129 of
// docs/contract/programs.md. Must not open sockets; bytes of any kind: tests/fuzz/notify_fuzz.cpp.
#include "protocols/notify_message.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

BOOST_AUTO_TEST_SUITE(notify_message_test)

using namespace troupe::protocols;
using namespace std::string_literals;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

namespace {

std::string text_of(const notify_message& m) {
  std::string text;
  auto add = [&](bool holds, const std::string& what) {
    if (holds)
      text += (text.empty() ? "" : ", ") + what;
  };
  add(m.ready, "ready");
  add(m.reloading, "reloading");
  add(m.stopping, "stopping");
  add(m.watchdog, "watchdog");
  add(m.trigger, "trigger");
  add(m.status.has_value(), "status '" + m.status.value_or("") + '\'');
  add(m.error_number.has_value(), "errno " + std::to_string(m.error_number.value_or(0)));
  add(m.watchdog_interval.has_value(), "interval " + std::to_string(m.watchdog_interval.value_or(0us).count()));
  add(m.extend.has_value(), "extend " + std::to_string(m.extend.value_or(0us).count()));
  return text;
}

struct row {
  const char* when;
  std::string datagram;
  const char* said;
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

// clang-format off
const row datagrams[] = {
  {"P129", "READY=1\nSTATUS=up\n", "ready, status 'up'"},
  {"nothing", "", ""},
  {"a line without an end", "READY=1", "ready"},
  {"empty lines", "\n\nREADY=1\n\n", "ready"},
  {"the end of a C string", "READY=1\0"s, "ready"},
  {"a zero within", "READY=1\0\nSTATUS=a\0b"s, "status 'a b'"},
  {"no", "READY=0\nRELOADING=0\nSTOPPING=0\nWATCHDOG=0", ""},
  {"not quite", "READY=11\nREADY= 1\nREADY=1 \nREADY=1\r\nREADY\nready=1\n READY=1\n=1\n=", ""},
  {"what others may want to know", "MAINPID=7\nFDSTORE=1\nBARRIER=1\nX_A=b", ""},
  {"a reload begins", "RELOADING=1\nMONOTONIC_USEC=123", "reloading"},
  {"a reload that is over at once", "RELOADING=1\nREADY=1", "ready"},
  {"what turns a text around", "STATUS=a\xe2\x80\xae" "b\xe2\x81\xa9\xe2\x80\xa8\xe2\x80\x94", "status 'a b  \xe2\x80\x94'"},
  {"ready, then a reload", "READY=1\nRELOADING=1", "ready, reloading"},
  {"an end", "STOPPING=1\nSTATUS=bye", "stopping, status 'bye'"},
  {"a sign of life", "WATCHDOG=1", "watchdog"},
  {"a call for help", "WATCHDOG=trigger", "trigger"},
  {"a call for help is not taken back", "WATCHDOG=trigger\nWATCHDOG=1", "trigger"},
  {"a call for help after all", "WATCHDOG=1\nWATCHDOG=trigger", "trigger"},
  {"another call", "WATCHDOG=Trigger\nWATCHDOG=trigger ", ""},
  {"all numbers", "ERRNO=2\nWATCHDOG_USEC=3000000\nEXTEND_TIMEOUT_USEC=1", "errno 2, interval 3000000, extend 1"},
  {"no numbers", "ERRNO=\nWATCHDOG_USEC=1s\nEXTEND_TIMEOUT_USEC=+1", ""},
  {"not above zero", "ERRNO=-1\nWATCHDOG_USEC=0\nEXTEND_TIMEOUT_USEC=-5", ""},
  {"minus zero", "ERRNO=-0\nWATCHDOG_USEC=-0", ""},
  {"no error", "ERRNO=0", "errno 0"},
  {"an hour", "EXTEND_TIMEOUT_USEC=3600000000", "extend 3600000000"},
  {"more than an hour", "EXTEND_TIMEOUT_USEC=3600000001", "extend 3600000000"},
  {"for ever", "EXTEND_TIMEOUT_USEC=18446744073709551615\nWATCHDOG_USEC=18446744073709551615",
   "interval 3153600000000000, extend 3600000000"},
  {"more than 64 bits", "ERRNO=99999999999999999999", "errno 9223372036854775807"},
  {"less than 64 bits", "ERRNO=-99999999999999999999", ""},
  {"nothing to say any more", "STATUS=", "status ''"},
  {"a status with a sign", "STATUS=a=b", "status 'a=b'"},
  {"the last status", "STATUS=a\nSTATUS=b", "status 'b'"},
  {"controls", "STATUS=a\tb\x1b[31mc\r\x7f", "status 'a b [31mc  '"},
  {"controls of 8 bits", "STATUS=a\xc2\x9b" "31m\xc2\x80", "status 'a 31m '"},
  {"letters behind them", "STATUS=\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
   "status '\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"},
  {"no UTF-8", "STATUS=a\xff\xc3z\xed\xa0\x80" "b\xe2\x82", "status 'a??z???b?'"},
};

const struct pair { const char* first; const char* second; const char* said; } pairs[] = {
  {"", "", ""},
  {"READY=1\nSTATUS=a", "", "ready, status 'a'"},
  {"", "READY=1\nSTATUS=a", "ready, status 'a'"},
  {"STATUS=a\nERRNO=1", "STATUS=b", "status 'b', errno 1"},
  {"STATUS=a", "STATUS=", "status ''"},
  {"ERRNO=1", "ERRNO=2", "errno 2"},
  {"RELOADING=1", "READY=1", "ready"},
  {"READY=1", "RELOADING=1", "ready, reloading"},
  {"READY=1", "STATUS=a", "ready, status 'a'"},
  {"RELOADING=1", "WATCHDOG=1", "reloading, watchdog"},
  {"STOPPING=1", "READY=1", "ready, stopping"},
  {"WATCHDOG=trigger", "WATCHDOG=1", "trigger"},
  {"WATCHDOG=1", "WATCHDOG=trigger", "trigger"},
  {"WATCHDOG_USEC=5", "WATCHDOG_USEC=4", "interval 4"},
  {"EXTEND_TIMEOUT_USEC=5", "EXTEND_TIMEOUT_USEC=4", "extend 5"},
  {"EXTEND_TIMEOUT_USEC=5", "EXTEND_TIMEOUT_USEC=6", "extend 6"},
  {"EXTEND_TIMEOUT_USEC=5", "WATCHDOG=1", "watchdog, extend 5"},
};
// clang-format on
std::ostream& operator<<(std::ostream& out, const pair& p) { return out << p.first << " | " << p.second; }

} // namespace

BOOST_DATA_TEST_CASE(what_is_said, data::make(datagrams), r) {
  BOOST_TEST(text_of(parse_notify(r.datagram)) == r.said);
}

BOOST_DATA_TEST_CASE(two_as_one, data::make(pairs), p) {
  auto both = parse_notify(p.first);
  merge(both, parse_notify(p.second));
  BOOST_TEST(text_of(both) == p.said);
  BOOST_TEST((both == parse_notify(std::string(p.first) + '\n' + p.second))); // as if it had been one datagram
}

BOOST_AUTO_TEST_CASE(a_long_status) {
  auto status = [](const std::string& text) { return parse_notify("STATUS=" + text).status.value_or("none"); };
  std::string euros;
  for (int i = 0; i < 256; ++i)
    euros += "\xe2\x82\xac";
  BOOST_TEST(status(std::string(256, 'x')) == std::string(256, 'x'));
  BOOST_TEST(status(std::string(257, 'x')) == std::string(256, 'x'));
  BOOST_TEST(status(euros) == euros);
  BOOST_TEST(status(euros + 'x') == euros);
  BOOST_TEST(status(std::string(8000, '\xff')) == std::string(256, '?'));
}

BOOST_AUTO_TEST_SUITE_END()
