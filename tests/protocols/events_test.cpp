// Event types, bodies and envelopes: the sample lines of docs/contract/lifecycle.md, 6.6, byte for byte, and those
// of its vectors that are about bodies; the hierarchy of 6.1; what strip_ansi leaves of an output.
// Must not hold pools, serials or delivery.
#include "config/load.hpp"
#include "protocols/events.hpp"
#include "protocols/strip_ansi.hpp"
#include "tests/config/fake_host.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_SUITE(events_test)

using namespace troupe::protocols;
namespace data = boost::unit_test::data;
using enum process_state;

namespace {

struct row {
  const char* id;
  std::uint64_t serial, pool_serial;
  event what;
  std::string rest; ///< of the envelope, after eventname:, then the body
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.id << ' ' << to_string(r.what.type); }

event state(process_state from, process_state to, int tries, int pid) {
  return process_state_event("cat", "cat", from, to, tries, pid, false);
}

// clang-format off
const row samples[] = {
  {"6.6 sample", 21, 10, state(stopped, starting, 0, 0),
   "PROCESS_STATE_STARTING len:56\n"
   "processname:cat groupname:cat from_state:STOPPED tries:0"},
  {"6.6 sample", 22, 11, state(starting, backoff, 1, 0),
   "PROCESS_STATE_BACKOFF len:57\n"
   "processname:cat groupname:cat from_state:STARTING tries:1"},
  {"6.6 sample", 23, 12, state(starting, running, 0, 2766),
   "PROCESS_STATE_RUNNING len:58\n"
   "processname:cat groupname:cat from_state:STARTING pid:2766"},
  {"6.6 sample", 24, 13, state(running, stopping, 0, 2766),
   "PROCESS_STATE_STOPPING len:57\n"
   "processname:cat groupname:cat from_state:RUNNING pid:2766"},
  {"6.6 sample", 25, 14, state(stopping, stopped, 0, 2766),
   "PROCESS_STATE_STOPPED len:58\n"
   "processname:cat groupname:cat from_state:STOPPING pid:2766"},
  {"6.6 sample", 26, 15, state(running, exited, 0, 2766),
   "PROCESS_STATE_EXITED len:68\n"
   "processname:cat groupname:cat from_state:RUNNING expected:0 pid:2766"},
  {"6.6 sample", 27, 16, state(backoff, fatal, 0, 0),
   "PROCESS_STATE_FATAL len:48\n"
   "processname:cat groupname:cat from_state:BACKOFF"},
  {"6.6 sample", 28, 17, state(stopping, unknown, 0, 0),
   "PROCESS_STATE_UNKNOWN len:49\n"
   "processname:cat groupname:cat from_state:STOPPING"},
  {"6.6 sample", 29, 18, process_log_event(false, "cap", "cap", 30021, "hello"),
   "PROCESS_LOG_STDOUT len:60\n"
   "processname:cap groupname:cap pid:30021 channel:stdout\nhello"},
  {"6.6 sample", 30, 19, process_log_event(true, "cap", "cap", 30021, "oops!\n"),
   "PROCESS_LOG_STDERR len:61\n"
   "processname:cap groupname:cap pid:30021 channel:stderr\noops!\n"},
  {"6.6 sample", 31, 20, process_communication_event(false, "cap", "cap", 30021, "hello"),
   "PROCESS_COMMUNICATION_STDOUT len:45\n"
   "processname:cap groupname:cap pid:30021\nhello"},
  {"6.6 sample", 32, 21, process_communication_event(true, "cap", "cap", 30021, ""),
   "PROCESS_COMMUNICATION_STDERR len:40\n"
   "processname:cap groupname:cap pid:30021\n"},
  {"6.6 sample", 33, 22, remote_communication_event("ty", "data1"),
   "REMOTE_COMMUNICATION len:13\n"
   "type:ty\ndata1"},
  {"6.6 sample", 34, 23, supervisor_state_event(event_type::supervisor_state_change_running),
   "SUPERVISOR_STATE_CHANGE_RUNNING len:0\n"
   ""},
  {"6.6 sample", 35, 24, supervisor_state_event(event_type::supervisor_state_change_stopping),
   "SUPERVISOR_STATE_CHANGE_STOPPING len:0\n"
   ""},
  {"6.6 sample", 36, 25, tick_event(event_type::tick_5, 1201063880),
   "TICK_5 len:15\n"
   "when:1201063880"},
  {"6.6 sample", 37, 26, tick_event(event_type::tick_60, 1201063860),
   "TICK_60 len:15\n"
   "when:1201063860"},
  {"6.6 sample", 38, 27, tick_event(event_type::tick_3600, 1201060800),
   "TICK_3600 len:15\n"
   "when:1201060800"},
  {"6.6 sample", 39, 28, process_group_event(event_type::process_group_added, "cat"),
   "PROCESS_GROUP_ADDED len:14\n"
   "groupname:cat\n"},
  {"6.6 sample", 40, 29, process_group_event(event_type::process_group_removed, "cat"),
   "PROCESS_GROUP_REMOVED len:14\n"
   "groupname:cat\n"},
  {"V090", 1, 0, process_group_event(event_type::process_group_removed, "b"),
   "PROCESS_GROUP_REMOVED len:12\n"
   "groupname:b\n"},
  {"V101", 1, 0, process_communication_event(false, "p", "p", 100, ""),
   "PROCESS_COMMUNICATION_STDOUT len:34\n"
   "processname:p groupname:p pid:100\n"},
  {"V117", 1, 0, process_log_event(false, "bin", "bin", 30020, "a\xff" "b\n"),
   "PROCESS_LOG_STDOUT len:79\n"
   "processname:bin groupname:bin pid:30020 channel:stdout\n"
   "Undecodable: b'a\\xffb\\n'"},
  {"V126", 0, 0, process_group_event(event_type::process_group_added, "lst"),
   "PROCESS_GROUP_ADDED len:14\n"
   "groupname:lst\n"},
  {"V127 V128", 0, 0, remote_communication_event("ty", "data1"),
   "REMOTE_COMMUNICATION len:13\n"
   "type:ty\n"
   "data1"},
  {"V129 code points", 1, 0, remote_communication_event("ty", "d\xc3\xa9ta"),
   "REMOTE_COMMUNICATION len:12\n"
   "type:ty\n"
   "d\xc3\xa9ta"},
  {"V037", 1, 0, process_state_event("p", "p", stopped, starting, 0, 0, false),
   "PROCESS_STATE_STARTING len:52\n"
   "processname:p groupname:p from_state:STOPPED tries:0"},
  {"V045 expected", 1, 0, process_state_event("p", "g", running, exited, 0, 100, true),
   "PROCESS_STATE_EXITED len:63\n"
   "processname:p groupname:g from_state:RUNNING expected:1 pid:100"},
  {"V052 pid 0", 1, 0, process_state_event("p", "p", backoff, stopped, 2, 0, false),
   "PROCESS_STATE_STOPPED len:50\n"
   "processname:p groupname:p from_state:BACKOFF pid:0"},
  {"9.20 half a character", 1, 0, process_communication_event(true, "p", "p", 100, "\xc3"),
   "PROCESS_COMMUNICATION_STDERR len:54\n"
   "processname:p groupname:p pid:100\n"
   "Undecodable: b'\\xc3'"},
  {"15.3 a hook", 1, 0, process_notice_event("p", "g", 100, "prestart", "failed (exit status 3)"),
   "PROCESS_NOTICE_HOOK len:70\n"
   "processname:p groupname:g pid:100 hook:prestart\n"
   "failed (exit status 3)"},
  {"15.3 what was left", 1, 0, process_notice_event("p", "g", 100, "", "left 1 process behind: 4711 (sleep)"),
   "PROCESS_NOTICE_LEFTOVER len:69\n"
   "processname:p groupname:g pid:100\n"
   "left 1 process behind: 4711 (sleep)"},
  {"the largest serial", 9223372036854775807u, 9223372036854775807u, tick_event(event_type::tick_5, 0),
   "TICK_5 len:6\n"
   "when:0"},
};
// clang-format on

/// The hierarchy of 6.1: every concrete name with its ancestors.
struct lineage {
  std::string_view name;
  std::vector<std::string_view> ancestors;
};
const lineage lineages[] = {
  {"PROCESS_STATE_STARTING", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_STATE_RUNNING", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_STATE_BACKOFF", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_STATE_STOPPING", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_STATE_EXITED", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_STATE_STOPPED", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_STATE_FATAL", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_STATE_UNKNOWN", {"EVENT", "PROCESS_STATE"}},
  {"PROCESS_COMMUNICATION_STDOUT", {"EVENT", "PROCESS_COMMUNICATION"}},
  {"PROCESS_COMMUNICATION_STDERR", {"EVENT", "PROCESS_COMMUNICATION"}},
  {"PROCESS_LOG_STDOUT", {"EVENT", "PROCESS_LOG"}},
  {"PROCESS_LOG_STDERR", {"EVENT", "PROCESS_LOG"}},
  {"REMOTE_COMMUNICATION", {"EVENT"}},
  {"SUPERVISOR_STATE_CHANGE_RUNNING", {"EVENT", "SUPERVISOR_STATE_CHANGE"}},
  {"SUPERVISOR_STATE_CHANGE_STOPPING", {"EVENT", "SUPERVISOR_STATE_CHANGE"}},
  {"TICK_5", {"EVENT", "TICK"}},
  {"TICK_60", {"EVENT", "TICK"}},
  {"TICK_3600", {"EVENT", "TICK"}},
  {"PROCESS_GROUP_ADDED", {"EVENT", "PROCESS_GROUP"}},
  {"PROCESS_GROUP_REMOVED", {"EVENT", "PROCESS_GROUP"}},
  {"PROCESS_HEALTH_HEALTHY", {"EVENT", "PROCESS_HEALTH"}},
  {"PROCESS_HEALTH_UNHEALTHY", {"EVENT", "PROCESS_HEALTH"}},
  {"PROCESS_NOTICE_HOOK", {"EVENT", "PROCESS_NOTICE"}},
  {"PROCESS_NOTICE_LEFTOVER", {"EVENT", "PROCESS_NOTICE"}},
  {"PROCESS_NOTICE_SKIPPED", {"EVENT", "PROCESS_NOTICE"}},
  {"PROCESS_NOTICE_LIMIT", {"EVENT", "PROCESS_NOTICE"}},
};

} // namespace

BOOST_DATA_TEST_CASE(envelopes, data::make(samples), r) {
  BOOST_TEST(envelope("supervisor", r.serial, "lst", r.pool_serial, r.what) + r.what.body ==
             "ver:3.0 server:supervisor serial:" + std::to_string(r.serial) +
               " pool:lst poolserial:" + std::to_string(r.pool_serial) + " eventname:" + r.rest);
}

BOOST_AUTO_TEST_CASE(a_name_matches_its_descendants_and_nothing_else) {
  BOOST_TEST(event_names().size() == 35);
  std::vector<std::string_view> candidates(event_names().begin(), event_names().end());
  for (auto no_name : {"", "PROCESS", "PROCESS_STATE_", "SUPERVISOR", "TICK_", "event", "REMOTE"})
    candidates.emplace_back(no_name);
  for (std::size_t i = 0; i < std::size(lineages); ++i) {
    const auto& [name, ancestors] = lineages[i];
    auto type = static_cast<event_type>(i);
    BOOST_TEST(to_string(type) == name);
    for (auto candidate : candidates) {
      bool is_ancestor = std::find(ancestors.begin(), ancestors.end(), candidate) != ancestors.end();
      BOOST_TEST(matches(candidate, type) == (candidate == name || is_ancestor), candidate << " for " << name);
    }
  }
}

BOOST_AUTO_TEST_CASE(states_are_named) { // 1.1
  const std::pair<process_state, std::string_view> states[] = {
    {stopped, "STOPPED"},   {starting, "STARTING"}, {running, "RUNNING"}, {backoff, "BACKOFF"},
    {stopping, "STOPPING"}, {exited, "EXITED"},     {fatal, "FATAL"},     {unknown, "UNKNOWN"}};
  for (auto [state, name] : states)
    BOOST_TEST(to_string(state) == name);
  BOOST_TEST(to_string(daemon_state::fatal) == "FATAL");
  BOOST_TEST(to_string(daemon_state::running) == "RUNNING");
  BOOST_TEST(to_string(daemon_state::restarting) == "RESTARTING");
  BOOST_TEST(to_string(daemon_state::shutdown) == "SHUTDOWN");
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
// clang-format off
const ansi_row ansi[] = {
  {"V106", "\x1b[31mred\x1b[0m", "red"},
  {"V107", "a\x1b[2Gb\x1b[0mc", "ac"},
  {"V108", "\x1b[31", ""},
  {"V109", "\x1b]0;t\ax", "\x1b]0;t\ax"},
  {"V110", "\x1b[?25lhid\x1b[?25h", "hid"},
};
// clang-format on
} // namespace

BOOST_DATA_TEST_CASE(escape_sequences, data::make(ansi), r) { BOOST_TEST(strip_ansi(r.in) == r.out); }

BOOST_AUTO_TEST_SUITE_END()
