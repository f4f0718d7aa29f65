// What the service manager is told, as tables: summaries of states, in 200 bytes whatever there is to name, and
// datagrams that a line of somebody else's words cannot add to. Source: docs/systemd.md.
#include "protocols/notify_text.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(notify_text_test)

using namespace troupe::protocols;
using enum process_state;
namespace data = boost::unit_test::data;

namespace {

struct process {
  const char* group;
  const char* name;
  process_state state;
  std::int64_t stopwaitsecs = 10;
};

struct row {
  const char* when;
  std::vector<process> processes;
  const char* states;
  const char* ending;
  std::int64_t patience; ///< seconds
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

notify_summary summary_of(const std::vector<process>& processes) {
  notify_summary all;
  for (const auto& p : processes)
    all.add(p.group, p.name, p.state, p.stopwaitsecs);
  return all;
}

// clang-format off
const row rows[] = {
  {"nothing is configured", {}, "no programs", "stopping: 0 programs left", 15},
  {"one runs", {{"a", "a", running}}, "1 of 1 program runs", "stopping: 1 program left", 25},
  {"one does not", {{"a", "a", stopped}}, "0 of 1 program runs", "stopping: 0 programs left", 15},
  {"STARTING is not running yet, and has a child", {{"a", "a", starting}, {"b", "b", running}},
   "1 of 2 programs run", "stopping: 2 programs left", 25},
  {"BACKOFF, EXITED, UNKNOWN have none", {{"a", "a", backoff}, {"b", "b", exited}, {"c", "c", unknown}},
   "0 of 3 programs run", "stopping: 0 programs left", 15},
  {"those in FATAL by name", {{"db", "db", fatal}, {"web", "web_00", running}, {"web", "web_01", fatal}},
   "1 of 3 programs run; FATAL: db, web:web_01", "stopping: 1 program left", 25},
  {"the longest of what runs", {{"a", "a", stopping, 200}, {"b", "b", exited, 900}, {"c", "c", running, 3}},
   "1 of 3 programs run", "stopping: 2 programs left", 215},
  {"no time at all", {{"a", "a", running, 0}}, "1 of 1 program runs", "stopping: 1 program left", 15},
  {"a name with a line's end and one that is no text", {{"a\nREADY=1", "a\nREADY=1", fatal}, {"b\xff", "b\xff", fatal}},
   "0 of 2 programs run; FATAL: a READY=1, b?", "stopping: 0 programs left", 15},
};
// clang-format on

} // namespace

BOOST_DATA_TEST_CASE(summaries, data::make(rows), r) {
  auto all = summary_of(r.processes);
  BOOST_TEST(all.states() == r.states);
  BOOST_TEST(all.ending() == r.ending);
  BOOST_TEST((all.patience() == std::chrono::seconds{r.patience}));
}

BOOST_AUTO_TEST_CASE(what_is_too_long_is_counted) {
  for (std::size_t length : {1, 3, 20, 199}) {
    notify_summary all;
    for (int i = 0; i < 1000; ++i) {
      all.add("g", std::string(length, 'x'), fatal, 10);
      auto text = all.states();
      BOOST_TEST(text.size() <= most_status);
      auto more = text.find(" and ");
      auto named = static_cast<int>(std::count(text.begin(), text.end(), ':')) - 1;
      if (more != text.npos)
        BOOST_TEST(named + std::stoi(text.substr(more + 5)) == i + 1);
      else if (named > 0)
        BOOST_TEST(named == i + 1);
      else
        BOOST_TEST(text.ends_with("; FATAL: " + std::to_string(i + 1) + (i == 0 ? " program" : " programs")));
    }
    BOOST_TEST((all.states().find(" more") != std::string::npos) == (length < 199));
  }
}

BOOST_AUTO_TEST_CASE(a_wait_without_end_is_a_number_still) {
  auto all = summary_of({{"a", "a", running, std::numeric_limits<std::int64_t>::max()}});
  BOOST_TEST(all.patience().count() > 0);
  BOOST_TEST((summary_of({{"a", "a", running, -5}}).patience() == std::chrono::seconds{15}));
}

BOOST_AUTO_TEST_CASE(datagrams) {
  BOOST_TEST(notify_ready("2 of 2 programs run") == "READY=1\nSTATUS=2 of 2 programs run");
  BOOST_TEST(notify_ready({}) == "READY=1");
  BOOST_TEST(notify_status("x") == "STATUS=x");
  BOOST_TEST(notify_failure("no\nREADY=1", 2) == "STATUS=no READY=1\nERRNO=2");
  BOOST_TEST(notify_failure("no", 0) == "STATUS=no");
  BOOST_TEST(notify_reloading(std::chrono::microseconds{1234567}) == "RELOADING=1\nMONOTONIC_USEC=1234567");
  BOOST_TEST(notify_stopping(summary_of({{"a", "a", running, 200}})) ==
             "STOPPING=1\nSTATUS=stopping: 1 program left\nEXTEND_TIMEOUT_USEC=215000000");
  BOOST_TEST(notify_main_pid(17) == "MAINPID=17");
  BOOST_TEST(notify_watchdog() == "WATCHDOG=1");
}

/// With all that goes with it, it fits into a message to a keeper (224 bytes).
BOOST_AUTO_TEST_CASE(a_long_error_is_cut_between_characters) {
  for (std::size_t before = 0; before < 4; ++before) {
    std::string text(before, 'x');
    while (text.size() < 300)
      text += "\xe2\x82\xac"; // €
    auto said = notify_failure(text, 12345);
    BOOST_TEST(said.size() <= 224U);
    BOOST_TEST(said.ends_with("\xe2\x82\xac...\nERRNO=12345"));
  }
  BOOST_TEST(notify_status(std::string(200, 'x')) == "STATUS=" + std::string(200, 'x'));
  BOOST_TEST(notify_status(std::string(201, 'x')) == "STATUS=" + std::string(197, 'x') + "...");
}

BOOST_AUTO_TEST_CASE(variables_of_a_manager) {
  for (const auto* name :
       {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    BOOST_TEST(is_for_the_daemon_alone(name));
  for (const auto* name : {"", "NOTIFY_SOCKE", "NOTIFY_SOCKETS", "INVOCATION_ID", "JOURNAL_STREAM", "listen_fds"})
    BOOST_TEST(!is_for_the_daemon_alone(name));
}

BOOST_AUTO_TEST_SUITE_END()
