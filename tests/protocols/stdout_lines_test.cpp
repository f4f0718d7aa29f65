// Every line of every program with its name and channel before it: whole, however the events are cut.
#include "protocols/stdout_lines.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(stdout_lines_test)

using namespace troupe::protocols;

namespace {

std::string body(const std::string& process, const std::string& text, const std::string& pid = "7",
                 const std::string& channel = "stdout") {
  return "processname:" + process + " groupname:g pid:" + pid + " channel:" + channel + '\n' + text;
}

struct listener {
  stdout_lines lines;
  std::string log(const std::string& what, const std::string& name = "PROCESS_LOG_STDOUT") {
    return lines.add(name, what);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(each_line_has_its_prefix, listener) {
  BOOST_TEST(log(body("web", "one\ntwo\n")) == "web stdout | one\nweb stdout | two\n");
  BOOST_TEST(log(body("web", "\n")) == "web stdout | \n");
  BOOST_TEST(log(body("web", "oops\n", "7", "stderr"), "PROCESS_LOG_STDERR") == "web stderr | oops\n");
}

BOOST_FIXTURE_TEST_CASE(a_line_is_told_when_it_is_whole, listener) {
  BOOST_TEST(log(body("web", "a")) == "");
  BOOST_TEST(log(body("db", "b\n")) == "db stdout | b\n");
  BOOST_TEST(log(body("web", "err\n", "7", "stderr")) == "web stderr | err\n"); // a channel of its own
  BOOST_TEST(log(body("web", "a\nc")) == "web stdout | aa\n");
  BOOST_TEST(log(body("web", "\n")) == "web stdout | c\n");
}

BOOST_FIXTURE_TEST_CASE(last_words_without_an_end, listener) {
  BOOST_TEST(log(body("web", "bye")) == "");
  BOOST_TEST(log("processname:other groupname:g from_state:RUNNING expected:0 pid:7", "PROCESS_STATE_EXITED") == "");
  BOOST_TEST(log("processname:web groupname:g from_state:RUNNING expected:0 pid:7", "PROCESS_STATE_EXITED") ==
             "web stdout | bye\n");
  BOOST_TEST(log(body("web", "bye")) == "");
  BOOST_TEST(log(body("web", "hello\n", "8")) == "web stdout | bye\nweb stdout | hello\n"); // the next process
}

BOOST_FIXTURE_TEST_CASE(lines_cut_by_lost_events, listener) {
  BOOST_TEST(log(body("web", "one\ntw")) == "web stdout | one\n");
  BOOST_TEST(log(body("db", "err", "9", "stderr"), "PROCESS_LOG_STDERR") == "");
  BOOST_TEST(lines.cut() == "db stderr | err\nweb stdout | tw\n");
  BOOST_TEST(log(body("web", "ree\n")) == "web stdout | ree\n"); // not: twree
  BOOST_TEST(lines.cut() == "");
}

BOOST_FIXTURE_TEST_CASE(a_line_without_end_is_cut, listener) {
  std::string said;
  for (int i = 0; i < 100; ++i)
    said += log(body("web", std::string(1000, 'x')));
  BOOST_TEST(said == "web stdout | " + std::string(65536, 'x') + '\n');
}

BOOST_FIXTURE_TEST_CASE(other_events_say_nothing, listener) {
  BOOST_TEST(log("when:5", "TICK_5") == "");
  BOOST_TEST(log("", "PROCESS_LOG_STDOUT") == "");
  BOOST_TEST(log(body("web", "x\n"), "PROCESS_COMMUNICATION_STDOUT") == "");
}

BOOST_AUTO_TEST_CASE(what_the_handler_writes) {
  BOOST_TEST(stdout_text("web stdout | a\n") == "web stdout | a\n");
  BOOST_TEST(stdout_text("web stdout | a") == "web stdout | a\n");
  BOOST_TEST(stdout_text("") == "");
  BOOST_TEST(stdout_text("processname:x\n") == "processname:x\n"); // some listener's own words
  // The Python listener returns the event's body as it came.
  BOOST_TEST(stdout_text(body("web", "a\nb")) == "web stdout | a\nweb stdout | b\n");
  BOOST_TEST(stdout_text(body("web", "")) == "");
}

BOOST_AUTO_TEST_SUITE_END()
