// What becomes of a child's bytes, without pipes or threads: order of log, debug copies and events, capture, listeners.
// Vectors V093 to V105 as the log and the events see them, V115 to V117; section 5 of docs/contract/lifecycle.md.
#include "actors/io/child_output.hpp"
#include "platform/main_log.hpp"
#include "tests/scratch.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <fcntl.h>
#include <regex>
#include <sys/stat.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(child_output_test)

using namespace troupe;
using namespace troupe::actors;
using troupe::tests::scratch;
namespace data = boost::unit_test::data;

namespace {

const std::string B = "<!--XSUPERVISOR:BEGIN-->";
const std::string E = "<!--XSUPERVISOR:END-->";

struct fixture : scratch {
  /// The options of process `p`, before make().
  config::process_options options = [] {
    config::process_options o;
    o.name = "p";
    return o;
  }();
  output_settings settings = [this] {
    output_settings s;
    s.publish = [this](protocols::event e) { events.push_back(std::move(e)); };
    return s;
  }();
  config::log_level level = config::log_level::info;
  bool is_stderr = false;
  process_identity who;

  child_output& make(const std::string& log = "log") {
    main.emplace(platform::main_log::settings{in("main"), 0, 0, level, false, ""});
    BOOST_REQUIRE(main->open() == 0);
    std::shared_ptr<platform::shared_log> file;
    if (!log.empty())
      file = logs.open(log.starts_with('/') ? log : in(log), 0, 0).log;
    who.options = std::make_shared<const config::process_options>(options);
    who.group = "g";
    output.emplace(*main, settings, speaker{&who, 100, is_stderr}, file, nullptr);
    return *output;
  }
  /// The main log's records without their time stamps.
  std::string records() const { return std::regex_replace(read("main"), std::regex("\\d{4}-\\S+ \\S+ "), ""); }
  /// One line per event: its short name and what follows the first line of its body.
  std::string seen() const {
    std::string text;
    for (const auto& e : events) {
      bool comm = to_string(e.type).starts_with("PROCESS_COMM");
      text += (comm ? "COMM " : "LOG ") + e.body.substr(e.body.find('\n') + 1) + '|';
    }
    return text;
  }

  std::optional<platform::main_log> main;
  platform::shared_logs logs;
  std::vector<protocols::event> events;
  std::optional<child_output> output;
};

void feed(child_output& out, const std::vector<std::string>& reads) {
  for (const auto& read : reads)
    out.consume(read);
  out.finish();
}

struct row {
  const char* when;
  std::vector<std::string> reads;
  std::string log;    ///< after the exit
  std::string events; ///< with PROCESS_LOG enabled
};
std::ostream& operator<<(std::ostream& out, const row& r) { return out << r.when; }

const row rows[] = {
  {"V094", {B + "hello" + E}, "", "LOG hello|COMM hello|"},
  {"V095", {"ab" + B.substr(0, 10), B.substr(10) + "xy" + E + "tail"}, "abtail", "LOG ab|LOG xy|COMM xy|LOG tail|"},
  {"V098",
   {B + "one" + E + "mid" + B + "two" + E + "end"},
   "midend",
   "LOG one|COMM one|LOG mid|LOG two|COMM two|LOG end|"},
  {"V101", {B + E}, "", "COMM |"},
  {"V102", {B + "unfinished"}, "", "LOG unfinished|"},
  {"V103", {"tail-under-24"}, "tail-under-24", "LOG tail-under-24|"},
  {"held bytes are flushed at the end", {"x" + B.substr(0, 9)}, "x" + B.substr(0, 9), "LOG x|LOG <!--XSUPE|"},
  {"one read, one event", {"a\nb", "c"}, "a\nbc", "LOG a\nb|LOG c|"},
};

} // namespace

BOOST_DATA_TEST_CASE_F(fixture, capturing, data::make(rows), r) {
  options.out.capture_maxbytes = 1000;
  options.out.events_enabled = true;
  feed(make(), r.reads);
  BOOST_TEST(read("log") == r.log);
  BOOST_TEST(seen() == r.events);
}

BOOST_FIXTURE_TEST_CASE(without_log_events_only_messages, fixture) {
  options.out.capture_maxbytes = 1000;
  feed(make(), {"a" + B + "m" + E + "b"});
  BOOST_TEST(seen() == "COMM m|");
  BOOST_TEST(read("log") == "ab");
}

BOOST_FIXTURE_TEST_CASE(the_buffer_is_bounded, fixture) { // V104
  options.out.capture_maxbytes = 100;
  auto first = std::string(60, 'a') + std::string(20, 'b');
  feed(make(), {B, first, std::string(60, 'c'), std::string(10, 'd') + E});
  BOOST_TEST(seen() == "COMM " + std::string(20, 'b') + std::string(60, 'c') + std::string(10, 'd') + '|');
}

BOOST_FIXTURE_TEST_CASE(bodies_and_records_of_a_message, fixture) { // V101, 5.6
  options.err.capture_maxbytes = 10;
  is_stderr = true;
  level = config::log_level::debug;
  feed(make(), {"x" + B + "m\xff" + E});
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST(to_string(events[0].type) == "PROCESS_COMMUNICATION_STDERR");
  BOOST_TEST(events[0].body == "processname:p groupname:g pid:100\nUndecodable: b'm\\xff'");
  BOOST_TEST(records() == "DEBG 'p' stderr output:\nx\nDEBG 'p' stderr output:\nUndecodable: b'm\\xff'\n"
                          "DEBG 'p' stderr emitted a comm event\n");
}

