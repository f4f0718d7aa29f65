// Event types, bodies and envelopes: the sample lines of the lifecycle specification, 6.6, byte for byte.
#include "config/load.hpp"
#include "protocols/events.hpp"
#include "protocols/strip_ansi.hpp"
#include "tests/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace troupe::protocols;
namespace data = boost::unit_test::data;
using enum process_state;

namespace {

struct row {
  event what;
  std::string line; ///< from eventname: on
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << to_string(r.what.type); }

event state(process_state from, process_state to, int tries, int pid) {
  return process_state_event("cat", "cat", from, to, tries, pid, false);
}

const row samples[] = {
  {state(stopped, starting, 0, 0), "PROCESS_STATE_STARTING len:56\nprocessname:cat groupname:cat from_state:STOPPED tries:0"},
  {state(starting, backoff, 1, 0), "PROCESS_STATE_BACKOFF len:57\nprocessname:cat groupname:cat from_state:STARTING tries:1"},
  {state(starting, running, 0, 2766), "PROCESS_STATE_RUNNING len:58\nprocessname:cat groupname:cat from_state:STARTING pid:2766"},
  {state(running, stopping, 0, 2766), "PROCESS_STATE_STOPPING len:57\nprocessname:cat groupname:cat from_state:RUNNING pid:2766"},
  {state(stopping, stopped, 0, 2766), "PROCESS_STATE_STOPPED len:58\nprocessname:cat groupname:cat from_state:STOPPING pid:2766"},
  {state(running, exited, 0, 2766), "PROCESS_STATE_EXITED len:68\nprocessname:cat groupname:cat from_state:RUNNING expected:0 pid:2766"},
  {state(backoff, fatal, 0, 0), "PROCESS_STATE_FATAL len:48\nprocessname:cat groupname:cat from_state:BACKOFF"},
  {state(stopping, unknown, 0, 0), "PROCESS_STATE_UNKNOWN len:49\nprocessname:cat groupname:cat from_state:STOPPING"},
  {process_log_event(false, "cap", "cap", 30021, "hello"), "PROCESS_LOG_STDOUT len:60\nprocessname:cap groupname:cap pid:30021 channel:stdout\nhello"},
  {process_log_event(true, "cap", "cap", 30021, "oops!\n"), "PROCESS_LOG_STDERR len:61\nprocessname:cap groupname:cap pid:30021 channel:stderr\noops!\n"},
  {process_communication_event(false, "cap", "cap", 30021, "hello"), "PROCESS_COMMUNICATION_STDOUT len:45\nprocessname:cap groupname:cap pid:30021\nhello"},
  {process_communication_event(true, "cap", "cap", 30021, ""), "PROCESS_COMMUNICATION_STDERR len:40\nprocessname:cap groupname:cap pid:30021\n"},
  {remote_communication_event("ty", "data1"), "REMOTE_COMMUNICATION len:13\ntype:ty\ndata1"},
  {remote_communication_event("ty", "d\xc3\xa9ta"), "REMOTE_COMMUNICATION len:12\ntype:ty\nd\xc3\xa9ta"},
  {supervisor_state_event(event_type::supervisor_state_change_running), "SUPERVISOR_STATE_CHANGE_RUNNING len:0\n"},
  {supervisor_state_event(event_type::supervisor_state_change_stopping), "SUPERVISOR_STATE_CHANGE_STOPPING len:0\n"},
  {tick_event(event_type::tick_5, 1201063880), "TICK_5 len:15\nwhen:1201063880"},
  {tick_event(event_type::tick_60, 1201063860), "TICK_60 len:15\nwhen:1201063860"},
  {tick_event(event_type::tick_3600, 1201060800), "TICK_3600 len:15\nwhen:1201060800"},
  {process_group_event(event_type::process_group_added, "cat"), "PROCESS_GROUP_ADDED len:14\ngroupname:cat\n"},
  {process_group_event(event_type::process_group_removed, "cat"), "PROCESS_GROUP_REMOVED len:14\ngroupname:cat\n"},
  {process_log_event(false, "bin", "bin", 30020, "a\xff" "b\n"), // V117
   "PROCESS_LOG_STDOUT len:79\nprocessname:bin groupname:bin pid:30020 channel:stdout\nUndecodable: b'a\\xffb\\n'"},
};

} // namespace

BOOST_DATA_TEST_CASE(envelopes, data::make(samples), r) {
  BOOST_TEST(envelope("supervisor", 21, "lst", 10, r.what) + r.what.body ==
             "ver:3.0 server:supervisor serial:21 pool:lst poolserial:10 eventname:" + r.line);
}

BOOST_AUTO_TEST_CASE(a_name_matches_its_descendants) {
  BOOST_TEST(event_names().size() == 27);
  for (int i = 0; i < 20; ++i) {
    auto type = static_cast<event_type>(i);
    BOOST_TEST(matches("EVENT", type));
    BOOST_TEST(matches(to_string(type), type));
  }
  BOOST_TEST(matches("PROCESS_STATE", event_type::process_state_exited));
  BOOST_TEST(matches("TICK", event_type::tick_5));
  BOOST_TEST(!matches("TICK_5", event_type::tick_60));
  BOOST_TEST(!matches("PROCESS", event_type::process_state_exited));
  BOOST_TEST(!matches("PROCESS_LOG", event_type::process_state_exited));
  BOOST_TEST(!matches("SUPERVISOR_STATE_CHANGE", event_type::process_state_exited));
}

BOOST_AUTO_TEST_CASE(config_accepts_exactly_these_names) {
  troupe::config::fake_machine machine;
  for (auto name : event_names()) {
    machine.files["/c/s.conf"] = "[supervisord]\n[eventlistener:e]\ncommand=c\nevents=" + std::string(name) + "\n";
    BOOST_TEST(bool(troupe::config::load(machine.make(), {"/c/s.conf", {}})), name);
  }
}

namespace {
struct ansi_row {
  const char* id;
  std::string in, out;
};
std::ostream& operator<<(std::ostream& out, const ansi_row& r) { return out << r.id; }
const ansi_row ansi[] = {
  {"V106", "\x1b[31mred\x1b[0m", "red"},
  {"V107", "a\x1b[2Gb\x1b[0mc", "ac"},
  {"V108", "\x1b[31", ""},
  {"V109", "\x1b]0;t\ax", "\x1b]0;t\ax"},
  {"V110", "\x1b[?25lhid\x1b[?25h", "hid"},
};
} // namespace

BOOST_DATA_TEST_CASE(escape_sequences, data::make(ansi), r) { BOOST_TEST(strip_ansi(r.in) == r.out); }