BOOST_FIXTURE_TEST_CASE(debug_copies, fixture) { // V115, V116
  level = config::log_level::debug;
  is_stderr = true;
  make().consume("oops\n");
  BOOST_TEST(records() == "DEBG 'p' stderr output:\noops\n\n");
  is_stderr = false;
  make().consume("a\xff\n");
  BOOST_TEST(records().ends_with("DEBG 'p' stdout output:\nUndecodable: b'a\\xff\\n'\n"));
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_no_text, fixture) { // V117
  options.name = "bin";
  options.out.events_enabled = true;
  make().consume("a\xff"
                 "b\n");
  BOOST_TEST(events.at(0).body == "processname:bin groupname:g pid:100 channel:stdout\nUndecodable: b'a\\xffb\\n'");
  BOOST_TEST(read("log") == "a\xff"
                            "b\n");
}

BOOST_FIXTURE_TEST_CASE(escapes_are_taken_out_of_everything, fixture) { // 5.5: for all later steps
  settings.strip_ansi = true;
  options.out.events_enabled = true;
  options.out.capture_maxbytes = 100;
  feed(make(), {"\x1b[31mred\x1b[0m" + B + "\x1b[1mm" + E, "\x1b[31"});
  BOOST_TEST(read("log") == "red");
  BOOST_TEST(seen() == "LOG red|LOG m|COMM m|LOG |"); // what becomes empty is still an event
}

BOOST_FIXTURE_TEST_CASE(stdout_of_a_listener, fixture) { // 7.2
  options.listener = true;
  options.out.capture_maxbytes = 100;
  options.out.events_enabled = true;
  options.out.syslog = true;
  settings.strip_ansi = true;
  level = config::log_level::debug;
  feed(make(), {"READY\n", B + "\x1b[1mm" + E});
  BOOST_TEST(read("log") == "READY\n" + B + "m" + E);
  BOOST_TEST(events.empty());
  BOOST_TEST(records().starts_with("DEBG 'p' stdout output:\nb'READY\\n'\n"));
}

BOOST_FIXTURE_TEST_CASE(stderr_of_a_listener, fixture) { // #800
  options.listener = true;
  options.err.capture_maxbytes = 100;
  is_stderr = true;
  feed(make(), {B + "m" + E + "x"});
  BOOST_TEST(seen() == "COMM m|");
  BOOST_TEST(read("log") == "x");
}

BOOST_FIXTURE_TEST_CASE(clearing_empties_what_is_captured, fixture) { // 5.4
  options.out.capture_maxbytes = 100;
  auto& out = make();
  out.consume("log" + B + "before");
  BOOST_TEST(out.clear() == 0);
  out.consume("after" + E);
  BOOST_TEST(seen() == "COMM after|");
  BOOST_TEST(read("log") == "");
}

BOOST_FIXTURE_TEST_CASE(trouble_is_told_once_with_names, fixture) {
  auto& out = make("/dev/full");
  out.consume("one");
  out.consume("two");
  BOOST_TEST(records() == "ERRO could not write stdout log '/dev/full' of p: ENOSPC\n");
}

BOOST_FIXTURE_TEST_CASE(the_end_of_trouble_is_told_with_its_price, fixture) {
  std::filesystem::create_symlink("/dev/full", in("log"));
  auto& out = make();
  out.consume("lost");
  out.consume("lost, too");
  std::filesystem::remove(in("log"));
  BOOST_TEST(out.reopen() == 0);
  out.consume("kept");
  BOOST_TEST(read("log") == "kept");
  auto name = "stdout log '" + in("log") + "' of p";
  BOOST_TEST(records() ==
             "ERRO could not write " + name + ": ENOSPC\nWARN " + name + " is written again; 13 bytes were lost\n");
}

BOOST_FIXTURE_TEST_CASE(a_name_that_cannot_be_opened_again, fixture) {
  auto& out = make();
  std::filesystem::remove(in("log"));
  std::filesystem::create_directory(in("log"));
  BOOST_TEST(out.reopen() == EISDIR);
  BOOST_TEST(records() == "ERRO could not reopen stdout log '" + in("log") + "' of p: EISDIR\n");
}

struct plain_row {
  const char* when;
  void (*set)(fixture&);
  bool plain;
};
std::ostream& operator<<(std::ostream& out, const plain_row& r) { return out << r.when; }

const plain_row plains[] = {
  {"a log and nothing else", [](fixture&) {}, true},
  {"the other channel does not matter", [](fixture& f) { f.options.err.events_enabled = true; }, true},
  {"events", [](fixture& f) { f.options.out.events_enabled = true; }, false},
  {"syslog", [](fixture& f) { f.options.out.syslog = true; }, false},
  {"capture", [](fixture& f) { f.options.out.capture_maxbytes = 1; }, false},
  {"strip_ansi", [](fixture& f) { f.settings.strip_ansi = true; }, false},
  {"debug copies", [](fixture& f) { f.level = config::log_level::debug; }, false},
  {"a listener's protocol", [](fixture& f) { f.options.listener = true; }, false},
};

BOOST_DATA_TEST_CASE(what_may_be_read_in_one, data::make(plains), r) {
  fixture f;
  r.set(f);
  BOOST_TEST(f.make().may_be_joined() == r.plain);
  BOOST_TEST(f.make().plain() == (r.plain || f.level == config::log_level::debug)); // copies do not change the log
}

BOOST_AUTO_TEST_SUITE_END()
